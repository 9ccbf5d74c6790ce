"""Acts on a person's data: giving it out, and erasing the person when the time to keep them is over."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from db import sql
from db.activities import SignUp
from db.acts.calendar import community_of, local_day
from db.acts.id_numbers import NO_NUMBER, number_of
from db.acts.journal import entry
from db.acts.personal_data import TEXTS, Held, as_told, held_about, records_of, rows_of
from db.alerts import Alert
from db.appeals import Appeal
from db.base import alias
from db.disputes import Dispute, DisputeParty
from db.people import Resident, ResidentKey, ResidentMerge, former_names
from db.photos import Photo
from db.places import Community, Grid
from db.retention import RetentionPolicy
from db.scope import Scope
from db.transaction import NOW, Transaction
from db.wishes import Wish
from rules.access import Act, require
from rules.appeals import AppealStatus
from rules.disputes import DisputeStatus
from rules.journal import EntryKind
from rules.refusals import invalid
from rules.retention import ERASED, KEPT_DAYS, Standing, check_days, check_erasable
from rules.text import LINE_LIMIT, check_text, digits_of, with_ascii_digits
from rules.wishes import WishStatus, as_searched, tells_name

_CLOSED_APPEALS = frozenset({AppealStatus.CLOSED, AppealStatus.REJECTED, AppealStatus.WITHDRAWN})
_OPEN_DISPUTES = frozenset({DisputeStatus.REPORTED, DisputeStatus.MEDIATING, DisputeStatus.AGREED})
_CLOSED_WISHES = frozenset({WishStatus.FULFILLED, WishStatus.DECLINED})
_ENDS = {
    Appeal: ("closed_at", "rejected_at", "withdrawn_at"),
    Wish: ("fulfilled_at", "declined_at"),
    Dispute: ("closed_at",),
    Alert: ("ended_at", "acknowledged_at"),
}


_GONE = {"phone": None, "born_on": None, "former_names": None}
"""The facts of a record that go with its name."""


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that is held about a resident: rows by table, and the photos by the id and the digest of the file."""

    rows: dict[str, list[dict[str, Any]]]
    photos: dict[UUID, bytes]


