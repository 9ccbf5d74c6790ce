"""Refusals in a mutation's payload."""

import strawberry

from rules.refusals import Code, Refusal


@strawberry.type(description="The reason for a refusal, which leaves everything unchanged.")
class Problem:
    code: Code = strawberry.field(description="The code, which is stable across versions.")
    message: str = strawberry.field(description="A message for people, in the language of `Accept-Language`.")
    path: list[str] = strawberry.field(description="The path of the input field that caused it.")


def problem_of(refusal: Refusal, language: str) -> Problem:
    return Problem(code=refusal.code, message=refusal.message(language), path=[str(step) for step in refusal.path])
