"""The safety ladder, calls for help with their messages, and the tables of background jobs in a schema of their own."""

from typing import Any

from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.util import await_only

revision = "0006"
down_revision = "0004"

STATEMENTS = (
    """
    create table ladder_policy (
        community_id uuid not null,
        reach_by time not null,
        step_minutes integer not null,
        constraint pk_ladder_policy primary key (community_id),
        constraint fk_ladder_policy_community_id foreign key (community_id) references community (id),
        constraint ck_ladder_policy_step check (step_minutes between 1 and 1440)
    )
    """,
    "insert into ladder_policy (community_id, reach_by, step_minutes) select id, '11:00', 15 from community",
    """
    create table alert (
        id uuid default uuidv7() not null,
        resident_id uuid not null,
        household_id uuid not null,
        building_id uuid not null,
        grid_id uuid not null,
        community_id uuid not null,
        day date not null,
        raised_at timestamptz not null,
        acknowledged_by uuid,
        acknowledged_at timestamptz,
        note text collate "C",
        ended_at timestamptz,
        constraint pk_alert primary key (id),
        constraint fk_alert_resident_id foreign key (resident_id) references resident (id),
        constraint fk_alert_community_id foreign key (community_id) references community (id),
        constraint fk_alert_acknowledged_by foreign key (acknowledged_by) references account (id),
        constraint fk_alert_home foreign key (household_id, building_id, grid_id)
            references household (id, building_id, grid_id) on update cascade,
        constraint uq_alert_resident_id_day unique (resident_id, day),
        constraint ck_alert_acknowledged check (acknowledged_by is null or acknowledged_at is not null)
    )
    """,
    "create index ix_alert_grid on alert (grid_id, raised_at, id)",
    "create index ix_alert_building on alert (building_id, raised_at, id)",
    "create index ix_alert_open on alert (raised_at) where acknowledged_at is null and ended_at is null",
    """
    create table alert_rung (
        alert_id uuid not null,
        rung varchar(40) not null,
        rung_at timestamptz not null,
        constraint pk_alert_rung primary key (alert_id, rung),
        constraint fk_alert_rung_alert_id foreign key (alert_id) references alert (id),
        constraint ck_alert_rung_rung check (rung in ('BUILDING_HEAD', 'NEIGHBOURS', 'COMMUNITY'))
    )
    """,
    """
    create table help_call (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        grid_id uuid not null,
        building_id uuid,
        unit integer,
        what text collate "C" not null,
        place text collate "C" not null,
        colours text[] not null,
        skill text collate "C",
        raised_by uuid not null,
        raised_at timestamptz not null,
        closed_by uuid,
        closed_at timestamptz,
        constraint pk_help_call primary key (id),
        constraint fk_help_call_community_id foreign key (community_id) references community (id),
        constraint fk_help_call_grid_id foreign key (grid_id) references grid (id),
        constraint fk_help_call_building_id foreign key (building_id) references building (id),
        constraint fk_help_call_raised_by foreign key (raised_by) references account (id),
        constraint fk_help_call_closed_by foreign key (closed_by) references account (id)
    )
    """,
    "create index ix_help_call_grid on help_call (grid_id, raised_at, id)",
    """
    create table invitation (
        id uuid default uuidv7() not null,
        grid_id uuid not null,
        call_id uuid,
        alert_id uuid,
        resident_id uuid not null,
        answer_code text collate "C" not null,
        invited_at timestamptz not null,
        answer varchar(40),
        answered_at timestamptz,
        answered_by uuid,
        constraint pk_invitation primary key (id),
        constraint fk_invitation_grid_id foreign key (grid_id) references grid (id),
        constraint fk_invitation_call_id foreign key (call_id) references help_call (id),
        constraint fk_invitation_alert_id foreign key (alert_id) references alert (id),
        constraint fk_invitation_resident_id foreign key (resident_id) references resident (id),
        constraint fk_invitation_answered_by foreign key (answered_by) references account (id),
        constraint uq_invitation_answer_code unique (answer_code),
        constraint ck_invitation_one_reason check (num_nonnulls(call_id, alert_id) = 1),
        constraint ck_invitation_answered check ((answer is null) = (answered_at is null)),
        constraint ck_invitation_answer check (answer in ('COMING', 'CANNOT'))
    )
    """,
    "create index ix_invitation_call on invitation (call_id, id)",
    "create index ix_invitation_alert on invitation (alert_id, id)",
    "create index ix_invitation_resident on invitation (resident_id, id)",
    """
    create table message (
        id uuid default uuidv7() not null,
        invitation_id uuid not null,
        to_phone text collate "C" not null,
        body text collate "C" not null,
        created_at timestamptz not null,
        due_at timestamptz not null,
        tries integer not null,
        last_error text collate "C",
        sent_at timestamptz,
        parked_at timestamptz,
        constraint pk_message primary key (id),
        constraint fk_message_invitation_id foreign key (invitation_id) references invitation (id),
        constraint uq_message_invitation_id unique (invitation_id)
    )
    """,
    "create index ix_message_due on message (due_at) where sent_at is null and parked_at is null",
    "alter table journal add column alert_id uuid",
    "alter table journal add column call_id uuid",
    """
    alter table journal
        add constraint fk_journal_alert_id foreign key (alert_id) references alert (id),
        add constraint fk_journal_call_id foreign key (call_id) references help_call (id)
    """,
    "create index ix_journal_alert on journal (alert_id, id)",
    "create index ix_journal_call on journal (call_id, id)",
    "create schema jobs",
    "set local search_path = jobs",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    # The library's own tables, of the version that is locked; a later version brings a migration of its own.
    connection: Any = op.get_bind().connection
    await_only(connection.driver_connection.execute(SchemaManager.get_schema()))
    op.execute("set local search_path to default")
