"""The operations: requests of the phone, the dashboard and the dispute centre, in each contender's schema."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

WORKER, SECRETARY = "网格员03", "书记01"
"""User names without their prefix. They are taken from a community in the middle of the register."""


class Kind(StrEnum):
    """The kind of an operation, which decides its goal."""

    LIST = "list"
    OBJECT = "object"
    FIGURES = "figures"
    """A count or an overview. What PostGraphile cannot express is an SQL function with Tunping's statement there."""
    SEARCH = "search"
    """People by some characters of their names. The peers do not offer it."""
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``{new}``, ``{now}`` and ``{fresh}`` in its variables are replaced for each request."""

    name: str
    kind: Kind
    viewer: str
    query: str
    variables: tuple[str, ...] = ()
    """The names of its variables."""
    postgraphile: str = ""
    fresh: str = ""
    """A statement with a grid and a number as parameters. It makes that many rows and returns their ids."""


@dataclass(frozen=True, slots=True)
class Register:
    """Ids in the worker's grid, and the prefix of its community's user names."""

    prefix: str
    grid: UUID
    household: UUID
    appeal: UUID
    dispute: UUID

    def variables(self, operation: Operation, *, plain: bool = False) -> dict[str, Any]:
        """An operation's variables; with plain UUIDs for PostGraphile."""
        return {name: self._value(name, plain=plain) for name in operation.variables}

    def _value(self, name: str, *, plain: bool) -> Any:
        if name == "year":
            now = datetime.now(UTC)
            return {"openedBetween": {"startsAt": (now - timedelta(365)).isoformat(), "endsAt": now.isoformat()}}
        if name == "period":
            last = date.today()  # noqa: DTZ011  any half year will do
            return {"startsOn": str(last - timedelta(180)), "endsOn": str(last)}
        home = str(self.household) if plain else f"household_{self.household}"
        if name == "visit":
            told = {} if plain else {"mode": "PHONE", "note": "一切正常"}
            return {"id": "{new}" if plain else "visit_{new}", "household": home, "occurredAt": "{now}"} | told
        if name == "report":
            return {"id": "{new}" if plain else "appeal_{new}", "household": home, "body": "暖气不热，老人受不了"}
        if name == "step":
            return {"appeal": "{fresh}" if plain else "appeal_{fresh}"} | ({} if plain else {"act": "act_{new}"})
        uuid = getattr(self, name)
        return str(uuid) if plain else f"{name}_{uuid}"


_SUBMITTED = """insert into appeal select (jsonb_populate_record(a, jsonb_build_object(
        'id', gen_random_uuid(), 'receipt_code', left(replace(gen_random_uuid()::text, '-', ''), 16)))).*
    from appeal a, generate_series(1, $2)
    where a.id = (select id from appeal where grid_id = $1 and status = 'SUBMITTED' limit 1)
    returning id"""


