"""Tunping's command line without row-level security, for :mod:`bench.walls`.

The server connects as the owner of the database, who must be a superuser, and statements do not tell who looks.
"""

from functools import cache
from unittest.mock import patch

from api.commands.main import app
from db import database, holding, sql, statements
from db.base import alias
from db.people import Resident
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role
from schema import people
from schema.compiler import build, plan
from schema.compiler.sources import Row


@cache
def plain_scope(role: Role | None, *, acting: bool = False, late: bool = False) -> Scope:  # noqa: ARG001  as looking_scope
    places = holding.scope_of(role, late=late).places
    viewer = sql.select(*places.c, sql.raw("1").label("done", sql.INTEGER)).from_(places).with_(places)
    return Scope(role, holding.VIEWER, viewer.cte("viewer", materialized=True), joined=True)


def found_by_terms(row: Row, wanted: sql.Column) -> sql.Select:
    """Finds the residents that wall.found_residents finds. That function reads the places from row-level security."""
    t = alias(Resident)
    terms = sql.Column("array_to_tsvector(string_to_array(", t.c.found_by, ", chr(10)))")
    here = sql.or_(t.c.grid_id == sql.any_(row.scope.grids), t.c.building_id == sql.any_(row.scope.buildings))
    return sql.select(t.c.id).from_(t).where(terms.op("@@")(sql.cast(wanted, "tsquery")), here)


with (
    patch.object(database, "login_url", lambda url, _: url),
    patch.object(database, "quoted", lambda _: None),  # It takes no role to read.
    patch.object(build, "looking_scope", plain_scope),
    patch.object(people, "_with_terms", found_by_terms),
    patch.object(plan, "looking_in_act", holding.looking),
    patch.object(statements, "looking_scope", plain_scope),
    patch.object(statements, "looking_in_act", holding.looking),
    patch.object(Transaction, "_begin", "BEGIN"),
):
    app()
