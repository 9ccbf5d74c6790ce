"""The journal only grows, and wakes whoever listens."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    create function journal_is_append_only() returns trigger language plpgsql as $$
    begin
        raise exception 'the journal is append-only';
    end
    $$
    """,
    """
    create trigger journal_append_only before update or delete or truncate on journal
        for each statement execute function journal_is_append_only()
    """,
    """
    create function journal_wake() returns trigger language plpgsql as $$
    begin
        perform pg_notify('tunping_journal', '');
        return null;
    end
    $$
    """,
    """
    create trigger journal_wake after insert on journal
        for each statement execute function journal_wake()
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