OPERATIONS = (
    Operation(
        "my day",
        Kind.FIGURES,
        WORKER,
        """{ myDay(first: 100) { totalCount nodes { key colour firstMissedOn dueAt
            household { id address } resident { id name phone } } } }""",
    ),
    Operation(
        "doorstep",
        Kind.FIGURES,
        WORKER,
        """query($household: ID!) { doorstep(household: $household) {
            household { address residents { id name colours phone }
                visits(first: 3) { nodes { occurredAt mode note } } }
            duties { key colour state dueAt }
            openAppeals(first: 20) { totalCount nodes { id body statusLabel openedAt } } } }""",
        ("household",),
    ),
    Operation(
        "20 open appeals of a grid",
        Kind.LIST,
        WORKER,
        """query($grid: ID!) { appeals(first: 20, where: {grid: $grid, status: [SUBMITTED]}) { nodes {
            id category status body openedAt household { unit room building { number } } resident { name } } } }""",
        ("grid",),
        """query($grid: UUID!) { allAppeals(first: 20, condition: {gridId: $grid, status: "SUBMITTED"},
            orderBy: [OPENED_AT_DESC, ROW_ID_DESC]) { nodes { rowId category status body openedAt
            householdByHouseholdId { unit room buildingByBuildingId { number } } residentByResidentId { name } } } }""",
    ),
    Operation(
        "one appeal",
        Kind.OBJECT,
        WORKER,
        """query($appeal: ID!) { appeal(id: $appeal) { id kind category status body openedAt
            household { unit room building { number } } resident { name } } }""",
        ("appeal",),
        """query($appeal: UUID!) { appealByRowId(rowId: $appeal) { rowId kind category status body openedAt
            householdByHouseholdId { unit room buildingByBuildingId { number } } residentByResidentId { name } } }""",
    ),
    Operation(
        "one appeal with its timeline",
        Kind.OBJECT,
        WORKER,
        """query($appeal: ID!) { appeal(id: $appeal) { id kind category status body openedAt answer
            household { unit room building { number } } resident { name }
            timeline(first: 20) { nodes { kind occurredAt note actor { name } } } } }""",
        ("appeal",),
        """query($appeal: UUID!) { appealByRowId(rowId: $appeal) { rowId kind category status body openedAt answer
            householdByHouseholdId { unit room buildingByBuildingId { number } } residentByResidentId { name }
            journalsByAppealId(first: 20, orderBy: [ROW_ID_ASC]) { nodes {
                kind occurredAt note accountByActorId { name } } } } }""",
    ),
    Operation(
        "50 homes, who lives there, last visits",
        Kind.LIST,
        WORKER,
        """query($grid: ID!) { households(first: 50, where: {grid: $grid}) { nodes { id unit room
            residents { name sex phone } visits(first: 3) { nodes { occurredAt mode note } } } } }""",
        ("grid",),
        """query($grid: UUID!) { allHouseholds(first: 50, condition: {gridId: $grid},
            orderBy: [BUILDING_ID_ASC, UNIT_ASC, FLOOR_ASC, ROOM_ASC]) { nodes { rowId unit room
            residentsByHouseholdId { nodes { name sex phone } }
            visitsByHouseholdId(first: 3, orderBy: [OCCURRED_AT_DESC]) { nodes { occurredAt mode note } } } } }""",
    ),
    Operation(
        "50 visits of a grid",
        Kind.LIST,
        WORKER,
        """query($grid: ID!) { visits(first: 50, where: {grid: $grid}) { nodes { id mode occurredAt note worker { name }
            household { unit room building { number } } } } }""",
        ("grid",),
        """query($grid: UUID!) { allVisits(first: 50, condition: {gridId: $grid},
            orderBy: [OCCURRED_AT_DESC, ROW_ID_DESC]) { nodes { rowId mode occurredAt note accountByWorkerId { name }
            householdByHouseholdId { unit room buildingByBuildingId { number } } } } }""",
    ),
    Operation(
        "100 residents and how many",
        Kind.LIST,
        SECRETARY,
        """{ residents(first: 100) { totalCount pageInfo { hasNextPage endCursor } nodes { id name sex
            household { room building { number grid { name } } } } } }""",
        (),
        """{ allResidents(first: 100, orderBy: [ROW_ID_ASC]) { totalCount pageInfo { hasNextPage endCursor }
            nodes { rowId name sex
                householdByHouseholdId { room buildingByBuildingId { number gridByGridId { name } } } } } }""",
    ),
    Operation(
        "residents by name",
        Kind.SEARCH,
        SECRETARY,
        """{ residents(first: 20, where: {text: "王建"}) { nodes { id name household { address } } } }""",
    ),
    Operation(
        "residents by surname",
        Kind.SEARCH,
        SECRETARY,
        """{ search(text: "王") { residents(first: 20) { nodes { id name household { address } } } } }""",
    ),
    Operation(
        "20 disputes with their parties",
        Kind.LIST,
        SECRETARY,
        """{ disputes(first: 20) { totalCount nodes { id type level status title openedAt
            parties { role consent claim } } } }""",
        (),
        """{ allDisputes(first: 20, orderBy: [OPENED_AT_DESC, ROW_ID_DESC]) { totalCount
            nodes { rowId type level status title openedAt
            disputePartiesByDisputeIdAndGridId { nodes { role consent claim } } } } }""",
    ),
    Operation(
        "one dispute, parties and findings",
        Kind.OBJECT,
        SECRETARY,
        """query($dispute: ID!) { dispute(id: $dispute) { id type level status title facts openedAt mediator { name }
            parties { id role consent claim }
            findings(first: 20) { nodes { id place loss amount foundAt party { id role } } } } }""",
        ("dispute",),
        """query($dispute: UUID!) { disputeByRowId(rowId: $dispute) { rowId type level status title facts openedAt
            accountByMediatorId { name } disputePartiesByDisputeIdAndGridId { nodes { rowId role consent claim } }
            findingsByDisputeIdAndGridId(first: 20, orderBy: [FOUND_AT_ASC]) { nodes { rowId place loss amount foundAt
                disputePartyByPartyId { rowId role } } } } }""",
    ),
    Operation(
        "deep: community to residents",
        Kind.LIST,
        SECRETARY,
        """{ communities(first: 2) { nodes { name grids(first: 5) { nodes { name buildings(first: 4) { nodes { number
            households(first: 5) { nodes { room residents { name } } } } } } } } } }""",
        (),
        """{ allCommunities(first: 2) { nodes { name gridsByCommunityId(first: 5) { nodes { name
            buildingsByGridId(first: 4) { nodes { number householdsByBuildingId(first: 5) { nodes { room
            residentsByHouseholdId { nodes { name } } } } } } } } } } }""",
    ),
    Operation(
        "dashboard: counts and what is new",
        Kind.LIST,
        SECRETARY,
        """{ all: appeals(first: 10) { totalCount nodes { id category status body openedAt household { unit room } } }
            waiting: appeals(first: 1, where: {status: [SUBMITTED]}) { totalCount }
            mediating: disputes(first: 1, where: {status: [MEDIATING]}) { totalCount }
            residents(first: 1) { totalCount } households(first: 1) { totalCount } }""",
        (),
        """{ all: allAppeals(first: 10, orderBy: [OPENED_AT_DESC, ROW_ID_DESC]) { totalCount nodes {
                rowId category status body openedAt householdByHouseholdId { unit room } } }
            waiting: allAppeals(first: 1, condition: {status: "SUBMITTED"}) { totalCount }
            mediating: allDisputes(first: 1, condition: {status: "MEDIATING"}) { totalCount }
            allResidents(first: 1) { totalCount } allHouseholds(first: 1) { totalCount } }""",
    ),
    Operation(
        "weekly analysis",
        Kind.FIGURES,
        SECRETARY,
        """{ weeklyAnalysis { week visits(first: 1) { totalCount } appealsOpened(first: 1) { totalCount }
            problemsSolved(first: 1) { totalCount } byCategory { label opened { totalCount } }
            draggingAppeals(first: 20) { totalCount nodes { id body openedAt } } } }""",
    ),
    Operation(
        "statistics of half a year",
        Kind.FIGURES,
        SECRETARY,
        """query($period: DayRange!) { statistics(between: $period) {
            disputes { total successRate byType { label total } }
            directLine { total unresolved byCategory { label total }
                resolutionRate { numerator denominator rate } } } }""",
        ("period",),
    ),
    Operation(
        "appeals of a year by week and grid",
        Kind.FIGURES,
        SECRETARY,
        """query($year: AppealFilter) { appeals(where: $year) {
            countsBy(dimensions: [WEEK, GRID]) { count week grid { name } } } }""",
        ("year",),
        # All appeals are of this year. Groups have keys, so that the names of grids are asked for beside them.
        """{ allAppeals { groupedAggregates(groupBy: [OPENED_AT_TRUNCATED_TO_WEEK, GRID_ID]) {
            keys count { rowId } } } allGrids { nodes { rowId name } } }""",
    ),
    Operation(
        "a visit recorded",
        Kind.CHANGE,
        WORKER,
        """mutation($visit: RecordVisitInput!) { recordVisit(input: $visit) { visit { id occurredAt household { room } }
            errors { code message } } }""",
        ("visit",),
        """mutation($visit: PeerRecordVisitInput!) { peerRecordVisit(input: $visit) { result {
            rowId occurredAt householdByHouseholdId { room } } } }""",
    ),
    Operation(
        "an appeal opened",
        Kind.CHANGE,
        WORKER,
        """mutation($report: OpenAppealInput!) { openAppeal(input: $report) { appeal { id status household { room } }
            errors { code message } } }""",
        ("report",),
        """mutation($report: PeerOpenAppealInput!) { peerOpenAppeal(input: $report) { result {
            rowId status householdByHouseholdId { room } } } }""",
    ),
    Operation(
        "an appeal accepted",
        Kind.CHANGE,
        WORKER,
        """mutation($step: AcceptAppealInput!) { acceptAppeal(input: $step) { appeal { id status household { room } }
            errors { code message } } }""",
        ("step",),
        """mutation($step: PeerAcceptAppealInput!) { peerAcceptAppeal(input: $step) { result {
            rowId status householdByHouseholdId { room } } } }""",
        fresh=_SUBMITTED,
    ),
)
(YEAR,) = (each for each in OPERATIONS if each.name == "appeals of a year by week and grid")
READS = tuple(each for each in OPERATIONS if each.kind is not Kind.CHANGE)
ACTS = tuple(each for each in OPERATIONS if each.kind is Kind.CHANGE)
