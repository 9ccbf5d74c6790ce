"""Links of the record, looks at appeals, and notices of unusual access. Evidence and looks are append-only too."""

from alembic import op

revision = "0004"
down_revision = "0002"

_CHAINED = {"journal": "BIGINT", "evidence": "UUID", "look": "UUID", "account_event": "UUID"}
_PENDING = """
    CREATE TABLE record_pending (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        chain VARCHAR(40) NOT NULL,
        row_id TEXT COLLATE "C" NOT NULL,
        noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_record_pending PRIMARY KEY (id),
        CONSTRAINT ck_record_pending_chain CHECK (chain IN ('JOURNAL', 'EVIDENCE', 'LOOK', 'ACCOUNT_EVENT'))
    )
    """
_NOTE = """
    CREATE FUNCTION note_pending() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO record_pending (chain, row_id) SELECT upper(tg_table_name), id::text FROM added;
        RETURN NULL;
    END
    $$
    """
_LINKS = """
    CREATE TABLE {table}_link (
        position BIGINT NOT NULL,
        form INTEGER NOT NULL,
        digest BYTEA NOT NULL,
        linked_at TIMESTAMP WITH TIME ZONE NOT NULL,
        emptied BOOLEAN NOT NULL,
        link BYTEA NOT NULL,
        row_id {id_type} NOT NULL,
        CONSTRAINT pk_{table}_link PRIMARY KEY (position),
        CONSTRAINT uq_{table}_link_row_id UNIQUE (row_id)
    )
    """
_TRIGGER = """
    CREATE TRIGGER {table}_pending AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION note_pending()
    """
_APPEND_ONLY = """
    CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION is_append_only()
    """
_NOTICE = """
    CREATE TABLE access_notice (
        id UUID DEFAULT uuidv7() NOT NULL,
        community_id UUID NOT NULL,
        account_id UUID NOT NULL,
        kind VARCHAR(40) NOT NULL,
        count INTEGER NOT NULL,
        usual INTEGER NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        until TIMESTAMP WITH TIME ZONE NOT NULL,
        noticed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_access_notice PRIMARY KEY (id),
        CONSTRAINT fk_access_notice_community_id FOREIGN KEY(community_id) REFERENCES community (id),
        CONSTRAINT fk_access_notice_account_id FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT ck_access_notice_access_kind CHECK (kind IN ('LOOKS', 'REVEALS'))
    )
    """
STATEMENTS = (
    # A document that had no name was kept with whatever it quotes.
    "UPDATE look SET operation = 'query' WHERE operation !~ '^[A-Za-z_]+[0-9]{0,2}$'",
    "ALTER TABLE look ALTER COLUMN dispute_id DROP NOT NULL, ADD COLUMN appeal_id UUID",
    "ALTER TABLE look ADD CONSTRAINT fk_look_appeal_id FOREIGN KEY(appeal_id) REFERENCES appeal (id)",
    "ALTER TABLE look ADD CONSTRAINT ck_look_one_case CHECK (num_nonnulls(dispute_id, appeal_id) = 1)",
    "CREATE INDEX ix_look_appeal ON look (appeal_id, looked_at, id)",
    "CREATE INDEX ix_look_account ON look (account_id, looked_at)",
    "CREATE INDEX ix_journal_revealed ON journal (actor_id, recorded_at) WHERE kind = 'ID_NUMBER_REVEALED'",
    _PENDING,
    "CREATE INDEX ix_record_pending_chain ON record_pending (chain, id)",
    _NOTE,
    *(_LINKS.format(table=table, id_type=id_type) for table, id_type in _CHAINED.items()),
    *(_TRIGGER.format(table=table) for table in _CHAINED),
    *(_APPEND_ONLY.format(table=table) for table in ("evidence", "look", *(f"{each}_link" for each in _CHAINED))),
    *(
        f"INSERT INTO record_pending (chain, row_id) SELECT upper('{table}'), id::text FROM {table} ORDER BY id"
        for table in _CHAINED
    ),
    _NOTICE,
    "CREATE INDEX ix_access_notice_community ON access_notice (community_id, noticed_at, id)",
    "CREATE INDEX ix_access_notice_account_id ON access_notice (account_id, kind, until)",
    _APPEND_ONLY.format(table="access_notice"),
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
