"""Devices with names, and codes of authenticator apps. Each session so far becomes a device of its own."""

from alembic import op

revision = "0003"
down_revision = "0002"

STATEMENTS = (
    """
    ALTER TABLE account
        ADD COLUMN totp_sealed BYTEA,
        ADD COLUMN totp_pending BYTEA,
        ADD COLUMN totp_step BIGINT DEFAULT 0 NOT NULL,
        ADD COLUMN totp_failures INTEGER DEFAULT 0 NOT NULL,
        ADD COLUMN recovery_digests BYTEA[]
    """,
    """
    CREATE TABLE device (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
        confirmed_at TIMESTAMP WITH TIME ZONE,
        proved_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_device PRIMARY KEY (id),
        CONSTRAINT fk_device_account_id FOREIGN KEY(account_id) REFERENCES account (id)
    )
    """,
    "CREATE INDEX ix_device_account_id ON device (account_id)",
    """
    INSERT INTO device (id, account_id, name, first_seen_at, confirmed_at)
        SELECT id, account_id, device, created_at, now() FROM device_session
    """,
    "ALTER TABLE device_session ADD COLUMN device_id UUID",
    "UPDATE device_session SET device_id = id",
    """
    ALTER TABLE device_session
        DROP COLUMN device,
        ALTER COLUMN device_id SET NOT NULL,
        ADD CONSTRAINT fk_device_session_device_id FOREIGN KEY(device_id) REFERENCES device (id)
    """,
    "CREATE INDEX ix_device_session_device_id ON device_session (device_id)",
    "ALTER TABLE message ALTER COLUMN invitation_id DROP NOT NULL",
    "ALTER TABLE account_event DROP CONSTRAINT ck_account_event_account_event_kind",
    """
    ALTER TABLE account_event ADD CONSTRAINT ck_account_event_account_event_kind CHECK (kind IN ('SIGNED_IN',
        'SIGN_IN_REFUSED', 'CODE_REFUSED', 'LOCKED_OUT', 'REFRESH_REFUSED', 'TOKEN_REUSED', 'SIGNED_OUT',
        'ALL_SIGNED_OUT', 'ACCOUNT_ADDED', 'TOTP_ENROLLED', 'RECOVERY_CODE_USED', 'TOTP_RESET', 'PASSWORD_CHANGED',
        'ACCOUNT_DISABLED', 'ACCOUNT_ENABLED', 'SYSTEM_ADDED', 'SYSTEM_DISABLED'))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
