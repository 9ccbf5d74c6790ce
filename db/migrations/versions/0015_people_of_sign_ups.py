"""How many people come by a sign-up."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE sign_up
            ADD COLUMN people INTEGER DEFAULT 1 NOT NULL,
            ADD CONSTRAINT ck_sign_up_people CHECK (people between 1 and 10)
        """
    )
    op.execute("ALTER TABLE sign_up ALTER COLUMN people DROP DEFAULT")
