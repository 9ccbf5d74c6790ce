"""Heads, relations and tenure of households; parties that are organisations, and who speaks for a party; proposals."""

from alembic import op

revision = "0008"
down_revision = "0007"

STATEMENTS = (
    """
    ALTER TABLE residency ADD COLUMN relation VARCHAR(40), ADD COLUMN tenure VARCHAR(40),
        ADD CONSTRAINT ck_residency_relation CHECK (relation IN ('HEAD', 'SPOUSE', 'SON', 'DAUGHTER', 'GRANDCHILD',
            'PARENT', 'GRANDPARENT', 'SIBLING', 'OTHER')),
        ADD CONSTRAINT ck_residency_tenure CHECK (tenure IN ('OWNER', 'TENANT', 'LODGER'))
    """,
    """
    CREATE UNIQUE INDEX uq_residency_head ON residency (household_id)
        WHERE relation = 'HEAD' AND moved_out_on IS NULL
    """,
    """
    ALTER TABLE dispute_party ADD COLUMN organisation_id UUID, ADD COLUMN speaker_id UUID,
        ADD COLUMN speaker_name TEXT COLLATE "C", ADD COLUMN speaker_phone TEXT COLLATE "C",
        ADD CONSTRAINT fk_dispute_party_organisation_id FOREIGN KEY(organisation_id) REFERENCES organisation (id),
        ADD CONSTRAINT fk_dispute_party_speaker_id FOREIGN KEY(speaker_id) REFERENCES resident (id),
        DROP CONSTRAINT ck_dispute_party_one_subject,
        ADD CONSTRAINT ck_dispute_party_one_subject CHECK (num_nonnulls(resident_id, household_id, premises_id,
            organisation_id, outsider_name) = 1),
        ADD CONSTRAINT ck_dispute_party_speaker CHECK (
            num_nonnulls(speaker_id, speaker_name) <= num_nonnulls(household_id, premises_id, organisation_id)
            and (speaker_id is null or household_id is not null)
            and (speaker_phone is null or speaker_name is not null))
    """,
    "CREATE INDEX ix_dispute_party_organisation_id ON dispute_party (organisation_id)",
    "CREATE INDEX ix_dispute_party_speaker_id ON dispute_party (speaker_id)",
    """
    CREATE TABLE proposal (
        id UUID DEFAULT uuidv7() NOT NULL,
        dispute_id UUID NOT NULL,
        content TEXT COLLATE "C" NOT NULL,
        performance TEXT COLLATE "C",
        due_on DATE,
        proposed_by UUID,
        proposed_at TIMESTAMP WITH TIME ZONE NOT NULL,
        CONSTRAINT pk_proposal PRIMARY KEY (id),
        CONSTRAINT fk_proposal_dispute_id FOREIGN KEY(dispute_id) REFERENCES dispute (id),
        CONSTRAINT fk_proposal_proposed_by FOREIGN KEY(proposed_by) REFERENCES account (id)
    )
    """,
    "CREATE INDEX ix_proposal_dispute ON proposal (dispute_id, proposed_at, id)",
    """
    ALTER TABLE agreement ADD COLUMN proposal_id UUID,
        ADD CONSTRAINT fk_agreement_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposal (id)
    """,
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
