"""Receipts in GraphQL: how a resident without an account follows an appeal."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import appeals as tables
from db import journal as journal_tables
from db import places as place_tables
from db import sql
from db.base import alias
from db.sql import Column
from rules.access import Act
from rules.appeal_moves import FROM_REPORTER
from rules.appeals import (
    AppealCategory,
    AppealStatus,
)
from rules.journal import TO_REPORTER, EntryKind
from rules.text import receipt_code
from schema.appeal_acts import acts_of
from schema.appeals import address_of, issuing_body
from schema.clocks import Deadline, deadlines, is_paused
from schema.compiler.declare import (
    argument,
    by_link,
    column,
    entity,
    labelled,
    object_id,
    roots,
    to_many,
    value,
)
from schema.compiler.expressions import constant
from schema.compiler.sources import Row
from schema.photos import ReceiptPhoto, photos_of
from schema.places import zone_of

RECEIPT_CODE = argument("code", str, "The receipt code.")


def _said(row: Row) -> Column:
    """The note of a step, where it is the reporter's own or meant for them."""
    kind = sql.cast(row.c.kind, sql.TEXT)
    own = sql.and_(row.c.actor_id.is_(None), kind.in_(sorted(FROM_REPORTER)))
    return sql.case((sql.or_(own, kind.in_(sorted(TO_REPORTER))), row.c.note))


def _doing(row: Row) -> Column:
    """The name of the organisation that an appeal is with."""
    dispatch, body = alias(tables.Dispatch), alias(place_tables.Organisation)
    given = dispatch.c.id == row.c.dispatch_id, body.c.id == dispatch.c.organisation_id
    return sql.select(body.c.name).from_(dispatch, body).where(*given).scalar()


def _lapsing(row: Row) -> Column:
    """When silence is taken for consent."""
    policy = alias(tables.ClockPolicy)
    awaiting = sql.cast(row.c.status, sql.TEXT) == constant(AppealStatus.AWAITING_CONFIRMATION)
    due = row.c.answered_at + sql.func.make_interval(0, 0, 0, policy.c.silence_days)
    found = sql.select(due).from_(policy).where(policy.c.id == row.c.clock_policy_id, awaiting)
    return found.scalar()


@entity(journal_tables.Journal, visible_to=lambda *_: sql.TRUE, main=False)
class ReceiptStep:
    """A step of an appeal, as its reporter sees it: what and when, not who."""

    kind: EntryKind = column("kind", "What happened.")
    label: str = labelled("kind", EntryKind, "What happened, in Chinese.")
    occurred_at: datetime = column("occurred_at", "When.")
    said: str | None = value(_said, "What the reporter said themself, or was told; of other notes they are not told.")


@entity(tables.Appeal, visible_to=lambda *_: sql.TRUE, main=False)
class Receipt:
    """What the holder of a receipt code sees of their appeal. The code opens this one appeal and nothing else."""

    appeal_id: strawberry.ID = object_id("appeal")
    body: str = column("body", "What was said.")
    category_label: str = labelled("category", AppealCategory, "What it is about, in Chinese.")
    status: AppealStatus = column("status", "Where it stands.")
    status_label: str = labelled("status", AppealStatus, "Where it stands, in Chinese.")
    issuing_body: str = value(issuing_body, "The grid, community or farm that handles it.")
    organisation: str | None = value(_doing, "The organisation that it is with now, by name.")
    address: str = value(address_of, "Where it was understood to be about, such as 3号楼2单元501; empty if nowhere.")
    answer: str | None = column("answer", "The answer.")
    rating: int | None = column("rating", "The rating given.")
    opened_at: datetime = column("opened_at", "When it was said.")
    closed_at: datetime | None = column("closed_at", "When it was closed.")
    reopen_until: datetime | None = column("reopen_until", "Until when it can be opened again.")
    turn_to: str | None = column("turn_to", "Where to turn instead of what was rejected.")
    paused_until: datetime | None = value(
        lambda row: sql.case((is_paused(row), row.c.paused_until)), "Until when its clocks stand still."
    )
    lapses_at: datetime | None = value(
        _lapsing, "When it is closed by silence; only while it waits for the reporter's word."
    )
    time_zone: str = value(zone_of, "The time zone of its community.")
    deadlines: list[Deadline] = deadlines()
    allowed_actions: list[Act] = value(acts_of, "What the holder of the code may do with it now, with `receiptCode`.")
    photos: list[ReceiptPhoto] = photos_of("appeal_id")
    steps: list[ReceiptStep] = to_many("appeal_id", lambda t: [t.id], "What has happened since.")


@roots
class ReceiptRoots:
    """What the holder of a receipt code can read."""

    receipt: Receipt | None = by_link(
        lambda row, t: t.receipt_code == row.given("code", sql.TEXT, receipt_code),
        "An appeal by its receipt code; needs no account.",
        [RECEIPT_CODE],
    )
