"""Photos: what is kept, and which case has it."""

from alembic import op

revision = "0011"
down_revision = "0010"

STATEMENTS = (
    """
    create table photo_file (
        sha256 bytea not null,
        width integer not null,
        height integer not null,
        kept_by uuid,
        kept_at timestamptz not null,
        constraint pk_photo_file primary key (sha256),
        constraint fk_photo_file_kept_by foreign key (kept_by) references account (id),
        constraint ck_photo_file_digest check (octet_length(sha256) = 32),
        constraint ck_photo_file_size check (width > 0 and height > 0)
    )
    """,
    """
    create table photo (
        id uuid default uuidv7() not null,
        sha256 bytea not null,
        appeal_id uuid,
        visit_id uuid,
        width integer not null,
        height integer not null,
        attached_by uuid,
        attached_at timestamptz not null,
        constraint pk_photo primary key (id),
        constraint fk_photo_sha256 foreign key (sha256) references photo_file (sha256),
        constraint fk_photo_appeal_id foreign key (appeal_id) references appeal (id),
        constraint fk_photo_visit_id foreign key (visit_id) references visit (id),
        constraint fk_photo_attached_by foreign key (attached_by) references account (id),
        constraint ck_photo_one_case check (num_nonnulls(appeal_id, visit_id) = 1)
    )
    """,
    "create index ix_photo_sha256 on photo (sha256)",
    "create index ix_photo_appeal_id on photo (appeal_id)",
    "create index ix_photo_visit_id on photo (visit_id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
