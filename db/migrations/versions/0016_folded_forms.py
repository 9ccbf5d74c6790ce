"""Folded forms: names that are compared, terms that are searched for, and keys that sort numbers in texts as numbers.

The names and terms of residents are made by the application, because pinyin is, so this fills them in row by row.
"""

import sqlalchemy as sa
from alembic import op

from rules.finding import terms_of
from rules.folding import folded_name
from rules.phones import read_phone

revision = "0016"
down_revision = "0015"

_BATCH = 5_000
_UNSEEN = (
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0]"
)
# The collation folds the letters of all scripts, and is the same on every server.
_FOLDED = 'normalize(casefold(normalize({}, NFKC) COLLATE "pg_unicode_fast"), NFKC)'
_FOLD = f"""
    CREATE FUNCTION folded(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN {_FOLDED.format("said")}
    """
# Ten zeros before each number, of which all but its last ten digits go again.
_SORT_KEY = """
    CREATE FUNCTION sort_key(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN regexp_replace(
            regexp_replace(folded(said), '([0-9]+)', '0000000000\\1', 'g'),
            '0*([0-9]{10})(?![0-9])', '\\1', 'g')
    """
# As rules/folding.py does.
_FOLDED_ROOM = f"""
    CREATE FUNCTION folded_room(said text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
        RETURN regexp_replace(
            regexp_replace(
                regexp_replace(
                    translate(folded(said), '‐‑‒–—―−﹣‘’ʼʻ´`', '--------'''''''''''''),
                    '{_UNSEEN}', '', 'g'),
                '(?<=[0-9a-z])(室|号房|号|房间|房|户)+$', ''),
            '(?<![0-9])0+(?=[0-9])', '', 'g')
    """
_NAMED = ("community", "estate", "party_branch", "grid", "premises", "organisation")
_WALK_KEY = """
    CREATE FUNCTION walk_key(of_building uuid, unit integer, floor integer, room text) RETURNS text
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        SELECT concat_ws('!', sort_key(e.name), lpad(b.number::text, 6, '0'), lpad(unit::text, 4, '0'),
            lpad((floor + 1000)::text, 5, '0'), sort_key(folded_room(room)))
        FROM building b JOIN estate e ON e.id = b.estate_id WHERE b.id = of_building
    $$
    """
_KEEP_WALK = """
    CREATE FUNCTION keep_walk() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        new.walk_key := coalesce(walk_key(new.building_id, new.unit, new.floor, new.room), '');
        RETURN new;
    END
    $$
    """
# A statement may add a building and its homes at once: their triggers do not see it, and the building's sees them.
_KEEP_WALKS = """
    CREATE FUNCTION keep_walks() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        UPDATE household h SET walk_key = walk_key(h.building_id, h.unit, h.floor, h.room)
            FROM building b WHERE b.id = h.building_id AND new.id IN (b.id, b.estate_id);
        RETURN NULL;
    END
    $$
    """
