"""Acts on calls for help: invites the nearest residents who agreed to be called upon, by text message."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from db import sql
from db.acts.calendar import today_in
from db.acts.journal import act, entry
from db.acts.places import Place, PlaceInput, place_given
from db.acts.random_codes import ANSWER_LENGTH, random_code
from db.alerts import Alert
from db.base import Row, alias
from db.calls import HelpCall, Invitation, Message
from db.people import Resident, ResidentColour, lives_here
from db.places import Building, Household
from db.scope import Scope
from db.transaction import Transaction
from rules import alerts as rules
from rules.access import Act
from rules.alerts import CALLED_UPON, CLOSED
from rules.journal import EntryKind
from rules.people import Colour
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall(PlaceInput):
    id: UUID
    what: str
    colours: list[Colour] = field(default_factory=list)
    """CYAN, BLUE or both, which is the default."""
    skill: str | None = None
    """Part of the reason of the colour, such as 医生."""
    most: int = 20


@act(Act.CALL_FOR_HELP)
async def call_for_help(tx: Transaction, new: NewCall) -> UUID:
    """Invites up to ``most`` residents near by who agreed to be called upon, the nearest first."""
    colours = new.colours or sorted(CALLED_UPON)
    rules.check_skills(colours, new.most)
    where = await place_given(tx, new)
    if where is None:
        raise invalid("请写明地点", "name the place", "building")
    call = HelpCall(
        id=new.id,
        community_id=where.community_id,
        grid_id=where.grid_id,
        building_id=where.building_id,
        unit=where.unit,
        what=check_text(new.what, "what", limit=LINE_LIMIT),
        place=await _address(tx, where),
        colours=sorted(colours),
        skill=check_optional(new.skill, "skill", limit=LINE_LIMIT),
        **tx.stamp("raised"),
    )
    near = await _near(tx, where, colours, call.skill, new.most)
    if not near:
        raise invalid("附近没有可召集的人", "nobody near by can be called upon", "colours")
    await tx.save(call, entry(tx, EntryKind.HELP_CALLED, call))
    await _invite(tx, near, partial(rules.call_message, call.what, call.place), call_id=call.id)
    return new.id


async def _address(tx: Transaction, where: Place) -> str:
    building = await tx.get(Building, id=where.building_id)
    household = await tx.get(Household, id=where.household_id) if where.household_id else None
    return building.address(where.unit, household.room if household else "")


async def _near(
    tx: Transaction, where: Place, colours: Sequence[Colour], skill: str | None, most: int
) -> Sequence[Resident]:
    """Adults of the grid with a telephone who hold one of the colours: first the same unit, then the same building."""
    today = await today_in(tx, where.community_id)
    found = await tx.read(Resident, _holders, **asdict(where), colours=list(colours), skill=skill or "")
    return [each for each in found if rules.is_adult(each.born_on, today)][:most]


def _holders(_: Scope) -> sql.Select:
    """Residents of a grid with a telephone who hold a colour for a skill, the nearest to a place first."""
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
    return (
        sql.select(*resident.c)
        .from_(resident.join(home, home.c.id == resident.c.household_id))
        .where(resident.c.grid_id == sql.parameter("grid_id", sql.UUID), holds)
        .where(lives_here(resident.c), resident.c.phone.is_not(None))
        .where(sql.not_(home.c.id.is_not_distinct_from(household)))
        .order_by(sql.case((same_unit, 0), (same_building, 1), else_=2), resident.c.id)
    )


async def invite_neighbours(tx: Transaction, alert: Alert) -> None:
    """Invites residents of the building who agreed to be called upon to knock at the door of an alert."""
    household = await tx.get(Household, id=alert.household_id)
    where = Place(alert.community_id, alert.grid_id, alert.building_id, household.unit, household.id)
    near = await _near(tx, where, sorted(CALLED_UPON), None, rules.MOST_CALLED)
    neighbours = [each for each in near if each.building_id == alert.building_id][: rules.MOST_NEIGHBOURS]
    await _invite(tx, neighbours, partial(rules.alert_message, await _address(tx, where)), alert_id=alert.id)


async def _invite(
    tx: Transaction, residents: Sequence[Resident], message: Callable[[str], str], **reason: UUID
) -> None:
    """Saves invitations and their messages. ``message`` makes the text for an answer code."""
    rows: list[Row] = []
    for resident in residents:
        code = random_code(ANSWER_LENGTH)
        person: dict[str, Any] = {"grid_id": resident.grid_id, "resident_id": resident.id}
        invitation = Invitation(**person, answer_code=code, invited_at=tx.now, **reason)
        moments: dict[str, Any] = {"created_at": tx.now, "due_at": tx.now}
        sent = Message(invitation_id=invitation.id, to_phone=resident.phone, body=message(code), **moments)
        rows += (invitation, sent)
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
