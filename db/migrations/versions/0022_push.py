"""Pushes to sleeping phones: subscriptions of devices, what accounts chose, and an outbox."""

from alembic import op

revision = "0022"
down_revision = "0021"

_WAITING = "sent_at is null and dropped_at is null and parked_at is null"
STATEMENTS = (
    """
    CREATE TABLE push_subscription (
        id UUID DEFAULT uuidv7() NOT NULL,
        account_id UUID NOT NULL,
        device_id UUID NOT NULL,
        session_id UUID NOT NULL,
        host TEXT COLLATE "C" NOT NULL,
        service TEXT COLLATE "C",
        address TEXT COLLATE "C" NOT NULL,
        p256dh BYTEA,
        auth BYTEA,
        digest BYTEA NOT NULL,
        renewed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        broken_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_push_subscription PRIMARY KEY (id),
        CONSTRAINT uq_push_subscription_device_id UNIQUE (device_id),
        CONSTRAINT uq_push_subscription_digest UNIQUE (digest),
        CONSTRAINT ck_push_subscription_keys
            CHECK (num_nonnulls(p256dh, auth) = case when service is null then 2 else 0 end),
        CONSTRAINT fk_push_subscription_account_id FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT fk_push_subscription_device_id FOREIGN KEY(device_id) REFERENCES device (id),
        CONSTRAINT fk_push_subscription_session_id FOREIGN KEY(session_id) REFERENCES device_session (id)
    )
    """,
    "CREATE INDEX ix_push_subscription_account_id ON push_subscription (account_id)",
    "CREATE INDEX ix_push_subscription_session_id ON push_subscription (session_id)",
    """
    CREATE TABLE push_preference (
        account_id UUID NOT NULL,
        muted TEXT[] NOT NULL,
        quiet_from TIME WITHOUT TIME ZONE,
        quiet_until TIME WITHOUT TIME ZONE,
        CONSTRAINT pk_push_preference PRIMARY KEY (account_id),
        CONSTRAINT ck_push_preference_quiet
            CHECK (num_nonnulls(quiet_from, quiet_until) in (0, 2) and quiet_from <> quiet_until),
        CONSTRAINT fk_push_preference_account_id FOREIGN KEY(account_id) REFERENCES account (id)
    )
    """,
    """
    CREATE TABLE push (
        id UUID DEFAULT uuidv7() NOT NULL,
        subscription_id UUID NOT NULL,
        kind VARCHAR(40) NOT NULL,
        object_id UUID NOT NULL,
        happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
        due_at TIMESTAMP WITH TIME ZONE NOT NULL,
        tries INTEGER NOT NULL,
        last_error TEXT COLLATE "C",
        sent_at TIMESTAMP WITH TIME ZONE,
        dropped_at TIMESTAMP WITH TIME ZONE,
        parked_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_push PRIMARY KEY (id),
        CONSTRAINT ck_push_push_kind CHECK (kind IN ('ALERT', 'HELP_CALL', 'URGENT_APPEAL', 'NEW_APPEAL', 'CAME_BACK',
            'NOTICE')),
        CONSTRAINT ck_push_one_end CHECK (num_nonnulls(sent_at, dropped_at, parked_at) <= 1),
        CONSTRAINT fk_push_subscription_id FOREIGN KEY(subscription_id) REFERENCES push_subscription (id)
            ON DELETE CASCADE
    )
    """,
    f"CREATE INDEX ix_push_due ON push (due_at) WHERE {_WAITING}",
    f"CREATE UNIQUE INDEX uq_push_untried ON push (subscription_id, kind, object_id) WHERE tries = 0 and {_WAITING}",
    "CREATE INDEX ix_push_subscription_id ON push (subscription_id)",
    """
    CREATE TABLE push_progress (
        one BOOLEAN NOT NULL,
        position BIGINT NOT NULL,
        CONSTRAINT pk_push_progress PRIMARY KEY (one),
        CONSTRAINT ck_push_progress_one_row CHECK (one)
    )
    """,
    # What happened before is not pushed.
    "INSERT INTO push_progress SELECT true, coalesce(max(position), 0) FROM feed_position",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
