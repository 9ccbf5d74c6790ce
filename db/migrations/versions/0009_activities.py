"""Activities with who comes, notices with who has read them, and members and opening hours of Party branches."""

from alembic import op

revision = "0009"
down_revision = "0008"

STATEMENTS = (
    """
    CREATE TABLE branch_member (
        id UUID DEFAULT uuidv7() NOT NULL,
        party_branch_id UUID NOT NULL,
        account_id UUID,
        name TEXT COLLATE "C",
        post TEXT COLLATE "C",
        phone TEXT COLLATE "C",
        added_by UUID NOT NULL,
        added_at TIMESTAMP WITH TIME ZONE NOT NULL,
        removed_by UUID,
        removed_at TIMESTAMP WITH TIME ZONE,
        CONSTRAINT pk_branch_member PRIMARY KEY (id),
        CONSTRAINT ck_branch_member_one_person CHECK (num_nonnulls(account_id, name) = 1),
        CONSTRAINT ck_branch_member_phone CHECK (phone is null or name is not null),
        CONSTRAINT ck_branch_member_removed CHECK ((removed_by is null) = (removed_at is null)),
        CONSTRAINT fk_branch_member_party_branch_id FOREIGN KEY(party_branch_id) REFERENCES party_branch (id),
        CONSTRAINT fk_branch_member_account_id FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT fk_branch_member_added_by FOREIGN KEY(added_by) REFERENCES account (id),
        CONSTRAINT fk_branch_member_removed_by FOREIGN KEY(removed_by) REFERENCES account (id)
    )
    """,
    "CREATE INDEX ix_branch_member_branch ON branch_member (party_branch_id, added_at, id)",
    """
    CREATE UNIQUE INDEX uq_branch_member_account ON branch_member (account_id, party_branch_id)
        WHERE removed_at is null
    """,
    """
    CREATE TABLE branch_hours (
        id UUID DEFAULT uuidv7() NOT NULL,
        party_branch_id UUID NOT NULL,
        weekday INTEGER NOT NULL,
        opens TIME WITHOUT TIME ZONE NOT NULL,
        closes TIME WITHOUT TIME ZONE NOT NULL,
        CONSTRAINT pk_branch_hours PRIMARY KEY (id),
        CONSTRAINT uq_branch_hours_party_branch_id_weekday_opens UNIQUE (party_branch_id, weekday, opens),
        CONSTRAINT ck_branch_hours_weekday CHECK (weekday between 1 and 7),
        CONSTRAINT ck_branch_hours_in_order CHECK (opens < closes),
        CONSTRAINT fk_branch_hours_party_branch_id FOREIGN KEY(party_branch_id) REFERENCES party_branch (id)
    )
    """,
    """
    CREATE TABLE activity (
        id UUID DEFAULT uuidv7() NOT NULL,
        community_id UUID NOT NULL,
        estate_id UUID,
        what TEXT COLLATE "C" NOT NULL,
        place TEXT COLLATE "C" NOT NULL,
        begins_at TIMESTAMP WITH TIME ZONE NOT NULL,
        ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
        wanted INTEGER,
        coming INTEGER NOT NULL,
        colours TEXT[] NOT NULL,
        skill TEXT COLLATE "C",
        planned_by UUID NOT NULL,
        planned_at TIMESTAMP WITH TIME ZONE NOT NULL,
        cancelled_by UUID,
        cancelled_at TIMESTAMP WITH TIME ZONE,
        cancel_reason TEXT COLLATE "C",
        CONSTRAINT pk_activity PRIMARY KEY (id),
        CONSTRAINT fk_activity_estate FOREIGN KEY(estate_id, community_id) REFERENCES estate (id, community_id),
        CONSTRAINT ck_activity_in_order CHECK (begins_at < ends_at),
        CONSTRAINT ck_activity_room CHECK (coming between 0 and coalesce(wanted, coming)),
        CONSTRAINT ck_activity_cancelled CHECK (num_nonnulls(cancelled_by, cancelled_at, cancel_reason) in (0, 3)),
        CONSTRAINT fk_activity_community_id FOREIGN KEY(community_id) REFERENCES community (id),
        CONSTRAINT fk_activity_planned_by FOREIGN KEY(planned_by) REFERENCES account (id),
        CONSTRAINT fk_activity_cancelled_by FOREIGN KEY(cancelled_by) REFERENCES account (id)
    )
    """,
    "CREATE INDEX ix_activity_begins ON activity (begins_at, id)",
    "CREATE INDEX ix_activity_community ON activity (community_id, begins_at, id)",
    "CREATE INDEX ix_activity_estate ON activity (estate_id, begins_at, id)",
    """
    CREATE TABLE sign_up (
        id UUID DEFAULT uuidv7() NOT NULL,
        activity_id UUID NOT NULL,
        account_id UUID,
        resident_id UUID,
        name TEXT COLLATE "C",
        phone TEXT COLLATE "C",
        receipt_code TEXT COLLATE "C",
        joined_by UUID,
        joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
        left_by UUID,
        left_at TIMESTAMP WITH TIME ZONE,
        attended BOOLEAN,
        CONSTRAINT pk_sign_up PRIMARY KEY (id),
        CONSTRAINT uq_sign_up_receipt_code UNIQUE (receipt_code),
        CONSTRAINT ck_sign_up_one_person CHECK ((account_id is null) = (num_nonnulls(resident_id, name) > 0)),
        CONSTRAINT ck_sign_up_receipt CHECK ((account_id is null) = (receipt_code is not null)),
        CONSTRAINT ck_sign_up_left CHECK (left_at is not null or left_by is null),
        CONSTRAINT fk_sign_up_activity_id FOREIGN KEY(activity_id) REFERENCES activity (id),
        CONSTRAINT fk_sign_up_account_id FOREIGN KEY(account_id) REFERENCES account (id),
        CONSTRAINT fk_sign_up_resident_id FOREIGN KEY(resident_id) REFERENCES resident (id),
        CONSTRAINT fk_sign_up_joined_by FOREIGN KEY(joined_by) REFERENCES account (id),
        CONSTRAINT fk_sign_up_left_by FOREIGN KEY(left_by) REFERENCES account (id)
    )
    """,
    "CREATE INDEX ix_sign_up_account ON sign_up (account_id, id)",
    "CREATE INDEX ix_sign_up_activity ON sign_up (activity_id, joined_at, id)",
    "CREATE INDEX ix_sign_up_phone ON sign_up (phone) WHERE phone is not null",
    "CREATE INDEX ix_sign_up_resident ON sign_up (resident_id, id)",
    """
    CREATE TABLE notice (
        id UUID DEFAULT uuidv7() NOT NULL,
        community_id UUID NOT NULL,
        estate_id UUID,
        audience VARCHAR(40) NOT NULL,
        title TEXT COLLATE "C" NOT NULL,
        body TEXT COLLATE "C" NOT NULL,
        published_by UUID NOT NULL,
        published_at TIMESTAMP WITH TIME ZONE NOT NULL,
        until TIMESTAMP WITH TIME ZONE,
        withdrawn_by UUID,
        withdrawn_at TIMESTAMP WITH TIME ZONE,
        withdraw_reason TEXT COLLATE "C",
        CONSTRAINT pk_notice PRIMARY KEY (id),
        CONSTRAINT fk_notice_estate FOREIGN KEY(estate_id, community_id) REFERENCES estate (id, community_id),
        CONSTRAINT ck_notice_in_order CHECK (until > published_at),
        CONSTRAINT ck_notice_withdrawn CHECK (num_nonnulls(withdrawn_by, withdrawn_at, withdraw_reason) in (0, 3)),
        CONSTRAINT fk_notice_community_id FOREIGN KEY(community_id) REFERENCES community (id),
        CONSTRAINT ck_notice_audience CHECK (audience IN ('WORKERS', 'HEADS', 'PUBLIC')),
        CONSTRAINT fk_notice_published_by FOREIGN KEY(published_by) REFERENCES account (id),
        CONSTRAINT fk_notice_withdrawn_by FOREIGN KEY(withdrawn_by) REFERENCES account (id)
    )
    """,
    "CREATE INDEX ix_notice_community ON notice (community_id, published_at, id)",
    "CREATE INDEX ix_notice_estate ON notice (estate_id, published_at, id)",
    "CREATE INDEX ix_notice_public ON notice (published_at, id) WHERE audience = 'PUBLIC' and withdrawn_at is null",
    """
    CREATE TABLE notice_reading (
        notice_id UUID NOT NULL,
        account_id UUID NOT NULL,
        read_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_notice_reading PRIMARY KEY (notice_id, account_id),
        CONSTRAINT fk_notice_reading_notice_id FOREIGN KEY(notice_id) REFERENCES notice (id),
        CONSTRAINT fk_notice_reading_account_id FOREIGN KEY(account_id) REFERENCES account (id)
    )
    """,
    "ALTER TABLE message ADD COLUMN sign_up_id UUID",
    "ALTER TABLE message ADD CONSTRAINT fk_message_sign_up_id FOREIGN KEY(sign_up_id) REFERENCES sign_up (id)",
    "CREATE INDEX ix_message_sign_up_id ON message (sign_up_id)",
    """
    ALTER TABLE journal ADD COLUMN activity_id UUID, ADD COLUMN notice_id UUID,
        ADD CONSTRAINT fk_journal_activity_id FOREIGN KEY(activity_id) REFERENCES activity (id),
        ADD CONSTRAINT fk_journal_notice_id FOREIGN KEY(notice_id) REFERENCES notice (id)
    """,
    "CREATE INDEX ix_journal_activity ON journal (activity_id, id) WHERE activity_id is not null",
    "CREATE INDEX ix_journal_notice ON journal (notice_id, id) WHERE notice_id is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
