"""What row-level security compares, on the rows themselves: the grid of colours, parties and findings, and a community.

The community of an account is that of its first post.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_PARTS = {"resident_colour": "resident", "dispute_party": "dispute", "finding": "dispute"}


def _copy_grid(table: str, whole: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} ADD COLUMN grid_id UUID",
        f"UPDATE {table} SET grid_id = (SELECT grid_id FROM {whole} WHERE id = {whole}_id)",
        f"""
        ALTER TABLE {table} ALTER COLUMN grid_id SET NOT NULL,
            DROP CONSTRAINT fk_{table}_{whole}_id,
            ADD CONSTRAINT fk_{table}_{whole} FOREIGN KEY({whole}_id, grid_id) REFERENCES {whole} (id, grid_id)
                ON UPDATE CASCADE
        """,
    )


STATEMENTS = (
    "ALTER TABLE resident ADD CONSTRAINT uq_resident_grid UNIQUE (id, grid_id)",
    "ALTER TABLE dispute ADD CONSTRAINT uq_dispute_grid UNIQUE (id, grid_id)",
    """
    ALTER TABLE account ADD COLUMN community_id UUID,
        ADD CONSTRAINT fk_account_community_id FOREIGN KEY(community_id) REFERENCES community (id)
    """,
    "CREATE INDEX ix_account_community_id ON account (community_id)",
    """
    UPDATE account SET community_id =
        (SELECT community_id FROM assignment WHERE account_id = account.id ORDER BY starts_on, id LIMIT 1)
    """,
    *(statement for table, whole in _PARTS.items() for statement in _copy_grid(table, whole)),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
