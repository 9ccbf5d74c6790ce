"""Alerts that workers raise, what was found at the door, whom a rung reached, and calls in estates and communities.

Messages go to accounts on a rung too. Those that wait are sent in the order of their priority.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    """
    ALTER TABLE alert
        ADD COLUMN raised_by UUID,
        ADD COLUMN reason TEXT COLLATE "C",
        ADD COLUMN finding VARCHAR(40),
        ADD COLUMN found_by UUID,
        ADD COLUMN found_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN found_note TEXT COLLATE "C",
        ADD COLUMN urgent_at TIMESTAMP WITH TIME ZONE,
        ADD CONSTRAINT fk_alert_raised_by FOREIGN KEY(raised_by) REFERENCES account (id),
        ADD CONSTRAINT fk_alert_found_by FOREIGN KEY(found_by) REFERENCES account (id),
        ADD CONSTRAINT ck_alert_alert_finding CHECK (finding IN ('REACHED', 'NOT_THERE', 'HELP_NEEDED')),
        ADD CONSTRAINT ck_alert_found CHECK ((finding is null) = (found_at is null))
    """,
    "ALTER TABLE alert_rung ADD COLUMN reached INTEGER, ADD CONSTRAINT ck_alert_rung_reached CHECK (reached >= 0)",
    """
    ALTER TABLE help_call
        ADD COLUMN estate_id UUID,
        ALTER COLUMN grid_id DROP NOT NULL,
        ADD CONSTRAINT fk_help_call_estate_id FOREIGN KEY(estate_id) REFERENCES estate (id),
        ADD CONSTRAINT ck_help_call_place CHECK (grid_id is not null or building_id is null)
    """,
    "CREATE INDEX ix_help_call_raised ON help_call (raised_at, id)",
    """
    ALTER TABLE message
        ADD COLUMN alert_id UUID,
        ADD COLUMN account_id UUID,
        ADD COLUMN priority INTEGER DEFAULT 2 NOT NULL,
        ADD CONSTRAINT fk_message_account_id FOREIGN KEY(account_id) REFERENCES account (id),
        ADD CONSTRAINT fk_message_alert_id FOREIGN KEY(alert_id) REFERENCES alert (id),
        ADD CONSTRAINT ck_message_on_rung CHECK ((alert_id is null) = (account_id is null)),
        ADD CONSTRAINT ck_message_recipient CHECK (num_nonnulls(invitation_id, alert_id, sign_up_id) <= 1)
    """,
    "ALTER TABLE message ALTER COLUMN priority DROP DEFAULT",
    """
    UPDATE message SET priority = CASE WHEN invited.alert_id IS NULL THEN 3 ELSE 1 END
    FROM invitation invited WHERE invited.id = invitation_id
    """,
    """
    ALTER TABLE message
        DROP CONSTRAINT uq_message_invitation_id,
        ADD CONSTRAINT uq_message_invitation_id_priority UNIQUE (invitation_id, priority),
        ADD CONSTRAINT uq_message_alert_id_account_id_priority UNIQUE (alert_id, account_id, priority)
    """,
    "DROP INDEX ix_message_due",
    "CREATE INDEX ix_message_due ON message (priority, due_at) WHERE sent_at is null and parked_at is null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
