"""What can be done about agreements."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from db.acts import agreements
from db.acts.acting import Acting
from db.acts.agreements import Confirming, Marking, NewAgreement, NewCheck, Settled, Term, Writing
from rules.agreements import AgreementForm, ConfirmationResult, MarkKind, Outcome
from schema.agreements import Agreement
from schema.disputes import Dispute
from schema.ids import parse_id
from schema.mutations.parts import (
    ERRORS,
    act_id,
    few,
    given,
    item_of,
    may,
    mutation,
    needs,
    optional_id,
    own_id,
    takes,
    touched,
)
from schema.problems import Problem


@takes
class TermInput:
    """Something that a party owes by a day."""

    party: strawberry.ID = needs("Who owes it.")
    what: str = needs("What is owed, in a line.")
    due_on: date = needs("By when.")
    amount: Decimal | None = may("How much, in yuan, if it is money.")

    def read(self) -> Term:
        """As the act takes it."""
        return Term(parse_id("party", self.party, "party"), self.what, self.due_on, given(self.amount))


@takes
class RecordAgreementInput:
    """What the parties agreed. Oral: the content is enough (article 28). Written: see article 29."""

    id: strawberry.ID = own_id("agreement")
    dispute: strawberry.ID = needs("The dispute.")
    form: AgreementForm = needs("Oral or written.")
    content: str = needs("What was agreed, up to 2,000 characters.")
    facts: str | None = may("Facts, issues and responsibility; required when written.")
    performance: str | None = may("Manner and time of performance; required when written.")
    due_on: date | None = may("By when it is to be performed.")
    reached_at: datetime | None = may("When they agreed; now by default.")
    parties_signed_on: date | None = may("When the last party signed, if all have.")
    mediator_signed_on: date | None = may("When the mediator signed.")
    sealed_on: date | None = may("When the committee sealed it.")
    terms: list[TermInput] | None = may("What each party owes by when.")

    def read(self) -> NewAgreement:
        """As the act takes it."""
        return NewAgreement(
            id=parse_id("agreement", self.id, "id"),
            dispute=parse_id("dispute", self.dispute, "dispute"),
            form=self.form,
            content=self.content,
            facts=given(self.facts),
            performance=given(self.performance),
            due_on=given(self.due_on),
            reached_at=given(self.reached_at),
            parties_signed_on=given(self.parties_signed_on),
            mediator_signed_on=given(self.mediator_signed_on),
            sealed_on=given(self.sealed_on),
            terms=tuple(item_of("terms", index, each) for index, each in enumerate(few(self.terms, "terms"))),
        )


@takes
class WriteAgreementInput:
    """An oral agreement that is put into writing; it stays in force from the day it was reached."""

    agreement: strawberry.ID = needs("The agreement.")
    facts: str = needs("Facts, issues and responsibility (article 29).")
    performance: str = needs("Manner and time of performance (article 29).")
    content: str | None = may("What was agreed, in better words; as it was recorded by default.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Writing:
        """As the act takes it."""
        return Writing(
            parse_id("agreement", self.agreement, "agreement"),
            self.facts,
            self.performance,
            given(self.content),
            optional_id("act", self.act, "act"),
        )


@takes
class MarkAgreementInput:
    """A mark under a written agreement: a party's, the mediator's signature, or the committee's seal; one of them."""

    agreement: strawberry.ID = needs("The agreement.")
    on: date = needs("When it was marked.")
    party: strawberry.ID | None = may("Whose mark it is.")
    kind: MarkKind | None = may("How the party marked it; signed by default.")
    mediator: bool | None = may("True: the mediator signed.")
    seal: bool | None = may("True: the committee sealed it.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Marking:
        """As the act takes it."""
        return Marking(
            parse_id("agreement", self.agreement, "agreement"),
            self.on,
            optional_id("party", self.party, "party"),
            given(self.kind),
            bool(given(self.mediator)),
            bool(given(self.seal)),
            optional_id("act", self.act, "act"),
        )


@takes
class CheckPerformanceInput:
    """A follow-up of an agreement, or of one of its terms."""

    id: strawberry.ID = own_id("check")
    agreement: strawberry.ID = needs("The agreement.")
    outcome: Outcome = needs("What was found.")
    term: strawberry.ID | None = may("The term; all of it by default.")
    note: str | None = may("What was said.")
    checked_on: date | None = may("When; today by default.")

    def read(self) -> NewCheck:
        """As the act takes it."""
        return NewCheck(
            parse_id("check", self.id, "id"),
            parse_id("agreement", self.agreement, "agreement"),
            self.outcome,
            optional_id("term", self.term, "term"),
            given(self.note),
            given(self.checked_on),
        )


@takes
class NoteConfirmationInput:
    """The parties' joint application to a court, and what the court said."""

    agreement: strawberry.ID = needs("The agreement.")
    applied_on: date = needs("When both parties asked, within 30 days of its taking effect (article 33).")
    result: ConfirmationResult | None = may("What the court said, once it has.")
    number: str | None = may("The court's number of its ruling.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Confirming:
        """As the act takes it."""
        return Confirming(
            parse_id("agreement", self.agreement, "agreement"),
            self.applied_on,
            given(self.result),
            given(self.number),
            optional_id("act", self.act, "act"),
        )


@strawberry.type(description="An agreement after an act.")
class AgreementPayload:
    """See the description."""

    agreement: Agreement | None = strawberry.field(default=None, description="The agreement; null when refused.")
    dispute: Dispute | None = strawberry.field(default=None, description="The dispute it settles.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _settled(made: Settled) -> AgreementPayload:
    return AgreementPayload(agreement=touched(made.agreement), dispute=touched(made.dispute))


def _act(takes_: type, act: Callable[[Acting, Any], Awaitable[Settled]], description: str) -> Any:
    return mutation(takes_, lambda acting, new: act(acting, new.read()), AgreementPayload, _settled, description)


@strawberry.type
class AgreementMutations:
    """Acts on agreements."""

    record_agreement: AgreementPayload = _act(
        RecordAgreementInput, agreements.record_agreement, "Records the agreement that settles a dispute."
    )
    write_agreement: AgreementPayload = _act(
        WriteAgreementInput, agreements.write_agreement, "Puts an oral agreement into writing."
    )
    mark_agreement: AgreementPayload = _act(
        MarkAgreementInput,
        agreements.mark_agreement,
        "Somebody marks a written agreement; with the last mark it is in force (article 29).",
    )
    check_performance: AgreementPayload = _act(
        CheckPerformanceInput, agreements.check_performance, "Writes down whether an agreement is kept (article 31)."
    )
    note_confirmation: AgreementPayload = _act(
        NoteConfirmationInput,
        agreements.note_confirmation,
        "The parties asked a court to confirm the agreement (article 33).",
    )
