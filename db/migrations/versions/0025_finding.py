"""Indexes for filters (who handles an appeal, what is due first, what changed since) and for published figures."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Makes them. The index of the journal is small, because entries are recorded in the order of their time."""
    op.execute("""CREATE INDEX ix_appeal_handled ON appeal (handled_by, opened_at, id) WHERE handled_by is not null""")
    op.execute(
        """CREATE INDEX ix_appeal_grid_due ON appeal (grid_id, resolution_due_at, id)
        WHERE resolution_due_at is not null and status not in ('CLOSED', 'REJECTED', 'WITHDRAWN')"""
    )
    op.execute(
        """CREATE INDEX ix_appeal_published ON appeal (community_id, opened_at) INCLUDE (category, status, rating)
        WHERE kind = 'PROBLEM'"""
    )
    op.execute("CREATE INDEX ix_journal_recorded ON journal USING brin (recorded_at)")
