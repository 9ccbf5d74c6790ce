"""Tables of calls for help, of invitations with their answers, and of the outbox of text messages."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db import sql
from db.base import Identified, check, choice, moment, partial_index, ref, text
from db.scope import Condition, Scope, in_community, in_grid, seen_by
from rules.access import WORKERS
from rules.alerts import CallAnswer


class HelpCall(Identified, table=True):
    """A call for help to residents near by who agreed to be called upon (CYAN and BLUE)."""

    community_id: UUID = ref("community.id")
    estate_id: UUID | None = ref("estate.id", optional=True)
    grid_id: UUID | None = ref("grid.id", optional=True)
    """Null for a call in a whole estate or community, which all workers of the community see."""
    building_id: UUID | None = ref("building.id", optional=True)
    unit: int | None = None
    what: str = text()
    place: str = text()
    colours: list[str] = Field(sa_type=ARRAY(sa.Text()), nullable=False)
    skill: str | None = text(optional=True)
    raised_by: UUID = ref("account.id")
    raised_at: datetime = moment()
    closed_by: UUID | None = ref("account.id", optional=True)
    closed_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.Index("ix_help_call_grid", "grid_id", "raised_at", "id"),
        sa.Index("ix_help_call_raised", "raised_at", "id"),
        check("place", "grid_id is not null or building_id is null"),
    )


class Invitation(Identified, table=True):
    """A resident who was asked to help, or to look after a neighbour, and their answer."""

    grid_id: UUID = ref("grid.id")
    call_id: UUID | None = ref("help_call.id", optional=True)
    alert_id: UUID | None = ref("alert.id", optional=True)
    resident_id: UUID = ref("resident.id")
    answer_code: str = text()
    invited_at: datetime = moment()
    answer: CallAnswer | None = choice(CallAnswer, optional=True)
    answered_at: datetime | None = moment(optional=True)
    answered_by: UUID | None = ref("account.id", optional=True)

    __table_args__ = (
        sa.UniqueConstraint("answer_code"),
        check("one_reason", "num_nonnulls(call_id, alert_id) = 1"),
        check("answered", "(answer is null) = (answered_at is null)"),
        sa.Index("ix_invitation_call", "call_id", "id"),
        sa.Index("ix_invitation_alert", "alert_id", "id"),
        sa.Index("ix_invitation_resident", "resident_id", "id"),
    )


class Message(Identified, table=True):
    """A text message for the community's gateway. The table is the outbox.

    It goes to a resident who was invited, to an account on a rung of an alert, to somebody who comes to an activity, to
    an account about its devices, or to somebody who left a number with an appeal or a wish.
    """

    invitation_id: UUID | None = ref("invitation.id", optional=True)
    alert_id: UUID | None = ref("alert.id", optional=True)
    account_id: UUID | None = ref("account.id", optional=True)
    sign_up_id: UUID | None = ref("sign_up.id", optional=True, index=True)
    appeal_id: UUID | None = ref("appeal.id", optional=True)
    wish_id: UUID | None = ref("wish.id", optional=True)
    priority: int
    """A :class:`Priority`. Of the messages that are due, those with the lowest number are sent first."""
    to_phone: str = text()
    body: str = text()
    created_at: datetime = moment()
    due_at: datetime = moment()
    tries: int = 0
    last_error: str | None = text(optional=True)
    sent_at: datetime | None = moment(optional=True)
    parked_at: datetime | None = moment(optional=True)

    secrets = frozenset({"to_phone", "body"})
    __table_args__ = (
        # Nobody gets the same message twice: an account is on one rung. A later urgent one is another message.
        sa.UniqueConstraint("invitation_id", "priority"),
        sa.UniqueConstraint("alert_id", "account_id", "priority"),
        check("on_rung", "(alert_id is null) = (account_id is null)"),
        check("recipient", "num_nonnulls(invitation_id, alert_id, sign_up_id, appeal_id, wish_id) <= 1"),
        *(
            partial_index(f"uq_message_{noun}", f"{noun}_id", unique=True, where=f"{noun}_id is not null")
            for noun in ("appeal", "wish")
        ),
        partial_index("ix_message_due", "priority", "due_at", where="sent_at is null and parked_at is null"),
    )


def _help_call(t: sql.From, scope: Scope) -> Condition:
    """Workers see the calls in their grids, and those in a whole estate or community."""
    if scope.role not in WORKERS:
        return sql.FALSE
    return sql.or_(in_grid(t, scope), sql.and_(t.c.grid_id.is_(None), in_community(t, scope)))


seen_by(_help_call, HelpCall)
seen_by(in_grid, Invitation)
