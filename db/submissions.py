"""The table of acts that phones submitted: what became of each, and when the phone says that it sent it."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from db import sql
from db.base import Row, choice, moment, text
from db.scope import Condition, Scope, seen_by
from rules.submissions import ActOutcome


class Submission(Row, table=True):
    """An act that an account submitted. The same id has the same answer."""

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    id: UUID = Field(primary_key=True)
    """The act's id."""
    digest: bytes | None = None
    """Recognises the same act. None for one that an earlier version answered."""
    outcome: ActOutcome = choice(ActOutcome)
    object: str | None = text(optional=True)
    """The global id of what was made or changed."""
    version: int | None = Field(default=None, sa_type=sa.BigInteger, nullable=True)
    """The object's version afterwards; of a conflict the one that others made."""
    problems: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB, nullable=True)
    sent_at: datetime | None = moment(optional=True)
    """By the phone's clock, which decides nothing."""
    received_at: datetime = moment()

    __table_args__ = (sa.Index("ix_submission_received", "received_at"),)


def _own(t: sql.From, scope: Scope) -> Condition:
    return t.c.account_id == scope.account_id


seen_by(_own, Submission)
