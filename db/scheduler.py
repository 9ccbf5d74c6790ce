"""When background work was last done, so that its silence is noticed."""

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field

from db.base import Row, moment


class SchedulerPass(Row, table=True):
    """The last pass over what is overdue; ``late_since`` while the passes have stopped and it was noticed."""

    __tablename__ = "scheduler_pass"

    name: str = Field(sa_type=sa.String(40), primary_key=True)
    passed_at: datetime = moment()
    late_since: datetime | None = moment(optional=True)
