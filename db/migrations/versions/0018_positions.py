"""Positions of journal entries in the live feed, given after the commit. They replace the numbers of transactions."""

from alembic import op

revision = "0018"
down_revision = "0017"

LOCK = 7_416_002_027
"""The key of the advisory lock around positions: an arbitrary number that no other lock uses."""
_TABLES = (
    """
    CREATE TABLE feed_waiting (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        entry_id BIGINT,
        noted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_feed_waiting PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE feed_position (
        position BIGINT NOT NULL,
        entry_id BIGINT NOT NULL,
        CONSTRAINT pk_feed_position PRIMARY KEY (position),
        CONSTRAINT uq_feed_position_entry_id UNIQUE (entry_id)
    )
    """,
    """
    CREATE TABLE feed_epoch (
        number BIGINT NOT NULL,
        name TEXT COLLATE "C" NOT NULL,
        life TEXT COLLATE "C" NOT NULL,
        after BIGINT NOT NULL,
        held BIGINT NOT NULL,
        began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT pk_feed_epoch PRIMARY KEY (number),
        CONSTRAINT uq_feed_epoch_name UNIQUE (name)
    )
    """,
)
# Two histories of a database never have the same one. PostgreSQL's start differs after a restart, and between a primary
# and its replica, or a copy that was put back. A dump that was loaded is in another database, or in another table.
_LIFE = """
    CREATE FUNCTION feed_life() RETURNS text LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
        SELECT concat_ws('.', (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,
            (SELECT oid FROM pg_database WHERE datname = current_database()), 'feed_position'::regclass::oid)
    $$
    """
# Each statement after the lock has a snapshot of its own, with everything that the last holder placed. In a transaction
# that keeps one snapshot the keys of the tables refuse what would be a second entry at a position.
# `synchronous_commit` makes durable what a phone may have received, also where the server's setting is off.
_PLACE = f"""
    CREATE FUNCTION place_entries(most bigint) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        here text := feed_life();
        latest feed_epoch;
        moved bigint[];
    BEGIN
        SELECT * INTO latest FROM feed_epoch ORDER BY number DESC LIMIT 1;
        IF latest.life = here AND NOT EXISTS (SELECT FROM feed_waiting) THEN
            RETURN 0;
        END IF;
        PERFORM pg_advisory_xact_lock({LOCK});
        PERFORM set_config('synchronous_commit', 'on', true);
        SELECT * INTO latest FROM feed_epoch ORDER BY number DESC LIMIT 1;
        IF latest.life IS DISTINCT FROM here THEN
            INSERT INTO feed_epoch (number, name, life, after, held)
                SELECT coalesce(latest.number, 0) + 1, left(replace(gen_random_uuid()::text, '-', ''), 12), here,
                    coalesce(max(position), 0), coalesce(latest.held, 0) + 1 FROM feed_position;
        END IF;
        WITH oldest AS (SELECT id FROM feed_waiting ORDER BY entry_id NULLS FIRST LIMIT most),
            taken AS (DELETE FROM feed_waiting w USING oldest WHERE w.id = oldest.id RETURNING w.entry_id)
        SELECT array_agg(entry_id ORDER BY entry_id NULLS FIRST) INTO moved FROM taken;
        IF moved[1] IS NULL AND moved IS NOT NULL THEN
            UPDATE feed_epoch SET held = held + 1 WHERE life = here;
        END IF;
        INSERT INTO feed_position (position, entry_id)
            SELECT (SELECT coalesce(max(position), 0) FROM feed_position) + row_number() OVER (ORDER BY id), id
            FROM unnest(moved) AS each (id) WHERE id IS NOT NULL;
        RETURN coalesce(cardinality(moved), 0);
    END
    $$
    """
# With the owner's rights: nobody else says which entries wait.
_WAKE = """
    CREATE OR REPLACE FUNCTION journal_wake() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO feed_waiting (entry_id) SELECT id FROM added;
        PERFORM pg_notify('tunping_journal', '');
        RETURN NULL;
    END
    $$
    """
# What an account holds follows from these tables. A change is noted like an entry, and before later entries.
_HOLDERS = """
    CREATE FUNCTION note_holders() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO feed_waiting (entry_id) VALUES (NULL);
        RETURN NULL;
    END
    $$
    """
_NOTED = {
    "assignment": "INSERT OR UPDATE OR DELETE",
    "roster_shift": "INSERT OR UPDATE OR DELETE",
    "roster_week": "UPDATE OF published_at",
    "account": "UPDATE OF role, disabled_at",
    "area": "INSERT OR UPDATE OR DELETE",
    "community": "INSERT OR UPDATE OF time_zone",
}
STATEMENTS = (
    *_TABLES,
    # In the order in which the feed delivered them until now.
    "INSERT INTO feed_position (position, entry_id) SELECT row_number() OVER (ORDER BY xid, id), id FROM journal",
    "ALTER TABLE system_client ADD COLUMN webhook_position BIGINT",
    """
    UPDATE system_client c SET webhook_position = (
        SELECT count(*) FROM journal j WHERE (j.xid, j.id) <= (c.webhook_xid::text::xid8, c.webhook_entry))
    WHERE webhook_xid IS NOT NULL
    """,
    # The checks of these columns go with them, as the index of the other. The second wall makes the view again.
    "ALTER TABLE system_client DROP COLUMN webhook_xid, DROP COLUMN webhook_entry",
    """
    ALTER TABLE system_client ADD CONSTRAINT ck_system_client_webhook
        CHECK ((webhook_url is null) = (webhook_position is null))
    """,
    "DROP VIEW IF EXISTS feed_entry",
    "ALTER TABLE journal DROP COLUMN xid",
    _LIFE,
    _PLACE,
    "REVOKE ALL ON FUNCTION place_entries FROM public",
    _WAKE,
    "DROP TRIGGER journal_wake ON journal",
    """
    CREATE TRIGGER journal_wake AFTER INSERT ON journal REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION journal_wake()
    """,
    _HOLDERS,
    *(
        f"CREATE TRIGGER {table}_holders AFTER {when} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION note_holders()"
        for table, when in _NOTED.items()
    ),
    "SELECT place_entries(0)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
