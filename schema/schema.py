"""The complete schema and its SDL."""

import strawberry
from strawberry.schema.config import StrawberryConfig

import schema
import schema.mutations
from schema.access import check
from schema.compiler import registry
from schema.scalars import SCALARS

registry.import_all(schema)
registry.import_all(schema.mutations)
registry.complete()
SCHEMA = strawberry.Schema(
    query=registry.root("Query", "Queries, within the scope of the viewer."),
    mutation=registry.root(
        "Mutation", "Mutations. Refusals are in `errors` of the payload, and leave everything unchanged."
    ),
    subscription=registry.root("Subscription", "Live events in order, within the viewer's scope."),
    config=StrawberryConfig(scalar_map=SCALARS),
)
check(SCHEMA._schema)


def sdl() -> str:
    return SCHEMA.as_str() + "\n"
