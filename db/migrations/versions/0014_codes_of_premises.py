"""QR codes of premises."""

from alembic import op

revision = "0014"
down_revision = "0013"

STATEMENTS = (
    """
    ALTER TABLE qr_code
        ADD COLUMN premises_id UUID,
        ADD CONSTRAINT fk_qr_code_premises_id FOREIGN KEY(premises_id) REFERENCES premises (id),
        DROP CONSTRAINT ck_qr_code_qr_target,
        ADD CONSTRAINT ck_qr_code_qr_target CHECK (target IN ('HOUSEHOLD', 'BUILDING', 'PREMISES', 'COUNTER')),
        DROP CONSTRAINT ck_qr_code_bound,
        ADD CONSTRAINT ck_qr_code_bound CHECK (
            (target = 'HOUSEHOLD') = (household_id is not null) and (target = 'BUILDING') = (building_id is not null)
            and (target = 'PREMISES') = (premises_id is not null))
    """,
    "CREATE UNIQUE INDEX uq_qr_code_live_premises ON qr_code (premises_id) WHERE revoked_at is null",
    "CREATE INDEX ix_qr_code_premises ON qr_code (premises_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
