"""Matters of an estate or a community, addresses that name the estate, call-backs, and earlier content in the journal.

An area is a grid, or a whole estate or community. Triggers keep the areas and the labels of buildings, so that whoever
adds a place need not know of them.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

_AREA = """
    CREATE TABLE area (
        id UUID NOT NULL,
        community_id UUID NOT NULL,
        estate_id UUID,
        CONSTRAINT pk_area PRIMARY KEY (id),
        CONSTRAINT uq_area_community UNIQUE (id, community_id)
    )
    """
_KNOWN = """
    INSERT INTO area (id, community_id, estate_id)
        SELECT id, id, NULL FROM community UNION ALL SELECT id, community_id, id FROM estate
        UNION ALL SELECT id, community_id, estate_id FROM grid
    """
# With the owner's rights: nobody else writes areas and labels.
_KEEP_AREA = """
    CREATE FUNCTION keep_area() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        place jsonb := to_jsonb(new);
    BEGIN
        IF tg_op = 'DELETE' THEN
            DELETE FROM area WHERE id = old.id;
            RETURN NULL;
        END IF;
        INSERT INTO area (id, community_id, estate_id) VALUES (
            new.id,
            coalesce(place ->> 'community_id', place ->> 'id')::uuid,
            (CASE tg_table_name WHEN 'estate' THEN place ->> 'id' ELSE place ->> 'estate_id' END)::uuid)
        ON CONFLICT (id) DO UPDATE SET community_id = excluded.community_id, estate_id = excluded.estate_id;
        RETURN new;
    END
    $$
    """
# Before the row: the statement that adds a grid may also write a journal entry, whose key points to the area.
_AREA_TRIGGERS = (
    """
    CREATE TRIGGER {table}_area BEFORE INSERT OR UPDATE OF id{copied} ON {table}
        FOR EACH ROW EXECUTE FUNCTION keep_area()
    """,
    """
    CREATE TRIGGER {table}_area_removed AFTER DELETE ON {table}
        FOR EACH ROW EXECUTE FUNCTION keep_area()
    """,
)
_COPIED = {"community": "", "estate": ", community_id", "grid": ", community_id, estate_id"}
_LABEL_OF = """
    CREATE FUNCTION building_label(community uuid, of_estate uuid, number integer) RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT concat(
            (SELECT name FROM estate WHERE id = of_estate
                AND EXISTS (SELECT FROM estate other WHERE other.community_id = community AND other.id <> of_estate)),
            number, '号楼')
    $$
    """
_LABEL_BUILDING = """
    CREATE FUNCTION label_building() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        new.label := building_label(new.community_id, new.estate_id, new.number);
        RETURN new;
    END
    $$
    """
_LABEL_BUILDINGS = """
    CREATE FUNCTION label_buildings() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE building SET label = building_label(community_id, estate_id, number)
            WHERE community_id = coalesce(new.community_id, old.community_id)
                AND label <> building_label(community_id, estate_id, number);
        RETURN NULL;
    END
    $$
    """
_LABEL_TRIGGERS = (
    """
    CREATE TRIGGER building_label BEFORE INSERT OR UPDATE OF community_id, estate_id, number, label ON building
        FOR EACH ROW EXECUTE FUNCTION label_building()
    """,
    """
    CREATE TRIGGER estate_label AFTER INSERT OR DELETE OR UPDATE OF name ON estate
        FOR EACH ROW EXECUTE FUNCTION label_buildings()
    """,
)
_CALL_BACK = """
    CREATE TABLE call_back (
        id UUID DEFAULT uuidv7() NOT NULL,
        appeal_id UUID NOT NULL,
        called_by UUID NOT NULL,
        called_at TIMESTAMP WITH TIME ZONE NOT NULL,
        recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        reached BOOLEAN NOT NULL,
        said TEXT COLLATE "C",
        CONSTRAINT pk_call_back PRIMARY KEY (id),
        CONSTRAINT fk_call_back_appeal_id FOREIGN KEY(appeal_id) REFERENCES appeal (id),
        CONSTRAINT fk_call_back_called_by FOREIGN KEY(called_by) REFERENCES account (id)
    )
    """
# The acceptance was the call-back that reached the reporter. An incident's dispatch accepts without one.
_ACCEPTED = """
    INSERT INTO call_back (appeal_id, called_by, called_at, recorded_at, reached, said)
        SELECT j.appeal_id, j.actor_id, j.occurred_at, j.recorded_at, true, j.note FROM journal j
        WHERE j.kind = 'APPEAL_ACCEPTED' AND j.actor_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM journal d JOIN dispatch p ON p.incident_id = d.incident_id AND p.dispatched_at = d.occurred_at
            WHERE d.appeal_id = j.appeal_id AND d.kind = 'APPEAL_DISPATCHED' AND d.occurred_at = j.occurred_at)
    """
# As before, and it empties the earlier content with the note.
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
        WITH changed AS (UPDATE journal SET note = NULL, before = NULL, note_erased_at = now()
            WHERE (note IS NOT NULL OR before IS NOT NULL) AND dispute_id IS NULL AND id IN (
                SELECT id FROM journal WHERE resident_id = erased
                UNION SELECT id FROM journal
                    WHERE visit_id IN (SELECT visit_id FROM visit_resident WHERE resident_id = erased)
                UNION SELECT id FROM journal
                    WHERE visit_id IN (SELECT c.visit_id FROM visit_correction c
                        JOIN visit_correction_resident r ON r.visit_correction_id = c.id
                        WHERE r.resident_id = erased)
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


def _to_area(table: str) -> str:
    return f"""
        ALTER TABLE {table} DROP CONSTRAINT fk_{table}_grid,
            ADD CONSTRAINT fk_{table}_area FOREIGN KEY(grid_id, community_id) REFERENCES area (id, community_id)
        """


STATEMENTS = (
    _AREA,
    _KNOWN,
    _KEEP_AREA,
    *(each.format(table=table, copied=copied) for table, copied in _COPIED.items() for each in _AREA_TRIGGERS),
    _LABEL_OF,
    _LABEL_BUILDING,
    _LABEL_BUILDINGS,
    'ALTER TABLE building ADD COLUMN label TEXT COLLATE "C"',
    "UPDATE building SET label = building_label(community_id, estate_id, number)",
    "ALTER TABLE building ALTER COLUMN label SET NOT NULL",
    *_LABEL_TRIGGERS,
    _to_area("appeal"),
    _to_area("dispatch"),
    """
    ALTER TABLE journal DROP CONSTRAINT fk_journal_grid_id,
        ADD CONSTRAINT fk_journal_grid_id FOREIGN KEY(grid_id) REFERENCES area (id),
        ADD COLUMN before JSONB
    """,
    _ERASE,
    """
    ALTER TABLE appeal ADD COLUMN estate_id UUID, ADD COLUMN premises_id UUID,
        ADD CONSTRAINT fk_appeal_estate_id FOREIGN KEY(estate_id) REFERENCES estate (id),
        ADD CONSTRAINT fk_appeal_premises_id FOREIGN KEY(premises_id) REFERENCES premises (id),
        ADD CONSTRAINT ck_appeal_one_place CHECK (num_nonnulls(building_id, premises_id, estate_id) <= 1),
        ADD CONSTRAINT ck_appeal_of_estate CHECK (estate_id = grid_id)
    """,
    "CREATE INDEX ix_appeal_premises ON appeal (premises_id, opened_at, id) WHERE premises_id IS NOT NULL",
    _CALL_BACK,
    "CREATE INDEX ix_call_back_appeal ON call_back (appeal_id, called_at, id)",
    _ACCEPTED,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
