"""The field that tells whether a policy still has its starting value (domain.md section 1)."""

from typing import Any

from schema.compiler.declare import value


def starting_value() -> Any:
    """A field of a policy with the column ``set_by``."""
    return value(lambda row: row.c.set_by.is_(None), "True for a starting value, which nobody has set.")
