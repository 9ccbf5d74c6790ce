"""Amounts in GraphQL: text, so that no client loses a fen."""

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from schema.compiler.declare import value

Yuan = Decimal
"""Yuan, to the fen, such as "1200.00"."""


def yuan(column: str, description: str) -> Any:
    """An amount of the row."""
    return value(lambda row: sa.cast(row.c[column], sa.Text), f"{description} In yuan.")
