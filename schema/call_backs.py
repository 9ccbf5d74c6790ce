"""Call-backs in GraphQL."""

from __future__ import annotations

from datetime import datetime

import strawberry

from db import call_backs as tables
from schema.appeals import Appeal
from schema.compiler import declare as gql
from schema.relay import Node


@gql.entity(tables.CallBack, "callback")
class CallBack(Node):
    """A call to the reporter of an appeal, or a visit to them (回访). The first that reached them is the response."""

    id: strawberry.ID = gql.object_id("callback")
    appeal = gql.to_one("appeal_id", "The appeal.")
    called_by = gql.to_one("called_by", "The account that called, or went there.")
    called_at: datetime = gql.column("called_at", "When, by the clock of whoever called.")
    recorded_at: datetime = gql.column("recorded_at", "When the server recorded it.")
    reached: bool = gql.column("reached", "Whether it reached the reporter.")
    said: str | None = gql.column("said", "What was said, or noticed.")


gql.extend(
    Appeal,
    call_backs=(
        list[CallBack],
        gql.to_many("appeal_id", lambda t: [t.called_at, t.id], "The call-backs to its reporter, in order."),
    ),
)
