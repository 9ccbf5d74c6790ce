"""Documents that phones keep: in which buckets each is, and at which position it last changed."""

from alembic import op

revision = "0023"
down_revision = "0022"

LOCK = 7_416_002_027
"""The lock of 0018."""
_TABLES = (
    """
    CREATE TABLE document_waiting (
        id BIGINT GENERATED ALWAYS AS IDENTITY,
        kind TEXT COLLATE "C" NOT NULL,
        document_id UUID NOT NULL,
        bucket UUID,
        CONSTRAINT pk_document_waiting PRIMARY KEY (id)
    )
    """,
    """
    CREATE TABLE document (
        bucket UUID NOT NULL,
        kind TEXT COLLATE "C" NOT NULL,
        document_id UUID NOT NULL,
        position BIGINT NOT NULL,
        since BIGINT NOT NULL,
        CONSTRAINT pk_document PRIMARY KEY (bucket, kind, document_id)
    )
    """,
    """
    CREATE TABLE submission (
        account_id UUID NOT NULL,
        id UUID NOT NULL,
        outcome VARCHAR(40) NOT NULL,
        object TEXT COLLATE "C",
        version BIGINT,
        problems JSONB,
        sent_at TIMESTAMP WITH TIME ZONE,
        received_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_submission PRIMARY KEY (account_id, id),
        CONSTRAINT fk_submission_account_id_account FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT ck_submission_act_outcome CHECK (outcome IN ('DONE', 'REFUSED', 'CONFLICT'))
    )
    """,
    # Positions at which documents changed of which no entry tells have none.
    "ALTER TABLE feed_position ALTER COLUMN entry_id DROP NOT NULL",
)
# The rows of each table that are documents or parts of them: the kind, the document's id, and its buckets. A part has
# no bucket: its document changes wherever it is. Duties follow from visits, colours and stays.
_DUTIES_OF_GRID = "SELECT 'DUTIES', grid_id, grid_id FROM changed"
NOTED = {
    "community": "SELECT 'COMMUNITY', id, id FROM changed",
    "grid": "SELECT 'GRID', id, community_id FROM changed UNION SELECT 'DUTIES', id, id FROM changed",
    "building": "SELECT 'BUILDING', id, community_id FROM changed",
    "account": "SELECT 'COLLEAGUE', id, NULL::uuid FROM changed",
    "assignment": "SELECT 'COLLEAGUE', account_id, community_id FROM changed",
    "household": "SELECT 'HOUSEHOLD', id, unnest(ARRAY[grid_id, building_id]) FROM changed",
    "resident": f"SELECT 'RESIDENT', id, unnest(ARRAY[grid_id, building_id]) FROM changed UNION {_DUTIES_OF_GRID}",
    "residency": f"SELECT 'RESIDENT', resident_id, NULL::uuid FROM changed UNION {_DUTIES_OF_GRID}",
    "resident_colour": f"SELECT 'RESIDENT', resident_id, NULL::uuid FROM changed UNION {_DUTIES_OF_GRID}",
    "notice": "SELECT 'NOTICE', id, community_id FROM changed",
    "notice_reading": "SELECT 'NOTICE', notice_id, NULL::uuid FROM changed",
    "roster_week": "SELECT 'ROSTER', id, CASE WHEN published_at IS NOT NULL THEN community_id END FROM changed",
    "roster_shift": "SELECT DISTINCT 'ROSTER', week_id, NULL::uuid FROM changed",
    "alert": "SELECT 'ALERT', id, unnest(ARRAY[grid_id, building_id]) FROM changed",
    "help_call": "SELECT 'CALL', id, coalesce(grid_id, community_id) FROM changed",
    "appeal": "SELECT 'APPEAL', id, unnest(ARRAY[id, grid_id, registered_by]) FROM changed",
    "dispute": "SELECT 'DISPUTE', id, unnest(ARRAY[id, grid_id]) FROM changed",
    "dispute_party": "SELECT DISTINCT 'DISPUTE', dispute_id, NULL::uuid FROM changed",
    "wish": "SELECT 'WISH', id, unnest(ARRAY[grid_id, proposed_by]) FROM changed",
    "visit": f"SELECT 'VISIT', id, grid_id FROM changed UNION {_DUTIES_OF_GRID}",
    "visit_resident": "SELECT DISTINCT 'VISIT', visit_id, NULL::uuid FROM changed",
    "submission": "SELECT 'ACT', id, account_id FROM changed",
    "visit_policy": "SELECT 'DUTIES', g.id, g.id FROM changed c JOIN grid g USING (community_id)",
    "duty_pause": _DUTIES_OF_GRID,
}
# Documents that show something of a row of another table, or whose viewers see that row no longer: addresses, names of
# parties and premises, and people who moved to another grid.
_SHOWN = {
    "building": """
        SELECT 'HOUSEHOLD', h.id FROM changed c JOIN old o USING (id) JOIN household h ON h.building_id = c.id
            WHERE c.label <> o.label
        UNION SELECT 'DISPUTE', p.dispute_id FROM changed c JOIN old o USING (id)
            JOIN household h ON h.building_id = c.id JOIN dispute_party p ON p.household_id = h.id
            WHERE c.label <> o.label""",
    "household": """
        SELECT 'DISPUTE', p.dispute_id FROM changed c JOIN old o USING (id)
            JOIN dispute_party p ON p.household_id = c.id
            WHERE (c.unit, c.room) <> (o.unit, o.room)""",
    "premises": """
        SELECT 'APPEAL', a.id FROM changed c JOIN appeal a ON a.premises_id = c.id
        UNION SELECT 'DISPUTE', p.dispute_id FROM changed c JOIN dispute_party p ON p.premises_id = c.id""",
    "organisation": """
        SELECT 'DISPUTE', p.dispute_id FROM changed c JOIN dispute_party p ON p.organisation_id = c.id""",
    "resident": """
        SELECT 'DISPUTE', p.dispute_id FROM changed c JOIN old o USING (id)
            JOIN dispute_party p ON c.id IN (p.resident_id, p.speaker_id)
            WHERE (c.name, c.phone, c.household_id) IS DISTINCT FROM (o.name, o.phone, o.household_id)
        UNION SELECT each.kind, each.id FROM changed c JOIN old o USING (id), LATERAL (
            SELECT 'VISIT', visit_id FROM visit_resident WHERE resident_id = c.id
            UNION ALL SELECT 'APPEAL', id FROM appeal WHERE resident_id = c.id
            UNION ALL SELECT 'WISH', id FROM wish WHERE resident_id = c.id
            UNION ALL SELECT 'ALERT', id FROM alert WHERE resident_id = c.id
            UNION ALL SELECT 'CALL', call_id FROM invitation WHERE resident_id = c.id AND call_id IS NOT NULL
        ) each (kind, id) WHERE (c.grid_id, c.building_id) <> (o.grid_id, o.building_id)""",
}
# A case also has its timeline, and what is told there.
_ENTRIES = """
    INSERT INTO document_waiting (kind, document_id)
        SELECT DISTINCT each.kind, each.id FROM added,
            LATERAL (VALUES ('APPEAL', appeal_id), ('DISPUTE', dispute_id), ('ALERT', alert_id), ('CALL', call_id))
                each (kind, id)
        WHERE each.id IS NOT NULL;
"""
_WAKE = f"""
    CREATE OR REPLACE FUNCTION journal_wake() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        INSERT INTO feed_waiting (entry_id) SELECT id FROM added;
        {_ENTRIES}
        PERFORM pg_notify('tunping_journal', '');
        RETURN NULL;
    END
    $$
    """
