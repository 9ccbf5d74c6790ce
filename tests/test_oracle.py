"""What the compiler answers by one statement is what graphql-core answers over the same rows."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from schema.schema import sdl
from tests.oracle import documents
from tests.oracle.activity_cases import ACTIVITY_CASES
from tests.oracle.cases import CASES, Case
from tests.oracle.code_cases import CODE_CASES
from tests.oracle.count_cases import COUNT_CASES, FILTER_CASES
from tests.oracle.figure_cases import FIGURE_CASES
from tests.oracle.generated import SUBJECTS, VARYING, Pools, Query, generated_queries
from tests.oracle.life_cases import LIFE_CASES
from tests.oracle.mediation_cases import MEDIATION_CASES
from tests.oracle.receipt_cases import RECEIPT_CASES
from tests.oracle.refusals import REFUSED
from tests.oracle.roster_cases import ROSTER_CASES
from tests.oracle.setup_cases import SETUP_CASES
from tests.oracle.sides import Sides
from tests.oracle.site_cases import SITE_CASES
from tests.oracle.ways import ways
from tests.oracle.week_cases import WEEK_CASES
from tests.oracle.wish_cases import WISH_CASES
from tests.runs import long

VIEWERS = (
    "grid_worker",
    "grid_leader",
    "building_head",
    "community_staff",
    "admin",
    "nobody",
    "former_staff",
    "former_building_head",
)
LIFE_VIEWERS = ("grid_worker", "nobody", *long("partner", "building_head", "secretary"))
LISTS = (
    "communities",
    "estates",
    "grids",
    "buildings",
    "households",
    "residents",
    "premises",
    "organisations",
    "visits",
    "appeals",
    "disputes",
)
EXAMPLES, COMPARED = 140, 112
"""Documents generated for each subject, and how many of them must get data: more than 2,000 in all."""
COSTLY = {"duties": (120, 95), "places": (100, 75), "weeks": (120, 80), "weeks_of_duty": (60, 40)}
"""The same for subjects whose documents cost several times as much: they go through days, or through all types."""
SOME, EVERYTHING = (slice(None, None, 3), slice(1)), (slice(None), slice(None))
"""Of the checked-in documents and their viewers: every third document for its first viewer, and everything."""
CHEAP = [each for each in SUBJECTS if each not in COSTLY]


@pytest.fixture(scope="module")
def sides(small_url: str) -> Iterator[Sides]:
    """Tunping and the oracle over the small communities."""
    opened = Sides.open(small_url)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def pools(sides: Sides) -> Pools:
    """Ids, cursors and codes that occur."""
    return Pools.of(sides.world)


def _named(case: Case) -> str:
    return case.says


def _seen() -> Iterator[Any]:
    """Yields all cases for all viewers; in the short run each case for one of them, in turn."""
    for number, case in enumerate(
        [*CASES, *FIGURE_CASES, *COUNT_CASES, *FILTER_CASES, *CODE_CASES, *RECEIPT_CASES, *ROSTER_CASES, *WEEK_CASES]
    ):
        for at, viewer in enumerate(VIEWERS):
            marks = () if at == number % len(VIEWERS) else pytest.mark.long
            yield pytest.param(case, viewer, marks=marks, id=f"{viewer}-{case.says}")


@pytest.mark.parametrize(("case", "viewer"), list(_seen()))
def test_answers_alike(sides: Sides, pools: Pools, case: Case, viewer: str) -> None:
    assert sides.check(case.query, case.variables(pools), viewer) is not None


@pytest.mark.parametrize(
    "case", [*LIFE_CASES, *WISH_CASES, *MEDIATION_CASES, *SITE_CASES, *ACTIVITY_CASES, *SETUP_CASES], ids=_named
)
@pytest.mark.parametrize("viewer", LIFE_VIEWERS)
def test_answers_alike_about_the_life_of_appeals_and_wishes(
    sides: Sides, pools: Pools, case: Case, viewer: str
) -> None:
    assert sides.check(case.query, case.variables(pools), viewer) is not None


@pytest.mark.parametrize("case", REFUSED, ids=_named)
@pytest.mark.parametrize("viewer", ["community_staff", "nobody"])
def test_refuses_alike(sides: Sides, pools: Pools, case: Case, viewer: str) -> None:
    assert sides.check(case.query, case.variables(pools), viewer) is None


@pytest.mark.parametrize("size", [3, *long(1, 7)])
@pytest.mark.parametrize("name", LISTS)
def test_walks_through_a_whole_list_in_both_directions(sides: Sides, name: str, size: int) -> None:
    there = _walk(sides, name, "first", "after", size)
    back = _walk(sides, name, "last", "before", size)
    whole = sides.check(f"{{ {name}(first: 100) {{ nodes {{ id }} }} }}")
    assert there == back[::-1] == [each["id"] for each in whole[name]["nodes"]] != []


def _walk(sides: Sides, name: str, count: str, side: str, size: int) -> list[str]:
    """The ids of a list as they come, page by page."""
    found: list[str] = []
    query = f"""query($cursor: String) {{ {name}({count}: {size}, {side}: $cursor) {{ edges {{ cursor node {{ id }} }}
        pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} totalCount }} }}"""
    cursor, more = None, True
    while more:
        page = sides.check(query, {"cursor": cursor})[name]
        ids = [edge["node"]["id"] for edge in page["edges"]]
        found += ids if count == "first" else ids[::-1]
        info = page["pageInfo"]
        more = info["hasNextPage" if count == "first" else "hasPreviousPage"]
        cursor = info["endCursor" if count == "first" else "startCursor"]
    return found


def test_past_duties_of_a_grid_remain_when_a_resident_has_moved_away(sides: Sides) -> None:
    """They follow from the colours, also of somebody whom the worker does not see any more."""
    query = '{ compliance(between: {startsOn: "2023-12-01", endsOn: "2023-12-28"}) { colour owed missed } }'
    assert sides.check(query, viewer="grid_worker")["compliance"]


def test_chooses_the_operation_by_its_name(sides: Sides) -> None:
    both = "query One { me { name } } query Two { me { id } }"
    (answer,) = sides.check(both, operation_name="Two").values()
    assert list(answer) == ["id"]


@pytest.mark.parametrize(
    "part", [(slice(None, None, 3), slice(1)), *long((slice(None), slice(None)))], ids=["some", "all"]
)
@pytest.mark.parametrize("subject", [documents.WHOLE, *CHEAP, *long(*COSTLY)])
def test_answers_the_checked_in_documents_alike(sides: Sides, subject: str, part: tuple[slice, slice]) -> None:
    some, viewers = part
    for document in documents.read(subject)[some]:
        for viewer in document.viewers[viewers]:
            answer = sides.check(document.query, document.variables, viewer)
            assert (answer is None) is document.refused, documents.STALE


def test_the_checked_in_documents_select_every_field(sides: Sides) -> None:
    schema = sides.oracle.schema
    kept = [document for document in documents.read(documents.WHOLE) if not document.refused]
    selected = {name for document in kept for name in documents.asked(schema, document.query)}
    every = {
        f"{way.type.name}.{name}" for way in ways(schema, VARYING) for name in way.type.fields if name not in VARYING
    }
    assert every - selected == set(), documents.STALE


@pytest.mark.long
@pytest.mark.parametrize("subject", SUBJECTS)
def test_answers_fresh_documents_alike(sides: Sides, subject: str) -> None:
    before = sides.compared
    examples, compared = COSTLY.get(subject, (EXAMPLES, COMPARED))

    @settings(
        max_examples=examples,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(generated_queries(sdl(), sides.world, subject), st.sampled_from(sorted(sides.viewers)))
    def check(query: Query, viewer: Any) -> None:
        sides.check(*query, viewer)

    check()
    assert sides.compared - before >= compared