async def tell_everything(tx: Transaction, uuid: UUID, reason: str) -> Told:
    """What is held about a resident, the ID number included. The journal records it with the reason."""
    require(tx.viewer, Act.EXPORT_RESIDENT)
    said = check_text(reason, "reason", limit=LINE_LIMIT)
    resident = await tx.find(Resident, uuid, "resident")
    held = await held_about(tx, resident)
    rows = as_told(held)
    if resident.id_number_sealed is not None:
        rows["resident"][0]["id_number"] = await number_of(tx, resident)
    await tx.save(entry(tx, EntryKind.RESIDENT_EXPORTED, resident, note=said))
    return Told(rows, {each.id: each.sha256 for each in rows_of(held, Photo)})


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. Zero rows if the person was erased before."""

    rows: int = 0
    photos: int = 0
    notes: int = 0


async def erase_resident(tx: Transaction, uuid: UUID, reason: str | None = None) -> Erased:
    """Erases a person for an account. With the reason of a request, the time to keep them need not be over."""
    require(tx.viewer, Act.ERASE_RESIDENT)
    said = None if reason is None else check_text(reason, "reason", limit=LINE_LIMIT)
    resident = await tx.find(Resident, uuid, "resident", lock=True)
    if said is not None and _names_the_person(said, await records_of(tx, resident)):
        raise invalid("原因中不能写姓名或电话", "reason")
    return await _erase(tx, resident, said)


def _names_the_person(text: str, records: Collection[Resident]) -> bool:
    """True if a text has a present or former name, or a telephone, of a person, however they are spelt."""
    names = [name for each in records for name in (each.name, *former_names(each))]
    said, digits = as_searched(text), digits_of(with_ascii_digits(text))
    phones = [digits_of(with_ascii_digits(each.phone)) for each in records if each.phone is not None]
    return tells_name(said, names) or any(phone in digits for phone in phones)


async def erase_if_due(tx: Transaction, uuid: UUID) -> Erased:
    """Erases a person whose time is over. Raises WRONG_STATE like :func:`erase_resident`."""
    return await _erase(tx, await tx.get(Resident, lock=True, id=uuid), None)


async def _erase(tx: Transaction, resident: Resident, reason: str | None) -> Erased:
    if resident.erased_at is not None:
        return Erased()
    name = resident.name
    phones = {each.phone for each in await records_of(tx, resident) if each.phone is not None}
    volunteered = [wish for phone in sorted(phones) for wish in await _claim_by_phone(tx, resident, phone)]
    held = await held_about(tx, resident)
    community = await community_of(tx, resident.grid_id)
    standing = _standing(resident, held, community)
    check_erasable(standing, local_day(community, tx.now), await _days(tx, community), on_request=reason is not None)
    changed = [*_without_texts(held), *_without_merges(held), *_without_party(held, name), *volunteered]
    for record in rows_of(held, Resident):
        record.change({"name": ERASED, **_GONE, "erased_at": tx.now, **NO_NUMBER})
        changed.append(record)
    await tx.save(*changed)
    photos = [each for each in rows_of(held, Photo) if each.dispute_id is None]
    for photo in photos:
        await tx.delete(photo)
    records = [each.id for each in rows_of(held, Resident)]
    await tx.rows(_delete_keys, residents=records)
    notes = [await tx.fetchval("SELECT erase_journal_notes($1)", record) for record in records]
    await tx.save(entry(tx, EntryKind.RESIDENT_ERASED, resident, note=reason))
    return Erased(len(changed), len(photos), sum(notes))


async def _claim_by_phone(tx: Transaction, resident: Resident, phone: str) -> list[Wish]:
    """Takes as theirs what was reported with their telephone, unless somebody else on the register has the same one.

    Returns the wishes of others that they took on as a volunteer, without their name.
    """
    if any(each.id != resident.id and each.merged_into is None for each in await tx.all(Resident, phone=phone)):
        return []
    unnamed: list[Appeal | Wish | SignUp] = [
        *await tx.all(Appeal, lock=True, reporter_phone=phone, resident_id=None),
        *await tx.all(Wish, lock=True, wisher_phone=phone, resident_id=None),
        *await tx.all(SignUp, lock=True, phone=phone, resident_id=None),
    ]
    for each in unnamed:
        each.resident_id = resident.id
    await tx.save(*unnamed)
    volunteered = await tx.all(Wish, lock=True, volunteer_phone=phone)
    for wish in volunteered:
        wish.change({"volunteer_name": ERASED, "volunteer_phone": None})
    return volunteered


def _standing(resident: Resident, held: Held, community: Community) -> Standing:
    appeals, wishes = rows_of(held, Appeal), rows_of(held, Wish)
    open_ = [
        *(each for each in appeals if each.status not in _CLOSED_APPEALS),
        *(each for each in wishes if each.status not in _CLOSED_WISHES),
        *(each for each in rows_of(held, Dispute) if each.status in _OPEN_DISPUTES),
        *(each for each in rows_of(held, Alert) if each.ended_at is None and each.acknowledged_at is None),
    ]
    last = max(_ends(held), default=None)
    last_case_on = local_day(community, last) if last else None
    return Standing(resident.left_on, resident.merged_into is not None, len(open_), last_case_on)


def _ends(held: Held) -> Iterable[datetime]:
    for model, columns in _ENDS.items():
        for row in held.get(model, ()):
            for column in columns:
                at: datetime | None = getattr(row, column)
                if at is not None:
                    yield at


async def _days(tx: Transaction, community: Community) -> int:
    policy = await tx.first(RetentionPolicy, community_id=community.id)
    return policy.days if policy else KEPT_DAYS


def _without_texts(held: Held) -> list[Any]:
    changed = []
    for model, columns in TEXTS.items():
        for row in held.get(model, ()):
            row.change({name: ERASED for name in columns if getattr(row, name) is not None})
            changed.append(row)
    return changed


def _without_merges(held: Held) -> list[ResidentMerge]:
    """The merges, without the facts that would be restored by undoing them."""
    merges = list(rows_of(held, ResidentMerge))
    for merge in merges:
        facts = {name: merge.moved[name] | _GONE for name in ("kept", "after") if name in merge.moved}
        merge.moved = merge.moved | facts
    return merges


def _without_party(held: Held, name: str) -> list[DisputeParty]:
    """Leaves the parties in the files of mediations by name only."""
    parties = list(rows_of(held, DisputeParty))
    for party in parties:
        spoke = party.speaker_id is not None
        party.change(
            {"speaker_id": None, "speaker_name": name} if spoke else {"resident_id": None, "outsider_name": name}
        )
    return parties


def _delete_keys(_: Scope) -> sql.Delete:
    key = alias(ResidentKey)
    return sql.delete(key).where(key.c.resident_id == sql.any_(sql.parameter("residents", sql.array_of(sql.UUID))))


async def due_residents(tx: Transaction) -> list[UUID]:
    """The residents who left so long ago that they may have to be erased. Their cases decide as well."""
    return [each["id"] for each in await tx.rows(_due)]


def _due(_: Scope) -> sql.Select:
    t, grid, community, policy = alias(Resident), alias(Grid), alias(Community), alias(RetentionPolicy)
    placed = t.join(grid, grid.c.id == t.c.grid_id).join(community, community.c.id == grid.c.community_id)
    kept = placed.outerjoin(policy, policy.c.community_id == community.c.id)
    days = sql.func.coalesce(policy.c.days, sql.raw(str(KEPT_DAYS)))
    current = sql.and_(t.c.merged_into.is_(None), t.c.erased_at.is_(None))
    over = t.c.left_on.op("+")(days) <= sql.cast(sql.func.timezone(community.c.time_zone, NOW), sql.DATE)
    return sql.select(t.c.id).from_(kept).where(current, over).order_by(t.c.id.asc())


async def set_kept_days(tx: Transaction, community_id: UUID, days: int) -> None:
    """Sets how long a community keeps residents after they left."""
    require(tx.viewer, Act.SET_RETENTION)
    check_days(days)
    community = await tx.find(Community, community_id, "community", lock=True)
    policy = await tx.first(RetentionPolicy, community_id=community.id) or RetentionPolicy(community_id=community.id)
    policy.change({"days": days, **tx.stamp("set")})
    here: dict[str, Any] = {"community_id": community.id, "note": f"{days} 天"}
    await tx.save(policy, entry(tx, EntryKind.RETENTION_SET, **here))
