"""Tables of calls for help, of invitations with their answers, and of the outbox of text messages."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from db.base import Identified, check, choice, moment, partial_index, ref, text
from db.scope import in_grid, seen_by
from rules.alerts import CallAnswer


class HelpCall(Identified, table=True):
    """A call for help to residents near by who agreed to be called upon (CYAN and BLUE)."""

    community_id: UUID = ref("community.id")
    grid_id: UUID = ref("grid.id")
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

    __table_args__ = (sa.Index("ix_help_call_grid", "grid_id", "raised_at", "id"),)


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
    """A text message for the community's gateway: an invitation, news of an activity, or a notice of a device."""

    invitation_id: UUID | None = ref("invitation.id", optional=True)
    sign_up_id: UUID | None = ref("sign_up.id", optional=True, index=True)
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
        sa.UniqueConstraint("invitation_id"),
        partial_index("ix_message_due", "due_at", where="sent_at is null and parked_at is null"),
    )


seen_by(in_grid, HelpCall, Invitation)
