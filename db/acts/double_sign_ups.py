"""Sign-ups of two records that turn out to be one person, who comes to an activity once."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from db.activities import Activity, SignUp
from db.transaction import Transaction
from rules.activities import has_room


async def end_doubles(tx: Transaction, kept: UUID, merged: UUID) -> list[UUID]:
    """Gives up one of two sign-ups of the records for an activity, and returns those that were given up.

    The records are locked, so nobody signs them up meanwhile. Whoever was there stays; of two alike, the earlier one.
    """
    doubles = _doubles(await _current(tx, kept, merged))
    activities = await _locked(tx, {each.activity_id for each in doubles})
    ended = _doubles(await _current(tx, kept, merged))
    for each in ended:
        each.change(tx.stamp("left"))
        activities[each.activity_id].coming -= each.people
    await tx.save(*ended, *activities.values())
    return [each.id for each in ended]


async def reopen_doubles(tx: Transaction, uuids: Sequence[UUID], ended_at: datetime) -> None:
    """Takes back what :func:`end_doubles` did, after the sign-ups went back to their records.

    A sign-up stays given up if the activity has no room, or if its record has signed up anew since.
    """
    known = await tx.all(SignUp, order=("id",), id=list(uuids), left_at=ended_at) if uuids else []
    if not known:
        return
    activities = await _locked(tx, {each.activity_id for each in known})
    anew = {_place(each) for each in await _current(tx, *(each.resident_id for each in known))}
    for each in known:
        activity = activities[each.activity_id]
        if _place(each) not in anew and has_room(each.people, activity.wanted, activity.coming):
            each.left_by = each.left_at = None
            activity.coming += each.people
            anew.add(_place(each))
    await tx.save(*known, *activities.values())


def _place(sign_up: SignUp) -> tuple[UUID, UUID | None]:
    return sign_up.activity_id, sign_up.resident_id


async def _current(tx: Transaction, *residents: UUID | None) -> list[SignUp]:
    found = await tx.all(SignUp, resident_id=list(residents), left_at=None)
    return sorted(found, key=lambda each: (not each.attended, each.joined_at, each.id))


def _doubles(sign_ups: Sequence[SignUp]) -> list[SignUp]:
    """All but the first one for each activity."""
    first: dict[UUID, UUID] = {}
    for each in sign_ups:
        first.setdefault(each.activity_id, each.id)
    return [each for each in sign_ups if first[each.activity_id] != each.id]


async def _locked(tx: Transaction, uuids: set[UUID]) -> dict[UUID, Activity]:
    found = await tx.all(Activity, order=("id",), lock=True, id=uuids) if uuids else []
    return {each.id: each for each in found}
