"""The table of call-backs to the reporters of appeals."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from db.base import Identified, moment, ref, text
from db.scope import in_grid, seen_by, through


class CallBack(Identified, table=True):
    """回访: somebody called the reporter of an appeal, or went there. The first that reached them is the response."""

    appeal_id: UUID = ref("appeal.id")
    called_by: UUID = ref("account.id")
    called_at: datetime = moment()
    recorded_at: datetime = moment(now=True)
    reached: bool
    said: str | None = text(optional=True)

    __table_args__ = (sa.Index("ix_call_back_appeal", "appeal_id", "called_at", "id"),)


# Those who work on the appeal. Its reporter, and an organisation that it is dispatched to, do not.
seen_by(through("appeal_id", in_grid), CallBack)
