"""Hand-written queries for the weekly analysis."""

from tests.oracle.cases import UNKNOWN, Case, filled

_WHOLE = """{ weeklyAnalysis(week: "<week>") { ...Week previous { ...Week previous { week visits { totalCount } } } } }
    fragment Week on WeeklyAnalysis { week startsOn endsOn startsAt endsAt countedAt community { name }
        visits(first: 5) { totalCount nodes { id } } visitsRecordedLater { totalCount nodes { id } }
        attempts { totalCount nodes { id } } premisesVisited { totalCount nodes { id } }
        householdsVisited(first: 5) { totalCount nodes { id } } appealsOpened { totalCount nodes { id } }
        problemsSolved { totalCount nodes { id } } disputesOpened { totalCount nodes { id } }
        disputesSettled { totalCount nodes { id } } draggingAppeals { totalCount nodes { id } }
        draggingDisputes { totalCount nodes { id } } }"""
_PARTS = """{ weeklyAnalysis(week: "<week>") {
    byCategory { category label isNew opened { totalCount nodes { id } } openedBefore { totalCount }
        solved { totalCount } solvedBefore { totalCount } }
    byKind { kind label opened { totalCount } solved { totalCount } }
    byBuilding { building { number } isNew opened { totalCount } solved { totalCount } }
    byDisputeType { type label isNew opened { totalCount } openedBefore { totalCount }
        settled { totalCount nodes { id } } settledBefore { totalCount } }
    byLevel { level label appeals { totalCount nodes { id } } appealsBefore { totalCount }
        disputes { totalCount nodes { id } } disputesBefore { totalCount } } } }"""
_WORKERS = """{ weeklyAnalysis(week: "<week>") { workers { worker { username } grids { name }
    days { workedOn householdsVisited { totalCount nodes { id } } disputesCollected { totalCount }
        premisesVisited { totalCount } attempts { totalCount nodes { id } }
        problemsSolved { totalCount } }
    householdsVisited { totalCount } premisesVisited { totalCount } attempts { totalCount }
    disputesCollected { totalCount nodes { id } }
    problemsSolved { totalCount nodes { id } } } } }"""
_DUTY = """{ weeklyAnalysis(week: "<week>") { duty { colour colourLabel owed { totalCount nodes { key state } }
    done { totalCount } late { totalCount nodes { key } } missed { totalCount nodes { key } } due { totalCount }
    paused { totalCount nodes { key } } } } }"""
WEEKS = ("2023-W44", "2023-W48", "2023-W52", "2024-W01")

WEEK_CASES = [
    *(Case(f"the numbers of {week}", filled(_WHOLE, week=week)) for week in WEEKS),
    *(Case(f"{week} by category, place and level", filled(_PARTS, week=week)) for week in WEEKS),
    *(Case(f"the workers' days of {week}", filled(_WORKERS, week=week)) for week in WEEKS),
    *(Case(f"the duties of {week}", filled(_DUTY, week=week)) for week in WEEKS),
    Case("the last week of a year of 53", filled(_WHOLE, week="2020-W53")),
    Case("this week", "{ weeklyAnalysis { week startsOn visits { totalCount } byCategory { label } } }"),
    Case(
        "what has been open for some days",
        """{ weeklyAnalysis(week: "2023-W48") { few: draggingAppeals(days: 1) { totalCount nodes { openedAt } }
        draggingAppeals(days: 3, last: 2) { edges { cursor node { id } } pageInfo { hasPreviousPage } }
        draggingDisputes(days: 1) { totalCount nodes { id } } } }""",
    ),
    Case(
        "parts of a week",
        """query($id: ID!) { weeklyAnalysis(week: "2023-W48", community: $id) { community { id }
        visits(where: { mode: [PHONE] }) { totalCount } appealsOpened(where: { kind: [HELP, INQUIRY] }) { totalCount }
        disputesOpened(where: { pending: true }) { totalCount } } }""",
        lambda pools: {"id": pools.ids["community"][1]},
    ),
    Case(
        "the week of a community that is not there",
        filled('{ weeklyAnalysis(week: "2023-W48", community: "community_<x>") { week } }', x=UNKNOWN),
    ),
]
"""What must be answered."""
