"""Acts on activities by their organisers: plan, change, cancel, and record who came.

Each locks the activity first, as signing up does. So the number of those who come is never decided about twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from db import sql
from db.accounts import Account
from db.activities import Activity, SignUp
from db.acts.announcing import Where, check_held, check_told, organised, place_to_tell
from db.acts.journal import act, entry
from db.base import alias
from db.calls import Message
from db.messages import queued
from db.people import Resident
from db.places import Community
from db.scope import Scope
from db.transaction import Transaction
from rules import activities as rules
from rules.access import Act
from rules.activities import ActivityStatus
from rules.alerts import Priority
from rules.journal import EntryKind
from rules.people import Colour
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text

_TEXTS = ("what", "place", "skill")
_CLEARED = frozenset({"wanted", "skill"})
"""The columns that a change may set to null."""
_LABELS = {
    "what": "内容",
    "place": "地点",
    "begins_at": "开始",
    "ends_at": "结束",
    "wanted": "人数",
    "colours": "邀请对象",
    "skill": "特长",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewActivity:
    """An activity of an estate, or else of a community: by default the viewer's only one."""

    id: UUID
    what: str
    place: str
    begins_at: datetime
    ends_at: datetime
    community: UUID | None = None
    estate: UUID | None = None
    wanted: int | None = None
    colours: list[Colour] = field(default_factory=list)
    skill: str | None = None


@act(Act.PLAN_ACTIVITY)
async def plan_activity(tx: Transaction, new: NewActivity) -> UUID:
    """Plans an activity, which everybody in the community can join until it begins."""
    _read(told := {name: getattr(new, name) for name in _TEXTS})
    rules.check_plan(new.begins_at, new.ends_at, new.wanted, new.colours)
    rules.check_beginning(new.begins_at, tx.now)
    where = await place_to_tell(tx, organised, new.community, new.estate)
    texts = await _checked(tx, where.community_id, told)
    activity = Activity(
        id=new.id,
        **where._asdict(),
        **texts,
        begins_at=new.begins_at,
        ends_at=new.ends_at,
        wanted=new.wanted,
        colours=sorted(set(new.colours)),
        **tx.stamp("planned"),
    )
    await tx.save(activity, entry(tx, EntryKind.ACTIVITY_PLANNED, activity))
    return new.id


def _read(texts: Mapping[str, Any]) -> dict[str, Any]:
    """The texts of an activity, before it is known who may be named in them."""
    needed = {name: check_text(text, name, limit=LINE_LIMIT) for name, text in texts.items() if name not in _CLEARED}
    return needed | {name: check_optional(texts[name], name, limit=LINE_LIMIT) for name in texts.keys() & _CLEARED}


async def _checked(tx: Transaction, community_id: UUID, texts: dict[str, Any]) -> dict[str, Any]:
    """The texts of an activity, which are public."""
    told = _read(texts)
    for name, text in told.items():
        if text is not None:
            told[name] = await check_told(tx, community_id, text, name, LINE_LIMIT)
    return told


def status_of(tx: Transaction, activity: Activity) -> ActivityStatus:
    """The status of a locked activity now."""
    return rules.status_of(
        cancelled=activity.cancelled_at is not None,
        begins_at=activity.begins_at,
        wanted=activity.wanted,
        coming=activity.coming,
        now=tx.now,
    )


async def _locked(tx: Transaction, uuid: UUID, *allowed: ActivityStatus) -> Activity:
    """An activity that the viewer organises, in one of the statuses."""
    activity = await tx.find(Activity, uuid, "activity", lock=True)
    await check_held(tx, organised, Where(activity.community_id, activity.estate_id), "activity")
    rules.check_status(status_of(tx, activity), *allowed)
    return activity


@dataclass(frozen=True, slots=True)
class ActivityChange:
    """New values of columns. Those that are not in ``changes`` stay, and so do texts and times that are null."""

    activity: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


_step = partial(act, Act.PLAN_ACTIVITY, key="act", again="activity")


@_step()
async def change_activity(tx: Transaction, given: ActivityChange) -> UUID:
    """Changes an activity before it begins. Those who come are told of another time or place by text message."""
    _read({name: given.changes[name] for name in _TEXTS if given.changes.get(name) is not None})
    activity = await _locked(tx, given.activity, ActivityStatus.OPEN, ActivityStatus.FULL)
    changes = await _changes(tx, activity, given.changes)
    if not changes:
        raise invalid("没有要更改的内容", "activity")
    community = await tx.get(Community, id=activity.community_id)
    note = _note(activity, changes, community)
    activity.change(changes)
    messages = []
    if changes.keys() & {"begins_at", "ends_at", "place"}:
        begins_at = _local(activity.begins_at, community)
        messages = await _messages(
            tx, activity, rules.change_message(community.name, activity.what, begins_at, activity.place)
        )
    await tx.save(activity, *messages, entry(tx, EntryKind.ACTIVITY_CHANGED, activity, note=note))
    return activity.id


