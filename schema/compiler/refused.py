"""Errors that refuse a whole request."""

from graphql import GraphQLError

from rules.refusals import Refusal
from schema.languages import message_of


class RequestError(GraphQLError):
    """A GraphQL error with a stable ``extensions.code``."""

    def __init__(self, code: str, message: str, path: list[str | int] | None = None, **facts: int) -> None:
        super().__init__(message, path=path, extensions={"code": code, **facts})


def too_large(message: str) -> RequestError:
    return RequestError("QUERY_TOO_LARGE", message)


MOST_COST = 200_000
"""Highest estimated cost of an operation, in units of 10 µs of PostgreSQL: two seconds. A weekly analysis in full with
the week before it, as `tunping export week` prints it, costs 173,000."""


def refuse_costly(cost: int, most: int = MOST_COST) -> None:
    """Raises RequestError (``QUERY_TOO_COSTLY``) with the cost and the limit."""
    if cost > most:
        message = f"The estimated cost is {cost} or more, the limit {most}; ask for less."
        raise RequestError("QUERY_TOO_COSTLY", message, cost=cost, limit=most)


def null_variable(name: str) -> RequestError:
    return RequestError("INVALID_VARIABLES", f"The variable `${name}` is null where a value is required.")


class ArgumentError(Exception):
    """A refused value of an argument. ``field`` is the path of the field in the answer."""

    def __init__(self, refusal: Refusal, field: tuple[str | int, ...]) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal
        self.field = field

    def in_language(self, language: str) -> RequestError:
        """The GraphQL error. ``extensions.argument`` is the path of the value in the arguments."""
        error = RequestError(self.refusal.code.value, message_of(self.refusal, language), list(self.field))
        assert error.extensions is not None
        error.extensions["argument"] = [str(step) for step in self.refusal.path]
        return error
