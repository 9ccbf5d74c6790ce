"""Refusals in a mutation's payload."""

from enum import StrEnum
from typing import Any

import strawberry

from rules.refusals import Code, Refusal
from rules.request_codes import RequestCode
from schema.languages import message_of

CODES = (*Code, *RequestCode)
_make: Any = StrEnum
ErrorCode: Any = strawberry.enum(
    _make("ErrorCode", {code.value: code.value for code in CODES}),
    description="Why something was refused, or failed: in `errors` of payloads, and in `extensions.code` of errors.",
)
for each, code in zip(ErrorCode.__strawberry_definition__.values, CODES, strict=True):
    each.description = code.meaning


@strawberry.type(description="The reason for a refusal, which leaves everything unchanged.")
class Problem:
    code: str = strawberry.field(graphql_type=ErrorCode, description="The code, which is stable across versions.")
    message: str = strawberry.field(description="A message for people, in the language of `Accept-Language`.")
    path: list[str] = strawberry.field(description="The path of the input field that caused it.")


def problems_of(refusal: Refusal, language: str) -> list[Problem]:
    """All that is wrong."""
    return [_problem_of(each, language) for each in (refusal, *refusal.others)]


def _problem_of(refusal: Refusal, language: str) -> Problem:
    return Problem(code=refusal.code, message=message_of(refusal, language), path=[str(step) for step in refusal.path])
