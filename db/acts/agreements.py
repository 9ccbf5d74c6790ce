"""Acts on agreements: propose, record, put into writing, sign, follow up, and note the court's confirmation.

They are moves of the dispute that the agreement settles (db/acts/dispute_moves.py), and return its id.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.acts.calendar import local_day, today_in
from db.acts.dispute_moves import Case, begin
from db.acts.journal import act
from db.agreements import Agreement, AgreementMark, AgreementTerm, PerformanceCheck, Proposal
from db.base import Row
from db.places import Community
from db.transaction import Transaction
from rules import agreements as rules
from rules import dispute_moves as moves
from rules.access import Act
from rules.agreements import AgreementForm, MarkKind, Outcome
from rules.dispute_moves import DisputeMove
from rules.money import check_amount
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.times import check_not_old, check_occurred, check_on


@dataclass(frozen=True, slots=True)
class NewProposal:
    """Terms for an agreement: its content, the manner of performance, and the day by which all is done."""

    id: UUID
    dispute: UUID
    content: str
    performance: str | None = None
    due_on: date | None = None


@act(Act.PROPOSE_TERMS)
async def propose_terms(tx: Transaction, new: NewProposal) -> UUID:
    """Proposes terms, which the mediator may turn into the agreement when the parties accept them."""
    content, performance = check_text(new.content, "content"), check_optional(new.performance, "performance")
    case = await begin(tx, new.dispute, moves.PROPOSE)
    terms = {"content": content, "performance": performance, "due_on": new.due_on}
    await case.save(content, Proposal(id=new.id, dispute_id=new.dispute, **terms, **tx.stamp("proposed")))
    return new.id


@dataclass(frozen=True, slots=True)
class Term:
    """An obligation of a party with a due day."""

    party: UUID
    what: str
    due_on: date
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewAgreement:
    """An agreement. A written one has the day of each mark that it bears already.

    Content, manner and time are by default those of the proposal that the parties accepted.
    """

    id: UUID
    dispute: UUID
    form: AgreementForm
    content: str = ""
    proposal: UUID | None = None
    facts: str | None = None
    performance: str | None = None
    due_on: date | None = None
    """By default the last due day of the terms, or that of the proposal."""
    reached_at: datetime | None = None
    parties_signed_on: date | None = None
    mediator_signed_on: date | None = None
    sealed_on: date | None = None
    terms: list[Term] = field(default_factory=list)


@act(Act.RECORD_AGREEMENT, again="dispute")
async def record_agreement(tx: Transaction, new: NewAgreement) -> UUID:
    """Settles a dispute by agreement (People's Mediation Law, articles 28 and 29)."""
    if new.proposal is not None:
        new = await _as_proposed(tx, new, new.proposal)
    agreement = _agreement(tx, new)
    terms = [
        AgreementTerm(
            agreement_id=new.id,
            party_id=term.party,
            what=check_text(term.what, "terms", index, "what", limit=LINE_LIMIT),
            amount=check_amount(term.amount, "terms", index, "amount"),
            due_on=term.due_on,
        )
        for index, term in enumerate(new.terms)
    ]
    case = await begin(tx, new.dispute, moves.AGREE)
    community = await tx.get(Community, id=case.dispute.community_id)
    today = local_day(community, tx.now)
    rules.check_marks(new.form, _marks(agreement), today, tx.viewer.role)
    _check_due(tx, new, today)
    agreement.effective_on = _effective_on(agreement, community)
    case.parties_of([term.party for term in new.terms], "terms")
    case.dispute.mediator_id = case.dispute.mediator_id or tx.viewer.account_id
    signed: list[Row] = []
    if agreement.parties_signed_on is not None:
        day = agreement.parties_signed_on
        signed += [_mark(agreement, party.id, MarkKind.SIGNATURE, day) for party in case.parties]
    return await case.save(None, agreement, *terms, *signed)


def _check_due(tx: Transaction, new: NewAgreement, today: date) -> None:
    if new.due_on is not None:
        check_not_old(new.due_on, today, tx.viewer.role, "dueOn")
    for index, term in enumerate(new.terms):
        if term.due_on is not None:
            check_not_old(term.due_on, today, tx.viewer.role, "terms", index, "dueOn")


async def _as_proposed(tx: Transaction, new: NewAgreement, uuid: UUID) -> NewAgreement:
    """The agreement with what it takes over from a proposal in the same dispute. Proposals never change."""
    proposal = await tx.find(Proposal, uuid, "proposal")
    if proposal.dispute_id != new.dispute:
        raise Refusal(Code.NOT_FOUND, "proposal")
    return replace(
        new,
        content=new.content or proposal.content,
        performance=new.performance or proposal.performance,
        due_on=new.due_on or (None if new.terms else proposal.due_on),
    )


def _agreement(tx: Transaction, new: NewAgreement) -> Agreement:
    facts, performance = check_optional(new.facts, "facts"), check_optional(new.performance, "performance")
    rules.check_content(new.form, new.content)
    if new.form is AgreementForm.WRITTEN:
        rules.check_written(facts, performance)
    reached_at = new.reached_at or tx.now
    check_occurred(reached_at, tx.now, tx.viewer.role, "reachedAt")
    last_due = max((term.due_on for term in new.terms), default=None)
    return Agreement(
        id=new.id,
        dispute_id=new.dispute,
        form=new.form,
        proposal_id=new.proposal,
        content=check_text(new.content, "content"),
        facts=facts,
        performance=performance,
        due_on=new.due_on or last_due,
        reached_at=reached_at,
        parties_signed_on=new.parties_signed_on,
        mediator_signed_on=new.mediator_signed_on,
        sealed_on=new.sealed_on,
        **tx.stamp("recorded"),
    )


def _marks(agreement: Agreement) -> tuple[date | None, date | None, date | None]:
    return agreement.parties_signed_on, agreement.mediator_signed_on, agreement.sealed_on


def _effective_on(agreement: Agreement, community: Community) -> date | None:
    return rules.effective_on(agreement.form, local_day(community, agreement.reached_at), _marks(agreement))


def _mark(agreement: Agreement, party: UUID, kind: MarkKind, day: date) -> AgreementMark:
    return AgreementMark(agreement_id=agreement.id, party_id=party, kind=kind, marked_on=day)


async def _begin(tx: Transaction, uuid: UUID, move: DisputeMove) -> tuple[Case, Agreement]:
    """Begins a move of the dispute that an agreement settles. The agreement is read again after the lock."""
    found = await tx.find(Agreement, uuid, "agreement")
    case = await begin(tx, found.dispute_id, move)
    return case, await tx.get(Agreement, id=uuid)


async def _dispute_of(tx: Transaction, given: Any) -> UUID:
    """The case that a retry is about. The viewer may not see it any more."""
    return (await tx.one(Agreement, "agreement", id=given.agreement)).dispute_id


@dataclass(frozen=True, slots=True)
class Writing:
    """The written form of an oral agreement."""

    agreement: UUID
    facts: str
    performance: str
    content: str | None = None
    act: UUID | None = None


@act(Act.WRITE_AGREEMENT, key="act", again=_dispute_of)
async def write_agreement(tx: Transaction, new: Writing) -> UUID:
    """Puts an oral agreement into writing. It stays in force from the day on which it was reached."""
    facts, performance = check_optional(new.facts, "facts"), check_optional(new.performance, "performance")
    content = check_optional(new.content, "content")
    rules.check_written(facts, performance)
    case, agreement = await _begin(tx, new.agreement, moves.WRITE)
    if agreement.form is AgreementForm.WRITTEN:
        raise invalid("已经是书面协议", "agreement")
    agreement.form, agreement.wrote_at = AgreementForm.WRITTEN, tx.now
    agreement.facts, agreement.performance = facts, performance
    agreement.content = content or agreement.content
    return await case.save(None, agreement)


@dataclass(frozen=True, slots=True)
class Marking:
    """A mark on a written agreement: exactly one of a party's, the mediator's signature, and the committee's seal."""

    agreement: UUID
    on: date
    party: UUID | None = None
    kind: MarkKind | None = None
    mediator: bool = False
    seal: bool = False
    act: UUID | None = None


@act(Act.MARK_AGREEMENT, key="act", again=_dispute_of)
async def mark_agreement(tx: Transaction, new: Marking) -> UUID:
    """Adds a mark to a written agreement. With the last mark it takes effect (article 29)."""
    if [new.party is not None, new.mediator, new.seal].count(True) != 1:
        raise invalid("请写明由谁签署，只写一个", "party")
    case, agreement = await _begin(tx, new.agreement, moves.MARK)
    community = await tx.get(Community, id=case.dispute.community_id)
    check_on(new.on, local_day(community, tx.now), tx.viewer.role, "on")
    if agreement.form is AgreementForm.ORAL:
        raise invalid("口头协议不需要签署", "agreement")
    marked = await _add_mark(new, agreement, case)
    if agreement.wrote_at is None:
        agreement.effective_on = _effective_on(agreement, community)
    return await case.save(None, agreement, *marked)


async def _add_mark(new: Marking, agreement: Agreement, case: Case) -> Sequence[Row]:
    if new.mediator:
        rules.check_unmarked(agreement.mediator_signed_on, "mediator")
        agreement.mediator_signed_on = new.on
    elif new.seal:
        rules.check_unmarked(agreement.sealed_on, "seal")
        agreement.sealed_on = new.on
    elif new.party is not None:
        case.party(new.party, "party")
        marks = await case.tx.all(AgreementMark, agreement_id=agreement.id)
        days = {mark.party_id: mark.marked_on for mark in marks}
        rules.check_unmarked(days.get(new.party), "party")
        days[new.party] = new.on
        agreement.parties_signed_on = rules.all_marked([days.get(each.id) for each in case.parties])
        return [_mark(agreement, new.party, new.kind or MarkKind.SIGNATURE, new.on)]
    return ()


@dataclass(frozen=True, slots=True)
class NewCheck:
    """A follow-up of an agreement, or of one of its terms. ``checked_on`` is today by default."""

    id: UUID
    agreement: UUID
    outcome: Outcome
    term: UUID | None = None
    note: str | None = None
    checked_on: date | None = None


@act(Act.CHECK_PERFORMANCE, again=_dispute_of)
async def check_performance(tx: Transaction, new: NewCheck) -> UUID:
    """Records whether an agreement is kept (article 31)."""
    note = check_optional(new.note, "note")
    case, agreement = await _begin(tx, new.agreement, moves.CHECK)
    today = await today_in(tx, case.dispute.community_id)
    day = new.checked_on or today
    check_on(day, today, tx.viewer.role, "checkedOn")
    terms = await tx.all(AgreementTerm, order=("id",), agreement_id=agreement.id)
    if new.term is not None and new.term not in {term.id for term in terms}:
        raise Refusal(Code.NOT_FOUND, "term")
    for term in terms:
        if new.outcome is Outcome.PERFORMED and new.term in {None, term.id}:
            term.performed_on = term.performed_on or day
    check = PerformanceCheck(
        id=new.id,
        agreement_id=agreement.id,
        term_id=new.term,
        outcome=new.outcome,
        note=note,
        checked_on=day,
        checked_by=tx.viewer.account_id,
        recorded_at=tx.now,
    )
    more_owed = any(term.performed_on is None for term in terms)
    case.dispute.status = rules.status_after_check(case.before, new.outcome, more_owed=more_owed)
    return await case.save(note, check, *terms)


@dataclass(frozen=True, slots=True)
class Confirming:
    """The parties' joint application to a court. The court's ``result`` and its ``number`` are among the changes."""

    agreement: UUID
    applied_on: date
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.NOTE_CONFIRMATION, key="act", again=_dispute_of)
async def note_confirmation(tx: Transaction, new: Confirming) -> UUID:
    """Records the application for judicial confirmation, within 30 days of the agreement's effect (article 33)."""
    number = check_optional(new.changes.get("number"), "number", limit=LINE_LIMIT)
    case, agreement = await _begin(tx, new.agreement, moves.CONFIRM)
    check_on(new.applied_on, await today_in(tx, case.dispute.community_id), tx.viewer.role, "appliedOn")
    rules.check_confirmable(case.dispute.type, agreement.effective_on, new.applied_on)
    agreement.confirmation_applied_on = new.applied_on
    if "result" in new.changes:
        agreement.confirmation_result = new.changes["result"]
    if "number" in new.changes:
        agreement.confirmation_number = number
    return await case.save(number, agreement)
