"""The duty roster; what building heads report, and what became of it."""

from alembic import op

revision = "0006"
down_revision = "0005"

REPORTS = (
    "alter table appeal add column report_kind varchar(40), add column from_report_id uuid",
    # Nobody asked before what a report was about.
    "update appeal set report_kind = 'OTHER' where kind = 'REPORT'",
    """
    alter table appeal
        add constraint ck_appeal_report_kind
            check (report_kind in ('MOVE_IN', 'MOVE_OUT', 'BLOCKED_CORRIDOR', 'NEIGHBOUR_DISPUTE', 'OTHER')),
        add constraint ck_appeal_reported check ((kind = 'REPORT') = (report_kind is not null)),
        add constraint fk_appeal_from_report_id foreign key (from_report_id) references appeal (id)
    """,
    "create unique index uq_appeal_from_report on appeal (from_report_id)",
    """
    alter table dispute
        add column from_report_id uuid,
        add constraint fk_dispute_from_report_id foreign key (from_report_id) references appeal (id)
    """,
    "create unique index uq_dispute_from_report on dispute (from_report_id)",
)
ROSTER = (
    """
    create table roster_week (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        monday date not null,
        planned_by uuid not null,
        planned_at timestamptz default now() not null,
        published_by uuid,
        published_at timestamptz,
        constraint pk_roster_week primary key (id),
        constraint fk_roster_week_community_id foreign key (community_id) references community (id),
        constraint fk_roster_week_planned_by foreign key (planned_by) references account (id),
        constraint fk_roster_week_published_by foreign key (published_by) references account (id),
        constraint uq_roster_week_community_id_monday unique (community_id, monday),
        constraint ck_roster_week_monday check (extract(isodow from monday) = 1),
        constraint ck_roster_week_published check ((published_at is null) = (published_by is null))
    )
    """,
    "create index ix_roster_week_monday on roster_week (monday, id)",
    """
    create table roster_shift (
        id uuid default uuidv7() not null,
        week_id uuid not null,
        day date not null,
        account_id uuid not null,
        post varchar(40) not null,
        party_branch_id uuid,
        reason text collate "C",
        constraint pk_roster_shift primary key (id),
        constraint fk_roster_shift_week_id foreign key (week_id) references roster_week (id),
        constraint fk_roster_shift_account_id foreign key (account_id) references account (id),
        constraint fk_roster_shift_party_branch_id foreign key (party_branch_id) references party_branch (id),
        constraint uq_roster_shift_account_id_day unique (account_id, day),
        constraint ck_roster_shift_duty_post check (post in ('HALL', 'RECEPTION', 'OUTREACH', 'ABSENT')),
        constraint ck_roster_shift_branch check ((post = 'RECEPTION') = (party_branch_id is not null)),
        constraint ck_roster_shift_absent check ((post = 'ABSENT') = (reason is not null))
    )
    """,
    "create index ix_roster_shift_week on roster_shift (week_id, day, post, id)",
    "create index ix_roster_shift_branch on roster_shift (party_branch_id, day)",
    "alter table journal add column roster_week_id uuid",
    """
    alter table journal
        add constraint fk_journal_roster_week_id foreign key (roster_week_id) references roster_week (id)
    """,
    "create index ix_journal_roster_week on journal (roster_week_id, id)",
)


def upgrade() -> None:
    for statement in (*REPORTS, *ROSTER):
        op.execute(statement)
