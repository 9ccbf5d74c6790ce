"""Tunping's command line without row-level security, for :mod:`bench.walls`.

The server connects as the owner of the database, who must be a superuser, and statements do not tell who looks.
"""

from functools import cache
from unittest.mock import patch

from api.commands.main import app
from db import database, holding, sql, statements
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Role
from schema.compiler import build, plan


@cache
def plain_scope(role: Role | None, *, acting: bool = False, late: bool = False) -> Scope:  # noqa: ARG001  as looking_scope
    places = holding.scope_of(role, late=late).places
    viewer = sql.select(*places.c, sql.raw("1").label("done", sql.INTEGER)).from_(places).with_(places)
    return Scope(role, holding.VIEWER, viewer.cte("viewer", materialized=True), joined=True)


with (
    patch.object(database, "login_url", lambda url, _: url),
    patch.object(database, "quoted", lambda _: None),  # It takes no role to read.
    patch.object(build, "looking_scope", plain_scope),
    patch.object(plan, "looking_in_act", holding.looking),
    patch.object(statements, "looking_scope", plain_scope),
    patch.object(statements, "looking_in_act", holding.looking),
    patch.object(Transaction, "_begin", "BEGIN"),
):
    app()
