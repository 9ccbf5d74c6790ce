"""A new place cannot take the id of a place of another kind, whose area it would take over."""

from alembic import op

revision = "0030"
down_revision = "0029"

KEEP_AREA = """
    CREATE OR REPLACE FUNCTION keep_area() RETURNS trigger
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        place jsonb := to_jsonb(new);
        community uuid := coalesce(place ->> 'community_id', place ->> 'id')::uuid;
        estate uuid := (CASE tg_table_name WHEN 'estate' THEN place ->> 'id' ELSE place ->> 'estate_id' END)::uuid;
        known boolean;
    BEGIN
        IF tg_op = 'DELETE' THEN
            DELETE FROM area WHERE id = old.id;
            RETURN NULL;
        END IF;
        IF tg_op = 'UPDATE' THEN
            UPDATE area SET community_id = community, estate_id = estate WHERE id = new.id;
            RETURN new;
        END IF;
        INSERT INTO area (id, community_id, estate_id) VALUES (new.id, community, estate) ON CONFLICT (id) DO NOTHING;
        IF NOT found THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id = $1)', tg_table_name) INTO known USING new.id;
            IF NOT known THEN
                RAISE unique_violation USING MESSAGE = 'the id is that of another place', CONSTRAINT = 'pk_area';
            END IF;
        END IF;
        RETURN new;
    END
    $$
    """


def upgrade() -> None:
    op.execute(KEEP_AREA)
