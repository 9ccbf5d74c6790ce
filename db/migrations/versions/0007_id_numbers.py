"""ID numbers of residents: sealed, with a blind index, and the last four characters to tell them by."""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    """
    alter table resident
        add column id_number_sealed bytea,
        add column id_number_index bytea,
        add column id_number_tail text collate "C",
        add constraint ck_resident_id_number
            check (num_nonnulls(id_number_sealed, id_number_index, id_number_tail) in (0, 3))
    """,
    "create index ix_resident_id_number on resident (id_number_index) where id_number_index is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
