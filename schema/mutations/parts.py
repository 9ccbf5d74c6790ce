"""What mutations are made of: inputs that read as the arguments of an act, and payloads that tell what it touched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID

import strawberry
from strawberry.types import Info

from db.acts.acting import Acting
from rules.refusals import Refusal, invalid, refusals_under
from schema.compiler.declare import described
from schema.context import Context, Touched
from schema.ids import parse_id
from schema.problems import problem_of

ContextInfo: TypeAlias = Info[Context, None]
ERRORS = "Why it was refused; empty when it was done."
_INPUT = strawberry.argument(description="What to do.")
PHOTOS = "SHA-256 of photos that were sent by `PUT /photos/{sha256}`; a case has 9 at most."
MOST_IN_A_LIST = 50
Class = TypeVar("Class", bound=type)
Item = TypeVar("Item")


def takes(cls: Class) -> Class:
    """An input type described by its docstring."""
    return strawberry.input(cls, description=described(cls))


def needs(description: str) -> Any:
    """A required field."""
    return strawberry.field(description=description)


def may(description: str) -> Any:
    """A field that can be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def own_id(prefix: str) -> Any:
    """The id that the client made."""
    return needs(f"`{prefix}_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")


def act_id() -> Any:
    """The id of the act itself."""
    return may("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")


def given(value: Item | None) -> Item | None:
    """The value, or nothing where the field was left out."""
    return None if value is strawberry.UNSET else value


def set_fields(item: Any, *names: str) -> dict[str, Any]:
    """The fields that were not left out; null is a value."""
    return {name: getattr(item, name) for name in names if getattr(item, name) is not strawberry.UNSET}


def optional_id(prefix: str, value: str | None, *path: str | int) -> UUID | None:
    """A given id."""
    text = given(value)
    return None if text is None else parse_id(prefix, text, *path)


def few(items: list[Item] | None, *path: str | int) -> list[Item]:
    """A given list, refused when it is too long."""
    found = given(items) or []
    if len(found) > MOST_IN_A_LIST:
        raise invalid(f"最多 {MOST_IN_A_LIST} 项", f"at most {MOST_IN_A_LIST} items", *path)
    return found


def item_of(name: str, index: int, item: Any) -> Any:
    """An item of a list as the act takes it; a refusal tells which one."""
    with refusals_under(name, index):
        return item.read()


def mutation(
    takes: type,
    act: Callable[[Acting, Any], Awaitable[Any]],
    payload: Callable[..., Any],
    done: Callable[[Any], Any],
    description: str,
) -> Any:
    """A field that does one act inside the request's transaction; refused, the act leaves nothing behind."""

    async def resolve(info: ContextInfo, input: Any) -> Any:  # noqa: A002  the argument's name in the API
        try:
            async with info.context.part():
                made = await act(info.context.acting(), input)
        except Refusal as refusal:
            return payload(errors=[problem_of(refusal, info.context.language)])
        return done(made)

    resolve.__annotations__ |= {"input": Annotated[takes, _INPUT], "return": payload}
    return strawberry.mutation(resolve, description=description)


def touched(uuid: Any) -> Any:
    """In place of the object: its selection is compiled when graphql-core comes to it."""
    return Touched(uuid)
