"""Findings home by home, and evidence chained piece to piece."""

from alembic import op

revision = "0017"
down_revision = "0016"

STATEMENTS = (
    """
    create table finding (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        party_id uuid not null,
        place text collate "C" not null,
        loss text collate "C" not null,
        amount numeric(14, 2),
        found_at timestamptz not null,
        recorded_by uuid,
        recorded_at timestamptz not null,
        corrects_id uuid,
        withdrawn_at timestamptz,
        withdrawn_by uuid,
        withdrawn_reason text collate "C",
        constraint pk_finding primary key (id),
        constraint ck_finding_withdrawn check ((withdrawn_at is null) = (withdrawn_reason is null)),
        constraint fk_finding_dispute_id foreign key (dispute_id) references dispute (id),
        constraint fk_finding_party_id foreign key (party_id) references dispute_party (id),
        constraint fk_finding_recorded_by foreign key (recorded_by) references account (id),
        constraint fk_finding_corrects_id foreign key (corrects_id) references finding (id),
        constraint fk_finding_withdrawn_by foreign key (withdrawn_by) references account (id)
    )
    """,
    "create index ix_finding_dispute on finding (dispute_id, found_at, id)",
    "create index ix_finding_party_id on finding (party_id)",
    "create unique index uq_finding_corrects on finding (corrects_id)",
    """
    create table evidence (
        id uuid default uuidv7() not null,
        dispute_id uuid not null,
        number integer not null,
        kind varchar(40) not null,
        finding_id uuid,
        photo_id uuid,
        statement text collate "C",
        note text collate "C",
        sha256 bytea not null,
        previous bytea not null,
        hash bytea not null,
        added_by uuid,
        added_at timestamptz not null,
        constraint pk_evidence primary key (id),
        constraint uq_evidence_dispute_id_number unique (dispute_id, number),
        constraint ck_evidence_number check (number > 0),
        constraint ck_evidence_digests check (
            octet_length(sha256) = 32 and octet_length(previous) = 32 and octet_length(hash) = 32
        ),
        constraint ck_evidence_one_thing check (
            case kind
                when 'FINDING' then finding_id is not null and photo_id is null and statement is null
                when 'PHOTO' then photo_id is not null and statement is null
                else statement is not null and finding_id is null and photo_id is null
            end
        ),
        constraint fk_evidence_dispute_id foreign key (dispute_id) references dispute (id),
        constraint ck_evidence_evidence_kind check (kind in ('FINDING', 'PHOTO', 'STATEMENT')),
        constraint fk_evidence_finding_id foreign key (finding_id) references finding (id),
        constraint fk_evidence_photo_id foreign key (photo_id) references photo (id),
        constraint fk_evidence_added_by foreign key (added_by) references account (id)
    )
    """,
    "create index ix_evidence_finding_id on evidence (finding_id)",
    "create index ix_evidence_photo_id on evidence (photo_id)",
    "alter table photo_file add column kept_sha256 bytea",
    "alter table photo add column dispute_id uuid",
    "alter table photo add column finding_id uuid",
    "alter table photo drop constraint ck_photo_one_case",
    "alter table photo add constraint ck_photo_one_case check (num_nonnulls(appeal_id, visit_id, dispute_id) = 1)",
    "alter table photo add constraint ck_photo_of_finding check (finding_id is null or dispute_id is not null)",
    "alter table photo add constraint fk_photo_dispute_id foreign key (dispute_id) references dispute (id)",
    "alter table photo add constraint fk_photo_finding_id foreign key (finding_id) references finding (id)",
    "create index ix_photo_dispute_id on photo (dispute_id)",
    "create index ix_photo_finding_id on photo (finding_id)",
    "alter table dispute add column evidence_count integer default 0 not null",
    "alter table dispute add column evidence_head bytea",
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
            'MEDIATION_LIMIT_SET', 'HOUSEHOLD_ADDED', 'HOUSEHOLD_CORRECTED', 'RESIDENT_ADDED', 'RESIDENT_CORRECTED',
            'RESIDENT_MOVED', 'RESIDENT_LEFT', 'RESIDENTS_MERGED', 'RESIDENTS_PARTED', 'COLOUR_SET',
            'COLOUR_REMOVED', 'ID_NUMBER_REVEALED', 'REGISTER_IMPORTED', 'REGISTER_EXPORTED', 'POST_GIVEN',
            'POST_ENDED', 'CADENCE_SET', 'DUTY_PAUSED', 'PAUSE_ENDED', 'ROUND_HANDED_OVER', 'ROUND_TAKEN_BACK',
            'ALERT_RAISED', 'ALERT_CLIMBED', 'ALERT_ACKNOWLEDGED', 'ALERT_ENDED', 'HELP_CALLED', 'HELP_ANSWERED',
            'HELP_CLOSED', 'REPORT_SETTLED', 'ROSTER_PUBLISHED', 'ROSTER_CHANGED', 'SHIFTS_SWAPPED',
            'QR_CODE_ISSUED', 'QR_CODE_REPLACED', 'QR_CODE_REVOKED', 'WISH_PROPOSED', 'WISH_PUBLISHED',
            'WISH_CLAIMED', 'WISH_PROGRESSED', 'WISH_RELEASED', 'WISH_FULFILLED', 'WISH_DECLINED'
        )
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
