"""Answers to submitted acts: their digests, and the end of the documents of those that were removed.

By its digest another act with the same id is refused. Acts that were answered before have none.
"""

from alembic import op

revision = "0029"
down_revision = "0028"

STATEMENTS = (
    "ALTER TABLE submission ADD COLUMN digest BYTEA",
    """
    CREATE TABLE document_forgotten (
        bucket UUID NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT pk_document_forgotten PRIMARY KEY (bucket)
    )
    """,
    # Only documents with old positions are removed. One that changes again waits for a new position.
    """
    CREATE FUNCTION forget_documents(before timestamptz, most bigint) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        last bigint := (
            SELECT position FROM feed_entry WHERE recorded_at < before ORDER BY position DESC LIMIT 1);
        counted bigint;
    BEGIN
        WITH gone AS (
            DELETE FROM document WHERE position <= last AND (bucket, kind, document_id) IN (
                SELECT d.bucket, d.kind, d.document_id FROM document d
                WHERE d.kind = 'ACT' AND d.position <= last
                    AND NOT EXISTS (SELECT FROM submission s WHERE s.account_id = d.bucket AND s.id = d.document_id)
                LIMIT most)
            RETURNING bucket, position),
        noted AS (
            INSERT INTO document_forgotten AS f (bucket, position)
                SELECT bucket, max(position) FROM gone GROUP BY bucket
                ON CONFLICT (bucket) DO UPDATE SET position = greatest(f.position, excluded.position))
        SELECT count(*) INTO counted FROM gone;
        RETURN counted;
    END
    $$
    """,
    "REVOKE EXECUTE ON FUNCTION forget_documents FROM PUBLIC",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
