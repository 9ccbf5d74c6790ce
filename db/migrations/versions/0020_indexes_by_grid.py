"""Indexes for what is counted grid by grid: who lives there, and what was closed when."""

from alembic import op

revision = "0020"
down_revision = "0019"

STATEMENTS = (
    "create index ix_resident_living on resident (grid_id, id) where left_on is null and merged_into is null",
    "drop index ix_appeal_closed",
    "create index ix_appeal_grid_closed on appeal (grid_id, closed_at, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
