"""The complete schema and its SDL."""

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
"""Validation of 1,600 tokens with overlapping fields took 0.5 s, of 1,000 tokens about 50 ms."""
_KEPT_DOCUMENTS = 500
"""A compromise between memory and the number of different documents that clients send."""


class Schema(strawberry.Schema):
    """Strawberry's schema. Unexpected errors are logged by api/http/errors.py, with the request's id."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing."""


registry.import_all(schema)
registry.import_all(schema.mutations)
registry.complete()
SCHEMA = Schema(
    query=registry.root("Query", "Queries, within the scope of the viewer."),
    mutation=registry.root(
        "Mutation", "Mutations. Refusals are in `errors` of the payload, and leave everything unchanged."
    ),
    subscription=registry.root("Subscription", "Live events in order, within the viewer's scope."),
    extensions=[
        lambda: MaxTokensLimiter(max_token_count=MOST_TOKENS),
        lambda: ParserCache(maxsize=_KEPT_DOCUMENTS),
        lambda: ValidationCache(maxsize=_KEPT_DOCUMENTS),
        Compiled,
    ],
    config=StrawberryConfig(scalar_map=SCALARS),
)


def sdl() -> str:
    return SCHEMA.as_str() + "\n"
