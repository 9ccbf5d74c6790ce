"""Wishes for an estate or a community as a whole."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE wish DROP CONSTRAINT fk_wish_grid,
            ADD CONSTRAINT fk_wish_area FOREIGN KEY(grid_id, community_id) REFERENCES area (id, community_id)
        """)
