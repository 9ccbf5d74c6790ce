"""The first tables, and those of the job queue in a schema of their own."""

from pathlib import Path
from typing import Any

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.util import await_only

revision = "0001"
down_revision = None

BASELINE = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    connection: Any = op.get_bind().connection
    await_only(connection.driver_connection.execute(BASELINE.read_text(encoding="utf-8")))
    op.execute("create schema jobs")
    op.execute("set local search_path = jobs")
    # The library's own tables, of the version that is locked; a later version brings a migration of its own.
    await_only(connection.driver_connection.execute(SchemaManager.get_schema()))
    op.execute("set local search_path to default")
