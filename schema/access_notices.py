"""Notices of unusual access in GraphQL."""

from __future__ import annotations

from datetime import datetime

from db import access_notices as tables
from rules.access_notices import AccessKind
from schema.compiler import declare as gql
from schema.compiler.sources import Order
from schema.relay import Connection

NOTICED = Order(("noticed_at", "id"), descending=True)


@gql.entity(tables.AccessNotice)
class AccessNotice:
    """An account that read far more within an hour than it usually does. Visible to the secretary."""

    kind = gql.word("kind", AccessKind, "What was read.")
    account = gql.to_one("account_id", "Who read it.")
    count: int = gql.column("count", "How many different cases or ID numbers.")
    usual: int = gql.column("usual", "How many are usual: the median of the busiest hours of the days before.")
    starts_at: datetime = gql.column("since", "The beginning of the hour that was counted.")
    ends_at: datetime = gql.column("until", "Its end.")
    noticed_at: datetime = gql.column("noticed_at", "When it was noticed.")


@gql.roots
class AccessNoticeRoots:
    access_notices: Connection[AccessNotice] = gql.paged(
        "Accounts that read unusually much, latest first. Empty for all but the secretary.", NOTICED
    )
