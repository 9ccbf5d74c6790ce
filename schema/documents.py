"""What phones keep: the shape of each kind of document, and the root fields that deliver documents."""

from __future__ import annotations

import strawberry

from db import sql
from db.people import lives_here
from db.scope import Condition
from db.sql import Column
from db.visits import stands
from rules.appeals import ENDED
from rules.documents import KEPT_FOR, DocumentKind
from schema.appeals import ended_at
from schema.clocks import now_of
from schema.compiler import declare as gql
from schema.compiler.documents import SHAPES, Shape, Test
from schema.compiler.sources import Prepared, Row
from schema.duty import duties_today
from schema.journal import POSITION, feed_cursor
from schema.scalars import JSON, Cursor

_STEPS = "(last: 20) { nodes { kind fromStatus toStatus note occurredAt actorId: actor { id } } }"


def _of_the_last_year(row: Row, ended: Column) -> Condition:
    """True for what has not ended, or not long ago."""
    long_ago = now_of(row) - sql.raw(f"interval '{KEPT_FOR.days} days'")
    return sql.or_(ended.is_(None), ended > long_ago)


def _appeal(row: Row) -> Condition:
    return _of_the_last_year(row, ended_at(row))


def _is_open(row: Row) -> Condition:
    return sql.not_(row.c.status.in_(sorted(ENDED)))


def _ends(name: str) -> tuple[Test, Test]:
    """Two tests: neither long ended by this column, and not ended."""
    return lambda row: _of_the_last_year(row, row.c[name]), lambda row: row.c[name].is_(None)


_ENDED, _CLOSED = _ends("ended_at"), _ends("closed_at")

SHAPES |= {
    DocumentKind.COMMUNITY: Shape("Community", "id name timeZone phone", bucket="id"),
    DocumentKind.GRID: Shape("Grid", "id name estateId: estate { id }", bucket="community_id"),
    DocumentKind.BUILDING: Shape(
        "Building",
        "id number name address units floors gridId: grid { id } estateId: estate { id }",
        bucket="community_id",
    ),
    DocumentKind.COLLEAGUE: Shape(
        "Account",
        "id name role phone assignments { id gridId: grid { id } buildingId: building { id } startsOn endsOn }",
        only=lambda row: row.c.disabled_at.is_(None),
        bucket="account",
    ),
    DocumentKind.DUTIES: Shape(
        "VisitDuty",
        "key colour period startsOn endsOn dueAt state firstMissedOn householdId: household { id }"
        " residentId: resident { id } visitId: visit { id }",
        parts=duties_today,
    ),
    DocumentKind.HOUSEHOLD: Shape(
        "Household", "id unit floor room address buildingId: building { id } gridId: grid { id }"
    ),
    DocumentKind.RESIDENT: Shape(
        "Resident",
        "id name sex bornOn phone phoneMasked colours relation tenure householdId: household { id }"
        " residencies { householdId: household { id } movedInOn movedOutOn relation }",
        only=lambda row: sql.and_(lives_here(row.c), row.c.erased_at.is_(None)),
    ),
    DocumentKind.NOTICE: Shape(
        "Notice",
        "id audience title body publishedAt endsAt read publishedById: publishedBy { id }",
        only=lambda row: row.c.withdrawn_at.is_(None),
        bucket="community_id",
    ),
    DocumentKind.ROSTER: Shape(
        "RosterWeek",
        "id startsOn publishedAt"
        " shifts { id servesOn post reason workerId: worker { id } partyBranchId: partyBranch { id } }",
        only=lambda row: row.c.published_at.is_not(None),
        bucket="community_id",
    ),
    DocumentKind.ALERT: Shape(
        "Alert",
        "id missedOn status raisedAt reason acknowledgedAt note finding foundAt foundNote urgentAt endedAt"
        " residentId: resident { id } householdId: household { id } acknowledgedById: acknowledgedBy { id }"
        " rungs { rung rungAt }",
        *_ENDED,
    ),
    DocumentKind.CALL: Shape(
        "HelpCall",
        "id what place colours skill raisedAt closedAt gridId: grid { id } buildingId: building { id }"
        " invitations(first: 50) { nodes { id answer answeredAt residentId: resident { id } } }",
        *_CLOSED,
        bucket="call",
    ),
    DocumentKind.APPEAL: Shape(
        "Appeal",
        "id kind reportKind category source level status body answer rating unit placeKind urgency pauseEndsAt"
        " pauseReason turnTo reporterName reporterPhone openedAt recordedAt acceptedAt answeredAt closedAt reopenEndsAt"
        " rejectedAt withdrawnAt escalatedAt objections deadlines { kind dueAt metAt } gridId: grid { id }"
        " buildingId: building { id } householdId: household { id } residentId: resident { id }"
        f" premises {{ id name address }} handledById: handledBy {{ id }} visitId: visit {{ id }} timeline{_STEPS}",
        _appeal,
        _is_open,
    ),
    DocumentKind.DISPUTE: Shape(
        "Dispute",
        "id type origin level status title facts openedAt recordedAt closedAt begunAt endReason gridId: grid { id }"
        " mediatorId: mediator { id } visitId: visit { id }"
        " parties { id role consent kind name speakerName phone address claim claimAmount }"
        " agreement { id form content performance dueOn reachedAt effectiveOn"
        " terms { id what amount dueOn performedOn } }"
        f" timeline{_STEPS}",
        *_CLOSED,
    ),
    DocumentKind.WISH: Shape(
        "Wish",
        "id body status wisherName wisherPhone unit openedAt publishedText publishedAt claimant claimedAt fulfilledAt"
        " declinedAt declineReason residentId: resident { id } householdId: household { id }"
        " buildingId: building { id }",
        lambda row: _of_the_last_year(row, sql.func.coalesce(row.c.fulfilled_at, row.c.declined_at)),
    ),
    DocumentKind.VISIT: Shape(
        "Visit",
        "id mode note occurredAt recordedAt isAttempt spokeWith householdId: household { id }"
        " premisesId: premises { id } workerId: worker { id } residents { id }",
        lambda row: sql.and_(stands(row.c), _of_the_last_year(row, row.c.occurred_at)),
    ),
}


