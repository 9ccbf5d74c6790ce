"""The schema, whole, and its SDL."""

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaxTokensLimiter, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.execution import Compiled
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription

MOST_TOKENS = 1_000
_KEPT_DOCUMENTS = 500


class Schema(strawberry.Schema):
    """Strawberry's schema; the edge logs what is unexpected, with the request's id (api/errors.py)."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Leaves them to the edge."""


SCHEMA = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
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