# As in 0018, and then the documents. Those of a turn get the last position of its entries, which nobody has read yet,
# or a position of their own. A document that waits is changed in all its buckets.
_PLACE = f"""
    CREATE OR REPLACE FUNCTION place_entries(most bigint) RETURNS bigint
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        here text := feed_life();
        latest feed_epoch;
        moved bigint[];
        changed bigint[];
        last bigint;
        placed boolean;
    BEGIN
        SELECT * INTO latest FROM feed_epoch ORDER BY number DESC LIMIT 1;
        IF latest.life = here AND NOT EXISTS (SELECT FROM feed_waiting) AND NOT EXISTS (SELECT FROM document_waiting)
        THEN
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
        -- Read before the entries, so that no document has an earlier position than the entries of its act.
        SELECT array_agg(id) INTO changed FROM (SELECT id FROM document_waiting ORDER BY id LIMIT most) oldest;
        WITH oldest AS (SELECT id FROM feed_waiting ORDER BY entry_id NULLS FIRST LIMIT most),
            taken AS (DELETE FROM feed_waiting w USING oldest WHERE w.id = oldest.id RETURNING w.entry_id)
        SELECT array_agg(entry_id ORDER BY entry_id NULLS FIRST) INTO moved FROM taken;
        IF moved[1] IS NULL AND moved IS NOT NULL THEN
            UPDATE feed_epoch SET held = held + 1 WHERE life = here;
        END IF;
        INSERT INTO feed_position (position, entry_id)
            SELECT (SELECT coalesce(max(position), 0) FROM feed_position) + row_number() OVER (ORDER BY id), id
            FROM unnest(moved) AS each (id) WHERE id IS NOT NULL;
        placed := FOUND;
        IF changed IS NOT NULL THEN
            SELECT coalesce(max(position), 0) INTO last FROM feed_position;
            IF NOT placed THEN
                last := last + 1;
                INSERT INTO feed_position (position) VALUES (last);
            END IF;
            WITH taken AS (DELETE FROM document_waiting WHERE id = ANY (changed) RETURNING kind, document_id, bucket),
                again AS (
                    UPDATE document d SET position = last
                    FROM (SELECT DISTINCT kind, document_id FROM taken) t
                    WHERE d.document_id = t.document_id AND d.kind = t.kind)
            INSERT INTO document (bucket, kind, document_id, position, since)
                SELECT DISTINCT bucket, kind, document_id, last, last FROM taken WHERE bucket IS NOT NULL
                ON CONFLICT DO NOTHING;
        END IF;
        RETURN greatest(coalesce(cardinality(moved), 0), coalesce(cardinality(changed), 0));
    END
    $$
    """


