"""The heartbeat of the background jobs."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from db.base import Row, moment


class SchedulerPass(Row, table=True):
    """The time of a job's last pass. ``late_since`` is set while the passes are known to have stopped."""

    name: str = Field(sa_type=sa.String(40), primary_key=True)
    passed_at: datetime = moment()
    late_since: datetime | None = moment(optional=True)
