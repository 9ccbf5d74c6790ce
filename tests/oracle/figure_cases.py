"""Questions about statistics: each number, by each key, and the cases behind it."""

from collections.abc import Sequence

from rules.statistics import AppealFigure, DisputeFigure
from tests.oracle.cases import UNKNOWN, Case, filled

YEARS = """between: {startsOn: "2023-01-01", endsOn: "2024-12-31"}"""
_RATE = "{ numerator denominator rate }"
_APPEALS = f"""total unresolved overdue responseRate {_RATE} resolutionRate {_RATE}
    timelyResolutionRate {_RATE} satisfactionRate {_RATE}"""
_DISPUTES = """total oral written settled performed breached failed refused withdrawn pending closed mediated
    settledInGrid mediationRate successRate closedSuccessRate settledInGridShare"""
_APPEAL_NAMES = [each for each in AppealFigure if each is not AppealFigure.ALL]
_DISPUTE_NAMES = [each for each in DisputeFigure if each is not DisputeFigure.ALL]


def _cases(names: Sequence[AppealFigure | DisputeFigure]) -> str:
    return " ".join(f"{name.lower()}: cases(of: {name}, first: 3) {{ totalCount nodes {{ id }} }}" for name in names)


FIGURE_CASES: list[Case] = [
    Case(
        "all figures",
        f"""query($between: DayRange!) {{ statistics(between: $between) {{ disputes {{ {_DISPUTES} }}
        directLine {{ {_APPEALS} }} visits {{ total households premises attempts byMode {{ mode label count }} }}
        constructionSites {{ total matters openMatters }} }} }}""",
        lambda _: {"between": {"startsOn": "2023-01-01", "endsOn": "2024-12-31"}},
    ),
    Case(
        "disputes by everything",
        f"""{{ statistics({YEARS}) {{ disputes {{ byType {{ type label {_DISPUTES} }}
        byLevel {{ level label {_DISPUTES} }} byOrigin {{ origin label {_DISPUTES} }}
        byMonth {{ startsOn {_DISPUTES} }} }} }} }}""",
    ),
    Case(
        "the direct line by everything",
        f"""query($kinds: [AppealKind!]) {{ statistics({YEARS}) {{ directLine(kinds: $kinds) {{
        byKind {{ kind label {_APPEALS} }} byCategory {{ category label total }} byGrid {{ grid {{ name }} {_APPEALS} }}
        byOrganisation {{ organisation {{ name }} {_APPEALS} }} byMonth {{ startsOn {_APPEALS} }} }} }} }}""",
        lambda _: {"kinds": ["PROBLEM", "INQUIRY", "HELP"]},
    ),
    Case(
        "the appeals behind each number",
        f"{{ statistics({YEARS}) {{ directLine {{ cases {{ totalCount }} {_cases(_APPEAL_NAMES)} }} }} }}",
    ),
    Case(
        "the disputes behind each number",
        f"{{ statistics({YEARS}) {{ disputes {{ cases {{ totalCount }} {_cases(_DISPUTE_NAMES)} }} }} }}",
    ),
    Case(
        "the cases behind the numbers of groups",
        f"""{{ statistics({YEARS}) {{
        directLine {{ byCategory {{ cases(of: RATED, first: 2) {{ totalCount nodes {{ rating }} }} }}
            byGrid {{ cases(of: RESOLVED, last: 2) {{ nodes {{ id }} }} }}
            byKind {{ cases {{ totalCount }} }}
            byOrganisation {{ organisation {{ name }}
                cases(orderBy: OLDEST, first: 1) {{ totalCount nodes {{ openedAt }} }} }}
            byMonth {{ startsOn cases(of: TO_RESOLVE) {{ totalCount }} }} }}
        disputes {{ byType {{ cases(of: SETTLED, first: 2) {{ totalCount nodes {{ id }} }} }}
            byLevel {{ cases {{ totalCount }} }} byOrigin {{ cases(of: ORAL) {{ totalCount }} }}
            byMonth {{ startsOn cases(first: 2) {{ totalCount nodes {{ openedAt }} }} }} }} }} }}""",
    ),
    Case(
        "the cases behind a number, narrowed",
        f"""query($grid: ID!, $of: AppealFigure) {{ statistics({YEARS}) {{ directLine(kinds: []) {{ total }}
        all: directLine {{ cases(of: $of, where: {{ grid: $grid, category: [HEATING, OTHER] }}) {{
        totalCount nodes {{ id }} }} }} }} }}""",
        lambda pools: {"grid": pools.ids["grid"][0], "of": "RESOLVED_IN_TIME"},
    ),
    Case(
        "the figures of one day and one community",
        """query($day: Date!, $c: ID) {
        statistics(between: { startsOn: $day, endsOn: $day }, community: $c) { disputes { total successRate }
        visits { total households } directLine { total unresolved byMonth { startsOn cases { totalCount } } }
        constructionSites { total } } }""",
        lambda pools: {"day": "2023-11-05", "c": pools.ids["community"][0]},
    ),
    Case(
        "the figures of a community that is not there",
        filled(
            """{ statistics(between: { startsOn: "2023-01-01", endsOn: "2023-12-31" }, community: "community_<x>") {
            disputes { total byType { total } cases { totalCount } } constructionSites { total matters } } }""",
            x=UNKNOWN,
        ),
    ),
    Case(
        "groups without their total",
        f"""{{ statistics({YEARS}) {{
        visits {{ byMode {{ count }} }} disputes {{ byLevel {{ __typename }} }} directLine {{ __typename }} }} }}""",
    ),
    Case(
        "figures of a time when nothing was",
        """{ statistics(between: { startsOn: "1999-01-01", endsOn: "1999-01-02" }) {
        visits { byMode { count } } disputes { total successRate byType { total } byMonth { startsOn } }
        directLine { responseRate { numerator denominator rate } cases { nodes { id } } } } }""",
    ),
]
"""What must be answered."""