def _noting(table: str) -> list[str]:
    """A function that notes the documents of changed rows, and its triggers."""
    made = f"""
        CREATE FUNCTION note_{table}_documents() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            INSERT INTO document_waiting (kind, document_id, bucket) {NOTED[table]};
            RETURN NULL;
        END
        $$
        """
    triggers = [
        f"""
        CREATE TRIGGER {table}_documents_{event.lower()} AFTER {event} ON {table} REFERENCING {which} TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_{table}_documents()
        """
        for event, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    ]
    return [made, *triggers]


def _showing(table: str) -> list[str]:
    """A function that notes the documents which show something of updated rows, and its trigger."""
    made = f"""
        CREATE FUNCTION note_{table}_shown() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        BEGIN
            INSERT INTO document_waiting (kind, document_id) {_SHOWN[table]};
            RETURN NULL;
        END
        $$
        """
    trigger = f"""
        CREATE TRIGGER {table}_shown AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old NEW TABLE AS changed
            FOR EACH STATEMENT EXECUTE FUNCTION note_{table}_shown()
        """
    return [made, trigger]


def _known(table: str) -> str:
    """Notes the rows that there are, which are placed at once."""
    return f"""
        INSERT INTO document_waiting (kind, document_id, bucket)
            SELECT * FROM ({NOTED[table].replace("changed", table)}) each (kind, document_id, bucket)
            WHERE bucket IS NOT NULL
        """


STATEMENTS = (
    *_TABLES,
    *(statement for table in NOTED for statement in _noting(table)),
    *(statement for table in _SHOWN for statement in _showing(table)),
    _WAKE,
    _PLACE,
    *map(_known, NOTED),
    "SELECT place_entries(1000000000)",
    "CREATE INDEX ix_document_document_id ON document (document_id)",
    "CREATE INDEX ix_document_position ON document (bucket, position)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
