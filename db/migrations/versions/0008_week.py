"""What the weekly analysis looks for: appeals by when they were closed, agreements by when they were reached."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    "create index ix_appeal_closed on appeal (closed_at, id)",
    "create index ix_agreement_reached on agreement (reached_at, dispute_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