async def _changes(tx: Transaction, activity: Activity, given: dict[str, Any]) -> dict[str, Any]:
    """The columns that change, checked together with those that stay."""
    changes = {name: value for name, value in given.items() if value is not None or name in _CLEARED}
    if "colours" in changes:
        changes["colours"] = sorted(set(changes["colours"]))
    texts = {name: changes[name] for name in _TEXTS if name in changes}
    changes |= await _checked(tx, activity.community_id, texts)
    changes = {name: value for name, value in changes.items() if getattr(activity, name) != value}
    new = {name: changes.get(name, getattr(activity, name)) for name in _LABELS}
    rules.check_plan(new["begins_at"], new["ends_at"], new["wanted"], new["colours"])
    rules.check_room(new["wanted"], activity.coming)
    if "begins_at" in changes:
        rules.check_beginning(new["begins_at"], tx.now)
    return changes


def _note(activity: Activity, changes: dict[str, Any], community: Community) -> str:
    """The note of a change: each changed column with its old and its new value."""
    before = {name: _shown(getattr(activity, name), community) for name in changes}
    return "；".join(f"{_LABELS[name]}：{before[name]} → {_shown(new, community)}" for name, new in changes.items())


def _shown(value: Any, community: Community) -> str:
    """A value as a note of the journal has it."""
    if isinstance(value, datetime):
        return rules.in_words(_local(value, community))
    if isinstance(value, list):
        return "、".join(Colour(each).label for each in value) or "不限"
    return "不限" if value is None else str(value)


def _local(at: datetime, community: Community) -> datetime:
    return at.astimezone(ZoneInfo(community.time_zone))


@dataclass(frozen=True, slots=True)
class Cancellation:
    activity: UUID
    note: str
    act: UUID | None = None


@_step()
async def cancel_activity(tx: Transaction, given: Cancellation) -> UUID:
    """Cancels an activity before it begins. Those who would have come are told why by text message."""
    reason = check_text(given.note, "reason", limit=LINE_LIMIT)
    activity = await _locked(tx, given.activity, ActivityStatus.OPEN, ActivityStatus.FULL)
    reason = await check_told(tx, activity.community_id, reason, "reason", LINE_LIMIT)
    community = await tx.get(Community, id=activity.community_id)
    activity.change({**tx.stamp("cancelled"), "cancel_reason": reason})
    begins_at = _local(activity.begins_at, community)
    messages = await _messages(tx, activity, rules.cancel_message(community.name, activity.what, begins_at, reason))
    await tx.save(activity, *messages, entry(tx, EntryKind.ACTIVITY_CANCELLED, activity, note=reason))
    return activity.id


async def _messages(tx: Transaction, activity: Activity, body: str) -> list[Message]:
    """A text message to each of those who come and have a telephone."""
    found = await tx.rows(_phones, activity=activity.id)
    return [queued(tx, each["phone"], body, Priority.NOTICE, sign_up_id=each["id"]) for each in found]


def _phones(_: Scope) -> sql.Select:
    """The telephones of those who come, once for each person."""
    sign_up, account, resident = alias(SignUp), alias(Account), alias(Resident)
    people = sign_up.outerjoin(account, account.c.id == sign_up.c.account_id)
    people = people.outerjoin(resident, resident.c.id == sign_up.c.resident_id)
    phone = sql.func.coalesce(sign_up.c.phone, resident.c.phone, account.c.phone)
    here = sign_up.c.activity_id == sql.parameter("activity", sql.UUID), sign_up.c.left_at.is_(None)
    found = sql.select(sign_up.c.id, phone.label("phone", sql.TEXT)).from_(people)
    return found.where(*here, phone.is_not(None)).order_by(sign_up.c.id)


@dataclass(frozen=True, slots=True)
class Attendance:
    """Who came, and who did not. Others keep what was recorded about them."""

    activity: UUID
    came: list[UUID] = field(default_factory=list)
    missed: list[UUID] = field(default_factory=list)
    act: UUID | None = None


@_step()
async def note_attendance(tx: Transaction, given: Attendance) -> UUID:
    """Records who came to an activity that has begun."""
    named = {name: getattr(given, name) for name in ("came", "missed")}
    _check_named(named)
    activity = await _locked(tx, given.activity, ActivityStatus.BEGUN)
    changed, number = [], dict.fromkeys(named, 0)
    for name, uuids in named.items():
        sign_ups = await tx.find_all(SignUp, uuids, name, lock=True)
        _check_come(sign_ups, activity, name)
        for each in sign_ups:
            each.attended = name == "came"
            number[name] += each.people
        changed += sign_ups
    note = f"到场 {number['came']} 人，未到 {number['missed']} 人"
    await tx.save(*changed, entry(tx, EntryKind.ATTENDANCE_NOTED, activity, note=note))
    return activity.id


def _check_named(named: dict[str, list[UUID]]) -> None:
    everybody = [each for uuids in named.values() for each in uuids]
    if not everybody:
        raise invalid("请写明谁到场、谁未到", "came")
    if len(set(everybody)) < len(everybody):
        raise invalid("同一人写了两次", "came")


def _check_come(sign_ups: Sequence[SignUp], activity: Activity, field: str) -> None:
    """Raises NOT_FOUND for a sign-up for another activity, and INVALID_INPUT for one that was given up."""
    for index, each in enumerate(sign_ups):
        if each.activity_id != activity.id:
            raise Refusal(Code.NOT_FOUND, field, index)
        if each.left_at is not None:
            raise invalid("已经退出报名", field, index)
