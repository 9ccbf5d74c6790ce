"""Acts on accounts: how one comes into being. Signing in is in db/sessions.py."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.accounts import PASSWORDS, Account, Assignment
from db.places import Building, Community, Estate, Grid, Organisation
from rules.access import ROLE_LABELS, Role
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_text
from rules.tokens import check_password

class PlaceKind(StrEnum):
    """The kinds of place a role can hold in."""

    COMMUNITY = "community"
    ESTATE = "estate"
    GRID = "grid"
    BUILDING = "building"
    ORGANISATION = "organisation"


KIND_LABELS: dict[PlaceKind, str] = {
    PlaceKind.COMMUNITY: "社区",
    PlaceKind.ESTATE: "小区",
    PlaceKind.GRID: "网格",
    PlaceKind.BUILDING: "楼栋",
    PlaceKind.ORGANISATION: "单位",
}

HOLDS_IN: dict[Role, PlaceKind | None] = {
    **dict.fromkeys(Role, PlaceKind.COMMUNITY),
    Role.GRID_WORKER: PlaceKind.GRID,
    Role.GRID_LEADER: PlaceKind.ESTATE,
    Role.BUILDING_HEAD: PlaceKind.BUILDING,
    Role.PARTNER: PlaceKind.ORGANISATION,
    Role.CENTRE_MEDIATOR: PlaceKind.ORGANISATION,
    Role.ADMIN: None,
}


@dataclass(frozen=True, slots=True)
class Scope:
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


Place = Community | Estate | Grid | Building | Organisation


async def add_account(
    session: AsyncSession,
    *,
    username: str,
    name: str,
    role: Role,
    password: str,
    scope: Scope,
    now: datetime,
) -> Account:
    """A new account, whose role holds in ``scope`` from today on."""
    check_fits(role, scope)
    check_password(password, "password")
    account = Account(
        username=check_text(username, "username", limit=LINE_LIMIT),
        name=check_text(name, "name", limit=LINE_LIMIT),
        role=role,
        password_hash=await asyncio.to_thread(PASSWORDS.hash, password),
    )
    places = await _places(session, scope)
    await _insert(session, account)
    for place in places:
        session.add(await _assignment(session, account, place, now))
    return account


def check_fits(role: Role, scope: Scope) -> None:
    """Each role holds in one kind of place: a worker's in grids, a leader's in an estate."""
    fitting = HOLDS_IN[role]
    if scope.kind() is fitting:
        return
    label = ROLE_LABELS[role]
    if fitting is None:
        raise invalid(f"{label}不分片区", f"{role} holds everywhere, not in a place", "scope")
    needed = KIND_LABELS[fitting]
    raise invalid(f"{label}须指定{needed}", f"{role} needs a {fitting} and nothing smaller", fitting)


async def _insert(session: AsyncSession, account: Account) -> None:
    try:
        async with session.begin_nested():
            session.add(account)
    except IntegrityError as taken:
        raise invalid("用户名已被使用", "the user name is taken", "username") from taken


async def _assignment(session: AsyncSession, account: Account, place: Place, now: datetime) -> Assignment:
    community_id = place.id if isinstance(place, Community) else place.community_id
    community = await session.get_one(Community, community_id)
    return Assignment(
        account_id=account.id,
        community_id=community_id,
        estate_id=place.id if isinstance(place, Estate) else None,
        grid_id=place.id if isinstance(place, Grid) else None,
        building_id=place.id if isinstance(place, Building) else None,
        organisation_id=place.id if isinstance(place, Organisation) else None,
        starts_on=now.astimezone(ZoneInfo(community.time_zone)).date(),
    )


async def _places(session: AsyncSession, scope: Scope) -> Sequence[Place]:
    """The places of the smallest kind that is given, each looked for inside the larger ones."""
    levels: dict[type[Place], Sequence[str | None]] = {
        Community: [scope.community],
        Estate: [scope.estate],
        Grid: scope.grids,
        Building: [scope.building],
        Organisation: [scope.organisation],
    }
    inside: dict[str, list[UUID]] = {}
    found: dict[UUID, Place] = {}
    for model, names in levels.items():
        if any(names):
            places = [await _one(session, model, name, inside) for name in names if name]
            found = {place.id: place for place in places}
            inside[f"{model.__tablename__}_id"] = list(found)
    return list(found.values())


async def _one(session: AsyncSession, model: type[Place], wanted: str, inside: Mapping[str, Sequence[UUID]]) -> Place:
    kind = str(model.__tablename__)
    within = [getattr(model, column).in_(ids) for column, ids in inside.items()]
    query = select(model).where(_called(model, wanted), *within).limit(5)
    found = cast(Sequence[Place], (await session.exec(query)).all())
    if not found:
        raise Refusal(Code.NOT_FOUND, kind)
    if len(found) > 1:
        raise Refusal(Code.PLACE_UNCLEAR, kind, named="、".join(f"{kind}_{place.id}" for place in found))
    return found[0]


def _called(model: type[Place], wanted: str) -> sa.ColumnElement[bool]:
    """By id, or by what people call the place: a building by its number, all others by their names."""
    identity = _uuid(wanted.removeprefix(f"{model.__tablename__}_"))
    if identity:
        return col(model.id) == identity
    if issubclass(model, Building):
        return col(Building.number) == _number(wanted)
    return col(model.name) == wanted


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _number(value: str) -> int:
    """The number in 3 or 3号楼; 0, which no building has, where there is none."""
    numbered = re.fullmatch(r"(\d{1,6})(号楼|栋)?", value)
    return int(numbered[1]) if numbered else 0
