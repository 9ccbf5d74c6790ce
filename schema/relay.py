"""Object identification and connections, as specified by Relay."""

from typing import Generic, TypeVar

import strawberry

from schema.compiler.counts import Pages
from schema.compiler.declare import node, nodes, roots

T = TypeVar("T")


@strawberry.interface(description="An object that can be fetched by its id.")
class Node:
    id: strawberry.ID = strawberry.field(description="Global id, `<type>_<uuid>`, unique across all types.")


KEYLESS = frozenset(
    [
        "AccessNotice",
        "AccessRecord",
        "ActAnswer",
        "ActivityOnWall",
        "AlertCount",
        "AlertRung",
        "AppealCount",
        "CategoryPolicy",
        "Changes",
        "ColourRecord",
        "DailyLog",
        "DayDeadline",
        "Deadline",
        "DirectLineOnWall",
        "DisputeCount",
        "DisputeWorkspace",
        "DocumentPage",
        "DocumentsChanged",
        "DoorstepSummary",
        "DuplicateSuggestion",
        "DutyCompliance",
        "DutyRoster",
        "EarlierValue",
        "HelpCallCount",
        "HouseholdCount",
        "IncidentCandidate",
        "IncidentCount",
        "JointMediator",
        "JournalEntry",
        "MediationPolicy",
        "MeetingGuest",
        "NoticeOnWall",
        "OpeningHours",
        "PartyWorkspace",
        "PlaceSuggestion",
        "PushPreferences",
        "Rate",
        "Receipt",
        "ReceiptPhoto",
        "ReceiptStep",
        "RemovedPhoto",
        "Residency",
        "ResidentCount",
        "SafetyLadder",
        "SearchResults",
        "SetupCheck",
        "SignedInDevice",
        "SiteArrears",
        "Statistics",
        "TimeLimitPolicy",
        "UnderstaffedPost",
        "UnregisteredParty",
        "VisitCorrection",
        "VisitCount",
        "VisitDuty",
        "VisitModeCount",
        "VisitPolicy",
        "VocabularyWord",
        "WeekBuildingFigures",
        "WeekCategoryFigures",
        "WeekDisputeTypeFigures",
        "WeekDutyFigures",
        "WeekKindFigures",
        "WeekLevelFigures",
        "WeekWorkerFigures",
        "WeeklyAnalysis",
        "WishCount",
        "WishOnWall",
        "WishReceipt",
        "WishStep",
    ]
)
"""The types whose objects have no id: parts and views of other objects, counts and words. A cache keeps them within the
object that shows them. Besides these, pages, payloads, events and figures have none."""
PAGES = (
    "The position of a page. `first` is the number of items from the start and `last` the number from the end, 1 to"
    " 100, and not both; the page has 20 items from the start when neither is given. `after` and `before` take cursors."
)


@strawberry.type(description=PAGES)
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether there are items after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are items before this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first item; null on an empty page.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last item; null on an empty page.")


@strawberry.type(description="An item of a page and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="The position of the item, stable while rows are added.")
    node: T = strawberry.field(description="The item.")


@strawberry.type(description="A page of items.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The items with their cursors.")
    nodes: list[T] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="The position of this page.")
    total_count: int = strawberry.field(description="The number of all matching items.")


Connection.__strawberry_definition__.__class__ = Pages  # type: ignore[attr-defined]


@roots
class NodeRoots:
    node: Node | None = node("An object by its id; null if it does not exist or is not visible to the viewer.")
    nodes: list[Node | None] = nodes("Objects by their ids, in that order; null for missing and invisible ones.")
