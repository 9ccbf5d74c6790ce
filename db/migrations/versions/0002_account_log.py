"""The log of accounts. The server process counts failed sign-ins now, and no longer the account."""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    """
    CREATE TABLE account_event (
        id UUID DEFAULT uuidv7() NOT NULL,
        kind VARCHAR(40) NOT NULL,
        account_id UUID,
        session_id UUID,
        network BYTEA,
        times INTEGER NOT NULL,
        occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_account_event PRIMARY KEY (id),
        CONSTRAINT fk_account_event_account_id FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT ck_account_event_times CHECK (times > 0),
        CONSTRAINT ck_account_event_account_event_kind CHECK (kind IN ('SIGNED_IN', 'SIGN_IN_REFUSED', 'LOCKED_OUT',
            'REFRESH_REFUSED', 'TOKEN_REUSED', 'SIGNED_OUT', 'ALL_SIGNED_OUT', 'ACCOUNT_ADDED', 'PASSWORD_CHANGED',
            'ACCOUNT_DISABLED', 'ACCOUNT_ENABLED', 'SYSTEM_ADDED', 'SYSTEM_DISABLED'))
    )
    """,
    "CREATE INDEX ix_account_event_account_id ON account_event (account_id)",
    """
    CREATE FUNCTION is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', tg_table_name;
    END
    $$
    """,
    """
    CREATE TRIGGER account_event_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON account_event
        FOR EACH STATEMENT EXECUTE FUNCTION is_append_only()
    """,
    "CREATE INDEX ix_device_session_revoked ON device_session (revoked_at) WHERE revoked_at IS NOT NULL",
    "ALTER TABLE account DROP COLUMN failed_sign_ins, DROP COLUMN locked_until",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
