"""Amounts of money in GraphQL, as text, because a JSON number may lose digits."""

from decimal import Decimal
from typing import Any

from db import sql
from schema.compiler.declare import value

Yuan = Decimal
"""An amount in yuan with two decimals, such as "1200.00"."""


def yuan(column: str, description: str) -> Any:
    """A field with the amount in a column."""
    return value(lambda row: sql.cast(row.c[column], sql.TEXT), f"{description} In yuan.")