@gql.part
class Changes:
    """Documents that the viewer's phone lacks, and where to go on."""

    documents: list[JSON] = strawberry.field(
        description="Each whole, as the viewer sees it now, or with `deleted: true`. Those that others refer to come"
        " first."
    )
    dropped: list[strawberry.ID] = strawberry.field(
        description="Buckets that the viewer lost: drop their documents, before the others are stored."
    )
    checkpoint: str = strawberry.field(description="Opaque: keep it with the documents, and go on after it.")
    has_more: bool = strawberry.field(description="Whether more waits.")


@gql.part
class DocumentPage:
    """A page of documents, as RxDB's replication asks for it. It is full as long as more waits."""

    documents: list[JSON] = strawberry.field(description="As of `changes`. Those of lost buckets are deleted ones.")
    checkpoint: JSON | None = strawberry.field(description="Opaque, an object.")


@gql.event(
    "documentsChanged",
    "Tells at once, and whenever documents of the viewer may have changed, that `changes` or `pullDocuments` is due.",
    at_once=True,
)
class DocumentsChanged:
    """A reason to pull."""

    cursor: Cursor = gql.value(feed_cursor, POSITION)


CHECKPOINT = gql.argument("checkpoint", str | None, "The last one received; none for a first copy.")
LIMIT = gql.argument("limit", int, "Documents at most, 1 to 1,000.")
KINDS = gql.argument("kinds", list[DocumentKind] | None, "Only these kinds, the same each time; all by default.")


@gql.roots
class DocumentRoots:
    changes: Changes = gql.field(
        Prepared("changes"),
        "What changed in the documents that the viewer's phone keeps; without a checkpoint a first copy.",
        [CHECKPOINT, LIMIT, KINDS],
        weight=300,
    )
    pull_documents: DocumentPage = gql.field(
        Prepared("pull_documents"),
        "The same for RxDB.",
        [gql.argument("checkpoint", JSON | None, "The last one received."), LIMIT, KINDS],
        weight=300,
    )
