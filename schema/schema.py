"""The schema, whole, and its SDL."""

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

import schema
import schema.mutations
from schema.compiler import registry
from schema.engine.execution import Compiled
from schema.scalars import SCALARS

MOST_TOKENS = 1_000
_KEPT_DOCUMENTS = 500


class Schema(strawberry.Schema):
    """Strawberry's schema; the edge logs what is unexpected, with the request's id (api/http/errors.py)."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leaves them to the edge."""


registry.import_all(schema)
registry.import_all(schema.mutations)
registry.complete()
SCHEMA = Schema(
    query=registry.root("Query", "What can be read. Everything is limited to what the viewer works with."),
    mutation=registry.root("Mutation", "What can be done. A refusal is data, in `errors`; nothing is half written."),
    subscription=registry.root("Subscription", "What is pushed as it happens, in order, within the viewer's scope."),
    extensions=[
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: ParserCache(maxsize=_KEPT_DOCUMENTS),
        lambda: ValidationCache(maxsize=_KEPT_DOCUMENTS),
        Compiled,
    ],
    config=StrawberryConfig(scalar_map=SCALARS),
)


def sdl() -> str:
    """The schema in GraphQL's schema language."""
    return SCHEMA.as_str() + "\n"
