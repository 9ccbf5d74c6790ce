"""User names in the form in which they are compared, so that one name in two spellings is one account."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from rules.folding import folded_username

revision = "0027"
down_revision = "0026"

_FILL = sa.text(
    """
    UPDATE account a SET username_key = g.key
        FROM unnest(CAST(:names AS text[]), CAST(:keys AS text[])) AS g (name, key) WHERE a.username = g.name
    """
)


def upgrade() -> None:
    op.execute('ALTER TABLE account ADD COLUMN username_key TEXT COLLATE "C"')
    names = op.get_bind().execute(sa.text("SELECT username FROM account ORDER BY created_at, id")).scalars().all()
    keys = keys_of(names)
    op.get_bind().execute(_FILL, {"names": list(keys), "keys": list(keys.values())})
    op.execute("""
        ALTER TABLE account ALTER COLUMN username_key SET NOT NULL,
            ADD CONSTRAINT uq_account_username_key UNIQUE (username_key)
        """)


def keys_of(names: Sequence[str]) -> dict[str, str]:
    """The compared form of each user name. Of several names of one form, all but one are found as they are spelt only.

    The one is a name that is in this form already, or else the oldest. The others keep their own spelling as the key,
    which is no form of any name.
    """
    first: dict[str, str] = {}
    for name in [*(each for each in names if folded_username(each) == each), *names]:
        first.setdefault(folded_username(name), name)
    return {name: key if first[key := folded_username(name)] == name else name for name in names}
