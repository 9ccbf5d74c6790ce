"""Acts on calls for help: invites the nearest residents who agreed to be called upon, by text message."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from db import sql
from db.acts.calendar import today_in
from db.acts.journal import act, entry
from db.acts.places import PlaceInput, place_given
from db.acts.random_codes import ANSWER_LENGTH, random_code
from db.alerts import Alert
from db.base import Row, alias
from db.calls import HelpCall, Invitation, Message
from db.messages import queued
from db.people import Resident, ResidentColour, lives_here
from db.places import Building, Community, Estate, Grid, Household
from db.scope import Scope
from db.transaction import Transaction
from rules import alerts as rules
from rules.access import Act
from rules.alerts import CALLED_UPON, CLOSED, Priority
from rules.journal import EntryKind
from rules.people import Colour
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text

_AREAS: dict[str, type[Grid | Estate | Community]] = {"grid": Grid, "estate": Estate, "community": Community}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall(PlaceInput):
    """A call for help, at a home or a building, or in a whole grid, estate or community."""

    id: UUID
    what: str
    grid: UUID | None = None
    estate: UUID | None = None
    community: UUID | None = None
    colours: list[Colour] = field(default_factory=list)
    """CYAN, BLUE or both, which is the default."""
    skill: str | None = None
    """Part of the reason of the colour, such as 医生."""
    most: int = 20


@dataclass(frozen=True, slots=True)
class _Area:
    """Where residents are asked, and what of it is nearest to the matter."""

    community_id: UUID
    address: str
    grids: list[UUID]
    building_id: UUID | None = None
    unit: int | None = None
    household_id: UUID | None = None
    """A home that nobody is asked from."""


@act(Act.CALL_FOR_HELP)
async def call_for_help(tx: Transaction, new: NewCall) -> UUID:
    """Invites up to ``most`` residents near by who agreed to be called upon, the nearest first."""
    what = check_text(new.what, "what", limit=LINE_LIMIT)
    skill = check_optional(new.skill, "skill", limit=LINE_LIMIT)
    colours = new.colours or sorted(CALLED_UPON)
    rules.check_skills(colours, new.most)
    area = await _area_of(tx, new)
    is_one_grid = new.estate is None and new.community is None
    call = HelpCall(
        id=new.id,
        community_id=area.community_id,
        estate_id=new.estate,
        grid_id=area.grids[0] if is_one_grid else None,
        building_id=area.building_id,
        unit=area.unit,
        what=what,
        place=area.address,
        colours=sorted(colours),
        skill=skill,
        **tx.stamp("raised"),
    )
    near = await _near(tx, area, colours, skill, new.most)
    if not near:
        raise invalid("附近没有可召集的人", "colours")
    await tx.save(call, entry(tx, EntryKind.HELP_CALLED, call))
    message = partial(rules.call_message, await _name_of(tx, area), what, call.place)
    await _invite(tx, near, message, Priority.CALL, call_id=call.id)
    return new.id


async def _area_of(tx: Transaction, new: NewCall) -> _Area:
    """The area of a call. Raises NOT_FOUND unless the viewer sees the place and works in all of it."""
    given = [name for name in _AREAS if getattr(new, name) is not None]
    at_home = new.household is not None or new.building is not None
    if len(given) + at_home != 1:
        raise invalid("请写明一个地点", "building")
    return await _whole_area(tx, given[0], getattr(new, given[0])) if given else await _area_around(tx, new)


async def _whole_area(tx: Transaction, name: str, uuid: UUID) -> _Area:
    place = await tx.find(_AREAS[name], uuid, name)
    own: dict[str, Any] = {"id" if name == "grid" else f"{name}_id": uuid}
    grids = [each.id for each in await tx.all(Grid, order=("id",), **own)]
    if not await tx.value(_covered, named=grids):
        raise Refusal(Code.NOT_FOUND, name)
    return _Area(place.id if isinstance(place, Community) else place.community_id, place.name, grids)


def _covered(scope: Scope) -> sql.Select:
    return sql.select(sql.parameter("named", sql.array_of(sql.UUID)).op("<@")(scope.grids))


async def _area_around(tx: Transaction, new: PlaceInput) -> _Area:
    where = await place_given(tx, new)
    assert where is not None
    building = await tx.get(Building, id=where.building_id)
    home = await tx.get(Household, id=where.household_id) if where.household_id else None
    address = building.address(where.unit, home.room if home else "")
    return _Area(where.community_id, address, [where.grid_id], building.id, where.unit, where.household_id)


async def area_of_alert(tx: Transaction, alert: Alert) -> _Area:
    """The grid around the home of an alert."""
    building = await tx.get(Building, id=alert.building_id)
    home = await tx.get(Household, id=alert.household_id)
    address = building.address(home.unit, home.room)
    return _Area(alert.community_id, address, [alert.grid_id], building.id, home.unit, home.id)


async def _name_of(tx: Transaction, area: _Area) -> str:
    community = await tx.get(Community, id=area.community_id)
    return community.name


async def _near(
    tx: Transaction, area: _Area, colours: Sequence[Colour], skill: str | None, most: int
) -> Sequence[Resident]:
    """Adults of the area with a telephone who hold one of the colours: first the same unit, then the same building."""
    wanted: dict[str, Any] = {"colours": list(colours), "skill": skill or "", "most": most}
    born_on = rules.youngest_born_on(await today_in(tx, area.community_id))
    place = {name: getattr(area, name) for name in ("grids", "building_id", "unit", "household_id")}
    return await tx.read(Resident, _holders, **place, **wanted, born_on=born_on)


def _holders(_: Scope) -> sql.Select:
    """Adults of some grids with a telephone who hold a colour for a skill, the nearest to a place first."""
    resident, colour, home = alias(Resident), alias(ResidentColour), alias(Household)
    holds = sql.exists(colour).where(
        colour.c.resident_id == resident.c.id,
        colour.c.colour == sql.any_(sql.parameter("colours", sql.array_of(sql.TEXT))),
        colour.c.removed_at.is_(None),
        sql.func.strpos(sql.func.coalesce(colour.c.reason, ""), sql.parameter("skill", sql.TEXT)) > 0,
    )
    same_building = resident.c.building_id == sql.parameter("building_id", sql.UUID)
    same_unit = sql.and_(same_building, home.c.unit == sql.parameter("unit", sql.INTEGER))
    household = sql.parameter("household_id", sql.UUID)
    adult = sql.or_(resident.c.born_on.is_(None), resident.c.born_on <= sql.parameter("born_on", sql.DATE))
    inside = resident.c.grid_id == sql.any_(sql.parameter("grids", sql.array_of(sql.UUID)))
    return (
        sql.select(*resident.c)
        .from_(resident.join(home, home.c.id == resident.c.household_id))
        .where(inside, holds, adult, lives_here(resident.c), resident.c.phone.is_not(None))
        .where(sql.not_(home.c.id.is_not_distinct_from(household)))
        .order_by(sql.case((same_unit, 0), (same_building, 1), else_=2), resident.c.id)
        .limit(sql.parameter("most", sql.INTEGER))
    )


async def invite_neighbours(tx: Transaction, alert: Alert, *, urgent: bool) -> int:
    """Invites residents of the building who agreed to be called upon to knock at the door of an alert."""
    area = await area_of_alert(tx, alert)
    near = await _near(tx, area, sorted(CALLED_UPON), None, rules.MOST_NEIGHBOURS)
    neighbours = [each for each in near if each.building_id == alert.building_id]
    message = partial(rules.neighbour_message, await _name_of(tx, area), area.address, urgent=urgent)
    priority = Priority.URGENT if urgent else Priority.ALERT
    await _invite(tx, neighbours, message, priority, alert_id=alert.id)
    return len(neighbours)


async def urge_neighbours(tx: Transaction, alert: Alert) -> list[Message]:
    """Messages to the neighbours who were invited before: the resident needs help."""
    area, invited = await area_of_alert(tx, alert), await tx.all(Invitation, order=("id",), alert_id=alert.id)
    people = {each.id: each for each in await tx.all(Resident, id=[each.resident_id for each in invited])}
    message = partial(rules.neighbour_message, await _name_of(tx, area), area.address, urgent=True)
    phones = {each.id: people[each.resident_id].phone for each in invited}
    return [
        queued(tx, phone, message(each.answer_code), Priority.URGENT, invitation_id=each.id)
        for each in invited
        if (phone := phones[each.id])
    ]


async def _invite(
    tx: Transaction, residents: Sequence[Resident], message: Callable[[str], str], priority: Priority, **reason: UUID
) -> None:
    """Saves invitations and their messages by one statement. ``message`` makes the text for an answer code."""
    rows: list[Row] = []
    for resident in residents:
        code = random_code(ANSWER_LENGTH)
        person: dict[str, Any] = {"grid_id": resident.grid_id, "resident_id": resident.id}
        invitation = Invitation(**person, answer_code=code, invited_at=tx.now, **reason)
        assert resident.phone is not None
        rows += (invitation, queued(tx, resident.phone, message(code), priority, invitation_id=invitation.id))
    await tx.save(*rows)


@dataclass(frozen=True, slots=True)
class Closing:
    call: UUID
    act: UUID | None = None


@act(Act.CALL_FOR_HELP, key="act", again="call")
async def close_call(tx: Transaction, given: Closing) -> UUID:
    """Closes a call, which takes no more answers."""
    call = await tx.find(HelpCall, given.call, "call", lock=True)
    if call.closed_at is not None:
        raise Refusal(Code.WRONG_STATE, "call", status=CLOSED)
    call.closed_by, call.closed_at = tx.viewer.account_id, tx.now
    await tx.save(call, entry(tx, EntryKind.HELP_CLOSED, call))
    return call.id
