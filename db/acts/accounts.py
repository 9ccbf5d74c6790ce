"""Acts on accounts, from the command line only: how one comes into being. Signing in is in db/sessions.py."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from db.accounts import PASSWORDS, Account, Assignment
from db.acts.calendar import today_in
from db.base import table
from db.places import Building, Community, Estate, Grid, Organisation
from db.transaction import Transaction
from rules.access import Role
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text
from rules.tokens import check_password
from rules.vocabulary import Word

_MOST_NAMED = 5
"""Places of one name that a refusal lists: a line of a terminal or two."""


class PlaceKind(Word):
    """The kinds of place a role can hold in."""

    COMMUNITY = "community", "社区"
    ESTATE = "estate", "小区"
    GRID = "grid", "网格"
    BUILDING = "building", "楼栋"
    ORGANISATION = "organisation", "单位"


HOLDS_IN: dict[Role, PlaceKind | None] = {
    **dict.fromkeys(Role, PlaceKind.COMMUNITY),
    Role.GRID_WORKER: PlaceKind.GRID,
    Role.GRID_LEADER: PlaceKind.ESTATE,
    Role.BUILDING_HEAD: PlaceKind.BUILDING,
    Role.PARTNER: PlaceKind.ORGANISATION,
    Role.CENTRE_MEDIATOR: PlaceKind.ORGANISATION,
    Role.ADMIN: None,
}

PlaceRow = Community | Estate | Grid | Building | Organisation


@dataclass(frozen=True, slots=True)
class PostScope:
    """Where a role is to hold, each place by its name, its number (a building) or its id.

    The role holds in the smallest kind that is given; the larger ones only say which of several is meant.
    """

    community: str | None = None
    estate: str | None = None
    grids: tuple[str, ...] = ()
    building: str | None = None
    organisation: str | None = None

    def kind(self) -> PlaceKind | None:
        """The smallest kind of place that is given."""
        given = {
            PlaceKind.ORGANISATION: self.organisation,
            PlaceKind.BUILDING: self.building,
            PlaceKind.GRID: self.grids,
            PlaceKind.ESTATE: self.estate,
            PlaceKind.COMMUNITY: self.community,
        }
        return next((kind for kind, names in given.items() if names), None)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to add, with its password by :func:`hash_password`, and where its role is to hold."""

    username: str
    name: str
    role: Role
    password_hash: str
    scope: PostScope


async def hash_password(password: str) -> str:
    """The hash of a new password. It takes up to 120 ms in a thread, so it comes before a transaction."""
    check_password(password, "password")
    return await asyncio.to_thread(PASSWORDS.hash, password)


async def add_account(tx: Transaction, new: NewAccount) -> Account:
    """Adds an account, whose role holds in the given places from today on."""
    check_fits(new.role, new.scope)
    account = Account(
        username=check_text(new.username, "username", limit=LINE_LIMIT),
        name=check_text(new.name, "name", limit=LINE_LIMIT),
        role=new.role,
        password_hash=new.password_hash,
    )
    posts = [await _post(tx, account, place) for place in await _places(tx, new.scope)]
    try:
        async with tx.savepoint():
            await tx.save(account, *posts)
    except asyncpg.UniqueViolationError as taken:
        raise invalid("用户名已被使用", "the user name is taken", "username") from taken
    return account


def check_fits(role: Role, scope: PostScope) -> None:
    """Each role holds in one kind of place: a worker's in grids, a leader's in an estate."""
    fitting = HOLDS_IN[role]
    if scope.kind() is fitting:
        return
    label = role.label
    if fitting is None:
        raise invalid(f"{label}不分片区", f"{role} holds everywhere, not in a place", "scope")
    needed = fitting.label
    raise invalid(f"{label}须指定{needed}", f"{role} needs a {fitting} and nothing smaller", fitting)


async def _post(tx: Transaction, account: Account, place: PlaceRow) -> Assignment:
    community_id = place.id if isinstance(place, Community) else place.community_id
    held = {} if isinstance(place, Community) else {f"{place.__tablename__}_id": place.id}
    starts_on = await today_in(tx, community_id)
    return Assignment(account_id=account.id, community_id=community_id, starts_on=starts_on, **held)


async def _places(tx: Transaction, scope: PostScope) -> Sequence[PlaceRow]:
    """The places of the smallest kind that is given, each looked for inside the larger ones."""
    levels: dict[type[PlaceRow], Sequence[str | None]] = {
        Community: [scope.community],
        Estate: [scope.estate],
        Grid: scope.grids,
        Building: [scope.building],
        Organisation: [scope.organisation],
    }
    inside: dict[str, list[UUID]] = {}
    found: dict[UUID, PlaceRow] = {}
    for model, names in levels.items():
        if any(names):
            places = [await _place(tx, model, name, inside) for name in names if name]
            found = {place.id: place for place in places}
            inside[f"{model.__tablename__}_id"] = list(found)
    return list(found.values())


async def _place(tx: Transaction, model: type[PlaceRow], wanted: str, inside: Mapping[str, Any]) -> PlaceRow:
    kind = str(model.__tablename__)
    within = {column: ids for column, ids in inside.items() if column in table(model).c}
    found: list[PlaceRow] = await tx.all(model, order=("id",), **_called(model, wanted), **within)
    if not found:
        raise Refusal(Code.NOT_FOUND, kind)
    if len(found) > 1:
        named = "、".join(f"{kind}_{place.id}" for place in found[:_MOST_NAMED])
        raise Refusal(Code.PLACE_UNCLEAR, kind, named=named)
    return found[0]


def _called(model: type[PlaceRow], wanted: str) -> dict[str, Any]:
    """The column that a place is told by: its id, or else the number of a building, the name of any other."""
    identity = _uuid(wanted.removeprefix(f"{model.__tablename__}_"))
    if identity:
        return {"id": identity}
    return {"number": _number(wanted)} if issubclass(model, Building) else {"name": wanted}


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _number(value: str) -> int:
    """The number in 3 or 3号楼; 0, which no building has, where there is none."""
    numbered = re.fullmatch(r"(\d{1,6})(号楼|栋)?", value)
    return int(numbered[1]) if numbered else 0
