"""The whole life of an appeal: clocks, dispatch, incidents, pauses, and who works for an organisation."""

from alembic import op

revision = "0009"
down_revision = "0008"

CATEGORIES = (
    "'HEATING', 'WATER', 'ELECTRICITY', 'PROPERTY_SERVICE', 'NOISE', 'PARKING', 'SANITATION', 'SAFETY',"
    " 'CERTIFICATE', 'CARE', 'OTHER'"
)
TABLES = (
    f"""
    create table clock_policy (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        kind varchar(40),
        category varchar(40),
        urgency varchar(40),
        response_minutes integer not null,
        resolution_minutes integer not null,
        step_minutes integer not null,
        silence_days integer not null,
        reopen_days integer not null,
        set_by uuid,
        set_at timestamptz default now() not null,
        replaced_at timestamptz,
        constraint pk_clock_policy primary key (id),
        constraint fk_clock_policy_community_id foreign key (community_id) references community (id),
        constraint fk_clock_policy_set_by foreign key (set_by) references account (id),
        constraint ck_clock_policy_appeal_kind check (kind in ('PROBLEM', 'HELP', 'INQUIRY', 'REPORT')),
        constraint ck_clock_policy_appeal_category check (category in ({CATEGORIES})),
        constraint ck_clock_policy_appeal_urgency check (urgency in ('NORMAL', 'URGENT')),
        constraint ck_clock_policy_minutes check (response_minutes > 0 and resolution_minutes >= response_minutes),
        constraint ck_clock_policy_positive check (step_minutes > 0 and silence_days > 0 and reopen_days > 0)
    )
    """,
    """
    create unique index uq_clock_policy_case on clock_policy (community_id, kind, category, urgency)
        nulls not distinct where replaced_at is null
    """,
    f"""
    create table incident (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        grid_id uuid not null,
        building_id uuid not null,
        unit integer,
        category varchar(40) not null,
        title text collate "C" not null,
        made_by uuid not null,
        made_at timestamptz not null,
        closed_at timestamptz,
        constraint pk_incident primary key (id),
        constraint fk_incident_grid foreign key (grid_id, community_id) references grid (id, community_id),
        constraint fk_incident_building_id foreign key (building_id) references building (id),
        constraint fk_incident_made_by foreign key (made_by) references account (id),
        constraint ck_incident_appeal_category check (category in ({CATEGORIES}))
    )
    """,
    "create index ix_incident_grid on incident (grid_id, made_at, id)",
    "create index ix_incident_building_id on incident (building_id)",
    """
    create table dispatch (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        grid_id uuid not null,
        organisation_id uuid not null,
        incident_id uuid,
        appeal_id uuid,
        status varchar(40) not null,
        note text collate "C",
        dispatched_by uuid not null,
        dispatched_at timestamptz not null,
        answered_by uuid,
        answered_at timestamptz,
        reason text collate "C",
        constraint pk_dispatch primary key (id),
        constraint fk_dispatch_grid foreign key (grid_id, community_id) references grid (id, community_id),
        constraint fk_dispatch_organisation_id foreign key (organisation_id) references organisation (id),
        constraint fk_dispatch_incident_id foreign key (incident_id) references incident (id),
        constraint fk_dispatch_appeal_id foreign key (appeal_id) references appeal (id),
        constraint fk_dispatch_dispatched_by foreign key (dispatched_by) references account (id),
        constraint fk_dispatch_answered_by foreign key (answered_by) references account (id),
        constraint ck_dispatch_dispatch_status check (status in ('PENDING', 'ACCEPTED', 'OBJECTED', 'RECALLED')),
        constraint ck_dispatch_one_matter check (num_nonnulls(appeal_id, incident_id) = 1),
        constraint ck_dispatch_answered check ((status = 'PENDING') = (answered_at is null)),
        constraint ck_dispatch_reason check ((status in ('OBJECTED', 'RECALLED')) = (reason is not null))
    )
    """,
    "create index ix_dispatch_grid on dispatch (grid_id, dispatched_at, id)",
    "create index ix_dispatch_organisation on dispatch (organisation_id, dispatched_at, id)",
    "create index ix_dispatch_incident_id on dispatch (incident_id)",
    "create index ix_dispatch_appeal_id on dispatch (appeal_id)",
)
APPEALS = (
    """
    alter table appeal
        add column urgency varchar(40) not null default 'NORMAL',
        add column closed_by_silence boolean not null default false,
        add column reopen_until timestamptz,
        add column rejected_at timestamptz,
        add column withdrawn_at timestamptz,
        add column turn_to text collate "C",
        add column clock_policy_id uuid,
        add column response_due_at timestamptz,
        add column resolution_due_at timestamptz,
        add column paused_until timestamptz,
        add column pause_reason text collate "C",
        add column escalated_at timestamptz,
        add column objections integer not null default 0,
        add column dispatch_id uuid,
        add column incident_id uuid
    """,
    # No move led there before, so nobody knows when; the last thing that is known was when it was answered or said.
    "update appeal set rejected_at = coalesce(answered_at, accepted_at, recorded_at) where status = 'REJECTED'",
    "update appeal set withdrawn_at = coalesce(answered_at, accepted_at, recorded_at) where status = 'WITHDRAWN'",
    """
    alter table appeal
        alter column urgency drop default,
        alter column closed_by_silence drop default,
        alter column objections drop default,
        add constraint ck_appeal_appeal_urgency check (urgency in ('NORMAL', 'URGENT')),
        add constraint ck_appeal_rejected check ((status = 'REJECTED') = (rejected_at is not null)),
        add constraint ck_appeal_withdrawn check ((status = 'WITHDRAWN') = (withdrawn_at is not null)),
        add constraint ck_appeal_paused check ((paused_until is null) = (pause_reason is null)),
        add constraint ck_appeal_due check ((response_due_at is null) = (resolution_due_at is null)),
        add constraint ck_appeal_objections check (objections >= 0),
        add constraint fk_appeal_clock_policy_id foreign key (clock_policy_id) references clock_policy (id),
        add constraint fk_appeal_incident_id foreign key (incident_id) references incident (id),
        add constraint fk_appeal_dispatch_id foreign key (dispatch_id) references dispatch (id)
            deferrable initially deferred
    """,
    "create index ix_appeal_incident_id on appeal (incident_id)",
    "create index ix_appeal_dispatch_id on appeal (dispatch_id)",
    """
    create index ix_appeal_due on appeal (resolution_due_at, id)
        where status in ('SUBMITTED', 'ACCEPTED', 'DISPATCHED', 'IN_PROGRESS')
    """,
    "create index ix_appeal_unanswered on appeal (response_due_at, id) where status = 'SUBMITTED'",
    "create index ix_appeal_awaiting on appeal (answered_at, id) where status = 'AWAITING_CONFIRMATION'",
)
POSTS = (
    "alter table assignment add column organisation_id uuid",
    "alter table assignment drop constraint ck_assignment_one_place",
    """
    alter table assignment
        add constraint fk_assignment_organisation_id foreign key (organisation_id) references organisation (id),
        add constraint ck_assignment_one_place
            check (num_nonnulls(estate_id, grid_id, building_id, organisation_id) <= 1)
    """,
)
SCHEDULER = (
    """
    create table scheduler_pass (
        name varchar(40) not null,
        passed_at timestamptz not null,
        late_since timestamptz,
        constraint pk_scheduler_pass primary key (name)
    )
    """,
)
JOURNAL = (
    "alter table journal add column incident_id uuid",
    "alter table journal add constraint fk_journal_incident_id foreign key (incident_id) references incident (id)",
    "create index ix_journal_incident on journal (incident_id, id)",
    "alter table journal drop constraint ck_journal_entry_kind",
    """
    alter table journal add constraint ck_journal_entry_kind check (
        kind in (
            'VISIT_RECORDED', 'APPEAL_OPENED', 'APPEAL_ACCEPTED', 'APPEAL_ANSWERED', 'APPEAL_CONFIRMED',
            'APPEAL_RETURNED', 'APPEAL_ESCALATED', 'APPEAL_BEGUN', 'APPEAL_DISPATCHED', 'DISPATCH_ACCEPTED',
            'DISPATCH_OBJECTED', 'DISPATCH_RECALLED', 'APPEAL_REJECTED', 'APPEAL_WITHDRAWN', 'APPEAL_REOPENED',
            'APPEAL_PAUSED', 'APPEAL_RESUMED', 'APPEAL_NOTED', 'APPEAL_OVERDUE', 'APPEAL_LAPSED', 'APPEAL_MERGED',
            'INCIDENT_HANDLED', 'CLOCKS_SET', 'SCHEDULER_LATE', 'SCHEDULER_BACK', 'DISPUTE_OPENED',
            'AGREEMENT_RECORDED', 'HOUSEHOLD_ADDED', 'HOUSEHOLD_CORRECTED', 'RESIDENT_ADDED', 'RESIDENT_CORRECTED',
            'RESIDENT_MOVED', 'RESIDENT_LEFT', 'RESIDENTS_MERGED', 'RESIDENTS_PARTED', 'COLOUR_SET',
            'COLOUR_REMOVED', 'ID_NUMBER_REVEALED', 'REGISTER_IMPORTED', 'REGISTER_EXPORTED', 'POST_GIVEN',
            'POST_ENDED', 'CADENCE_SET', 'DUTY_PAUSED', 'PAUSE_ENDED', 'ROUND_HANDED_OVER', 'ROUND_TAKEN_BACK',
            'ALERT_RAISED', 'ALERT_CLIMBED', 'ALERT_ACKNOWLEDGED', 'ALERT_ENDED', 'HELP_CALLED', 'HELP_ANSWERED',
            'HELP_CLOSED', 'REPORT_SETTLED', 'ROSTER_PUBLISHED', 'ROSTER_CHANGED', 'SHIFTS_SWAPPED'
        )
    )
    """,
)
DEFAULTS = (
    # What a community starts with until it sets its own times.
    """
    insert into clock_policy (
        community_id, response_minutes, resolution_minutes, step_minutes, silence_days, reopen_days
    )
    select id, 1440, 10080, 1440, 7, 30 from community
    """,
)


def upgrade() -> None:
    for statement in (*TABLES, *APPEALS, *POSTS, *SCHEDULER, *JOURNAL, *DEFAULTS):
        op.execute(statement)
