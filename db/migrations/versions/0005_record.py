"""Links of the record, looks at appeals, and notices of unusual access.

Evidence, looks and the records of archives are append-only too. An erasure tells whose notes it emptied.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_CHAINED = {"journal": "BIGINT"} | dict.fromkeys(
    ("evidence", "look", "account_event", "log_archive", "note_erasure"), "UUID"
)
_PENDING = """
    CREATE TABLE record_pending (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        chain VARCHAR(40) NOT NULL,
        row_id TEXT COLLATE "C" NOT NULL,
        noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_record_pending PRIMARY KEY (id),
        CONSTRAINT ck_record_pending_chain CHECK (chain IN ('JOURNAL', 'EVIDENCE', 'LOOK', 'ACCOUNT_EVENT',
            'LOG_ARCHIVE', 'NOTE_ERASURE'))
    )
    """
# With the owner's rights: nobody else may say which rows wait.
_NOTE = """
    CREATE FUNCTION note_pending() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
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
# As before, and it records which notes it emptied, so that nobody else can have emptied one.
_ERASURE = """
    CREATE TABLE note_erasure (
        id UUID DEFAULT uuidv7() NOT NULL,
        entries BIGINT[] NOT NULL,
        erased_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_note_erasure PRIMARY KEY (id)
    )
    """
_ERASE = """
    CREATE OR REPLACE FUNCTION erase_journal_notes(erased uuid) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        emptied bigint[];
    BEGIN
        IF NOT EXISTS (SELECT FROM resident WHERE id = erased AND erased_at IS NOT NULL) THEN
            RAISE EXCEPTION 'the resident was not erased';
        END IF;
        PERFORM set_config('tunping.retention', 'journal', true);
        WITH changed AS (UPDATE journal SET note = NULL, note_erased_at = now()
            WHERE note IS NOT NULL AND dispute_id IS NULL AND id IN (
                SELECT id FROM journal WHERE resident_id = erased
                UNION SELECT id FROM journal
                    WHERE visit_id IN (SELECT visit_id FROM visit_resident WHERE resident_id = erased)
                UNION SELECT id FROM journal WHERE appeal_id IN (SELECT id FROM appeal WHERE resident_id = erased)
                UNION SELECT id FROM journal WHERE wish_id IN (SELECT id FROM wish WHERE resident_id = erased)
                UNION SELECT id FROM journal WHERE alert_id IN (SELECT id FROM alert WHERE resident_id = erased))
            RETURNING id)
        SELECT array_agg(id ORDER BY id) INTO emptied FROM changed;
        PERFORM set_config('tunping.retention', '', true);
        IF emptied IS NOT NULL THEN
            INSERT INTO note_erasure (entries) VALUES (emptied);
        END IF;
        RETURN coalesce(cardinality(emptied), 0);
    END
    $$
    """
STATEMENTS = (
    _ERASURE,
    "CREATE INDEX ix_note_erasure_erased ON note_erasure (erased_at)",
    _ERASE,
    "CREATE INDEX ix_journal_erased ON journal (recorded_at) WHERE kind = 'RESIDENT_ERASED'",
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
    *(
        _APPEND_ONLY.format(table=table)
        for table in ("evidence", "look", "log_archive", "note_erasure", *(f"{each}_link" for each in _CHAINED))
    ),
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
