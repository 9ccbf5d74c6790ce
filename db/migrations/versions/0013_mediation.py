"""Mediation: consent, meetings, joint mediators, referral, marks, terms, follow-ups and judicial confirmation."""

from alembic import op

revision = "0013"
down_revision = "0012"

STATEMENTS = (
    """
    alter table dispute
        add column begun_at timestamptz,
        add column mediate_by date,
        add column mediation_days integer,
        add column end_reason text collate "C",
        add column told_court boolean default false not null,
        add column told_arbitration boolean default false not null,
        add column told_administrative boolean default false not null
    """,
    "update dispute set told_court = true where status = 'FAILED'",
    """
    alter table dispute
        add constraint ck_dispute_begun check ((begun_at is null) = (mediate_by is null)),
        add constraint ck_dispute_limit check ((begun_at is null) = (mediation_days is null)),
        add constraint ck_dispute_told check (
            (status = 'FAILED') = (told_court or told_arbitration or told_administrative)
        )
    """,
    """
    alter table dispute_party
        add column claim_amount numeric(14, 2),
        add column consented_at timestamptz,
        add column referral_consent_at timestamptz
    """,
    """
    alter table agreement
        add column wrote_at timestamptz,
        add column confirmation_applied_on date,
        add column confirmation_result varchar(40),
        add column confirmation_number text collate "C",
        add constraint ck_agreement_confirmation_result check (confirmation_result in ('CONFIRMED', 'DISMISSED')),
        add constraint ck_agreement_confirmation_applied check (
            confirmation_result is null or confirmation_applied_on is not null
        )
    """,
    """
    create table mediation_policy (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        days integer not null,
        set_by uuid,
        set_at timestamptz not null,
        constraint pk_mediation_policy primary key (id),
        constraint ck_mediation_policy_days check (days between 1 and 365),
        constraint fk_mediation_policy_community_id foreign key (community_id) references community (id),
        constraint fk_mediation_policy_set_by foreign key (set_by) references account (id)
    )
    """,
    "create index ix_mediation_policy_community on mediation_policy (community_id, set_at)",
    """
    create table dispute_mediator (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        account_id uuid not null,
        invited_by uuid,
        invited_at timestamptz not null,
        released_at timestamptz,
        constraint pk_dispute_mediator primary key (id),
        constraint fk_dispute_mediator_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_dispute_mediator_account_id foreign key (account_id) references account (id),
        constraint fk_dispute_mediator_invited_by foreign key (invited_by) references account (id)
    )
    """,
    "create index ix_dispute_mediator_account_id on dispute_mediator (account_id)",
    "create index ix_dispute_mediator_dispute on dispute_mediator (dispute_id, id)",
    """
    create unique index uq_dispute_mediator_now on dispute_mediator (dispute_id, account_id)
        where released_at is null
    """,
    """
    create table meeting (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        held_at timestamptz not null,
        place text collate "C" not null,
        minutes text collate "C" not null,
        recorded_by uuid,
        recorded_at timestamptz not null,
        constraint pk_meeting primary key (id),
        constraint fk_meeting_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_meeting_recorded_by foreign key (recorded_by) references account (id)
    )
    """,
    "create index ix_meeting_dispute on meeting (dispute_id, held_at, id)",
    """
    create table meeting_party (
        id uuid default uuidv7() not null,
        meeting_id uuid not null,
        party_id uuid not null,
        constraint pk_meeting_party primary key (id),
        constraint uq_meeting_party_meeting_id_party_id unique (meeting_id, party_id),
        constraint fk_meeting_party_meeting_id foreign key (meeting_id) references meeting (id),
        constraint fk_meeting_party_party_id foreign key (party_id) references dispute_party (id)
    )
    """,
    "create index ix_meeting_party_party_id on meeting_party (party_id)",
    """
    create table meeting_guest (
        id uuid default uuidv7() not null,
        meeting_id uuid not null,
        name text collate "C" not null,
        kind varchar(40) not null,
        constraint pk_meeting_guest primary key (id),
        constraint fk_meeting_guest_meeting_id foreign key (meeting_id) references meeting (id),
        constraint ck_meeting_guest_guest_kind check (
            kind in ('RELATIVE', 'NEIGHBOUR', 'COLLEAGUE', 'EXPERT', 'ORGANISATION')
        )
    )
    """,
    "create index ix_meeting_guest_meeting_id on meeting_guest (meeting_id)",
    """
    create table site_visit (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        at timestamptz not null,
        place text collate "C" not null,
        purpose text collate "C",
        planned_by uuid,
        planned_at timestamptz not null,
        constraint pk_site_visit primary key (id),
        constraint fk_site_visit_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_site_visit_planned_by foreign key (planned_by) references account (id)
    )
    """,
    "create index ix_site_visit_dispute on site_visit (dispute_id, at, id)",
    """
    create table agreement_term (
        id uuid default uuidv7() not null,
        agreement_id uuid not null,
        party_id uuid not null,
        what text collate "C" not null,
        amount numeric(14, 2),
        due_on date not null,
        performed_on date,
        constraint pk_agreement_term primary key (id),
        constraint fk_agreement_term_agreement_id foreign key (agreement_id) references agreement (id),
        constraint fk_agreement_term_party_id foreign key (party_id) references dispute_party (id)
    )
    """,
    "create index ix_agreement_term_agreement on agreement_term (agreement_id, due_on, id)",
    "create index ix_agreement_term_party_id on agreement_term (party_id)",
    """
    create table agreement_mark (
        id uuid default uuidv7() not null,
        agreement_id uuid not null,
        party_id uuid not null,
        kind varchar(40) not null,
        marked_on date not null,
        constraint pk_agreement_mark primary key (id),
        constraint uq_agreement_mark_agreement_id_party_id unique (agreement_id, party_id),
        constraint fk_agreement_mark_agreement_id foreign key (agreement_id) references agreement (id),
        constraint fk_agreement_mark_party_id foreign key (party_id) references dispute_party (id),
        constraint ck_agreement_mark_mark_kind check (kind in ('SIGNATURE', 'SEAL', 'FINGERPRINT'))
    )
    """,
    "create index ix_agreement_mark_party_id on agreement_mark (party_id)",
    """
    create table performance_check (
        id uuid default uuidv7() not null,
        agreement_id uuid not null,
        term_id uuid,
        outcome varchar(40) not null,
        note text collate "C",
        checked_on date not null,
        checked_by uuid,
        recorded_at timestamptz not null,
        constraint pk_performance_check primary key (id),
        constraint fk_performance_check_agreement_id foreign key (agreement_id) references agreement (id),
        constraint fk_performance_check_term_id foreign key (term_id) references agreement_term (id),
        constraint ck_performance_check_outcome check (outcome in ('PERFORMED', 'UNDERWAY', 'BREACHED')),
        constraint fk_performance_check_checked_by foreign key (checked_by) references account (id)
    )
    """,
    "create index ix_performance_check_agreement on performance_check (agreement_id, checked_on, id)",
    "create index ix_performance_check_term_id on performance_check (term_id)",
    """
    create table referral (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        organisation_id uuid not null,
        status varchar(40) not null,
        reason text collate "C" not null,
        referred_by uuid,
        referred_at timestamptz not null,
        answered_by uuid,
        answered_at timestamptz,
        answer text collate "C",
        done_at timestamptz,
        result text collate "C",
        constraint pk_referral primary key (id),
        constraint ck_referral_answered check ((status = 'PENDING') = (answered_at is null)),
        constraint ck_referral_rejected check (status <> 'REJECTED' or answer is not null),
        constraint ck_referral_done check ((status = 'DONE') = (done_at is not null)),
        constraint fk_referral_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_referral_organisation_id foreign key (organisation_id) references organisation (id),
        constraint ck_referral_referral_status check (
            status in ('PENDING', 'ACCEPTED', 'REJECTED', 'RECALLED', 'DONE')
        ),
        constraint fk_referral_referred_by foreign key (referred_by) references account (id),
        constraint fk_referral_answered_by foreign key (answered_by) references account (id)
    )
    """,
    "create index ix_referral_dispute on referral (dispute_id, id)",
    "create index ix_referral_organisation on referral (organisation_id, dispute_id)",
    "create unique index uq_referral_open on referral (dispute_id) where status in ('PENDING', 'ACCEPTED')",
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
            'REFERRAL_REJECTED', 'REFERRAL_RECALLED', 'REFERRAL_DONE', 'FINDING_RECORDED', 'EVIDENCE_ADDED',
            'MEDIATION_FAILED', 'DISPUTE_WITHDRAWN', 'AGREEMENT_WRITTEN', 'AGREEMENT_MARKED', 'CONFIRMATION_NOTED',
            'PERFORMANCE_CHECKED', 'MEDIATION_LIMIT_SET', 'HOUSEHOLD_ADDED', 'HOUSEHOLD_CORRECTED', 'RESIDENT_ADDED',
            'RESIDENT_CORRECTED', 'RESIDENT_MOVED', 'RESIDENT_LEFT', 'RESIDENTS_MERGED', 'RESIDENTS_PARTED',
            'COLOUR_SET', 'COLOUR_REMOVED', 'ID_NUMBER_REVEALED', 'REGISTER_IMPORTED', 'REGISTER_EXPORTED',
            'POST_GIVEN', 'POST_ENDED', 'CADENCE_SET', 'DUTY_PAUSED', 'PAUSE_ENDED', 'ROUND_HANDED_OVER',
            'ROUND_TAKEN_BACK', 'ALERT_RAISED', 'ALERT_CLIMBED', 'ALERT_ACKNOWLEDGED', 'ALERT_ENDED', 'HELP_CALLED',
            'HELP_ANSWERED', 'HELP_CLOSED', 'REPORT_SETTLED', 'ROSTER_PUBLISHED', 'ROSTER_CHANGED', 'SHIFTS_SWAPPED',
            'QR_CODE_ISSUED', 'QR_CODE_REPLACED', 'QR_CODE_REVOKED', 'WISH_PROPOSED', 'WISH_PUBLISHED',
            'WISH_CLAIMED', 'WISH_PROGRESSED', 'WISH_RELEASED', 'WISH_FULFILLED', 'WISH_DECLINED'
        )
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
