"""Names of buildings, such as 「A座」. The number is that of a name such as 「3号楼」."""

from importlib import import_module

from alembic import op

revision = "0019"
down_revision = "0018"

_folded_forms = import_module("db.migrations.versions.0016_folded_forms")
# As rules/folding.py does.
_FOLDED_BUILDING = f"""
    CREATE FUNCTION folded_building(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN regexp_replace(
            regexp_replace(
                regexp_replace(
                    translate(folded(said), '‐‑‒–—―−﹣‘’ʼʻ´`', '--------'''''''''''''),
                    '{_folded_forms._UNSEEN}', '', 'g'),
                '(?<=.)(号楼|号|栋|幢|座|楼|#)+$', ''),
            '(?<![0-9])0+(?=[0-9])', '', 'g')
    """
_BUILDING_NUMBER = """
    CREATE FUNCTION building_number(named text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN substring(folded_building(named) FROM '^([0-9]{1,4})$')::integer
    """
_WALK_KEY = """
    CREATE OR REPLACE FUNCTION walk_key(of_building uuid, unit integer, floor integer, room text) RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT concat_ws('!', sort_key(e.name), b.name_key, lpad(unit::text, 4, '0'),
            lpad((floor + 1000)::text, 5, '0'), sort_key(folded_room(room)))
        FROM building b JOIN estate e ON e.id = b.estate_id WHERE b.id = of_building
    $$
    """
_LABEL_OF = """
    CREATE FUNCTION building_label(community uuid, of_estate uuid, named text) RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT concat(
            (SELECT name FROM estate WHERE id = of_estate
                AND EXISTS (SELECT FROM estate other WHERE other.community_id = community AND other.id <> of_estate)),
            named)
    $$
    """
_LABEL_BUILDING = """
    CREATE OR REPLACE FUNCTION label_building() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        new.label := building_label(new.community_id, new.estate_id, new.name);
        RETURN new;
    END
    $$
    """
_LABEL_BUILDINGS = """
    CREATE OR REPLACE FUNCTION label_buildings() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE building SET label = building_label(community_id, estate_id, name)
            WHERE community_id = coalesce(new.community_id, old.community_id)
                AND label <> building_label(community_id, estate_id, name);
        RETURN NULL;
    END
    $$
    """
STATEMENTS = (
    _FOLDED_BUILDING,
    _BUILDING_NUMBER,
    "DROP TRIGGER building_label ON building",
    "DROP TRIGGER building_walk ON building",
    'ALTER TABLE building ADD COLUMN name TEXT COLLATE "C"',
    "UPDATE building SET name = number || '号楼'",
    """
    ALTER TABLE building
        DROP COLUMN number,
        ALTER COLUMN name SET NOT NULL,
        ADD COLUMN name_key TEXT COLLATE "C" GENERATED ALWAYS AS (sort_key(folded_building(name))) STORED,
        ADD COLUMN number INTEGER GENERATED ALWAYS AS (building_number(name)) STORED,
        ADD CONSTRAINT ck_building_positive CHECK (units > 0 and floors > 0),
        ADD CONSTRAINT uq_building_estate_id_name_key UNIQUE (estate_id, name_key)
    """,
    "CREATE INDEX ix_building_grid ON building (grid_id, name_key, id)",
    "CREATE INDEX ix_building_community ON building (community_id, name_key, id)",
    "DROP FUNCTION building_label(uuid, uuid, integer)",
    _LABEL_OF,
    _LABEL_BUILDING,
    _LABEL_BUILDINGS,
    """
    CREATE TRIGGER building_label BEFORE INSERT OR UPDATE OF community_id, estate_id, name, label ON building
        FOR EACH ROW EXECUTE FUNCTION label_building()
    """,
    _WALK_KEY,
    """
    CREATE TRIGGER building_walk AFTER INSERT OR UPDATE OF name, estate_id ON building
        FOR EACH ROW EXECUTE FUNCTION keep_walks()
    """,
    "UPDATE household SET walk_key = walk_key(building_id, unit, floor, room)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
