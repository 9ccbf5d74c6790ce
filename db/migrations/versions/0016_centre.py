"""Outside systems: their credentials, webhooks to them, and the looks that people from outside take at cases."""

from alembic import op

revision = "0016"
down_revision = "0013"

STATEMENTS = (
    """
    create table system_client (
        id uuid default uuidv7() not null,
        name text collate "C" not null,
        account_id uuid not null,
        secret_digest bytea not null,
        webhook_url text collate "C",
        webhook_xid bigint,
        webhook_entry bigint,
        gone_at timestamptz,
        created_at timestamptz not null,
        disabled_at timestamptz,
        constraint pk_system_client primary key (id),
        constraint uq_system_client_name unique (name),
        constraint ck_system_client_webhook check ((webhook_url is null) = (webhook_xid is null)),
        constraint ck_system_client_place check ((webhook_xid is null) = (webhook_entry is null)),
        constraint fk_system_client_account_id foreign key (account_id) references account (id)
    )
    """,
    "create index ix_system_client_account_id on system_client (account_id)",
    """
    create table webhook (
        id uuid default uuidv7() not null,
        client_id uuid not null,
        dispute_id uuid not null,
        entry_id bigint not null,
        failures integer not null,
        due_at timestamptz not null,
        leased_until timestamptz,
        delivered_at timestamptz,
        dead_at timestamptz,
        last_error text collate "C",
        constraint pk_webhook primary key (id),
        constraint uq_webhook_client_id_entry_id unique (client_id, entry_id),
        constraint ck_webhook_one_end check (delivered_at is null or dead_at is null),
        constraint fk_webhook_client_id foreign key (client_id) references system_client (id),
        constraint fk_webhook_dispute_id foreign key (dispute_id) references dispute (id)
    )
    """,
    "create index ix_webhook_dispute_id on webhook (dispute_id)",
    """
    create index ix_webhook_waiting on webhook (client_id, dispute_id, entry_id)
        where delivered_at is null and dead_at is null
    """,
    """
    create table look (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        account_id uuid not null,
        operation text collate "C" not null,
        looked_at timestamptz not null,
        constraint pk_look primary key (id),
        constraint fk_look_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_look_account_id foreign key (account_id) references account (id)
    )
    """,
    "create index ix_look_dispute on look (dispute_id, looked_at, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
