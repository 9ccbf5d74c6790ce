"""Tables of accounts, of their assignments to places, and of their sessions on devices."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db import sql
from db.base import Identified, Row, alias, check, choice, moment, partial_index, ref, text
from db.scope import Condition, Scope, in_community, seen_by
from rules.access import Role
from rules.folding import folded_username
from rules.journal import EntryKind
from rules.tokens import IDLE

PASSWORDS = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id with OWASP's minimum parameters: 19 MiB and two passes. One hash takes about 33 ms."""


class Account(Identified, table=True):
    """An account has one role. Its assignments say where the role holds."""

    username: str = text()
    username_key: str = text(default=None)
    """The user name as it is compared. It is kept with the name."""
    name: str = text()
    role: Role = choice(Role)
    phone: str | None = text(optional=True)
    community_id: UUID | None = ref("community.id", optional=True, index=True)
    """A community where the account has or had a post: the first one."""
    password_hash: str | None = text(optional=True)
    """Null until the person has chosen a password."""
    invitation_digest: bytes | None = None
    """The digest of a code to choose a password with. As long as it is there, no password counts."""
    invitation_expires_at: datetime | None = moment(optional=True)
    totp_sealed: bytes | None = None
    """The secret of the account's authenticator app, sealed. With it a code is asked for."""
    totp_pending: bytes | None = None
    """A secret that no code has confirmed yet, sealed."""
    totp_step: int = Field(0, sa_type=sa.BigInteger, nullable=False, sa_column_kwargs={"server_default": "0"})
    """The time step of the last accepted code."""
    totp_failures: int = Field(0, nullable=False, sa_column_kwargs={"server_default": "0"})
    """Wrong codes since the last right one."""
    recovery_digests: list[bytes] | None = Field(None, sa_type=ARRAY(sa.LargeBinary()), nullable=True)
    """Digests of the recovery codes that are left."""
    disabled_at: datetime | None = moment(optional=True)
    created_at: datetime = moment(now=True)

    secrets = frozenset(
        {
            "password_hash",
            "invitation_digest",
            "totp_sealed",
            "totp_pending",
            "totp_step",
            "totp_failures",
            "recovery_digests",
        }
    )
    __table_args__ = (
        sa.UniqueConstraint("username"),
        sa.UniqueConstraint("username_key"),
        check("invitation", "(invitation_digest is null) = (invitation_expires_at is null)"),
    )

    def derive(self, stored: Mapping[str, Any]) -> None:
        """Keeps the compared form of a new user name. It never changes: earlier versions had two names of one form."""
        if not stored:
            self.username_key = folded_username(self.username)


class Assignment(Identified, table=True):
    """A place and a span of days for which an account's role holds.

    The place is an estate, a grid, a building or an organisation, or the whole community if none is given.
    """

    account_id: UUID = ref("account.id")
    community_id: UUID = ref("community.id", index=True)
    estate_id: UUID | None = ref("estate.id", optional=True)
    grid_id: UUID | None = ref("grid.id", optional=True, index=True)
    building_id: UUID | None = ref("building.id", optional=True, index=True)
    organisation_id: UUID | None = ref("organisation.id", optional=True)
    """The employer of a partner or a centre mediator."""
    stands_in_for: UUID | None = ref("account.id", optional=True, index=True)
    """The worker for whose grid this account is the stand-in."""
    starts_on: date
    ends_on: date | None = None
    """The last day. It is before the first one if the post was ended before it had held for a whole day."""
    ended_at: datetime | None = moment(optional=True)
    """When it was ended at once: it holds no more since then, and the day before is its last one."""

    __table_args__ = (
        check("stand_in", "stands_in_for is null or (grid_id is not null and ends_on is not null)"),
        check("one_place", "num_nonnulls(estate_id, grid_id, building_id, organisation_id) <= 1"),
        check("in_order", "ends_on is null or ends_on >= starts_on - 1"),
        check("ended", "ended_at is null or ends_on is not null"),
        sa.Index("ix_assignment_account", "account_id"),
    )


class Post(Protocol):
    """A row of a table of posts, of which an account holds each for a span of days."""

    community_id: UUID
    starts_on: date
    ends_on: date | None
    ended_at: datetime | None


class PostTable(NamedTuple):
    """The kind of the journal entry about the end of a post, and what the post is called if not by the role."""

    ended: EntryKind
    title: str | None = None


POSTS: dict[type[Row], PostTable] = {Assignment: PostTable(EntryKind.POST_ENDED)}
"""The tables of posts, which end when the account is disabled. Each module adds its own."""


class Device(Identified, table=True):
    """An installation of the app, or a browser, on which an account signed in."""

    account_id: UUID = ref("account.id", index=True)
    name: str = text()
    first_seen_at: datetime = moment()
    confirmed_at: datetime | None = moment(optional=True)
    """Null while nobody has said that a new device is the person's own."""
    proved_at: datetime | None = moment(optional=True)
    """When a code was last given on it."""


class DeviceSession(Identified, table=True):
    """The refresh tokens of one sign-in on a device. Only the digest of the newest token is kept."""

    account_id: UUID = ref("account.id", index=True)
    device_id: UUID = ref("device.id", index=True)
    token_digest: bytes
    rotated_at: datetime = moment()
    created_at: datetime = moment(now=True)
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(optional=True)

    secrets = frozenset({"token_digest"})
    __table_args__ = (partial_index("ix_device_session_revoked", "revoked_at", where="revoked_at is not null"),)


def kept_devices() -> sql.From:
    """The devices on which the accounts that the viewer keeps are signed in: a view (db/wall_two.sql)."""
    ids = dict.fromkeys(("id", "account_id"), sql.UUID)
    return sql.named("kept_device", {**ids, "name": sql.TEXT, "first_seen_at": sql.INSTANT})


def _account(t: sql.From, scope: Scope) -> Condition:
    """The viewer's own account, and the accounts assigned to their communities; all of them for an administrator.

    Who has or had a post in which community is read from a view (db/wall_two.sql), which has no policy to prepare.
    """
    if scope.role is Role.ADMIN:
        return _active(scope)
    post = sql.named("post_held", dict.fromkeys(("account_id", "community_id"), sql.UUID))
    colleague = sql.exists(post).where(post.c.account_id == t.c.id, in_community(post, scope))
    return sql.or_(sql.and_(t.c.id == scope.account_id, t.c.disabled_at.is_(None)), colleague)


def own(t: sql.From, scope: Scope) -> Condition:
    """True for the viewer's own rows, as long as the account is not disabled."""
    return sql.and_(t.c.account_id == scope.account_id, _active(scope))


def _active(scope: Scope) -> Condition:
    account = alias(Account)
    return sql.exists(account).where(account.c.id == scope.account_id, account.c.disabled_at.is_(None))


def enrolled(t: sql.From, _: Scope) -> Condition:
    """Accounts with the secret of an authenticator app."""
    return sql.or_(t.c.totp_sealed.is_not(None), t.c.totp_pending.is_not(None))


def is_live(session: sql.From, now: sql.Column) -> Condition:
    """True for a session that has not ended (:meth:`rules.tokens.Family.ended`)."""
    idle = sql.raw(f"interval '{IDLE.days} days'")
    return sql.and_(session.c.revoked_at.is_(None), session.c.expires_at > now, session.c.rotated_at > now - idle)


seen_by(_account, Account)
seen_by(own, Device)
seen_by(in_community, Assignment)
