"""Agreements in GraphQL: what was agreed, whose marks it bears, what is owed by when, and whether it is kept."""

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
    NOT_CONFIRMED_ZH,
    UNCONFIRMABLE,
    AgreementForm,
    ConfirmationResult,
    MarkKind,
    Outcome,
)
from rules.disputes import DisputeStatus
from schema.compiler.declare import column, entity, labelled, object_id, to_many, to_one, value
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.day_deadlines import DayDeadline, day_deadline, local_day
from schema.money import Yuan, yuan
from schema.parties import DisputeParty
from schema.relay import Node


def _of_dispute(row: Row, name: str) -> Column:
    """A column of the agreement's dispute."""
    dispute = alias(DisputeTable)
    return sql.select(dispute.c[name]).from_(dispute).where(dispute.c.id == row.c.dispute_id).scalar()


def _community(row: Row) -> Column:
    return _of_dispute(row, "community_id")


def _community_of_term(row: Row) -> Column:
    agreement, dispute = alias(tables.Agreement), alias(DisputeTable)
    return (
        sql.select(dispute.c.community_id)
        .from_(agreement.join(dispute, dispute.c.id == agreement.c.dispute_id))
        .where(agreement.c.id == row.c.agreement_id)
        .scalar()
    )


def _confirmable(row: Row) -> Column:
    return sql.cast(_of_dispute(row, "type"), sql.TEXT).not_in(sorted(UNCONFIRMABLE))


def _confirm_by(row: Row) -> Column:
    last = row.c.effective_on + CONFIRMATION_DAYS
    return sql.case((_confirmable(row), last))


def _performed_on(row: Row) -> Column:
    """The day of the follow-up that found all of it done."""
    check = alias(tables.PerformanceCheck)
    done = sql.cast(_of_dispute(row, "status"), sql.TEXT) == constant(DisputeStatus.PERFORMED)
    last = sql.select(sql.func.max(check.c.checked_on)).from_(check).where(check.c.agreement_id == row.c.id)
    fallback = local_day(row.c.recorded_at, _community(row))
    found = sql.func.coalesce(last.scalar(), row.c.due_on, fallback)
    return sql.case((done, found))


def _not_confirmable(row: Row) -> Column:
    return sql.case((_confirmable(row), sql.NULL), else_=constant(NOT_CONFIRMED_ZH))


def _missing_marks(row: Row, t: Any) -> Any:
    """The parties of a written agreement that have not marked it."""
    mark = alias(tables.AgreementMark)
    marked = sql.exists(mark).where(mark.c.agreement_id == row.c.id, mark.c.party_id == t.id)
    written = sql.cast(row.c.form, sql.TEXT) == constant(AgreementForm.WRITTEN)
    return sql.and_(t.dispute_id == row.c.dispute_id, written, row.c.parties_signed_on.is_(None), sql.not_(marked))


@entity(tables.AgreementTerm, "term")
class AgreementTerm(Node):
    """Something that a party owes by a day."""

    id: strawberry.ID = object_id("term")
    party = to_one("party_id", "Who owes it.")
    what: str = column("what", "What is owed.")
    amount: Yuan | None = yuan("amount", "How much money, if it is money.")
    due_on: date = column("due_on", "By when.")
    performed_on: date | None = column("performed_on", "When it was found to be done.")
    deadline: DayDeadline | None = day_deadline(
        lambda row: row.c.due_on,
        lambda row: row.c.performed_on,
        _community_of_term,
        lambda _: constant("调解协议约定的履行期限"),
        "By when it is due, and how that stands.",
    )


@entity(tables.AgreementMark, "mark")
class AgreementMark(Node):
    """A party's mark under a written agreement (article 29)."""

    id: strawberry.ID = object_id("mark")
    party = to_one("party_id", "Whose it is.")
    kind: MarkKind = column("kind", "How it was marked.")
    kind_label: str = labelled("kind", MarkKind, "The same in Chinese.")
    marked_on: date = column("marked_on", "When.")


@entity(tables.PerformanceCheck, "check")
class PerformanceCheck(Node):
    """A follow-up (回访): whether what was agreed is kept (article 31)."""

    id: strawberry.ID = object_id("check")
    term = to_one("term_id", "The term it is about; null for all of it.")
    outcome: Outcome = column("outcome", "What was found.")
    outcome_label: str = labelled("outcome", Outcome, "The same in Chinese.")
    note: str | None = column("note", "What was said.")
    checked_on: date = column("checked_on", "When.")
    checked_by = to_one("checked_by", "Who followed it up.")


@entity(tables.Agreement, "agreement")
class Agreement(Node):
    """What the parties agreed (People's Mediation Law, articles 28 and 29)."""

    id: strawberry.ID = object_id("agreement")
    form: AgreementForm = column("form", "Oral or written.")
    content: str = column("content", "What was agreed; recorded by the mediator when oral (article 28).")
    facts: str | None = column("facts", "Facts, issues and responsibility (article 29).")
    performance: str | None = column("performance", "Manner and time of performance (article 29).")
    due_on: date | None = column("due_on", "By when it is to be performed.")
    reached_at: datetime = column("reached_at", "When the parties agreed.")
    parties_signed_on: date | None = column("parties_signed_on", "When the last party signed.")
    mediator_signed_on: date | None = column("mediator_signed_on", "When the mediator signed.")
    sealed_on: date | None = column("sealed_on", "When the committee sealed it.")
    effective_on: date | None = column(
        "effective_on",
        "From when it is in force: oral, the day it is reached (article 30); written, once the parties and the"
        " mediator have signed and the committee has sealed it (article 29); null until then.",
    )
    recorded_by = to_one("recorded_by", "Who recorded it.")
    dispute = to_one("dispute_id", "The dispute it settles.")
    form_label: str = labelled("form", AgreementForm, "Oral or written, in Chinese.")
    wrote_at: datetime | None = column("wrote_at", "When an oral agreement was put into writing.")
    terms: list[AgreementTerm] = to_many("agreement_id", lambda t: [t.due_on, t.id], "What is owed, the next first.")
    marks: list[AgreementMark] = to_many("agreement_id", lambda t: [t.marked_on, t.id], "The parties' marks.")
    marks_missing: list[DisputeParty] = to_many(
        _missing_marks, lambda t: [t.id], "The parties whose marks are missing."
    )
    checks: list[PerformanceCheck] = to_many(
        "agreement_id", lambda t: [t.checked_on, t.id], "What follow-ups found, in order."
    )
    performance_deadline: DayDeadline | None = day_deadline(
        lambda row: row.c.due_on,
        _performed_on,
        _community,
        lambda _: constant("调解协议约定的履行期限"),
        "By when all of it is to be performed; null when no day was agreed.",
    )
    confirmation_deadline: DayDeadline | None = day_deadline(
        _confirm_by,
        lambda row: row.c.confirmation_applied_on,
        _community,
        lambda _: constant(CONFIRMATION_WHY),
        "Until when the parties can jointly ask a court to confirm it (article 33); null while it is not in force,"
        " and for matters that a court does not confirm.",
    )
    not_confirmable: str | None = value(
        _not_confirmable, "Why a court does not confirm it, in Chinese; null if it may."
    )
    confirmation_applied_on: date | None = column("confirmation_applied_on", "When the parties asked a court.")
    confirmation_result: ConfirmationResult | None = column("confirmation_result", "What the court said.")
    confirmation_result_label: str | None = labelled(
        "confirmation_result", ConfirmationResult, "What the court said, in Chinese."
    )
    confirmation_number: str | None = column("confirmation_number", "The court's number of its ruling.")
