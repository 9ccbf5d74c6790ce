"""Visits that are corrected and withdrawn, visits to premises, attempts, and photos that are removed.

A visit that reached nobody was an attempt, and is marked as one.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_CORRECTION = """
    CREATE TABLE visit_correction (
        id UUID DEFAULT uuidv7() NOT NULL,
        visit_id UUID NOT NULL,
        withdraws BOOLEAN NOT NULL,
        reason TEXT COLLATE "C",
        household_id UUID,
        premises_id UUID,
        mode VARCHAR(40) NOT NULL,
        note TEXT COLLATE "C",
        spoke_with TEXT COLLATE "C",
        occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
        corrected_by UUID NOT NULL,
        corrected_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_visit_correction PRIMARY KEY (id),
        CONSTRAINT fk_visit_correction_visit_id FOREIGN KEY(visit_id) REFERENCES visit (id),
        CONSTRAINT fk_visit_correction_household_id FOREIGN KEY(household_id) REFERENCES household (id),
        CONSTRAINT fk_visit_correction_premises_id FOREIGN KEY(premises_id) REFERENCES premises (id),
        CONSTRAINT fk_visit_correction_corrected_by FOREIGN KEY(corrected_by) REFERENCES account (id),
        CONSTRAINT ck_visit_correction_visit_mode CHECK (mode IN ('HOME_VISIT', 'PHONE', 'ONLINE'))
    )
    """
_RESIDENT = """
    CREATE TABLE visit_correction_resident (
        visit_correction_id UUID NOT NULL,
        resident_id UUID NOT NULL,
        CONSTRAINT pk_visit_correction_resident PRIMARY KEY (visit_correction_id, resident_id),
        CONSTRAINT fk_visit_correction_resident_visit_correction_id FOREIGN KEY(visit_correction_id)
            REFERENCES visit_correction (id),
        CONSTRAINT fk_visit_correction_resident_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id)
    )
    """
# As before, and the notes about visits that had named the person before they were corrected.
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
_INDEXES = {
    "ix_visit_household": "household_id, occurred_at, id",
    "ix_visit_grid": "grid_id, occurred_at, id",
    "ix_visit_worker": "worker_id, occurred_at, id",
    "ix_visit_occurred": "occurred_at, id",
}
STATEMENTS = (
    "ALTER TABLE premises ADD CONSTRAINT uq_premises_grid UNIQUE (id, grid_id)",
    """
    ALTER TABLE visit
        ADD COLUMN premises_id UUID,
        ADD COLUMN spoke_with TEXT COLLATE "C",
        ADD COLUMN is_attempt BOOLEAN DEFAULT false NOT NULL,
        ADD COLUMN withdrawn_at TIMESTAMP WITH TIME ZONE,
        ALTER COLUMN household_id DROP NOT NULL,
        ALTER COLUMN building_id DROP NOT NULL,
        ADD CONSTRAINT fk_visit_premises FOREIGN KEY(premises_id, grid_id) REFERENCES premises (id, grid_id)
            ON UPDATE CASCADE,
        ADD CONSTRAINT ck_visit_place CHECK (num_nonnulls(household_id, premises_id) = 1),
        ADD CONSTRAINT ck_visit_building CHECK ((household_id is null) = (building_id is null))
    """,
    """
    UPDATE visit SET is_attempt = true
        WHERE NOT EXISTS (SELECT FROM visit_resident WHERE visit_resident.visit_id = visit.id)
    """,
    *(
        statement
        for name, columns in _INDEXES.items()
        for statement in (
            f"DROP INDEX {name}",
            f"CREATE INDEX {name} ON visit ({columns}) WHERE withdrawn_at is null",
        )
    ),
    """
    CREATE INDEX ix_visit_premises ON visit (premises_id, occurred_at, id)
        WHERE premises_id is not null and withdrawn_at is null
    """,
    "CREATE INDEX ix_visit_withdrawn ON visit (grid_id, occurred_at, id) WHERE withdrawn_at is not null",
    _CORRECTION,
    *(
        f"CREATE INDEX ix_visit_correction_{column} ON visit_correction ({column})"
        for column in ("visit_id", "household_id", "premises_id")
    ),
    _RESIDENT,
    "CREATE INDEX ix_visit_correction_resident_resident_id ON visit_correction_resident (resident_id)",
    _ERASE,
    """
    ALTER TABLE photo
        ADD COLUMN removed_by UUID,
        ADD COLUMN removed_at TIMESTAMP WITH TIME ZONE,
        ADD COLUMN removed_reason TEXT COLLATE "C",
        ADD CONSTRAINT fk_photo_removed_by FOREIGN KEY(removed_by) REFERENCES account (id),
        ADD CONSTRAINT ck_photo_removed CHECK ((removed_at is null) = (removed_by is null))
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
