"""The gaps in the set-up of a community, as rows: a code, and the place that lacks something."""

from collections.abc import Callable

from db import sql
from db.accounts import Account
from db.appeals import CategoryPolicy
from db.base import alias
from db.holding import POST
from db.places import Building, Community, Estate, Grid, Household, PartyBranch
from db.scope import Condition
from db.sql import Column
from rules.access import Role
from rules.appeals import AppealCategory
from rules.setup_checks import SetupCode

Chosen = Callable[[sql.From], Condition]
"""The condition for the community."""
_CODES = list(SetupCode)


def lacking(chosen: Chosen) -> sql.Select:
    """Rows with ``code``, ``place`` (the kind of place), ``place_id``, ``name``, ``category`` and the keys of an order.

    The order is by ``position``, which is that of the codes, ``estate``, ``within`` and ``key``, which is unique.
    """
    parts = (_of_community(chosen), _of_estates(chosen), _of_grids(chosen), _of_buildings(chosen), _categories(chosen))
    found = sql.union_all(*(part for each in parts for part in each)).subquery("lack")
    known = {name: found.c[name] for name in found.c.types}
    texts = {name: known[name].collate("C").label(name) for name in ("estate", "within", "key")}
    return sql.select(*(texts.get(name, each) for name, each in known.items())).from_(found)


def _text(value: str) -> Column:
    return sql.cast(sql.raw(sql.quote(value)), sql.TEXT)


_NOTHING, _NO_CATEGORY = _text(""), sql.cast(sql.NULL, sql.TEXT)


def _row(
    code: SetupCode,
    place: sql.From,
    name: Column,
    estate: Column = _NOTHING,
    within: Column = _NOTHING,
    category: Column = _NO_CATEGORY,
) -> sql.Select:
    """A part of the rows, to be narrowed down to the places that lack it."""
    return sql.select(
        _text(code).label("code"),
        _text(place.stem).label("place"),
        place.c.id.label("place_id"),
        name.label("name", sql.TEXT),
        category.label("category"),
        sql.cast(sql.raw(str(_CODES.index(code))), sql.INTEGER).label("position"),
        estate.label("estate", sql.TEXT),
        within.label("within", sql.TEXT),
        sql.func.concat(_text(code), sql.cast(place.c.id, sql.TEXT), category).label("key", sql.TEXT),
    )


def _held(role: Role, place: sql.From) -> Condition:
    """True if somebody holds the role in the place today."""
    return sql.exists(POST).where(POST.c[f"{place.stem}_id"] == place.c.id, POST.c.role == role)


def _unreachable(role: Role, place: sql.From) -> Condition:
    """True if somebody holds the role in the place today, and none of them has a telephone."""
    account = alias(Account)
    reached = sql.exists(POST.join(account, account.c.id == POST.c.account_id)).where(
        POST.c[f"{place.stem}_id"] == place.c.id, POST.c.role == role, account.c.phone.is_not(None)
    )
    return sql.and_(_held(role, place), sql.not_(reached))


def _of_community(chosen: Chosen) -> list[sql.Select]:
    t, estate = alias(Community), alias(Estate)
    lacks = {
        SetupCode.NO_SECRETARY: sql.not_(_held(Role.SECRETARY, t)),
        SetupCode.NO_TELEPHONE: t.c.phone.is_(None),
        SetupCode.NO_ESTATE: sql.not_(sql.exists(estate).where(estate.c.community_id == t.c.id)),
    }
    return [_row(code, t, t.c.name).from_(t).where(chosen(t), lack) for code, lack in lacks.items()]


def _of_estates(chosen: Chosen) -> list[sql.Select]:
    t, community, branch, grid = alias(Estate), alias(Community), alias(PartyBranch), alias(Grid)
    lacks = {
        SetupCode.NO_PARTY_BRANCH: sql.not_(sql.exists(branch).where(branch.c.estate_id == t.c.id)),
        SetupCode.NO_LEADER: sql.not_(_held(Role.GRID_LEADER, t)),
        SetupCode.NO_GRID: sql.not_(sql.exists(grid).where(grid.c.estate_id == t.c.id)),
    }
    joined = t.join(community, community.c.id == t.c.community_id)
    rows = {code: _row(code, t, t.c.name, estate=t.c.name) for code in lacks}
    return [rows[code].from_(joined).where(chosen(community), lack) for code, lack in lacks.items()]


def _of_grids(chosen: Chosen) -> list[sql.Select]:
    t, estate, community = alias(Grid), alias(Estate), alias(Community)
    joined = t.join(estate, estate.c.id == t.c.estate_id).join(community, community.c.id == t.c.community_id)
    lacks = {
        SetupCode.NO_WORKER: sql.not_(_held(Role.GRID_WORKER, t)),
        SetupCode.NO_WORKER_PHONE: _unreachable(Role.GRID_WORKER, t),
    }
    name = sql.func.concat(estate.c.name, t.c.name)
    rows = {code: _row(code, t, name, estate=estate.c.name) for code in lacks}
    return [rows[code].from_(joined).where(chosen(community), lack) for code, lack in lacks.items()]


def _of_buildings(chosen: Chosen) -> list[sql.Select]:
    t, estate, community, home = alias(Building), alias(Estate), alias(Community), alias(Household)
    lacks = {
        SetupCode.NO_HEAD: sql.not_(_held(Role.BUILDING_HEAD, t)),
        SetupCode.NO_HEAD_PHONE: _unreachable(Role.BUILDING_HEAD, t),
        SetupCode.NO_HOMES: sql.not_(sql.exists(home).where(home.c.building_id == t.c.id)),
    }
    joined = t.join(estate, estate.c.id == t.c.estate_id).join(community, community.c.id == t.c.community_id)
    name = sql.func.concat(estate.c.name, t.c.name)
    rows = {code: _row(code, t, name, estate=estate.c.name, within=t.c.name_key) for code in lacks}
    return [rows[code].from_(joined).where(chosen(community), lack) for code, lack in lacks.items()]


def _categories(chosen: Chosen) -> list[sql.Select]:
    """Of a category without a row, nobody has said who answers. One without an organisation is the community's own."""
    t, policy = alias(Community), alias(CategoryPolicy)
    codes = sql.array([*map(str, AppealCategory)], sql.TEXT)
    category = sql.rows_of(sql.func.unnest(codes), "category", {"code": sql.TEXT})
    same = policy.c.community_id == t.c.id, sql.cast(policy.c.category, sql.TEXT) == category.c.code
    row = _row(SetupCode.NO_ORGANISATION, t, t.c.name, category=category.c.code)
    return [row.from_(t.join(category, sql.TRUE)).where(chosen(t), sql.not_(sql.exists(policy).where(*same)))]
