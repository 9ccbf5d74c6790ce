"""Digests of submitted acts, by which another act with the same id is refused. Acts that were answered have none."""

from alembic import op

revision = "0031"
down_revision = "0028"


def upgrade() -> None:
    op.execute("ALTER TABLE submission ADD COLUMN digest BYTEA")
