"""Generations of the sealing key, a data key for each resident, and what retention needs."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    """
    CREATE TABLE sealing_generation (
        number INTEGER NOT NULL,
        proof BYTEA NOT NULL,
        since TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_sealing_generation PRIMARY KEY (number)
    )
    """,
    """
    CREATE TABLE resident_key (
        resident_id UUID NOT NULL,
        generation INTEGER NOT NULL,
        sealed BYTEA NOT NULL,
        CONSTRAINT pk_resident_key PRIMARY KEY (resident_id),
        CONSTRAINT fk_resident_key_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
        CONSTRAINT fk_resident_key_generation FOREIGN KEY(generation) REFERENCES sealing_generation (number)
    )
    """,
    "CREATE INDEX ix_resident_key_generation ON resident_key (generation, resident_id)",
    """
    ALTER TABLE resident ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE,
        ADD CONSTRAINT ck_resident_erased
            CHECK (erased_at is null or num_nonnulls(phone, born_on, id_number_sealed) = 0)
    """,
    """
    CREATE TABLE retention_policy (
        community_id UUID NOT NULL,
        days INTEGER NOT NULL,
        set_by UUID,
        set_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_retention_policy PRIMARY KEY (community_id),
        CONSTRAINT fk_retention_policy_community_id FOREIGN KEY(community_id) REFERENCES community (id),
        CONSTRAINT fk_retention_policy_set_by FOREIGN KEY(set_by) REFERENCES account (id),
        CONSTRAINT ck_retention_policy_days CHECK (days between 184 and 7306)
    )
    """,
    """
    CREATE TABLE log_archive (
        id UUID DEFAULT uuidv7() NOT NULL,
        log TEXT COLLATE "C" NOT NULL,
        up_to UUID NOT NULL,
        before TIMESTAMP WITH TIME ZONE NOT NULL,
        rows INTEGER NOT NULL,
        file TEXT COLLATE "C" NOT NULL,
        sha256 BYTEA NOT NULL,
        archived_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_log_archive PRIMARY KEY (id),
        CONSTRAINT ck_log_archive_content CHECK (rows > 0 and octet_length(sha256) = 32)
    )
    """,
    "CREATE INDEX ix_log_archive_log ON log_archive (log, id)",
    "ALTER TABLE journal ADD COLUMN note_erased_at TIMESTAMP WITH TIME ZONE",
    # The two functions below set tunping.retention. Without the right to change these tables it opens nothing.
    """
    CREATE OR REPLACE FUNCTION journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF tg_op = 'UPDATE' AND current_setting('tunping.retention', true) = 'journal' THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'the journal is append-only';
    END
    $$
    """,
    """
    CREATE OR REPLACE FUNCTION is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF tg_op = 'DELETE' AND current_setting('tunping.retention', true) = tg_table_name THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION '% is append-only', tg_table_name;
    END
    $$
    """,
    # The rows of a log up to an id are in a file with this digest: records this, and removes them.
    """
    CREATE FUNCTION archive_log(kind text, last uuid, older timestamptz, counted integer, place text, digest bytea)
        RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        clock text := CASE kind
            WHEN 'look' THEN 'looked_at' WHEN 'account_event' THEN 'occurred_at' WHEN 'webhook' THEN 'delivered_at' END;
        removed integer;
    BEGIN
        IF clock IS NULL OR older > now() - interval '184 days' THEN
            RAISE EXCEPTION 'this is not a log, or it must stay on line';
        END IF;
        PERFORM set_config('tunping.retention', kind, true);
        EXECUTE format('DELETE FROM %I WHERE id <= $1 AND %I < $2', kind, clock) USING last, older;
        GET DIAGNOSTICS removed = ROW_COUNT;
        PERFORM set_config('tunping.retention', '', true);
        IF removed <> counted THEN
            RAISE EXCEPTION 'the log has changed meanwhile';
        END IF;
        INSERT INTO log_archive (log, up_to, before, rows, file, sha256)
            VALUES (kind, last, older, counted, place, digest);
    END
    $$
    """,
    # Empties the notes of the entries about a resident who was erased. What happened, when and by whom stays.
    """
    CREATE FUNCTION erase_journal_notes(erased uuid) RETURNS integer
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        emptied integer;
    BEGIN
        IF NOT EXISTS (SELECT FROM resident WHERE id = erased AND erased_at IS NOT NULL) THEN
            RAISE EXCEPTION 'the resident was not erased';
        END IF;
        PERFORM set_config('tunping.retention', 'journal', true);
        UPDATE journal SET note = NULL, note_erased_at = now()
            WHERE note IS NOT NULL AND dispute_id IS NULL AND id IN (
                SELECT id FROM journal WHERE resident_id = erased
                UNION SELECT id FROM journal
                    WHERE visit_id IN (SELECT visit_id FROM visit_resident WHERE resident_id = erased)
                UNION SELECT id FROM journal WHERE appeal_id IN (SELECT id FROM appeal WHERE resident_id = erased)
                UNION SELECT id FROM journal WHERE wish_id IN (SELECT id FROM wish WHERE resident_id = erased)
                UNION SELECT id FROM journal WHERE alert_id IN (SELECT id FROM alert WHERE resident_id = erased));
        GET DIAGNOSTICS emptied = ROW_COUNT;
        PERFORM set_config('tunping.retention', '', true);
        RETURN emptied;
    END
    $$
    """,
    "REVOKE EXECUTE ON FUNCTION archive_log, erase_journal_notes FROM PUBLIC",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
