"""Mutations of agreements."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry

from db.acts import agreements
from db.acts.agreements import Confirming, Marking, NewAgreement, NewCheck, Term, Writing
from rules.agreements import AgreementForm, ConfirmationResult, MarkKind, Outcome
from schema.agreements import Agreement
from schema.compiler.declare import mutations
from schema.disputes import Dispute
from schema.mutations.parts import Act, act_id, may, mutation, needs, own_id, payload, shows, takes


@takes(Term)
class TermInput:
    """Something that a party owes by a day."""

    party: strawberry.ID = needs("The party who owes it.", "party")
    what: str = needs("What is owed, in a line.")
    due_on: date = needs("By when.")
    amount: Decimal | None = may("The amount in yuan, if it is money.")


@takes(NewAgreement)
class RecordAgreementInput:
    """An agreement of the parties. Oral: the content is enough (article 28). Written: see article 29."""

    id: strawberry.ID = own_id("agreement")
    dispute: strawberry.ID = needs("The dispute.", "dispute")
    form: AgreementForm = needs("Oral or written.")
    content: str = needs("The content, up to 2,000 characters.")
    facts: str | None = may("Facts, issues and responsibility; required when written.")
    performance: str | None = may("Manner and time of performance; required when written.")
    due_on: date | None = may("By when it is to be performed; the last day of its terms by default.")
    reached_at: datetime | None = may("When the parties agreed; now by default.")
    parties_signed_on: date | None = may("When the last party signed, if all have.")
    mediator_signed_on: date | None = may("When the mediator signed.")
    sealed_on: date | None = may("When the committee sealed it.")
    terms: list[TermInput] | None = may("What each party owes by when.")


@takes(Writing)
class WriteAgreementInput:
    """An oral agreement that is put into writing. It stays in force from the day on which it was reached."""

    agreement: strawberry.ID = needs("The agreement.", "agreement")
    facts: str = needs("Facts, issues and responsibility (article 29).")
    performance: str = needs("Manner and time of performance (article 29).")
    content: str | None = may("The content in better words; as it was recorded by default.")
    act: strawberry.ID | None = act_id()


@takes(Marking)
class MarkAgreementInput:
    """A mark under a written agreement: a party's, the mediator's signature, or the committee's seal; one of them."""

    agreement: strawberry.ID = needs("The agreement.", "agreement")
    on: date = needs("When it was marked.")
    party: strawberry.ID | None = may("The party who marked it.", "party")
    kind: MarkKind | None = may("How the party marked it; signed by default.")
    mediator: bool | None = may("True: the mediator signed.")
    seal: bool | None = may("True: the committee sealed it.")
    act: strawberry.ID | None = act_id()


@takes(NewCheck)
class CheckPerformanceInput:
    """A follow-up of an agreement, or of one of its terms."""

    id: strawberry.ID = own_id("check")
    agreement: strawberry.ID = needs("The agreement.", "agreement")
    outcome: Outcome = needs("The outcome.")
    term: strawberry.ID | None = may("The term; all of them by default.", "term")
    note: str | None = may("What was said.")
    checked_on: date | None = may("When; today by default.")


@takes(Confirming)
class NoteConfirmationInput:
    """The parties' joint application to a court, and the court's answer."""

    agreement: strawberry.ID = needs("The agreement.", "agreement")
    applied_on: date = needs("When both parties applied, within 30 days of its taking effect (article 33).")
    result: ConfirmationResult | None = may("The court's answer, once there is one.")
    number: str | None = may("The court's number of its ruling.")
    act: strawberry.ID | None = act_id()


@payload
class AgreementPayload:
    """An agreement after an act."""

    agreement: Agreement | None = shows("The agreement; null when refused.")
    dispute: Dispute | None = shows("The dispute that it settles.")


def _recorded(new: NewAgreement, dispute: UUID) -> dict[str, Any]:
    return {"agreement": new.id, "dispute": dispute}


def _changed(given: Any, dispute: UUID) -> dict[str, Any]:
    return {"agreement": given.agreement, "dispute": dispute}


def _act(takes_: type, act: Act, description: str) -> Any:
    return mutation(takes_, act, AgreementPayload, description, _changed)


@mutations
class AgreementMutations:
    """Acts on agreements."""

    record_agreement: AgreementPayload = mutation(
        RecordAgreementInput,
        agreements.record_agreement,
        AgreementPayload,
        "Records the agreement that settles a dispute.",
        _recorded,
    )
    write_agreement: AgreementPayload = _act(
        WriteAgreementInput, agreements.write_agreement, "Puts an oral agreement into writing."
    )
    mark_agreement: AgreementPayload = _act(
        MarkAgreementInput,
        agreements.mark_agreement,
        "Adds a mark to a written agreement; with the last mark it is in force (article 29).",
    )
    check_performance: AgreementPayload = _act(
        CheckPerformanceInput, agreements.check_performance, "Records whether an agreement is kept (article 31)."
    )
    note_confirmation: AgreementPayload = _act(
        NoteConfirmationInput,
        agreements.note_confirmation,
        "Records that the parties asked a court to confirm an agreement (article 33).",
    )
