"""The published figures of the direct line (民声直通车), for everybody."""

from __future__ import annotations

from datetime import date

from db import appeals as tables
from db import sql
from rules.appeals import AppealCategory
from schema.compiler import declare as gql
from schema.compiler.sources import Order
from schema.filters import PublicFilter
from schema.relay import Connection

BY_MONTH = Order(("month", "community_id"), descending=True)


@gql.entity(tables.Appeal, visible_to=lambda *_: sql.TRUE, rows=lambda _: tables.on_wall(), main=False)
class DirectLineOnWall:
    """The problems of a month that is over, as shown to the public. A number below five is null."""

    community: str = gql.column("community", "The community's name.")
    starts_on: date = gql.column("month", "The first day of the month.")
    received: int = gql.column("received", "How many were received; months with fewer than five are not shown.")
    resolved: int | None = gql.column("resolved", "How many of them are closed by now (办结).")
    open: int | None = gql.column("open", "How many of them are still open.")
    category = gql.word("category", AppealCategory | None, "The most frequent category.")
    satisfied: float | None = gql.column("satisfied", "The share of the rated ones that were rated 4 or 5, 0 to 1.")


@gql.roots
class PublishedRoots:
    direct_line_wall: Connection[DirectLineOnWall] = gql.paged(
        "The figures of the direct line by month, latest first. Needs no account.",
        BY_MONTH,
        where=PublicFilter,
        weight=1_000,
    )
