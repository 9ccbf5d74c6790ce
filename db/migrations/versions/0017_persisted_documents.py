"""GraphQL documents that clients send by their digests."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE persisted_document (
            sha256 BYTEA NOT NULL,
            body TEXT COLLATE "C" NOT NULL,
            trusted BOOLEAN NOT NULL,
            used_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_persisted_document PRIMARY KEY (sha256),
            CONSTRAINT ck_persisted_document_digest CHECK (octet_length(sha256) = 32)
        )
        """)
    op.execute("CREATE INDEX ix_persisted_document_used ON persisted_document (used_at, sha256)")
