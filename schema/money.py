"""Amounts in GraphQL: text, so that no client loses a fen."""

from decimal import Decimal
from typing import Any

from db import sql
from schema.compiler.declare import value

Yuan = Decimal
"""Yuan, to the fen, such as "1200.00"."""


def yuan(column: str, description: str) -> Any:
    """An amount of the row."""
    return value(lambda row: sql.cast(row.c[column], sql.TEXT), f"{description} In yuan.")
