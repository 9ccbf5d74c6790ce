"""Acts on double records: two records of one person are made one, and parted again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import SQLModel, col, select

from db.acts.acting import Acting
from db.acts.journal import digest_of, is_replay
from db.acts.people import note, on_register
from db.appeals import Appeal
from db.base import table
from db.disputes import DisputeParty
from db.duty import DutyPause
from db.people import Residency, Resident, ResidentColour, ResidentMerge
from db.visits import VisitResident
from db.wishes import Wish
from rules.access import Act, require
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid

POINTING: dict[str, type[SQLModel]] = {
    "appeal": Appeal,
    "dispute_party": DisputeParty,
    "duty_pause": DutyPause,
    "wish": Wish,
}
"""Tables whose rows simply point to a resident."""
FACTS = ("phone", "born_on")
"""What the kept record takes over where it has nothing."""
HOME = ("household_id", "building_id", "grid_id", "left_on")


@dataclass(frozen=True, slots=True)
class Merge:
    """Two records of one person: what is on the one goes to the other."""

    id: UUID
    keep: UUID
    merge: UUID


async def merge_residents(acting: Acting, given: Merge) -> UUID:
    """Makes two records one; everything that is moved is written down, so that it can be put back."""
    require(acting.viewer, Act.MERGE_RESIDENTS)
    digest = digest_of(given)
    if await is_replay(acting, given.id, digest):
        return given.id
    kept, merged = await _both(acting, given)
    moved: dict[str, Any] = {
        **{name: await _repoint(acting, model, merged.id, kept.id) for name, model in POINTING.items()},
        **await _visits(acting, merged.id, kept.id),
        **await _residencies(acting, merged.id, kept.id),
        "resident_colour": await _colours(acting, merged.id, kept.id),
        "kept": _told(kept),
    }
    await _take_over(acting, kept, merged)
    acting.session.add(
        ResidentMerge(
            id=given.id,
            kept_id=kept.id,
            merged_id=merged.id,
            moved=moved | {"after": _told(kept)},
            merged_by=acting.worker_id,
            merged_at=acting.now,
        )
    )
    await note(acting, EntryKind.RESIDENTS_MERGED, kept, act_id=given.id, digest=digest)
    return given.id


async def _both(acting: Acting, given: Merge) -> tuple[Resident, Resident]:
    """Both records, locked in one order, whichever is kept."""
    if given.keep == given.merge:
        raise invalid("不能与自身合并", "a record cannot be merged with itself", "merge")
    paths = {given.keep: "keep", given.merge: "merge"}
    found = {uuid: await on_register(acting, uuid, paths[uuid], lock=True) for uuid in sorted(paths)}
    return found[given.keep], found[given.merge]


def _told(resident: Resident) -> dict[str, str | None]:
    """The facts of a record that a merger may change, as text."""
    return {name: _text(getattr(resident, name)) for name in (*FACTS, *HOME)}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


async def _repoint(acting: Acting, model: type[SQLModel], source: UUID, target: UUID) -> list[str]:
    rows = table(model)
    change = sa.update(rows).where(rows.c.resident_id == source).values(resident_id=target).returning(rows.c.id)
    return sorted(str(uuid) for uuid in (await acting.session.exec(change)).scalars().all())


async def _visits(acting: Acting, source: UUID, target: UUID) -> dict[str, list[str]]:
    """Visits that reached both records reached the person once."""
    reach = table(VisitResident)
    theirs = sa.select(reach.c.visit_id).where(reach.c.resident_id == target)
    both = sa.delete(reach).where(reach.c.resident_id == source, reach.c.visit_id.in_(theirs))
    dropped = (await acting.session.exec(both.returning(reach.c.visit_id))).scalars().all()
    change = sa.update(reach).where(reach.c.resident_id == source).values(resident_id=target)
    moved = (await acting.session.exec(change.returning(reach.c.visit_id))).scalars().all()
    return {"visit_resident": sorted(map(str, moved)), "reached_both": sorted(map(str, dropped))}


async def _colours(acting: Acting, source: UUID, target: UUID) -> list[str]:
    """A colour that both hold stays on the merged record, where it has no effect any more."""
    held, other = table(ResidentColour), table(ResidentColour).alias()
    twice = sa.exists().where(
        held.c.removed_at.is_(None),
        other.c.resident_id == target,
        other.c.colour == held.c.colour,
        other.c.removed_at.is_(None),
    )
    change = sa.update(held).where(held.c.resident_id == source, sa.not_(twice)).values(resident_id=target)
    return sorted(str(uuid) for uuid in (await acting.session.exec(change.returning(held.c.id))).scalars().all())


async def _residencies(acting: Acting, source: UUID, target: UUID) -> dict[str, Any]:
    """Stays that the kept record does not cover are its own now; one that overlaps is emptied where it is."""
    theirs = await _stays(acting, target)
    moved, emptied = [], {}
    for stay in await _stays(acting, source):
        if any(_overlap(stay, other) for other in theirs):
            emptied[str(stay.id)] = _text(stay.moved_out_on)
            stay.moved_out_on = stay.moved_in_on
        else:
            moved.append(str(stay.id))
            stay.resident_id = target
        acting.session.add(stay)
        await acting.session.flush()
    return {"residency": moved, "emptied": emptied}


async def _stays(acting: Acting, resident: UUID) -> Sequence[Residency]:
    statement = select(Residency).where(col(Residency.resident_id) == resident)
    return (await acting.session.exec(statement.order_by(col(Residency.moved_in_on), col(Residency.id)))).all()


def _overlap(stay: Residency, other: Residency) -> bool:
    return stay.moved_in_on < (other.moved_out_on or date.max) and other.moved_in_on < (stay.moved_out_on or date.max)


async def _take_over(acting: Acting, kept: Resident, merged: Resident) -> None:
    """The kept record lives where the person lives now, and has what only the other one knew."""
    if kept.left_on is not None and merged.left_on is None:
        kept.sqlmodel_update({name: getattr(merged, name) for name in HOME})
    for name in FACTS:
        if getattr(kept, name) is None:
            setattr(kept, name, getattr(merged, name))
    merged.merged_into = kept.id
    acting.session.add_all((kept, merged))
    await acting.session.flush()


async def undo_merge(acting: Acting, uuid: UUID, act: UUID | None) -> UUID:
    """Puts everything back where it was, as long as neither record was merged again since."""
    require(acting.viewer, Act.MERGE_RESIDENTS)
    digest = digest_of(["undo_merge", uuid])
    if act is not None and await is_replay(acting, act, digest, "act"):
        return uuid
    merge = await acting.find(ResidentMerge, uuid, "merge", lock=True)
    if merge.undone_at is not None:
        raise Refusal(Code.WRONG_STATE, "merge", status="UNDONE")
    ids = sorted((merge.kept_id, merge.merged_id))
    await _check_latest(acting, merge)
    rows = {each: await _locked(acting, each) for each in ids}
    kept, merged = rows[merge.kept_id], rows[merge.merged_id]
    await _put_back(acting, merge)
    _restore(kept, merge.moved["kept"], merge.moved["after"])
    merged.merged_into = None
    merge.undone_by, merge.undone_at = acting.worker_id, acting.now
    acting.session.add_all((kept, merged, merge))
    await note(acting, EntryKind.RESIDENTS_PARTED, kept, act_id=act, digest=digest if act else None)
    return uuid


async def _locked(acting: Acting, uuid: UUID) -> Resident:
    return (await acting.session.exec(select(Resident).where(Resident.id == uuid).with_for_update())).one()


async def _check_latest(acting: Acting, merge: ResidentMerge) -> None:
    involved = (merge.kept_id, merge.merged_id)
    either = sa.or_(col(ResidentMerge.kept_id).in_(involved), col(ResidentMerge.merged_id).in_(involved))
    later = sa.tuple_(col(ResidentMerge.merged_at), col(ResidentMerge.id)) > sa.tuple_(
        sa.literal(merge.merged_at, sa.DateTime(timezone=True)), sa.literal(merge.id, sa.Uuid())
    )
    statement = select(ResidentMerge).where(either, later, col(ResidentMerge.undone_at).is_(None))
    if (await acting.session.exec(statement)).first() is not None:
        raise invalid("之后又有合并，请先撤销后来的", "merged again since; undo the later merger first", "merge")


async def _put_back(acting: Acting, merge: ResidentMerge) -> None:
    models: dict[str, type[SQLModel]] = {**POINTING, "resident_colour": ResidentColour, "residency": Residency}
    for name, model in models.items():
        rows = table(model)
        moved = rows.c.id.in_([UUID(each) for each in merge.moved.get(name, [])])
        await acting.session.exec(
            sa.update(rows).where(moved, rows.c.resident_id == merge.kept_id).values(resident_id=merge.merged_id)
        )
    await _empty_no_more(acting, merge)
    reach = table(VisitResident)
    visits = [UUID(each) for each in merge.moved["visit_resident"]]
    theirs = sa.and_(reach.c.visit_id.in_(visits), reach.c.resident_id == merge.kept_id)
    await acting.session.exec(sa.update(reach).where(theirs).values(resident_id=merge.merged_id))
    await _reached_again(acting, merge)


async def _empty_no_more(acting: Acting, merge: ResidentMerge) -> None:
    for uuid, moved_out_on in merge.moved["emptied"].items():
        stay = await acting.session.get_one(Residency, UUID(uuid))
        stay.moved_out_on = date.fromisoformat(moved_out_on) if moved_out_on else None
        acting.session.add(stay)
    await acting.session.flush()


async def _reached_again(acting: Acting, merge: ResidentMerge) -> None:
    """Both records were reached in these visits."""
    reach = table(VisitResident)
    visits = [UUID(each) for each in merge.moved["reached_both"]]
    names = ["visit_id", "resident_id", "household_id", "mode", "occurred_at"]
    other = sa.literal(merge.merged_id, sa.Uuid())
    again = sa.select(reach.c.visit_id, other, reach.c.household_id, reach.c.mode, reach.c.occurred_at)
    theirs = sa.and_(reach.c.visit_id.in_(visits), reach.c.resident_id == merge.kept_id)
    await acting.session.exec(sa.insert(reach).from_select(names, again.where(theirs)))


def _restore(kept: Resident, before: dict[str, str | None], after: dict[str, str | None]) -> None:
    """What the merger changed and nobody has changed since is as it was."""
    for name in (*FACTS, *HOME):
        if before[name] != after[name] and _text(getattr(kept, name)) == after[name]:
            setattr(kept, name, _value(name, before[name]))


def _value(name: str, text: str | None) -> str | date | UUID | datetime | None:
    if text is None or name == "phone":
        return text
    return date.fromisoformat(text) if name.endswith("_on") else UUID(text)
