"""Documents of acts: only those that were done, so that a pull never tells a phone to drop what was refused.

And documents of appeals, whose ``closedAt`` now also tells when they were rejected or withdrawn.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

STATEMENTS = (
    """
    CREATE OR REPLACE FUNCTION note_submission_documents() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO document_waiting (kind, document_id, bucket)
            SELECT 'ACT', id, account_id FROM changed WHERE outcome = 'DONE';
        RETURN NULL;
    END
    $$
    """,
    """
    DELETE FROM document d USING submission s
        WHERE d.kind = 'ACT' AND d.document_id = s.id AND d.bucket = s.account_id AND s.outcome <> 'DONE'
    """,
    """
    DELETE FROM document_waiting w USING submission s
        WHERE w.kind = 'ACT' AND w.document_id = s.id AND w.bucket = s.account_id AND s.outcome <> 'DONE'
    """,
    """
    INSERT INTO document_waiting (kind, document_id)
        SELECT 'APPEAL', id FROM appeal WHERE rejected_at IS NOT NULL OR withdrawn_at IS NOT NULL
    """,
    "CREATE INDEX ix_submission_received ON submission (received_at)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
