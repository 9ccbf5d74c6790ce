"""The gaps in the set-up of a community, in GraphQL."""

from __future__ import annotations

import strawberry

from db import places as tables
from db import sql
from db.scope import visible
from db.setup_checks import lacking
from rules.appeals import AppealCategory
from rules.setup_checks import SetupCode
from schema.compiler import declare as gql
from schema.compiler.expressions import constant
from schema.compiler.sources import Order, Row
from schema.filters import given_id
from schema.relay import Connection

COMMUNITY = gql.argument("community", strawberry.ID, "The community.")
BY_WEIGHT = Order(("position", "estate", "within", "key"))


def _lacking(row: Row) -> sql.From:
    chosen = given_id(row, "community")
    return lacking(lambda t: sql.and_(t.c.id == chosen, visible(tables.Community, t, row.scope))).subquery("lack")


@gql.derived
class SetupCheck:
    """Something that a community still lacks, such as a grid without a worker."""

    code = gql.word("code", SetupCode, "What is lacking.", "label")
    place: strawberry.ID = gql.value(
        lambda row: row.c.place.op("||")(constant("_")).op("||")(sql.cast(row.c.place_id, sql.TEXT)),
        "The place that lacks it: the community, an estate, a grid or a building.",
    )
    name: str = gql.column("name", "The name of the place.")
    category: AppealCategory | None = gql.column("category", "The category that lacks an organisation.")


@gql.roots
class SetupRoots:
    setup_checks: Connection[SetupCheck] = gql.paged(
        "What a community still lacks, the most important first. Empty if it lacks nothing.",
        BY_WEIGHT,
        rows=_lacking,
        also=[COMMUNITY],
        weight=200,
    )
