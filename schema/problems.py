"""Refusals in a mutation's payload."""

import strawberry

from rules.refusals import Code, Refusal


@strawberry.type(description="Why something was refused. Nothing was changed.")
class Problem:
    """See the description."""

    code: Code = strawberry.field(description="Stable; decide by it.")
    message: str = strawberry.field(description="For people, in the language of `Accept-Language`.")
    path: list[str] = strawberry.field(description="The input field that caused it, from the input down.")


def problem_of(refusal: Refusal, language: str) -> Problem:
    """A refusal as clients see it."""
    return Problem(code=refusal.code, message=refusal.message(language), path=[str(step) for step in refusal.path])
