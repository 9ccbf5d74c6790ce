"""Tables of appeals, and which organisation answers for which category."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel

from db.base import Identified, choice, moment, ref, text
from rules.appeals import (
    AppealCategory,
    AppealKind,
    AppealLevel,
    AppealSource,
    AppealStatus,
    ReportKind,
)


class CategoryPolicy(SQLModel, table=True):
    """Which organisation answers for a category in a community."""

    __tablename__ = "category_policy"

    community_id: UUID = ref("community.id")
    category: AppealCategory = choice(AppealCategory)
    organisation_id: UUID | None = ref("organisation.id", optional=True)

    __table_args__ = (sa.PrimaryKeyConstraint("community_id", "category"),)


class Appeal(Identified, table=True):
    """诉求: what a resident asks of the community, and where it stands."""

    community_id: UUID
    grid_id: UUID
    building_id: UUID | None = ref("building.id", optional=True)
    unit: int | None = None
    household_id: UUID | None = ref("household.id", optional=True)
    resident_id: UUID | None = ref("resident.id", optional=True)
    reporter_name: str | None = text(optional=True)
    reporter_phone: str | None = text(optional=True)
    source: AppealSource = choice(AppealSource)
    kind: AppealKind = choice(AppealKind)
    report_kind: ReportKind | None = choice(ReportKind, None, nullable=True)
    category: AppealCategory = choice(AppealCategory)
    level: AppealLevel = choice(AppealLevel, AppealLevel.GRID)
    status: AppealStatus = choice(AppealStatus, AppealStatus.SUBMITTED)
    body: str = text()
    answer: str | None = text(optional=True)
    rating: int | None = None
    organisation_id: UUID | None = ref("organisation.id", optional=True)
    registered_by: UUID | None = ref("account.id", optional=True)
    handled_by: UUID | None = ref("account.id", optional=True)
    visit_id: UUID | None = ref("visit.id", optional=True, index=True)
    from_report_id: UUID | None = ref("appeal.id", optional=True)
    """The building head's report that it came of."""
    receipt_code: str = text()
    opened_at: datetime = moment()
    recorded_at: datetime = moment(now=True)
    accepted_at: datetime | None = moment(optional=True)
    answered_at: datetime | None = moment(optional=True)
    closed_at: datetime | None = moment(optional=True)

    __table_args__ = (
        sa.ForeignKeyConstraint(["grid_id", "community_id"], ["grid.id", "grid.community_id"], name="fk_appeal_grid"),
        sa.UniqueConstraint("receipt_code"),
        sa.CheckConstraint("(kind = 'REPORT') = (report_kind is not null)", name="reported"),
        sa.CheckConstraint("rating between 1 and 5", name="rating"),
        sa.CheckConstraint("(status = 'CLOSED') = (closed_at is not null)", name="closed"),
        sa.Index("ix_appeal_grid", "grid_id", "opened_at", "id"),
        sa.Index("ix_appeal_grid_status", "grid_id", "status", "opened_at", "id"),
        sa.Index("ix_appeal_opened", "opened_at", "id"),
        sa.Index("ix_appeal_household", "household_id", "opened_at", "id"),
        sa.Index("ix_appeal_building", "building_id", "opened_at", "id"),
        sa.Index("ix_appeal_resident", "resident_id", "opened_at", "id"),
        sa.Index("uq_appeal_from_report", "from_report_id", unique=True),
        sa.Index("ix_appeal_closed", "closed_at", "id"),
        sa.Index("ix_appeal_registered", "registered_by", "opened_at", "id"),
    )
