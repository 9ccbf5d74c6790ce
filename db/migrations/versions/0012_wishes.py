"""Small wishes: whose they are, what of them is published, who claimed them, and what became of them."""

from alembic import op

revision = "0012"
down_revision = "0011"

STATEMENTS = (
    """
    create table wish (
        id uuid default uuidv7() not null,
        community_id uuid not null,
        grid_id uuid not null,
        building_id uuid,
        unit integer,
        household_id uuid,
        resident_id uuid,
        wisher_name text collate "C",
        wisher_phone text collate "C",
        receipt_code text collate "C" not null,
        body text collate "C" not null,
        status varchar(40) collate "C" not null,
        proposed_by uuid,
        proposed_at timestamptz not null,
        published_text text collate "C",
        published_by uuid,
        published_at timestamptz,
        claimant varchar(40) collate "C",
        volunteer_name text collate "C",
        volunteer_phone text collate "C",
        organisation_id uuid,
        party_branch_id uuid,
        claimed_by uuid,
        claimed_at timestamptz,
        fulfilled_at timestamptz,
        declined_at timestamptz,
        decline_reason text collate "C",
        constraint pk_wish primary key (id),
        constraint fk_wish_grid foreign key (grid_id, community_id) references grid (id, community_id),
        constraint fk_wish_building_id foreign key (building_id) references building (id),
        constraint fk_wish_household_id foreign key (household_id) references household (id),
        constraint fk_wish_resident_id foreign key (resident_id) references resident (id),
        constraint fk_wish_proposed_by foreign key (proposed_by) references account (id),
        constraint fk_wish_published_by foreign key (published_by) references account (id),
        constraint fk_wish_organisation_id foreign key (organisation_id) references organisation (id),
        constraint fk_wish_party_branch_id foreign key (party_branch_id) references party_branch (id),
        constraint fk_wish_claimed_by foreign key (claimed_by) references account (id),
        constraint uq_wish_receipt_code unique (receipt_code),
        constraint ck_wish_wish_status check (
            status in ('PROPOSED', 'PUBLISHED', 'CLAIMED', 'FULFILLED', 'DECLINED')
        ),
        constraint ck_wish_claimant check (claimant in ('VOLUNTEER', 'ORGANISATION', 'PARTY_BRANCH')),
        constraint ck_wish_published check ((published_text is null) = (published_at is null)),
        constraint ck_wish_on_wall check (
            status not in ('PUBLISHED', 'CLAIMED', 'FULFILLED') or published_text is not null
        ),
        constraint ck_wish_claimed check ((status in ('CLAIMED', 'FULFILLED')) = (claimant is not null)),
        constraint ck_wish_claimed_at check ((claimant is null) = (claimed_at is null)),
        constraint ck_wish_volunteer check ((coalesce(claimant, '') = 'VOLUNTEER') = (volunteer_name is not null)),
        constraint ck_wish_organisation check (
            (coalesce(claimant, '') = 'ORGANISATION') = (organisation_id is not null)
        ),
        constraint ck_wish_party_branch check (
            (coalesce(claimant, '') = 'PARTY_BRANCH') = (party_branch_id is not null)
        ),
        constraint ck_wish_fulfilled check ((status = 'FULFILLED') = (fulfilled_at is not null)),
        constraint ck_wish_declined check ((status = 'DECLINED') = (decline_reason is not null))
    )
    """,
    "create index ix_wish_grid on wish (grid_id, proposed_at, id)",
    "create index ix_wish_household on wish (household_id, id)",
    "create index ix_wish_resident on wish (resident_id, id)",
    "create index ix_wish_wall on wish (published_at, id) where published_at is not null",
    """
    alter table journal
        add column wish_id uuid,
        add constraint fk_journal_wish_id foreign key (wish_id) references wish (id)
    """,
    "create index ix_journal_wish on journal (wish_id, id)",
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
