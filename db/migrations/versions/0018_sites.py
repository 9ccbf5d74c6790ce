"""Construction sites: site posts, patrols, and wages found to be owed."""

from alembic import op

revision = "0018"
down_revision = "0017"

STATEMENTS = (
    """
    create table site_post (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        account_id uuid not null,
        starts_on date not null,
        ends_on date,
        given_by uuid,
        constraint pk_site_post primary key (id),
        constraint ck_site_post_in_order check (ends_on is null or ends_on >= starts_on),
        constraint fk_site_post_community_id foreign key (community_id) references community (id),
        constraint fk_site_post_account_id foreign key (account_id) references account (id),
        constraint fk_site_post_given_by foreign key (given_by) references account (id)
    )
    """,
    "create index ix_site_post_account_id on site_post (account_id)",
    "create index ix_site_post_community on site_post (community_id, starts_on, id)",
    """
    create table site_patrol (
        id uuid default uuidv7() not null,
        premises_id uuid not null,
        patrolled_at timestamptz not null,
        led_by uuid not null,
        headcount integer not null,
        has_ledger boolean not null,
        has_account boolean not null,
        has_notice boolean not null,
        note text collate "C",
        called_for timestamptz,
        dispute_id uuid,
        recorded_by uuid,
        recorded_at timestamptz not null,
        constraint pk_site_patrol primary key (id),
        constraint ck_site_patrol_headcount check (headcount >= 0),
        constraint ck_site_patrol_called check ((dispute_id is null) = (called_for is null)),
        constraint fk_site_patrol_premises_id foreign key (premises_id) references premises (id),
        constraint fk_site_patrol_led_by foreign key (led_by) references account (id),
        constraint fk_site_patrol_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_site_patrol_recorded_by foreign key (recorded_by) references account (id)
    )
    """,
    "create index ix_site_patrol_dispute_id on site_patrol (dispute_id)",
    "create index ix_site_patrol_premises on site_patrol (premises_id, patrolled_at, id)",
    """
    create table site_patrol_worker (
        id uuid default uuidv7() not null,
        patrol_id uuid not null,
        account_id uuid not null,
        constraint pk_site_patrol_worker primary key (id),
        constraint uq_site_patrol_worker_patrol_id_account_id unique (patrol_id, account_id),
        constraint fk_site_patrol_worker_patrol_id foreign key (patrol_id) references site_patrol (id),
        constraint fk_site_patrol_worker_account_id foreign key (account_id) references account (id)
    )
    """,
    "create index ix_site_patrol_worker_account_id on site_patrol_worker (account_id)",
    """
    create table site_arrears (
        id uuid default uuidv7() not null,
        patrol_id uuid not null,
        name text collate "C" not null,
        people integer not null,
        amount numeric(14, 2) not null,
        period text collate "C" not null,
        constraint pk_site_arrears primary key (id),
        constraint ck_site_arrears_people check (people > 0),
        constraint ck_site_arrears_amount check (amount > 0),
        constraint fk_site_arrears_patrol_id foreign key (patrol_id) references site_patrol (id)
    )
    """,
    "create index ix_site_arrears_patrol_id on site_arrears (patrol_id)",
    "alter table journal drop constraint ck_journal_entry_kind",
    """
    alter table journal add constraint ck_journal_entry_kind check (
        kind in (
            'VISIT_RECORDED', 'APPEAL_OPENED', 'APPEAL_ACCEPTED', 'APPEAL_ANSWERED', 'APPEAL_CONFIRMED',
            'APPEAL_RETURNED', 'APPEAL_ESCALATED', 'APPEAL_BEGUN', 'APPEAL_DISPATCHED', 'DISPATCH_ACCEPTED',
            'DISPATCH_OBJECTED', 'DISPATCH_RECALLED', 'APPEAL_REJECTED', 'APPEAL_WITHDRAWN', 'APPEAL_REOPENED',
            'APPEAL_PAUSED', 'APPEAL_RESUMED', 'APPEAL_NOTED', 'APPEAL_OVERDUE', 'APPEAL_LAPSED', 'APPEAL_MERGED',
            'INCIDENT_HANDLED', 'CLOCKS_SET', 'SCHEDULER_LATE', 'SCHEDULER_BACK', 'DISPUTE_OPENED',
            'AGREEMENT_RECORDED', 'CONSENT_NOTED', 'MEDIATION_BEGUN', 'MEETING_HELD', 'SITE_VISIT_PLANNED',
            'MEDIATOR_INVITED', 'MEDIATOR_RELEASED', 'DISPUTE_RAISED', 'DISPUTE_REFERRED', 'REFERRAL_ACCEPTED',
            'REFERRAL_REJECTED', 'REFERRAL_RECALLED', 'REFERRAL_DONE', 'PARTY_ADDED', 'CLAIM_NOTED',
            'FINDING_RECORDED', 'FINDING_WITHDRAWN', 'EVIDENCE_ADDED', 'MEDIATION_FAILED', 'DISPUTE_WITHDRAWN',
            'AGREEMENT_WRITTEN', 'AGREEMENT_MARKED', 'CONFIRMATION_NOTED', 'PERFORMANCE_CHECKED',
            'MEDIATION_LIMIT_SET', 'SITE_PATROLLED', 'SITE_POST_GIVEN', 'SITE_POST_ENDED', 'HOUSEHOLD_ADDED',
            'HOUSEHOLD_CORRECTED', 'RESIDENT_ADDED', 'RESIDENT_CORRECTED', 'RESIDENT_MOVED', 'RESIDENT_LEFT',
            'RESIDENTS_MERGED', 'RESIDENTS_PARTED', 'COLOUR_SET', 'COLOUR_REMOVED', 'ID_NUMBER_REVEALED',
            'REGISTER_IMPORTED', 'REGISTER_EXPORTED', 'POST_GIVEN', 'POST_ENDED', 'CADENCE_SET', 'DUTY_PAUSED',
            'PAUSE_ENDED', 'ROUND_HANDED_OVER', 'ROUND_TAKEN_BACK', 'ALERT_RAISED', 'ALERT_CLIMBED',
            'ALERT_ACKNOWLEDGED', 'ALERT_ENDED', 'HELP_CALLED', 'HELP_ANSWERED', 'HELP_CLOSED', 'REPORT_SETTLED',
            'ROSTER_PUBLISHED', 'ROSTER_CHANGED', 'SHIFTS_SWAPPED', 'QR_CODE_ISSUED', 'QR_CODE_REPLACED',
            'QR_CODE_REVOKED', 'WISH_PROPOSED', 'WISH_PUBLISHED', 'WISH_CLAIMED', 'WISH_PROGRESSED', 'WISH_RELEASED',
            'WISH_FULFILLED', 'WISH_DECLINED'
        )
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
