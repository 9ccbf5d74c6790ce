"""Object identification and connections, as Relay describes them."""

from typing import Generic, TypeVar

import strawberry

from schema.compiler.declare import node, nodes, roots

T = TypeVar("T")


@strawberry.interface(description="Anything that can be fetched by its id.")
class Node:
    """See the description."""

    id: strawberry.ID = strawberry.field(description="Global id, `<type>_<uuid>`, unique across all types.")


@strawberry.type(description="Where a page lies among all that match.")
class PageInfo:
    """See the description."""

    has_next_page: bool = strawberry.field(description="Whether more follows this page.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item; null on an empty page.")


@strawberry.type(description="An item of a page and its cursor.")
class Edge(Generic[T]):
    """See the description."""

    cursor: str = strawberry.field(description="Marks this item's place in the order; stable while rows are added.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of items.")
class Connection(Generic[T]):
    """See the description."""

    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="Where this page lies.")
    total_count: int = strawberry.field(description="How many match in all, whatever the page.")


@roots
class NodeRoots:
    """Objects by their ids."""

    node: Node | None = node("Any object by its id; null when it does not exist or is not the viewer's to see.")
    nodes: list[Node | None] = nodes("Objects by their ids, in that order, null where there is none to see.")
