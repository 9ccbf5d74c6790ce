"""The ids of acts that left no journal entry."""

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("""
        CREATE TABLE quiet_act (
            id UUID DEFAULT uuidv7() NOT NULL,
            digest BYTEA NOT NULL,
            actor_id UUID,
            CONSTRAINT pk_quiet_act PRIMARY KEY (id),
            CONSTRAINT fk_quiet_act_actor_id FOREIGN KEY(actor_id) REFERENCES account (id)
        )
        """)
