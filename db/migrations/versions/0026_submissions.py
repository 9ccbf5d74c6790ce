"""Acts that phones submitted, and what became of each."""

from alembic import op

revision = "0026"
down_revision = "0025"

STATEMENTS = (
    """
    CREATE TABLE submission (
        account_id UUID NOT NULL,
        id UUID NOT NULL,
        outcome VARCHAR(40) NOT NULL,
        object TEXT COLLATE "C",
        version BIGINT,
        problems JSONB,
        sent_at TIMESTAMP WITH TIME ZONE,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_submission PRIMARY KEY (account_id, id),
        CONSTRAINT fk_submission_account_id_account FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT ck_submission_act_outcome CHECK (outcome IN ('DONE', 'REFUSED', 'CONFLICT'))
    )
    """,
    # Each is a document of its account (0023).
    """
    CREATE FUNCTION note_submission_documents() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO document_waiting (kind, document_id, bucket) SELECT 'ACT', id, account_id FROM changed;
        RETURN NULL;
    END
    $$
    """,
    *(
        f"""
        CREATE TRIGGER submission_documents_{event.lower()} AFTER {event} ON submission REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_submission_documents()
        """
        for event in ("INSERT", "UPDATE")
    ),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
