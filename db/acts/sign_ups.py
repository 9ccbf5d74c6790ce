"""Acts of those who come to an activity: signing up, also for others or by a QR code, and giving it up."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.activities import Activity, SignUp
from db.acts.activities import status_of
from db.acts.journal import act, entry
from db.acts.people import on_register
from db.acts.places import live_code
from db.acts.random_codes import RECEIPT_LENGTH, random_code
from db.places import Grid
from db.transaction import Transaction
from rules.access import WORKERS, Act, Role
from rules.activities import ActivityStatus, check_people, check_status
from rules.gathering import refusals_under
from rules.journal import EntryKind
from rules.phones import check_contact
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, receipt_code

_REGISTERING = WORKERS | {Role.BUILDING_HEAD}
"""Who signs up others: people on the register, and by name people who are not."""
_NOT_HERE = "该居民不住在本社区", "resident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """A sign-up of the viewer, of a ``resident``, or of somebody by ``name``. Without an account by a QR code.

    ``people`` is how many come, this person included.
    """

    id: UUID
    activity: UUID
    code: str | None = None
    resident: UUID | None = None
    name: str | None = None
    phone: str | None = None
    people: int = 1


@act(Act.JOIN_ACTIVITY, row=SignUp, limited="code")
async def join_activity(tx: Transaction, new: Joining) -> SignUp:
    """Signs somebody up for an activity that has not begun and has a place left."""
    # The resident is locked before the activity, as by a merger, which counts a person once.
    person, lives_in = await _person(tx, new)
    activity = await _activity(tx, new)
    if lives_in not in {None, activity.community_id}:
        raise invalid(*_NOT_HERE)
    check_status(status_of(tx, activity), ActivityStatus.OPEN)
    await _refuse_twice(tx, activity, person)
    check_people(new.people, activity.wanted, activity.coming)
    receipt = None if "account_id" in person else random_code(RECEIPT_LENGTH)
    facts = {"people": new.people, "receipt_code": receipt, **tx.stamp("joined")}
    sign_up = SignUp(id=new.id, activity_id=activity.id, **person, **facts)
    activity.coming += new.people
    await tx.save(activity, sign_up, entry(tx, EntryKind.ACTIVITY_JOINED, activity))
    return sign_up


async def _activity(tx: Transaction, new: Joining) -> Activity:
    """The activity, locked: one that the viewer sees, or one in the community of the scanned code."""
    if tx.viewer.role is not None:
        return await tx.find(Activity, new.activity, "activity", lock=True)
    code = await live_code(tx, new.code)
    return await tx.one(Activity, "activity", lock=True, id=new.activity, community_id=code.community_id)


async def _person(tx: Transaction, new: Joining) -> tuple[dict[str, Any], UUID | None]:
    """The columns that say who comes, and the community of a resident on the register."""
    name = check_optional(new.name, "name", limit=LINE_LIMIT)
    phone = check_contact(new.phone, "phone")
    if new.resident is not None:
        resident, community = await _on_register(tx, new.resident, name or phone)
        return {"resident_id": resident}, community
    if name is not None:
        if tx.viewer.role is not None and tx.viewer.role not in _REGISTERING:
            raise Refusal(Code.NOT_ALLOWED, "name")
        return {"name": name, "phone": phone}, None
    if tx.viewer.account_id is None or phone is not None:
        raise invalid("请写明姓名", "name")
    return {"account_id": tx.viewer.account_id}, None


async def _on_register(tx: Transaction, uuid: UUID, also: str | None) -> tuple[UUID, UUID]:
    """The record that is kept of a resident, and the community in which they live."""
    if tx.viewer.role not in _REGISTERING:
        raise Refusal(Code.NOT_ALLOWED, "resident")
    if also is not None:
        raise invalid("登记在册的居民不用再写姓名和电话", "resident")
    resident = await on_register(tx, uuid, "resident", lock="share")
    if resident.left_on is not None:
        raise invalid(*_NOT_HERE)
    return resident.id, (await tx.get(Grid, id=resident.grid_id)).community_id


async def _refuse_twice(tx: Transaction, activity: Activity, person: dict[str, Any]) -> None:
    """Raises INVALID_INPUT for a person who comes already. Two of one name without a telephone may be two people."""
    if person.get("name") is not None and person["phone"] is None:
        return
    if await tx.first(SignUp, activity_id=activity.id, left_at=None, **person):
        raise invalid("已经报过名", "activity")


@dataclass(frozen=True, slots=True)
class Leaving:
    """A sign-up that is given up, by whoever sees it or has its receipt code."""

    sign_up: UUID
    receipt_code: str | None = None
    act: UUID | None = None


@act(Act.JOIN_ACTIVITY, key="act", again="sign_up", row=SignUp, limited="receipt_code")
async def leave_activity(tx: Transaction, given: Leaving) -> SignUp:
    """Gives up a sign-up before the activity begins. The place is free for others."""
    found = await _found(tx, given)
    activity = await tx.get(Activity, lock=True, id=found.activity_id)
    sign_up = await tx.get(SignUp, lock=True, id=found.id)
    check_status(status_of(tx, activity), ActivityStatus.OPEN, ActivityStatus.FULL)
    if sign_up.left_at is not None:
        raise invalid("已经退出报名", "signUp")
    sign_up.change(tx.stamp("left"))
    activity.coming -= sign_up.people
    await tx.save(activity, sign_up, entry(tx, EntryKind.ACTIVITY_LEFT, activity))
    return sign_up


async def _found(tx: Transaction, given: Leaving) -> SignUp:
    """The sign-up, not locked: the activity is locked first, as by everybody."""
    if given.receipt_code is None:
        return await tx.find(SignUp, given.sign_up, "signUp")
    with refusals_under("receiptCode"):
        code = receipt_code(given.receipt_code)
    return await tx.one(SignUp, "receiptCode", id=given.sign_up, receipt_code=code)
