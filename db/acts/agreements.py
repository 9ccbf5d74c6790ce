"""Acts on agreements: recorded, put into writing, marked, followed up, and confirmed by a court."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.dispute_moves import Step, move, parties_of, some_parties, zone_of
from db.agreements import Agreement, AgreementMark, AgreementTerm, PerformanceCheck
from db.disputes import Dispute
from rules import agreements as rules
from rules import dispute_moves as moves
from rules.access import Act, require
from rules.agreements import AgreementForm, ConfirmationResult, MarkKind, Outcome
from rules.disputes import DisputeStatus
from rules.money import check_amount
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred


@dataclass(frozen=True, slots=True)
class Term:
    """Something that a party owes by a day."""

    party: UUID
    what: str
    due_on: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """What the parties agreed. Written: the day of each mark that it bears already."""

    id: UUID
    dispute: UUID
    form: AgreementForm
    content: str
    facts: str | None = None
    performance: str | None = None
    due_on: date | None = None
    reached_at: datetime | None = None
    parties_signed_on: date | None = None
    mediator_signed_on: date | None = None
    sealed_on: date | None = None
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """An agreement and the dispute it settles."""

    agreement: UUID
    dispute: UUID


async def record_agreement(acting: Acting, new: NewAgreement) -> Settled:
    """Settles a dispute by agreement (People's Mediation Law, articles 28 and 29)."""
    require(acting.viewer, Act.RECORD_AGREEMENT)

    async def change(dispute: Dispute) -> None:
        acting.session.add(await _agreement(acting, new, dispute))
        dispute.mediator_id = dispute.mediator_id or acting.viewer.account_id
        await acting.session.flush()
        await _owe(acting, new, dispute)
        if new.parties_signed_on is not None:
            await _mark_all(acting, new, dispute, new.parties_signed_on)

    step = Step(new.dispute, new.id)
    await move(acting, step, moves.AGREE, None, change, extra=new, key="id")
    return Settled(new.id, new.dispute)


async def _agreement(acting: Acting, new: NewAgreement, dispute: Dispute) -> Agreement:
    facts, performance = check_optional(new.facts, "facts"), check_optional(new.performance, "performance")
    rules.check_content(new.form, new.content)
    if new.form is AgreementForm.WRITTEN:
        rules.check_written(facts, performance)
    reached_at = new.reached_at or acting.now
    check_occurred(reached_at, acting.now, "reachedAt")
    marks = (new.parties_signed_on, new.mediator_signed_on, new.sealed_on)
    rules.check_marks(new.form, marks, await _today(acting, dispute))
    local = reached_at.astimezone(await zone_of(acting, dispute.community_id))
    last_due = max((term.due_on for term in new.terms), default=None)
    return Agreement(
        id=new.id,
        dispute_id=dispute.id,
        form=new.form,
        content=check_text(new.content, "content"),
        facts=facts,
        performance=performance,
        due_on=new.due_on or last_due,
        reached_at=reached_at,
        parties_signed_on=new.parties_signed_on,
        mediator_signed_on=new.mediator_signed_on,
        sealed_on=new.sealed_on,
        effective_on=rules.effective_on(new.form, local, *marks),
        recorded_by=acting.viewer.account_id,
        recorded_at=acting.now,
    )


async def _owe(acting: Acting, new: NewAgreement, dispute: Dispute) -> None:
    owing = await some_parties(acting, dispute.id, [term.party for term in new.terms], "terms")
    own = {party.id for party in owing}
    assert all(term.party in own for term in new.terms)
    for index, term in enumerate(new.terms):
        path = ("terms", index)
        acting.session.add(
            AgreementTerm(
                agreement_id=new.id,
                party_id=term.party,
                what=check_text(term.what, *path, "what", limit=LINE_LIMIT),
                amount=check_amount(term.amount, *path, "amount"),
                due_on=term.due_on,
            )
        )


async def _mark_all(acting: Acting, new: NewAgreement, dispute: Dispute, day: date) -> None:
    for party in await parties_of(acting, dispute.id):
        mark: dict[str, Any] = {"agreement_id": new.id, "party_id": party.id, "kind": MarkKind.SIGNATURE}
        acting.session.add(AgreementMark(**mark, marked_on=day))


async def _today(acting: Acting, dispute: Dispute) -> date:
    """By the community's calendar."""
    return acting.now.astimezone(await zone_of(acting, dispute.community_id)).date()


@dataclass(frozen=True, slots=True)
class Writing:
    """What an oral agreement becomes when it is put into writing."""

    agreement: UUID
    facts: str
    performance: str
    content: str | None = None
    act: UUID | None = None


async def write_agreement(acting: Acting, new: Writing) -> Settled:
    """Puts an oral agreement into writing; it stays in force from the day it was reached."""
    agreement = await acting.find(Agreement, new.agreement, "agreement")
    facts, performance = check_optional(new.facts, "facts"), check_optional(new.performance, "performance")
    content = check_optional(new.content, "content")
    rules.check_written(facts, performance)

    def change(_: Dispute) -> None:
        if agreement.form is AgreementForm.WRITTEN:
            raise invalid("已经是书面协议", "it is in writing already", "agreement")
        agreement.form, agreement.wrote_at = AgreementForm.WRITTEN, acting.now
        agreement.facts, agreement.performance = facts, performance
        agreement.content = content or agreement.content
        acting.session.add(agreement)

    step = Step(agreement.dispute_id, new.act)
    await move(acting, step, moves.WRITE, None, change, extra=new)
    return Settled(agreement.id, agreement.dispute_id)


@dataclass(frozen=True, slots=True)
class Marking:
    """A mark under a written agreement: a party's, the mediator's signature, or the committee's seal."""

    agreement: UUID
    on: date
    party: UUID | None = None
    kind: MarkKind | None = None
    mediator: bool = False
    seal: bool = False
    act: UUID | None = None


async def mark_agreement(acting: Acting, new: Marking) -> Settled:
    """Somebody marks a written agreement; with the last mark it is in force (article 29)."""
    agreement = await acting.find(Agreement, new.agreement, "agreement")
    if [new.party is not None, new.mediator, new.seal].count(True) != 1:
        raise invalid("请写明是谁签署,只写一个", "say whose mark it is, just one", "party")

    async def change(dispute: Dispute) -> None:
        await acting.session.refresh(agreement)
        if new.on > await _today(acting, dispute):
            raise Refusal(Code.IN_FUTURE, "on")
        if agreement.form is AgreementForm.ORAL:
            raise invalid("口头协议不需要签署", "an oral agreement bears no marks", "agreement")
        await _mark(acting, new, agreement, dispute)
        local = agreement.reached_at.astimezone(await zone_of(acting, dispute.community_id))
        marks = (agreement.parties_signed_on, agreement.mediator_signed_on, agreement.sealed_on)
        if agreement.wrote_at is None:
            agreement.effective_on = rules.effective_on(AgreementForm.WRITTEN, local, *marks)
        acting.session.add(agreement)

    step = Step(agreement.dispute_id, new.act)
    await move(acting, step, moves.MARK, None, change, extra=new)
    return Settled(agreement.id, agreement.dispute_id)


async def _mark(acting: Acting, new: Marking, agreement: Agreement, dispute: Dispute) -> None:
    if new.party is not None:
        await _mark_party(acting, new, new.party, agreement, dispute)
    elif new.mediator:
        rules.check_unmarked(agreement.mediator_signed_on, "mediator")
        agreement.mediator_signed_on = new.on
    else:
        rules.check_unmarked(agreement.sealed_on, "seal")
        agreement.sealed_on = new.on


async def _mark_party(acting: Acting, new: Marking, party: UUID, agreement: Agreement, dispute: Dispute) -> None:
    await some_parties(acting, dispute.id, [party], "party")
    held = select(AgreementMark).where(AgreementMark.agreement_id == agreement.id)
    marks = {mark.party_id: mark for mark in (await acting.session.exec(held)).all()}
    rules.check_unmarked(marks[party].marked_on if party in marks else None, "party")
    kind = new.kind or MarkKind.SIGNATURE
    marks[party] = AgreementMark(agreement_id=agreement.id, party_id=party, kind=kind, marked_on=new.on)
    acting.session.add(marks[party])
    everybody = await parties_of(acting, dispute.id)
    days = [marks[each.id].marked_on if each.id in marks else None for each in everybody]
    agreement.parties_signed_on = rules.all_marked(days)


@dataclass(frozen=True, slots=True)
class NewCheck:
    """A follow-up of an agreement, or of one of its terms."""

    id: UUID
    agreement: UUID
    outcome: Outcome
    term: UUID | None = None
    note: str | None = None
    checked_on: date | None = None


async def check_performance(acting: Acting, new: NewCheck) -> Settled:
    """Writes down whether what was agreed is kept (article 31)."""
    agreement = await acting.find(Agreement, new.agreement, "agreement")
    said = check_optional(new.note, "note")

    async def change(dispute: Dispute) -> None:
        today = await _today(acting, dispute)
        day = new.checked_on or today
        if day > today:
            raise Refusal(Code.IN_FUTURE, "checkedOn")
        more_owed = await _perform(acting, new, agreement, day)
        check = PerformanceCheck(
            id=new.id,
            agreement_id=agreement.id,
            term_id=new.term,
            outcome=new.outcome,
            note=said,
            checked_on=day,
            checked_by=acting.viewer.account_id,
            recorded_at=acting.now,
        )
        acting.session.add(check)
        before = DisputeStatus(dispute.status)
        dispute.status = rules.status_after_check(before, new.outcome, more_owed=more_owed)

    step = Step(agreement.dispute_id, new.id)
    await move(acting, step, moves.CHECK, said, change, extra=new, key="id")
    return Settled(agreement.id, agreement.dispute_id)


async def _perform(acting: Acting, new: NewCheck, agreement: Agreement, day: date) -> bool:
    """Marks what is performed; whether something is owed still."""
    statement = select(AgreementTerm).where(AgreementTerm.agreement_id == agreement.id).order_by(col(AgreementTerm.id))
    terms = (await acting.session.exec(statement)).all()
    if new.term is not None and new.term not in {term.id for term in terms}:
        raise Refusal(Code.NOT_FOUND, "term")
    for term in terms:
        if new.outcome is Outcome.PERFORMED and new.term in {None, term.id}:
            term.performed_on = term.performed_on or day
            acting.session.add(term)
    return any(term.performed_on is None for term in terms)


@dataclass(frozen=True, slots=True)
class Confirming:
    """The parties' joint application to a court, and what the court said."""

    agreement: UUID
    applied_on: date
    result: ConfirmationResult | None = None
    number: str | None = None
    act: UUID | None = None


async def note_confirmation(acting: Acting, new: Confirming) -> Settled:
    """Both parties asked a court to confirm the agreement, within 30 days of its taking effect (article 33)."""
    agreement = await acting.find(Agreement, new.agreement, "agreement")
    number = check_optional(new.number, "number", limit=LINE_LIMIT)

    async def change(dispute: Dispute) -> None:
        if new.applied_on > await _today(acting, dispute):
            raise Refusal(Code.IN_FUTURE, "appliedOn")
        rules.check_confirmable(dispute.type, agreement.effective_on, new.applied_on)
        agreement.confirmation_applied_on = new.applied_on
        agreement.confirmation_result, agreement.confirmation_number = new.result, number
        acting.session.add(agreement)

    step = Step(agreement.dispute_id, new.act)
    await move(acting, step, moves.CONFIRM, number, change, extra=new)
    return Settled(agreement.id, agreement.dispute_id)
