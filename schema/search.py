"""One search over residents, homes, appeals and disputes, for the search box of a phone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from db import sql
from db.people import lives_here
from db.scope import Condition, LookedUp
from rules.access import may_read
from schema.appeals import Appeal, says
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.sources import Link, Predicate, Row
from schema.disputes import Dispute, tells
from schema.orders import BY_ID, NEWEST, WALK
from schema.people import Resident, found_by
from schema.places import Household, is_named
from schema.relay import Connection

TEXT = gql.argument("text", str, "A name, a telephone number, an address, or words of a case.")
_YEAR: sql.Column = sql.raw("interval '1 year'")


def _found(filter_: str, finds: Predicate, *also: Link) -> Link:
    """What the field ``text`` of a filter finds. Whoever may not use the filter finds nothing."""

    def link(row: Row, t: Any) -> Condition:
        if not may_read(row.scope.role, filter_, "text"):
            return sql.FALSE
        found = finds(replace(row, c=t), row.arguments["text"])
        both = sql.and_(found, *(each(row, t) for each in also))
        return LookedUp(both.operand, type_=sql.BOOLEAN) if isinstance(found, LookedUp) else both

    return link


def _recent(row: Row, t: Any) -> Condition:
    """Cases of the last year, which an index finds. The words in them have no index."""
    recent: Condition = t.opened_at >= now_of(row) - _YEAR
    return recent


@gql.part
class SearchResults:
    """What a text finds, by kind; each kind as the `text` of its own filter finds it."""

    residents: Connection[Resident] = gql.paged(
        "Current residents.", BY_ID, link=_found("ResidentFilter", found_by, lambda _, t: lives_here(t))
    )
    households: Connection[Household] = gql.paged(
        "Homes, in walking order.", WALK, link=_found("HouseholdFilter", is_named)
    )
    appeals: Connection[Appeal] = gql.paged(
        "Appeals of the last year, newest first.", NEWEST, link=_found("AppealFilter", says, _recent), weight=200
    )
    disputes: Connection[Dispute] = gql.paged(
        "Disputes of the last year, newest first.", NEWEST, link=_found("DisputeFilter", tells, _recent), weight=200
    )


@gql.roots
class SearchRoots:
    search: SearchResults = gql.namespace("One search over residents, homes, appeals and disputes.", [TEXT])
