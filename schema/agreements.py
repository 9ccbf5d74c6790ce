"""Agreements in GraphQL: terms, marks, deadlines and follow-ups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import strawberry

from db import agreements as tables
from db import sql
from db.base import alias
from db.disputes import Dispute as DisputeTable
from db.sql import Column
from rules.agreements import (
    CONFIRMATION_DAYS,
    CONFIRMATION_WHY,
    NOT_CONFIRMED,
    UNCONFIRMABLE,
    AgreementForm,
    ConfirmationResult,
    MarkKind,
    Outcome,
)
from rules.disputes import DisputeStatus
from schema.compiler import declare as gql
from schema.compiler.expressions import column_of, constant, said
from schema.compiler.sources import Row
from schema.day_deadlines import DayDeadline, day_deadline, local_day
from schema.money import Yuan, yuan
from schema.parties import DisputeParty
from schema.relay import Node

_COMMUNITY, _TYPE, _STATUS = (
    column_of(DisputeTable, "dispute_id", name) for name in ("community_id", "type", "status")
)


def _community_of_term(row: Row) -> Column:
    agreement, dispute = alias(tables.Agreement), alias(DisputeTable)
    return (
        sql.select(dispute.c.community_id)
        .from_(agreement.join(dispute, dispute.c.id == agreement.c.dispute_id))
        .where(agreement.c.id == row.c.agreement_id)
        .scalar()
    )


def _confirmable(row: Row) -> Column:
    return sql.cast(_TYPE(row), sql.TEXT).not_in(sorted(UNCONFIRMABLE))


def _confirm_by(row: Row) -> Column:
    last = row.c.effective_on + CONFIRMATION_DAYS
    return sql.case((_confirmable(row), last))


def _performed_on(row: Row) -> Column:
    """The day of the follow-up that found the agreement performed."""
    check = alias(tables.PerformanceCheck)
    done = sql.cast(_STATUS(row), sql.TEXT) == constant(DisputeStatus.PERFORMED)
    last = sql.select(sql.func.max(check.c.checked_on)).from_(check).where(check.c.agreement_id == row.c.id)
    fallback = local_day(row.c.recorded_at, _COMMUNITY(row))
    found = sql.func.coalesce(last.scalar(), row.c.due_on, fallback)
    return sql.case((done, found))


def _not_confirmable(row: Row) -> Column:
    return sql.case((_confirmable(row), sql.NULL), else_=said(NOT_CONFIRMED))


def _missing_marks(row: Row, t: Any) -> Any:
    """The parties of a written agreement whose marks are missing."""
    mark = alias(tables.AgreementMark)
    marked = sql.exists(mark).where(mark.c.agreement_id == row.c.id, mark.c.party_id == t.id)
    written = sql.cast(row.c.form, sql.TEXT) == constant(AgreementForm.WRITTEN)
    return sql.and_(t.dispute_id == row.c.dispute_id, written, row.c.parties_signed_on.is_(None), sql.not_(marked))


@gql.entity(tables.Proposal, "proposal")
class SettlementProposal(Node):
    """A proposal of terms for an agreement (调解方案). It does not change; another one may follow."""

    id: strawberry.ID = gql.object_id("proposal")
    content: str = gql.column("content", "The content.")
    performance: str | None = gql.column("performance", "The manner of performance.")
    due_on: date | None = gql.column("due_on", "The day by which all is done.")
    proposed_by = gql.to_one("proposed_by", "The account that proposed it.")
    proposed_at: datetime = gql.column("proposed_at", "When it was proposed.")


@gql.entity(tables.AgreementTerm, "term")
class AgreementTerm(Node):
    """An obligation of a party with a due day."""

    id: strawberry.ID = gql.object_id("term")
    party = gql.to_one("party_id", "The party who owes it.")
    what: str = gql.column("what", "The obligation.")
    amount: Yuan | None = yuan("amount", "The amount, for an obligation to pay.")
    due_on: date = gql.column("due_on", "The due day.")
    performed_on: date | None = gql.column("performed_on", "The day of the follow-up that found it performed.")
    deadline: DayDeadline | None = day_deadline(
        lambda row: row.c.due_on,
        lambda row: row.c.performed_on,
        _community_of_term,
        lambda _: said("调解协议约定的履行期限"),
        "The due day and its state.",
    )


@gql.entity(tables.AgreementMark, "mark")
class AgreementMark(Node):
    """A party's mark under a written agreement (article 29)."""

    id: strawberry.ID = gql.object_id("mark")
    party = gql.to_one("party_id", "The party.")
    kind = gql.word("kind", MarkKind, "The kind of mark.")
    marked_on: date = gql.column("marked_on", "The day of the mark.")


