"""Disputes change with the addresses of the homes of their parties, also of parties who are residents."""

from alembic import op

revision = "0026"
down_revision = "0025"

_OF_HOMES = """
    SELECT 'DISPUTE', p.dispute_id FROM homes h JOIN dispute_party p ON p.household_id = h.id
    UNION SELECT 'DISPUTE', p.dispute_id FROM homes h JOIN resident r ON r.household_id = h.id
        JOIN dispute_party p ON p.resident_id = r.id"""
# As in 0023, where the second kind of party was left out.
NOTED = {
    "building": f"""
        WITH homes AS (SELECT h.id FROM changed c JOIN old o USING (id) JOIN household h ON h.building_id = c.id
            WHERE c.label <> o.label)
        INSERT INTO document_waiting (kind, document_id) SELECT 'HOUSEHOLD', id FROM homes UNION {_OF_HOMES}""",
    "household": f"""
        WITH homes AS (SELECT c.id FROM changed c JOIN old o USING (id) WHERE (c.unit, c.room) <> (o.unit, o.room))
        INSERT INTO document_waiting (kind, document_id) {_OF_HOMES}""",
}


def upgrade() -> None:
    for table, noted in NOTED.items():
        op.execute(f"""
            CREATE OR REPLACE FUNCTION note_{table}_shown() RETURNS trigger
                LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
            BEGIN
                {noted};
                RETURN NULL;
            END
            $$
            """)
