"""Text messages with the receipts of appeals and wishes."""

from alembic import op

revision = "0020"
down_revision = "0019"

STATEMENTS = (
    """
    ALTER TABLE message
        ADD COLUMN appeal_id UUID,
        ADD COLUMN wish_id UUID,
        ADD CONSTRAINT fk_message_appeal_id FOREIGN KEY(appeal_id) REFERENCES appeal (id),
        ADD CONSTRAINT fk_message_wish_id FOREIGN KEY(wish_id) REFERENCES wish (id),
        DROP CONSTRAINT ck_message_recipient,
        ADD CONSTRAINT ck_message_recipient
            CHECK (num_nonnulls(invitation_id, alert_id, sign_up_id, appeal_id, wish_id) <= 1)
    """,
    "CREATE UNIQUE INDEX uq_message_appeal ON message (appeal_id) WHERE appeal_id is not null",
    "CREATE UNIQUE INDEX uq_message_wish ON message (wish_id) WHERE wish_id is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
