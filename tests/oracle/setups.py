"""What a community still lacks, and whether a policy is a starting value, by plain loops over all rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from rules.access import Role, may_read
from rules.appeals import AppealCategory
from rules.setup_checks import SetupCode
from rules.vocabulary import Word
from schema.enum_names import name_of
from schema.languages import CHINESE, meaning_of
from tests.oracle.duties import PagedRows
from tests.oracle.paging import Order
from tests.oracle.rows import Row, label, read_id_of
from tests.oracle.sight import Sight

_CODES = list(SetupCode)


def _check(code: SetupCode, place: Row, name: str, category: str | None = None, **keys: Any) -> Row:
    values = {
        "code": code,
        "place": f"{place.table}_{place['id']}",
        "name": name,
        "category": category,
        "position": _CODES.index(code),
        "estate": "",
        "within": "",
        "key": f"{code}{place['id']}{category or ''}",
    }
    return Row("setup_check", "SetupCheck", values | keys)


def _holders(sight: Sight, role: Role, place: Row) -> list[Row]:
    """The accounts that are not disabled and hold the role in the place today."""
    accounts = {each["id"]: each for each in sight.world["account"]}
    posts = [each for each in sight.world["assignment"] if each[f"{place.table}_id"] == place["id"]]
    holders = [accounts[post["account_id"]] for post in posts if sight.is_current(post)]
    return [each for each in holders if each["role"] == role and each["disabled_at"] is None]


def _held(sight: Sight, role: Role, place: Row) -> bool:
    return bool(_holders(sight, role, place))


def _unreachable(sight: Sight, role: Role, place: Row) -> bool:
    holders = _holders(sight, role, place)
    return bool(holders) and all(each["phone"] is None for each in holders)


def _lacking(sight: Sight, _: Any, given: Mapping[str, Any]) -> list[Row]:
    community = sight.find("community", read_id_of("community", given["community"]))
    if community is None or not may_read(sight.viewer.role, "SetupCheck"):
        return []
    return [*_of_community(sight, community), *_of_places(sight, community)]


def _within(sight: Sight, table: str, community: Row) -> list[Row]:
    return [each for each in sight.world[table] if each["community_id"] == community["id"]]


def _of_community(sight: Sight, community: Row) -> Iterator[Row]:
    name = community["name"]
    lacks = {
        SetupCode.NO_SECRETARY: not _held(sight, Role.SECRETARY, community),
        SetupCode.NO_TELEPHONE: community["phone"] is None,
        SetupCode.NO_ESTATE: not _within(sight, "estate", community),
    }
    yield from (_check(code, community, name) for code, lack in lacks.items() if lack)
    answered = {each["category"] for each in _within(sight, "category_policy", community)}
    unanswered = [each for each in AppealCategory if each not in answered]
    yield from (_check(SetupCode.NO_ORGANISATION, community, name, each) for each in unanswered)


def _of_places(sight: Sight, community: Row) -> Iterator[Row]:
    estates = {each["id"]: each for each in _within(sight, "estate", community)}
    for estate in estates.values():
        yield from _of_estate(sight, estate)
    for grid in _within(sight, "grid", community):
        said = estates[grid["estate_id"]]["name"]
        if not _held(sight, Role.GRID_WORKER, grid):
            yield _check(SetupCode.NO_WORKER, grid, said + grid["name"], estate=said)
        if _unreachable(sight, Role.GRID_WORKER, grid):
            yield _check(SetupCode.NO_WORKER_PHONE, grid, said + grid["name"], estate=said)
    for building in _within(sight, "building", community):
        said = estates[building["estate_id"]]["name"]
        name, keys = said + building["name"], {"estate": said, "within": building["name_key"]}
        if not _held(sight, Role.BUILDING_HEAD, building):
            yield _check(SetupCode.NO_HEAD, building, name, **keys)
        if _unreachable(sight, Role.BUILDING_HEAD, building):
            yield _check(SetupCode.NO_HEAD_PHONE, building, name, **keys)
        if not any(home["building_id"] == building["id"] for home in sight.world["household"]):
            yield _check(SetupCode.NO_HOMES, building, name, **keys)


def _of_estate(sight: Sight, estate: Row) -> Iterator[Row]:
    has = {table: any(each["estate_id"] == estate["id"] for each in sight.world[table]) for table in _INSIDE}
    lacks = {
        SetupCode.NO_PARTY_BRANCH: not has["party_branch"],
        SetupCode.NO_LEADER: not _held(sight, Role.GRID_LEADER, estate),
        SetupCode.NO_GRID: not has["grid"],
    }
    yield from (_check(code, estate, estate["name"], estate=estate["name"]) for code, lack in lacks.items() if lack)


_INSIDE = ("party_branch", "grid")


def _nobody_set(_: Sight, row: Row, __: Any) -> bool:
    return row["set_by"] is None


def _categories(sight: Sight, row: Row, _: Any) -> list[Row]:
    found = [each for each in sight.rows("category_policy") if each["community_id"] == row["id"]]
    return sorted(found, key=lambda each: each["category"])


def _vocabulary() -> Iterator[dict[str, str]]:
    for enum in sorted(Word.__subclasses__(), key=lambda each: f"{each.__module__}.{each.__name__}"):
        for word in enum:
            if word.label and enum.__module__.startswith("rules."):
                yield {
                    "enum": name_of(enum),
                    "value": word.value,
                    "label": word.label,
                    "meaning": meaning_of(word, CHINESE),
                }


SETUP_PAGES = {
    ("Query", "setupChecks"): PagedRows(Order(("position", "estate", "within", "key")), _lacking, "setup_check"),
}
SETUPS: dict[tuple[str, str], Any] = {
    **{
        (each, "isStartingValue"): _nobody_set
        for each in ("VisitPolicy", "TimeLimitPolicy", "MediationPolicy", "SafetyLadder")
    },
    ("SetupCheck", "label"): lambda _, row, __: label(SetupCode, row["code"]),
    ("Community", "categories"): _categories,
    ("Query", "vocabulary"): lambda *_: [Row("word", "VocabularyWord", each) for each in _vocabulary()],
    ("CategoryPolicy", "label"): lambda _, row, __: label(AppealCategory, row["category"]),
}