@gql.entity(tables.PerformanceCheck, "check")
class PerformanceCheck(Node):
    """A follow-up (回访) on the performance of an agreement (article 31)."""

    id: strawberry.ID = gql.object_id("check")
    term = gql.to_one("term_id", "The term that was checked; null for the whole agreement.")
    outcome = gql.word("outcome", Outcome, "The outcome.")
    note: str | None = gql.column("note", "A note.")
    checked_on: date = gql.column("checked_on", "The day of the follow-up.")
    checked_by = gql.to_one("checked_by", "The account that followed up.")


@gql.entity(tables.Agreement, "agreement")
class Agreement(Node):
    """A mediation agreement (People's Mediation Law, articles 28 and 29)."""

    id: strawberry.ID = gql.object_id("agreement")
    form = gql.word("form", AgreementForm, "Oral or written.")
    content: str = gql.column("content", "The content; recorded by the mediator if oral (article 28).")
    proposal = gql.to_one("proposal_id", "The proposal that the parties accepted, if it began with one.")
    facts: str | None = gql.column("facts", "Facts, issues and responsibility (article 29).")
    performance: str | None = gql.column("performance", "Manner and time of performance (article 29).")
    due_on: date | None = gql.column("due_on", "The due day of the whole agreement.")
    reached_at: datetime = gql.column("reached_at", "When the parties agreed.")
    parties_signed_on: date | None = gql.column("parties_signed_on", "When the last party signed.")
    mediator_signed_on: date | None = gql.column("mediator_signed_on", "When the mediator signed.")
    sealed_on: date | None = gql.column("sealed_on", "When the committee sealed it.")
    effective_on: date | None = gql.column(
        "effective_on",
        "The first day in force: the day of an oral agreement (article 30), or of the last mark (article 29).",
    )
    recorded_by = gql.to_one("recorded_by", "The account that recorded it.")
    dispute = gql.to_one("dispute_id", "The dispute it settles.")
    wrote_at: datetime | None = gql.column("wrote_at", "When an oral agreement was put into writing.")
    terms: list[AgreementTerm] = gql.to_many("agreement_id", lambda t: [t.due_on, t.id], "The terms, by due day.")
    marks: list[AgreementMark] = gql.to_many("agreement_id", lambda t: [t.marked_on, t.id], "The parties' marks.")
    marks_missing: list[DisputeParty] = gql.to_many(_missing_marks, lambda t: [t.id], "Parties with missing marks.")
    checks: list[PerformanceCheck] = gql.to_many("agreement_id", lambda t: [t.checked_on, t.id], "Follow-ups in order.")
    performance_deadline: DayDeadline | None = day_deadline(
        lambda row: row.c.due_on,
        _performed_on,
        _COMMUNITY,
        lambda _: said("调解协议约定的履行期限"),
        "The deadline for the whole agreement; null without an agreed day.",
    )
    confirmation_deadline: DayDeadline | None = day_deadline(
        _confirm_by,
        lambda row: row.c.confirmation_applied_on,
        _COMMUNITY,
        lambda _: said(CONFIRMATION_WHY),
        "The last day for a joint application to a court (article 33); null if not in force or not confirmable.",
    )
    not_confirmable: str | None = gql.value(_not_confirmable, "Why a court cannot confirm it, or null.")
    confirmation_applied_on: date | None = gql.column("confirmation_applied_on", "Day of the application to the court.")
    confirmation_result = gql.word("confirmation_result", ConfirmationResult | None, "The court's answer.")
    confirmation_number: str | None = gql.column("confirmation_number", "The number of the court's ruling.")
