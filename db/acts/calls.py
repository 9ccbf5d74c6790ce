"""Acts on calls for help: what is needed where, who near by is asked, and the messages that reach them."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.calendar import today_in
from db.acts.journal import append, digest_of, is_replay
from db.acts.places import Place, place_of_building, place_of_household
from db.alerts import Alert
from db.calls import HelpCall, Invitation, Message
from db.people import Resident, ResidentColour
from db.places import Building, Household
from rules import alerts as rules
from rules.access import Act, require
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
    colours: list[Colour]
    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None
    skill: str | None = None
    most: int = 20


async def call_for_help(acting: Acting, new: NewCall) -> UUID:
    """Asks those near by who agreed to be called upon, the nearest first."""
    require(acting.viewer, Act.CALL_FOR_HELP)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    rules.check_skills(new.colours, new.most)
    where = await _place(acting, new)
    call = HelpCall(
        id=new.id,
        community_id=where.community_id,
        grid_id=where.grid_id,
        building_id=where.building_id,
        unit=where.unit,
        what=check_text(new.what, "what", limit=LINE_LIMIT),
        place=await _said(acting, where),
        colours=sorted(new.colours),
        skill=check_optional(new.skill, "skill", limit=LINE_LIMIT),
        raised_by=acting.worker_id,
        raised_at=acting.now,
    )
    acting.session.add(call)
    await acting.session.flush()
    near = await _near(acting, where, new.colours, call.skill, new.most)
    if not near:
        raise invalid("附近没有可召集的人", "nobody near by can be called", "colours")
    for resident in near:
        code = _code()
        await _invite(acting, resident, rules.call_message(call.what, call.place, code), code, call_id=call.id)
    note_call(acting, EntryKind.HELP_CALLED, call, act_id=new.id, digest=digest)
    return new.id


async def _place(acting: Acting, new: NewCall) -> Place:
    if new.household is not None:
        return await place_of_household(acting, new.household, "household")
    if new.building is not None:
        return await place_of_building(acting, new.building, new.unit, "building")
    raise invalid("请写明地点", "say where", "building")


async def _said(acting: Acting, where: Place) -> str:
    """「3号楼2单元501」, as far as it is known."""
    building = await acting.session.get_one(Building, where.building_id)
    household = await acting.session.get(Household, where.household_id) if where.household_id else None
    unit = f"{where.unit}单元" if where.unit else ""
    return f"{building.number}号楼{unit}{household.room if household else ''}"


async def _near(
    acting: Acting, where: Place, colours: Sequence[Colour], skill: str | None, most: int
) -> Sequence[Resident]:
    """Grown-ups with a telephone who hold one of the colours: same unit, same building, same grid, in that order."""
    holds = sa.exists().where(
        col(ResidentColour.resident_id) == col(Resident.id),
        col(ResidentColour.colour).in_(colours),
        col(ResidentColour.removed_at).is_(None),
        *([col(ResidentColour.reason).contains(skill, autoescape=True)] if skill else []),
    )
    unit = sa.select(col(Household.unit)).where(col(Household.id) == col(Resident.household_id)).scalar_subquery()
    same_building = col(Resident.building_id) == where.building_id
    distance = sa.case((sa.and_(same_building, unit == where.unit), 0), (same_building, 1), else_=2)
    here = (col(Resident.left_on).is_(None), col(Resident.merged_into).is_(None), col(Resident.phone).is_not(None))
    elsewhere = col(Resident.household_id).is_distinct_from(where.household_id)
    statement = select(Resident).where(Resident.grid_id == where.grid_id, *here, elsewhere, holds)
    today = await today_in(acting, where.community_id)
    found = (await acting.session.exec(statement.order_by(distance, col(Resident.id)))).all()
    return [each for each in found if rules.is_adult(each.born_on, today)][:most]


async def invite_neighbours(acting: Acting, alert: Alert) -> None:
    """Asks the nearest of the building who agreed to be called upon to knock at the door of an alert."""
    household = await acting.session.get_one(Household, alert.household_id)
    where = Place(alert.community_id, alert.grid_id, alert.building_id, household.unit, household.id)
    near = await _near(acting, where, sorted(CALLED_UPON), None, rules.MOST_CALLED)
    neighbours = [each for each in near if each.building_id == alert.building_id][: rules.MOST_NEIGHBOURS]
    address = await _said(acting, where)
    for resident in neighbours:
        code = _code()
        await _invite(acting, resident, rules.alert_message(address, code), code, alert_id=alert.id)


def _code() -> str:
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


async def _invite(acting: Acting, resident: Resident, body: str, code: str, **reason: Any) -> None:
    """Writes the invitation, and the message that brings it, into the outbox."""
    assert resident.phone is not None
    invitation = Invitation(
        grid_id=resident.grid_id, resident_id=resident.id, answer_code=code, invited_at=acting.now, **reason
    )
    acting.session.add(invitation)
    await acting.session.flush()
    moments: dict[str, Any] = {"created_at": acting.now, "due_at": acting.now}
    acting.session.add(Message(invitation_id=invitation.id, to_phone=resident.phone, body=body, **moments))


async def close_call(acting: Acting, uuid: UUID, act: UUID | None) -> UUID:
    """Enough have come, or none is needed any more."""
    require(acting.viewer, Act.CALL_FOR_HELP)
    digest = digest_of(["close_call", uuid])
    if act is not None and await is_replay(acting, act, digest, "act"):
        return uuid
    call = await acting.find(HelpCall, uuid, "call", lock=True)
    if call.closed_at is not None:
        raise Refusal(Code.WRONG_STATE, "call", status="CLOSED")
    call.closed_by, call.closed_at = acting.viewer.account_id, acting.now
    acting.session.add(call)
    note_call(acting, EntryKind.HELP_CLOSED, call, act_id=act, digest=digest if act else None)
    return uuid


def note_call(acting: Acting, kind: EntryKind, call: HelpCall, **facts: Any) -> None:
    """A journal entry about a call."""
    place = {"grid_id": call.grid_id, "building_id": call.building_id}
    append(acting, kind, community_id=call.community_id, **place, call_id=call.id, **facts)
