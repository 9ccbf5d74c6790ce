"""Receipts in GraphQL, with which a resident without an account follows an appeal."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import appeals as tables
from db import journal as journal_tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.actions import CaseAction
from rules.appeal_moves import FROM_REPORTER
from rules.appeals import AppealCategory, AppealStatus, AppealUrgency
from rules.journal import TO_REPORTER, EntryKind
from rules.text import receipt_code
from schema.appeal_acts import acts_of
from schema.appeals import ENDED_AT, ended_at, issuing_body
from schema.cases import address_of
from schema.clocks import Deadline, deadlines, is_paused
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.photos import ReceiptPhoto, photos_of
from schema.places import phone_of, zone_of

RECEIPT_CODE = gql.argument("code", str, "The receipt code.")


def _said(row: Row) -> Column:
    """The note of a step, if it is from the reporter or for the reporter."""
    kind = sql.cast(row.c.kind, sql.TEXT)
    own = sql.and_(row.c.actor_id.is_(None), kind.in_(sorted(FROM_REPORTER)))
    return sql.case((sql.or_(own, kind.in_(sorted(TO_REPORTER))), row.c.note))


def _doing(row: Row) -> Column:
    """The name of the organisation that an appeal is dispatched to."""
    dispatch, body = alias(tables.Dispatch), alias(place_tables.Organisation)
    given = dispatch.c.id == row.c.dispatch_id, body.c.id == dispatch.c.organisation_id
    return sql.select(body.c.name).from_(dispatch, body).where(*given).scalar()


def _lapsing(row: Row) -> Column:
    """When the appeal is closed because the reporter does not reply."""
    policy = alias(tables.ClockPolicy)
    awaiting = sql.cast(row.c.status, sql.TEXT) == constant(AppealStatus.AWAITING_CONFIRMATION)
    due = row.c.answered_at + sql.func.make_interval(0, 0, 0, policy.c.silence_days)
    found = sql.select(due).from_(policy).where(policy.c.id == row.c.clock_policy_id, awaiting)
    return found.scalar()


@gql.entity(journal_tables.Journal, visible_to=lambda *_: sql.TRUE, main=False)
class ReceiptStep:
    """A step of an appeal, as shown to its reporter, without the account that took it."""

    kind = gql.word("kind", EntryKind, "The kind of step.", "label")
    occurred_at: datetime = gql.column("occurred_at", "When it occurred.")
    said: str | None = gql.value(_said, "The words from the reporter or for the reporter; null for other notes.")


@gql.entity(tables.Appeal, visible_to=lambda *_: sql.TRUE, main=False)
class Receipt:
    """An appeal, as shown to the holder of its receipt code."""

    appeal_id: strawberry.ID = gql.object_id("appeal")
    body: str = gql.column("body", "The reporter's words.")
    category_label: str = gql.labelled("category", AppealCategory, "The category, as a label.")
    status = gql.word("status", AppealStatus, "The status.")
    urgency = gql.word("urgency", AppealUrgency, "The urgency.")
    issuing_body: str = gql.value(issuing_body, "The grid, community or farm that handles it.")
    organisation: str | None = gql.value(_doing, "The organisation that it is dispatched to.")
    address: str = gql.value(address_of, "The address as far as it is known, such as 3号楼2单元501; empty if unknown.")
    answer: str | None = gql.column("answer", "The answer.")
    rating: int | None = gql.column("rating", "The rating given.")
    opened_at: datetime = gql.column("opened_at", "When it was reported.")
    closed_at: datetime | None = gql.value(ended_at, ENDED_AT)
    reopen_ends_at: datetime | None = gql.column("reopen_until", "The end of the time in which it can be reopened.")
    turn_to: str | None = gql.column("turn_to", "The place to turn to instead, for a rejected appeal.")
    pause_ends_at: datetime | None = gql.value(
        lambda row: sql.case((is_paused(row), row.c.paused_until)), "The end of the pause of its clocks."
    )
    lapses_at: datetime | None = gql.value(_lapsing, "When it closes without a reply of the reporter.")
    time_zone: str = gql.value(zone_of, "The time zone of its community.")
    community_phone: str | None = gql.value(phone_of, "The telephone of its community.")
    deadlines: list[Deadline] = deadlines()
    allowed_actions: list[CaseAction] = gql.value(
        acts_of, "The actions open to the holder of the code, by `receiptCode`."
    )
    photos: list[ReceiptPhoto] = photos_of("appeal_id")
    steps: list[ReceiptStep] = gql.to_many("appeal_id", lambda t: [t.id], "The steps taken, in order.")


@gql.roots
class ReceiptRoots:
    receipt: Receipt | None = gql.by_secret(
        lambda row, t: t.receipt_code == row.shown_code(receipt_code),
        "An appeal by its receipt code; needs no account.",
        [RECEIPT_CODE],
    )
