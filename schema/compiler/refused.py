"""Errors that refuse a whole request."""

from collections.abc import Mapping

from graphql import GraphQLError

from rules.refusals import Refusal, Said, written
from schema.languages import ENGLISH, into


class RequestError(GraphQLError):
    """A GraphQL error with a stable ``extensions.code``. Catalogues translate its text.

    Details fill the braces of the text. The message is in English, until it is told to a client. ``facts`` are further
    extensions.
    """

    def __init__(
        self,
        code: str,
        text: str | Said,
        path: list[str | int] | None = None,
        facts: Mapping[str, int] | None = None,
        **details: object,
    ) -> None:
        self.said = Said(text, details) if isinstance(text, str) else text
        super().__init__(self.in_words(ENGLISH), path=path, extensions={"code": code, **(facts or {})})

    def in_words(self, language: str) -> str:
        """The message in a language."""
        return str(written(self.said, into(language)))


def too_large(text: str, **details: object) -> RequestError:
    return RequestError("QUERY_TOO_LARGE", Said(text, details))


MOST_COST = 200_000
"""Highest estimated cost of an operation, in units of 10 µs of PostgreSQL: two seconds. A weekly analysis in full with
the week before it, as `tunping export week` prints it, costs 173,000."""


def refuse_costly(cost: int, most: int = MOST_COST) -> None:
    """Raises RequestError (``QUERY_TOO_COSTLY``) with the cost and the limit."""
    if cost > most:
        facts = {"cost": cost, "limit": most}
        said = Said("估计开销至少为 {cost}，上限为 {limit}，请减少查询的内容。", facts)
        raise RequestError("QUERY_TOO_COSTLY", said, facts=facts)


def null_variable(name: str) -> RequestError:
    return RequestError("INVALID_VARIABLES", "变量「${name}」为空，而这里必须有值。", name=name)


class ArgumentError(Exception):
    """A refused value of an argument. ``field`` is the path of the field in the answer."""

    def __init__(self, refusal: Refusal, field: tuple[str | int, ...]) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal
        self.field = field

    @property
    def error(self) -> RequestError:
        """The GraphQL error. ``extensions.argument`` is the path of the value in the arguments."""
        error = RequestError(self.refusal.code.value, self.refusal.said, list(self.field))
        assert error.extensions is not None
        error.extensions["argument"] = [str(step) for step in self.refusal.path]
        return error
