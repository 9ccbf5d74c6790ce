"""Tables of accounts: who signs in, which post they hold where, and the devices they are signed in on."""

from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher

from db import sql
from db.base import Identified, alias, choice, moment, ref, text
from db.scope import Condition, Scope, in_community, seen_by
from rules.access import Role

PASSWORDS = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id with the parameters that OWASP asks for at least: 19 MiB and two passes."""


class Account(Identified, table=True):
    """Somebody who signs in. The role is one; where it holds is said by assignments."""

    username: str = text()
    name: str = text()
    role: Role = choice(Role)
    phone: str | None = text(optional=True)
    password_hash: str = text()
    failed_sign_ins: int = 0
    locked_until: datetime | None = moment(optional=True)
    disabled_at: datetime | None = moment(optional=True)
    created_at: datetime = moment(now=True)

    __table_args__ = (sa.UniqueConstraint("username"),)


class Assignment(Identified, table=True):
    """Where and when an account's role holds: a whole community, an estate, a grid, a building or an organisation."""

    account_id: UUID = ref("account.id")
    community_id: UUID = ref("community.id", index=True)
    estate_id: UUID | None = ref("estate.id", optional=True)
    grid_id: UUID | None = ref("grid.id", optional=True, index=True)
    building_id: UUID | None = ref("building.id", optional=True)
    organisation_id: UUID | None = ref("organisation.id", optional=True)
    """The body that a partner works for."""
    stands_in_for: UUID | None = ref("account.id", optional=True, index=True)
    """The worker whose grid it is, while this account stands in for them."""
    starts_on: date
    ends_on: date | None = None

    __table_args__ = (
        sa.CheckConstraint("stands_in_for is null or (grid_id is not null and ends_on is not null)", name="stand_in"),
        sa.CheckConstraint("num_nonnulls(estate_id, grid_id, building_id, organisation_id) <= 1", name="one_place"),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name="in_order"),
        sa.Index("ix_assignment_account", "account_id"),
    )


class DeviceSession(Identified, table=True):
    """One device's chain of refresh tokens; only the newest one's digest is kept."""

    __tablename__ = "device_session"

    account_id: UUID = ref("account.id", index=True)
    device: str = text()
    token_digest: bytes
    rotated_at: datetime = moment()
    created_at: datetime = moment(now=True)
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(optional=True)


def _account(t: sql.From, scope: Scope) -> Condition:
    """Oneself, and the colleagues of one's communities."""
    post = alias(Assignment)
    colleague = sql.exists(post).where(post.c.account_id == t.c.id, in_community(post, scope))
    return sql.or_(sql.and_(t.c.id == scope.account_id, t.c.disabled_at.is_(None)), colleague)


seen_by(_account, Account)
seen_by(in_community, Assignment)
