"""What mutations answer with: the object, selected by the compiler, and why it was refused if it was."""

import strawberry

from schema.appeals import Appeal
from schema.disputes import Agreement, Dispute
from schema.problems import Problem
from schema.visits import Visit

_ERRORS = "Why it was refused; empty when it was done."


@strawberry.type(description="An appeal after an act.")
class AppealPayload:
    """See the description."""

    appeal: Appeal | None = strawberry.field(
        default=None, description="The appeal; null when refused, or when it is not the viewer's to see."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A new appeal.")
class OpenAppealPayload:
    """See the description."""

    appeal: Appeal | None = strawberry.field(
        default=None, description="The appeal; null when refused, or when it is not the viewer's to see."
    )
    receipt_code: str | None = strawberry.field(
        default=None,
        description="The code by which its reporter follows and confirms it, without an account.",
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A dispute after an act.")
class DisputePayload:
    """See the description."""

    dispute: Dispute | None = strawberry.field(default=None, description="The dispute; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="A recorded agreement.")
class AgreementPayload:
    """See the description."""

    agreement: Agreement | None = strawberry.field(default=None, description="The agreement; null when refused.")
    dispute: Dispute | None = strawberry.field(default=None, description="The dispute it settles.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=_ERRORS)


@strawberry.type(description="What a submission from a doorstep made.")
class VisitPayload:
    """See the description."""

    visit: Visit | None = strawberry.field(default=None, description="The visit; null when refused.")
    appeals: list[Appeal] = strawberry.field(
        default_factory=list, description="The appeals opened in it, in the order of the input."
    )
    disputes: list[Dispute] = strawberry.field(
        default_factory=list, description="The disputes reported in it, in the order of the input."
    )
    errors: list[Problem] = strawberry.field(default_factory=list, description=_ERRORS)
