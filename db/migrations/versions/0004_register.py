"""Two records of one person are merged, and the merger can be undone; residents are looked for by name."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "alter table resident add column merged_into uuid",
    """
    alter table resident add constraint fk_resident_merged_into foreign key (merged_into) references resident (id)
    """,
    "create index ix_resident_merged_into on resident (merged_into)",
    "create index ix_resident_name on resident (name, id)",
    """
    create table resident_merge (
        id uuid default uuidv7() not null,
        kept_id uuid not null,
        merged_id uuid not null,
        moved jsonb not null,
        merged_by uuid not null,
        merged_at timestamptz default now() not null,
        undone_by uuid,
        undone_at timestamptz,
        constraint pk_resident_merge primary key (id),
        constraint fk_resident_merge_kept_id foreign key (kept_id) references resident (id),
        constraint fk_resident_merge_merged_id foreign key (merged_id) references resident (id),
        constraint fk_resident_merge_merged_by foreign key (merged_by) references account (id),
        constraint fk_resident_merge_undone_by foreign key (undone_by) references account (id),
        constraint ck_resident_merge_two check (kept_id <> merged_id),
        constraint ck_resident_merge_undone check ((undone_at is null) = (undone_by is null))
    )
    """,
    "create index ix_resident_merge_kept_id on resident_merge (kept_id)",
    "create index ix_resident_merge_merged_id on resident_merge (merged_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