STATEMENTS = (
    _FOLD,
    _SORT_KEY,
    _FOLDED_ROOM,
    *(
        f'ALTER TABLE {table} ADD COLUMN name_key TEXT COLLATE "C" GENERATED ALWAYS AS (sort_key(name)) STORED'
        for table in _NAMED
    ),
    "DROP INDEX ix_grid_community",
    "CREATE INDEX ix_grid_community ON grid (community_id, name_key, id)",
    "DROP INDEX ix_premises_grid",
    "CREATE INDEX ix_premises_grid ON premises (grid_id, kind, name_key, id)",
    """
    ALTER TABLE household
        ADD COLUMN room_key TEXT COLLATE "C" GENERATED ALWAYS AS (sort_key(folded_room(room))) STORED,
        ADD COLUMN walk_key TEXT COLLATE "C"
    """,
    _WALK_KEY,
    _KEEP_WALK,
    _KEEP_WALKS,
    "UPDATE household SET walk_key = walk_key(building_id, unit, floor, room)",
    "ALTER TABLE household ALTER COLUMN walk_key SET NOT NULL",
    """
    CREATE TRIGGER household_walk BEFORE INSERT OR UPDATE OF building_id, unit, floor, room, walk_key ON household
        FOR EACH ROW EXECUTE FUNCTION keep_walk()
    """,
    """
    CREATE TRIGGER building_walk AFTER INSERT OR UPDATE OF number, estate_id ON building
        FOR EACH ROW EXECUTE FUNCTION keep_walks()
    """,
    "CREATE TRIGGER estate_walk AFTER UPDATE OF name ON estate FOR EACH ROW EXECUTE FUNCTION keep_walks()",
    "DROP INDEX ix_household_walk",
    "DROP INDEX ix_household_grid",
    "CREATE INDEX ix_household_walk ON household (building_id, walk_key, id)",
    "CREATE INDEX ix_household_grid ON household (grid_id, walk_key, id)",
    "CREATE INDEX ix_household_room ON household (building_id, unit, room_key)",
    """
    ALTER TABLE resident
        ADD COLUMN name_folded TEXT COLLATE "C",
        ADD COLUMN former_names TEXT COLLATE "C",
        ADD COLUMN found_by TEXT COLLATE "C",
        DROP CONSTRAINT ck_resident_erased,
        ADD CONSTRAINT ck_resident_erased
            CHECK (erased_at is null or num_nonnulls(phone, born_on, id_number_sealed, former_names) = 0)
    """,
)
_READ = """
    UPDATE {table} t SET {column} = g.form
        FROM unnest(CAST(:phones AS text[]), CAST(:forms AS text[])) AS g (phone, form) WHERE t.{column} = g.phone
    """
_FILL = sa.text(
    """
    UPDATE resident r SET name_folded = g.folded, found_by = g.terms
        FROM unnest(CAST(:ids AS uuid[]), CAST(:folded AS text[]), CAST(:terms AS text[])) AS g (id, folded, terms)
        WHERE r.id = g.id
    """
)
_TELEPHONES = {
    "account": ("phone",),
    "appeal": ("reporter_phone",),
    "branch_member": ("phone",),
    "community": ("phone",),
    "dispute_party": ("outsider_phone", "speaker_phone"),
    "organisation": ("phone",),
    "party_branch": ("phone",),
    "premises": ("contact_phone",),
    "resident": ("phone",),
    "sign_up": ("phone",),
    "wish": ("wisher_phone", "volunteer_phone"),
}
"""The columns with telephones. Those that can be read get their one form, so that equal numbers stay equal."""
FINDING = (
    "ALTER TABLE resident ALTER COLUMN name_folded SET NOT NULL, ALTER COLUMN found_by SET NOT NULL",
    "DROP INDEX ix_resident_name",
    "CREATE INDEX ix_resident_name ON resident (name_folded, id)",
    """
    CREATE INDEX ix_resident_found_by ON resident USING gin (array_to_tsvector(string_to_array(found_by, chr(10))))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    for table, columns in _TELEPHONES.items():
        for column in columns:
            _read_phones(table, column)
    _fill_terms()
    for statement in FINDING:
        op.execute(statement)


def _read_phones(table: str, column: str) -> None:
    connection = op.get_bind()
    known = connection.execute(sa.text(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")).scalars()
    read = {phone: form for phone in known if (form := read_phone(phone)) not in {None, phone}}
    if read:
        given = {"phones": list(read), "forms": list(read.values())}
        connection.execute(sa.text(_READ.format(table=table, column=column)), given)


def _fill_terms() -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, name, phone FROM resident")).all()
    for first in range(0, len(rows), _BATCH):
        some = rows[first : first + _BATCH]
        given = {
            "ids": [str(row.id) for row in some],
            "folded": [folded_name(row.name) or row.name for row in some],
            "terms": [terms_of(row.name, (), row.phone) for row in some],
        }
        connection.execute(_FILL, given)
