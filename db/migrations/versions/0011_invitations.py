"""Invitations in place of passwords, posts that end at a moment, and who changed an account."""

from alembic import op

revision = "0011"
down_revision = "0010"


def _ended(table: str) -> tuple[str, ...]:
    return (
        f"ALTER TABLE {table} ADD COLUMN ended_at TIMESTAMP WITH TIME ZONE, DROP CONSTRAINT ck_{table}_in_order",
        f"""
        ALTER TABLE {table}
            ADD CONSTRAINT ck_{table}_in_order CHECK (ends_on is null or ends_on >= starts_on - 1),
            ADD CONSTRAINT ck_{table}_ended CHECK (ended_at is null or ends_on is not null)
        """,
    )


STATEMENTS = (
    """
    ALTER TABLE account
        ALTER COLUMN password_hash DROP NOT NULL,
        ADD COLUMN invitation_digest BYTEA,
        ADD COLUMN invitation_expires_at TIMESTAMP WITH TIME ZONE,
        ADD CONSTRAINT ck_account_invitation CHECK ((invitation_digest is null) = (invitation_expires_at is null))
    """,
    *_ended("assignment"),
    "CREATE INDEX ix_assignment_building_id ON assignment (building_id)",
    *_ended("site_post"),
    """
    ALTER TABLE account_event
        ADD COLUMN actor_id UUID,
        ADD CONSTRAINT fk_account_event_actor_id FOREIGN KEY(actor_id) REFERENCES account (id),
        DROP CONSTRAINT ck_account_event_account_event_kind
    """,
    """
    ALTER TABLE account_event ADD CONSTRAINT ck_account_event_account_event_kind CHECK (kind IN ('SIGNED_IN',
        'SIGN_IN_REFUSED', 'CODE_REFUSED', 'LOCKED_OUT', 'REFRESH_REFUSED', 'TOKEN_REUSED', 'SIGNED_OUT',
        'ALL_SIGNED_OUT', 'ACCOUNT_ADDED', 'ACCOUNT_INVITED', 'PASSWORD_CHOSEN', 'INVITATION_REFUSED',
        'ACCOUNT_CORRECTED', 'TOTP_ENROLLED', 'RECOVERY_CODE_USED', 'TOTP_RESET', 'PASSWORD_CHANGED',
        'ACCOUNT_DISABLED', 'ACCOUNT_ENABLED', 'SYSTEM_ADDED', 'SYSTEM_DISABLED'))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
