"""Who lived where and when, colours with their history, the cadence of duties as data, pauses, and stand-ins."""

from alembic import op

revision = "0003"
down_revision = "0002"

RESIDENCY = (
    "alter table resident add column left_on date",
    """
    create table residency (
        id uuid default uuidv7() not null,
        resident_id uuid not null,
        household_id uuid not null,
        building_id uuid not null,
        grid_id uuid not null,
        moved_in_on date not null,
        moved_out_on date,
        recorded_by uuid,
        recorded_at timestamptz default now() not null,
        constraint pk_residency primary key (id),
        constraint fk_residency_resident_id foreign key (resident_id) references resident (id),
        constraint fk_residency_recorded_by foreign key (recorded_by) references account (id),
        constraint fk_residency_home foreign key (household_id, building_id, grid_id)
            references household (id, building_id, grid_id) on update cascade,
        constraint ck_residency_in_order check (moved_out_on is null or moved_out_on >= moved_in_on)
    )
    """,
    "create index ix_residency_resident on residency (resident_id, moved_in_on)",
    "create index ix_residency_grid on residency (grid_id, resident_id)",
    "create index ix_residency_household on residency (household_id, moved_in_on, id)",
    "create unique index uq_residency_current on residency (resident_id) where moved_out_on is null",
    # Nobody wrote down before when they came: the day on which their id was made is the earliest that is known.
    """
    insert into residency (resident_id, household_id, building_id, grid_id, moved_in_on)
    select id, household_id, building_id, grid_id, coalesce(uuid_extract_timestamp(id), now())::date from resident
    """,
)
COLOURS = (
    "alter table resident_colour drop constraint pk_resident_colour",
    "alter table resident_colour add column id uuid default uuidv7() not null",
    "alter table resident_colour add constraint pk_resident_colour primary key (id)",
    "alter table resident_colour add column removed_by uuid",
    "alter table resident_colour add column removed_at timestamptz",
    """alter table resident_colour add column removed_reason text collate "C" """,
    """
    alter table resident_colour
        add constraint fk_resident_colour_removed_by foreign key (removed_by) references account (id),
        add constraint ck_resident_colour_in_order check (removed_at is null or removed_at >= set_at)
    """,
    "create index ix_resident_colour_resident on resident_colour (resident_id, set_at, id)",
    """
    create unique index uq_resident_colour_held on resident_colour (resident_id, colour) where removed_at is null
    """,
)
REACH = (
    "alter table visit add constraint uq_visit_reach unique (id, household_id, mode, occurred_at)",
    """
    alter table visit_resident
        add column household_id uuid, add column mode varchar(40), add column occurred_at timestamptz
    """,
    """
    update visit_resident r set household_id = v.household_id, mode = v.mode, occurred_at = v.occurred_at
    from visit v where v.id = r.visit_id
    """,
    """
    alter table visit_resident
        alter column household_id set not null,
        alter column mode set not null,
        alter column occurred_at set not null,
        drop constraint fk_visit_resident_visit_id,
        add constraint fk_visit_resident_visit foreign key (visit_id, household_id, mode, occurred_at)
            references visit (id, household_id, mode, occurred_at),
        add constraint ck_visit_resident_visit_mode check (mode in ('HOME_VISIT', 'PHONE', 'ONLINE'))
    """,
    "drop index ix_visit_resident_resident",
    "create index ix_visit_resident_resident on visit_resident (resident_id, occurred_at, mode)",
    "create index ix_visit_resident_household on visit_resident (household_id, occurred_at, mode)",
)
STAND_INS = (
    "alter table assignment add column stands_in_for uuid",
    """
    alter table assignment
        add constraint fk_assignment_stands_in_for foreign key (stands_in_for) references account (id),
        add constraint ck_assignment_stand_in
            check (stands_in_for is null or (grid_id is not null and ends_on is not null))
    """,
    "create index ix_assignment_stands_in_for on assignment (stands_in_for)",
)
DUTY = (
    """
    create table visit_policy (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        colour varchar(40) not null,
        period varchar(40),
        modes text[] not null,
        grace_days integer not null,
        starts_on date not null,
        ends_on date,
        set_by uuid,
        set_at timestamptz default now() not null,
        constraint pk_visit_policy primary key (id),
        constraint fk_visit_policy_community_id foreign key (community_id) references community (id),
        constraint fk_visit_policy_set_by foreign key (set_by) references account (id),
        constraint uq_visit_policy_community_id_colour_starts_on unique (community_id, colour, starts_on),
        constraint ck_visit_policy_in_order check (ends_on is null or ends_on > starts_on),
        constraint ck_visit_policy_grace check (grace_days between 0 and 31),
        constraint ck_visit_policy_colour check (colour in ('RED', 'ORANGE', 'YELLOW', 'GREEN', 'CYAN', 'BLUE')),
        constraint ck_visit_policy_period check (period in ('DAY', 'WEEK', 'MONTH'))
    )
    """,
    """
    create unique index uq_visit_policy_current on visit_policy (community_id, colour) where ends_on is null
    """,
    """
    insert into visit_policy (community_id, colour, period, modes, grace_days, starts_on)
    select c.id, p.colour, p.period, p.modes, p.grace, current_date
    from community c, (values
        ('RED', 'DAY', array['HOME_VISIT', 'PHONE'], 0),
        ('ORANGE', 'WEEK', array['HOME_VISIT'], 2),
        ('YELLOW', 'MONTH', array['HOME_VISIT'], 5),
        ('GREEN', null, array['HOME_VISIT', 'ONLINE', 'PHONE'], 0),
        ('CYAN', null, array['HOME_VISIT', 'ONLINE', 'PHONE'], 0),
        ('BLUE', null, array['HOME_VISIT', 'ONLINE', 'PHONE'], 0)
    ) as p (colour, period, modes, grace)
    """,
    """
    create table duty_pause (
        id uuid default uuidv7() not null,
        household_id uuid not null,
        building_id uuid not null,
        grid_id uuid not null,
        resident_id uuid,
        starts_on date not null,
        ends_on date not null,
        reason text collate "C" not null,
        set_by uuid not null,
        set_at timestamptz default now() not null,
        constraint pk_duty_pause primary key (id),
        constraint fk_duty_pause_home foreign key (household_id, building_id, grid_id)
            references household (id, building_id, grid_id) on update cascade,
        constraint fk_duty_pause_resident_id foreign key (resident_id) references resident (id),
        constraint fk_duty_pause_set_by foreign key (set_by) references account (id),
        constraint ck_duty_pause_in_order check (ends_on >= starts_on - 1)
    )
    """,
    "create index ix_duty_pause_resident on duty_pause (resident_id, starts_on)",
    "create index ix_duty_pause_household on duty_pause (household_id, starts_on, id)",
)
JOURNAL = (
    "alter table journal alter column grid_id drop not null",
    "alter table journal drop constraint ck_journal_entry_kind",
    """
    alter table journal add constraint ck_journal_entry_kind check (
        kind in (
            'VISIT_RECORDED', 'APPEAL_OPENED', 'APPEAL_ACCEPTED', 'APPEAL_ANSWERED', 'APPEAL_CONFIRMED',
            'APPEAL_RETURNED', 'APPEAL_ESCALATED', 'DISPUTE_OPENED', 'AGREEMENT_RECORDED', 'HOUSEHOLD_ADDED',
            'HOUSEHOLD_CORRECTED', 'RESIDENT_ADDED', 'RESIDENT_CORRECTED', 'RESIDENT_MOVED', 'RESIDENT_LEFT',
            'RESIDENTS_MERGED', 'RESIDENTS_PARTED', 'COLOUR_SET', 'COLOUR_REMOVED', 'ID_NUMBER_REVEALED',
            'REGISTER_IMPORTED', 'REGISTER_EXPORTED', 'POST_GIVEN', 'POST_ENDED', 'CADENCE_SET', 'DUTY_PAUSED',
            'PAUSE_ENDED', 'ROUND_HANDED_OVER', 'ROUND_TAKEN_BACK', 'ALERT_RAISED', 'ALERT_CLIMBED',
            'ALERT_ACKNOWLEDGED', 'ALERT_ENDED', 'HELP_CALLED', 'HELP_ANSWERED', 'HELP_CLOSED', 'REPORT_SETTLED',
            'ROSTER_PUBLISHED', 'ROSTER_CHANGED', 'SHIFTS_SWAPPED'
        )
    )
    """,
    "alter table journal add column resident_id uuid",
    """
    alter table journal add constraint fk_journal_resident_id foreign key (resident_id) references resident (id)
    """,
    "create index ix_journal_resident on journal (resident_id, id)",
)


def upgrade() -> None:
    for statement in (*RESIDENCY, *COLOURS, *REACH, *STAND_INS, *DUTY, *JOURNAL):
        op.execute(statement)
