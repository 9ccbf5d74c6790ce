"""The history of printed QR codes: who issued, replaced and revoked them, and why; one live code a door and a house."""

from alembic import op

revision = "0010"
down_revision = "0009"

STATEMENTS = (
    """
    alter table qr_code
        add column issued_by uuid,
        add column replaces_id uuid,
        add column revoked_by uuid,
        add column reason text collate "C",
        add constraint fk_qr_code_issued_by foreign key (issued_by) references account (id),
        add constraint fk_qr_code_replaces_id foreign key (replaces_id) references qr_code (id),
        add constraint fk_qr_code_revoked_by foreign key (revoked_by) references account (id),
        add constraint ck_qr_code_revoked check (revoked_at is not null or num_nonnulls(revoked_by, reason) = 0)
    """,
    "create unique index uq_qr_code_replaces on qr_code (replaces_id)",
    "create unique index uq_qr_code_live_building on qr_code (building_id) where revoked_at is null",
    "create unique index uq_qr_code_live_household on qr_code (household_id) where revoked_at is null",
    "create index ix_qr_code_building on qr_code (building_id)",
    "create index ix_qr_code_household on qr_code (household_id)",
    "create index ix_qr_code_issued on qr_code (issued_at, id)",
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
            'QR_CODE_ISSUED', 'QR_CODE_REPLACED', 'QR_CODE_REVOKED'
        )
    )
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
