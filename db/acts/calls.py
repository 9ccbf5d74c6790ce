"""Acts on calls for help: what is needed where, who near by is asked, and the messages that reach them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from db import sql
from db.acts.calendar import today_in
from db.acts.journal import act, entry
from db.acts.places import Place, place_of_building, place_of_household
from db.alerts import Alert
from db.base import Row, alias
from db.calls import HelpCall, Invitation, Message
from db.people import Resident, ResidentColour
from db.places import Building, Household
from db.scope import Scope
from db.transaction import Transaction
from rules import alerts as rules
from rules.access import Act
from rules.alerts import CALLED_UPON
from rules.journal import EntryKind
from rules.people import Colour
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text

CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 8


@dataclass(frozen=True, slots=True)
class NewCall:
    """What is needed and where: a household or a building with perhaps a unit; and which people can help."""

    id: UUID
    what: str
    colours: list[Colour] = field(default_factory=list)
    """CYAN, BLUE or both; both by default."""
    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None
    skill: str | None = None
    most: int = 20


@act(Act.CALL_FOR_HELP)
async def call_for_help(tx: Transaction, new: NewCall) -> UUID:
    """Asks those near by who agreed to be called upon, the nearest first."""
    colours = new.colours or sorted(CALLED_UPON)
    rules.check_skills(colours, new.most)
    where = await _place(tx, new)
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
        raised_by=tx.worker_id,
        raised_at=tx.now,
    )
    near = await _near(tx, where, colours, call.skill, new.most)
    if not near:
        raise invalid("附近没有可召集的人", "nobody near by can be called", "colours")
    await tx.save(call, entry(tx, EntryKind.HELP_CALLED, call))
    await _invite(tx, near, partial(rules.call_message, call.what, call.place), call_id=call.id)
    return new.id


async def _place(tx: Transaction, new: NewCall) -> Place:
    if new.household is not None:
        return await place_of_household(tx, new.household, "household")
    if new.building is not None:
        return await place_of_building(tx, new.building, new.unit, "building")
    raise invalid("请写明地点", "say where", "building")


async def _address(tx: Transaction, where: Place) -> str:
    """「3号楼2单元501」, as far as it is known."""
    building = await tx.get(Building, id=where.building_id)
    household = await tx.get(Household, id=where.household_id) if where.household_id else None
    unit = f"{where.unit}单元" if where.unit else ""
    return f"{building.number}号楼{unit}{household.room if household else ''}"


async def _near(
    tx: Transaction, where: Place, colours: Sequence[Colour], skill: str | None, most: int
) -> Sequence[Resident]:
    """Grown-ups with a telephone who hold one of the colours: same unit, same building, same grid, in that order."""
    given = {
        "grid": where.grid_id,
        "building": where.building_id,
        "unit": where.unit,
        "household": where.household_id,
        "colours": list(colours),
        "skill": skill or "",
    }
    today = await today_in(tx, where.community_id)
    found = await tx.read(Resident, _holders, **given)
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
    same_building = resident.c.building_id == sql.parameter("building", sql.UUID)
    same_unit = sql.and_(same_building, home.c.unit == sql.parameter("unit", sql.INTEGER))
    household = sql.parameter("household", sql.UUID)
    return (
        sql.select(*resident.c)
        .from_(resident.join(home, home.c.id == resident.c.household_id))
        .where(resident.c.grid_id == sql.parameter("grid", sql.UUID), holds)
        .where(resident.c.left_on.is_(None), resident.c.merged_into.is_(None), resident.c.phone.is_not(None))
        .where(sql.not_(home.c.id.is_not_distinct_from(household)))
        .order_by(sql.case((same_unit, 0), (same_building, 1), else_=2), resident.c.id)
    )


async def invite_neighbours(tx: Transaction, alert: Alert) -> None:
    """Asks the nearest of the building who agreed to be called upon to knock at the door of an alert."""
    household = await tx.get(Household, id=alert.household_id)
    where = Place(alert.community_id, alert.grid_id, alert.building_id, household.unit, household.id)
    near = await _near(tx, where, sorted(CALLED_UPON), None, rules.MOST_CALLED)
    neighbours = [each for each in near if each.building_id == alert.building_id][: rules.MOST_NEIGHBOURS]
    await _invite(tx, neighbours, partial(rules.alert_message, await _address(tx, where)), alert_id=alert.id)


async def _invite(tx: Transaction, residents: Sequence[Resident], message: Any, **reason: UUID) -> None:
    """Saves invitations, and the messages that bring them, to the outbox."""
    rows: list[Row] = []
    for resident in residents:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        person: dict[str, Any] = {"grid_id": resident.grid_id, "resident_id": resident.id}
        invitation = Invitation(**person, answer_code=code, invited_at=tx.now, **reason)
        moments: dict[str, Any] = {"created_at": tx.now, "due_at": tx.now}
        sent = Message(invitation_id=invitation.id, to_phone=resident.phone, body=message(code), **moments)
        rows += (invitation, sent)
    await tx.save(*rows)


@dataclass(frozen=True, slots=True)
class Closing:
    """The call that is closed."""

    call: UUID
    act: UUID | None = None


@act(Act.CALL_FOR_HELP, key="act", again="call")
async def close_call(tx: Transaction, given: Closing) -> UUID:
    """Closes a call: enough have come, or nobody is needed any more."""
    call = await tx.find(HelpCall, given.call, "call", lock=True)
    if call.closed_at is not None:
        raise Refusal(Code.WRONG_STATE, "call", status="CLOSED")
    call.closed_by, call.closed_at = tx.viewer.account_id, tx.now
    await tx.save(call, entry(tx, EntryKind.HELP_CLOSED, call))
    return call.id
