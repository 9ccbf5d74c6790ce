"""Acts that merge two records of one person, and undo a merge."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db import sql
from db.activities import SignUp
from db.acts.double_sign_ups import end_doubles, reopen_doubles
from db.acts.id_numbers import NO_NUMBER, keep_numbers, one_of_each_number, renew_numbers
from db.acts.journal import act, entry
from db.acts.people import check_current
from db.appeals import Appeal
from db.base import Row, alias, table
from db.disputes import DisputeParty
from db.duty import DutyPause
from db.people import (
    Residency,
    Resident,
    ResidentColour,
    ResidentKey,
    ResidentMerge,
    add_former_name,
    former_names,
)
from db.places import Grid
from db.scope import Scope
from db.transaction import Transaction
from db.visits import VisitResident
from db.wishes import Wish
from rules.access import Act
from rules.journal import EntryKind
from rules.people import Relation
from rules.refusals import Code, Refusal, Said, invalid

_POINTING: tuple[type[Row], ...] = (Appeal, DisputeParty, DutyPause, SignUp, Wish)
"""Tables with a foreign key to a resident and no further rule about it."""
_SPEAKER = "speaker"
"""The key of the parties for whom the merged record spoke, among what was moved."""
_OF_STAY = ("relation", "tenure")
"""Columns of a current stay that it takes over from that of the merged record in the same household."""
_WITH_IDS: tuple[type[Row], ...] = (*_POINTING, ResidentColour, Residency)
FACTS = ("phone", "born_on")
"""Columns that the kept record takes over if its own are null."""
_FORMER = "former_names"
HOME = ("household_id", "building_id", "grid_id", "left_on")
"""Columns that it takes over if only the merged record lives here."""
_KEPT, _MERGED = sql.parameter("kept", sql.UUID), sql.parameter("merged", sql.UUID)
_UUIDS = sql.array_of(sql.UUID)


@dataclass(frozen=True, slots=True)
class Merge:
    id: UUID
    keep: UUID
    merge: UUID


@act(Act.MERGE_RESIDENTS)
async def merge_residents(tx: Transaction, given: Merge) -> UUID:
    """Merges one record into another. Everything that moves is recorded, so that it can be undone."""
    if given.keep == given.merge:
        raise invalid("不能与自身合并", "merge")
    kept, merged = await tx.find_named(Resident, {"keep": given.keep, "merge": given.merge}, lock=True)
    if kept is merged:
        raise invalid("两条登记已经合并", "merge")
    check_current(kept, "keep")
    check_current(merged, "merge")
    grids = await tx.all(Grid, id={kept.grid_id, merged.grid_id})
    if len({grid.community_id for grid in grids}) > 1:
        raise invalid("不在同一社区登记", "merge")
    doubles = await end_doubles(tx, kept.id, merged.id)
    (ids,) = await tx.rows(_move, kept=kept.id, merged=merged.id)
    moved: dict[str, Any] = {name: [str(uuid) for uuid in uuids] for name, uuids in ids.items()}
    moved |= await _move_stays(tx, kept, merged)
    before = _as_text(kept)
    _take_over(kept, merged)
    merge = ResidentMerge(
        id=given.id,
        kept_id=kept.id,
        merged_id=merged.id,
        moved=moved | {"doubles": [str(uuid) for uuid in doubles], "kept": before, "after": _as_text(kept)},
        **tx.stamp("merged"),
    )
    # The merged record is saved first, because both may have the same ID number.
    await tx.save(merged)
    with one_of_each_number("keep"):
        await tx.save(kept, merge, entry(tx, EntryKind.RESIDENTS_MERGED, kept))
    return given.id


def _as_text(resident: Resident) -> dict[str, str | None]:
    """The columns of a record that a merge may change, as text."""
    return {name: _text(getattr(resident, name)) for name in (*FACTS, *HOME, _FORMER)}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _move(_: Scope) -> sql.Select:
    """Repoints everything but stays to the kept record; returns by table what was moved: ids of rows, or of visits."""
    changes: dict[str, sql.Change] = {_name(model): _repoint(alias(model)) for model in _POINTING}
    changes[_SPEAKER] = _repoint(alias(DisputeParty), "speaker_id")
    changes["resident_colour"] = _move_colours()
    # A visit that reached both records reached one person.
    reach, theirs = alias(VisitResident), alias(VisitResident)
    of_both = reach.c.visit_id.in_(sql.select(theirs.c.visit_id).from_(theirs).where(theirs.c.resident_id == _KEPT))
    of_merged = reach.c.resident_id == _MERGED
    moved = sql.update(reach, resident_id=_KEPT).where(of_merged, sql.not_(of_both))
    changes["visit_resident"] = moved.returning(reach.c.visit_id.label("id"))
    changes["reached_both"] = sql.delete(reach).where(of_merged, of_both).returning(reach.c.visit_id.label("id"))
    ctes = {name: each.cte("moved") for name, each in changes.items()}
    ids = [sql.select(each.c.id).from_(each).order_by(each.c.id).array().label(name) for name, each in ctes.items()]
    return sql.select(*ids).with_(*ctes.values())


def _name(model: type[Row]) -> str:
    return table(model).name


def _repoint(rows: sql.From, column: str = "resident_id") -> sql.Update:
    return sql.update(rows, **{column: _KEPT}).where(rows.c[column] == _MERGED).returning(rows.c.id)


def _move_colours() -> sql.Update:
    """Repoints the colours. One that both records hold stays on the merged record, where it has no effect."""
    held, other = alias(ResidentColour), alias(ResidentColour)
    same = other.c.resident_id == _KEPT, other.c.colour == held.c.colour
    twice = sql.exists(other).where(*same, held.c.removed_at.is_(None), other.c.removed_at.is_(None))
    moved = sql.update(held, resident_id=_KEPT, grid_id=_grid_of(_KEPT)).returning(held.c.id)
    return moved.where(held.c.resident_id == _MERGED, sql.not_(twice))


def _grid_of(resident_id: sql.Column) -> sql.Column:
    resident = alias(Resident)
    return sql.select(resident.c.grid_id).from_(resident).where(resident.c.id == resident_id).scalar()


async def _move_stays(tx: Transaction, kept: Resident, merged: Resident) -> dict[str, Any]:
    """Moves the stays that do not overlap with those of the kept record. The others are shortened to no days."""
    own, others = await _stays(tx, kept), await _stays(tx, merged)
    moved, emptied = [], {}
    for stay in others:
        if any(_overlap(stay, each) for each in own):
            emptied[str(stay.id)] = _text(stay.moved_out_on)
            stay.moved_out_on = stay.moved_in_on
        else:
            moved.append(str(stay.id))
            stay.resident_id = kept.id
    await tx.save(*others)
    here = {each.household_id: each for each in others if emptied.get(str(each.id), "") is None}
    taken = {str(stay.id): _take_over_stay(stay, here.get(stay.household_id)) for stay in own if not stay.moved_out_on}
    await tx.save(*own)
    return {"residency": moved, "emptied": emptied, "taken": taken}


def _take_over_stay(stay: Residency, other: Residency | None) -> dict[str, str]:
    """Gives a current stay what only the other record has; returns what it took."""
    names = [] if other is None else [name for name in _OF_STAY if getattr(stay, name) is None]
    taken = {name: getattr(other, name) for name in names if getattr(other, name) is not None}
    stay.change(taken)
    return taken


async def _stays(tx: Transaction, resident: Resident) -> list[Residency]:
    return await tx.all(Residency, order=("moved_in_on", "id"), resident_id=resident.id)


def _overlap(stay: Residency, other: Residency) -> bool:
    return stay.moved_in_on < (other.moved_out_on or date.max) and other.moved_in_on < (stay.moved_out_on or date.max)


def _take_over(kept: Resident, merged: Resident) -> None:
    """Gives the kept record the current home, and the facts that only the merged record has."""
    if kept.left_on is not None and merged.left_on is None:
        # Both are on the register of one community, so the number stays as it is.
        kept.change({name: getattr(merged, name) for name in HOME})
    kept.change({name: getattr(merged, name) for name in FACTS if getattr(kept, name) is None})
    for name in (*former_names(merged), merged.name):
        add_former_name(kept, name)
    merged.merged_into = kept.id


@dataclass(frozen=True, slots=True)
class Parting:
    merge: UUID
    act: UUID | None = None


@act(Act.MERGE_RESIDENTS, key="act", again="merge")
async def undo_merge(tx: Transaction, given: Parting) -> UUID:
    """Separates two records that were merged by mistake, unless one of them was merged again since."""
    merge = await tx.find(ResidentMerge, given.merge, "merge", lock=True)
    if merge.undone_at is not None:
        raise Refusal(Code.WRONG_STATE, "merge", status=Said("已撤销"))
    both = await tx.all(Resident, order=("id",), lock=True, id=[merge.kept_id, merge.merged_id])
    found = {each.id: each for each in both}
    kept, merged = found[merge.kept_id], found[merge.merged_id]
    later = {"kept": kept.id, "merged": merged.id, "merge": merge.id, "at": merge.merged_at}
    if kept.merged_into is not None or await tx.value(_has_later, **later):
        raise invalid("之后又有合并，请先撤销后来的", "merge")
    await _put_back(tx, merge)
    await reopen_doubles(tx, [UUID(each) for each in merge.moved.get("doubles", [])], merge.merged_at)
    if tx.sealer is not None:
        await renew_numbers(tx, [kept, merged])
    keys = await _restore(tx, kept, merged, merge)
    merged.merged_into = None
    merge.undone_by, merge.undone_at = tx.worker_id, tx.now
    with one_of_each_number("merge"):
        # The kept record is saved first, because it may give up the other one's ID number.
        await tx.save(kept, *keys)
        await tx.save(merged, merge, entry(tx, EntryKind.RESIDENTS_PARTED, kept))
    return given.merge


def _has_later(_: Scope) -> sql.Select:
    """True if one of the two records was merged after this merge."""
    t, both = alias(ResidentMerge), (_KEPT, _MERGED)
    own = sql.tuple_(sql.parameter("at", sql.INSTANT), sql.parameter("merge", sql.UUID))
    later = sql.tuple_(t.c.merged_at, t.c.id) > own
    either = sql.or_(t.c.kept_id.in_(both), t.c.merged_id.in_(both))
    return sql.select(sql.exists(t).where(either, later, t.c.undone_at.is_(None)))


async def _put_back(tx: Transaction, merge: ResidentMerge) -> None:
    """Repoints to the merged record everything that was moved and still points to the kept record."""
    moved = merge.moved
    ids = {name: moved.get(name, []) for name in (*map(_name, _WITH_IDS), _SPEAKER, "visit_resident", "reached_both")}
    ends = [date.fromisoformat(day) if day else None for day in moved["emptied"].values()]
    await _part_stays(tx, moved)
    given = {"kept": merge.kept_id, "merged": merge.merged_id, "emptied": list(moved["emptied"]), "ends": ends}
    await tx.rows(_move_back, **given, **ids)


async def _part_stays(tx: Transaction, moved: dict[str, Any]) -> None:
    """Takes from the kept record's stay what it took over. A household that has another head by now keeps that one."""
    taken = moved.get("taken", {})
    kept = await tx.all(Residency, id=[UUID(each) for each in taken]) if taken else []
    for stay in kept:
        stay.change({name: None for name, value in taken[str(stay.id)].items() if getattr(stay, name) == value})
    await tx.save(*kept)
    current = [UUID(each) for each, end in moved["emptied"].items() if end is None]
    for stay in await tx.all(Residency, id=current, relation=Relation.HEAD) if current else []:
        others = await tx.all(Residency, household_id=stay.household_id, relation=Relation.HEAD, moved_out_on=None)
        stay.relation = None if others else Relation.HEAD
        await tx.save(stay)


def _move_back(_: Scope) -> sql.Insert:
    changes = [_point_back(alias(model), "id", _name(model)) for model in _WITH_IDS]
    changes.append(_point_back(alias(DisputeParty), "id", _SPEAKER, "speaker_id"))
    reach = alias(VisitResident)
    changes += [_point_back(reach, "visit_id", "visit_resident"), _restore_ends()]
    # Visits that had reached both records do so again.
    kept = [reach.c.household_id, reach.c.mode, reach.c.occurred_at]
    of_both = reach.c.visit_id == sql.any_(sql.parameter("reached_both", _UUIDS))
    again = sql.select(reach.c.visit_id, _MERGED, *kept).from_(reach).where(of_both, reach.c.resident_id == _KEPT)
    names = ["visit_id", "resident_id", *(str(each.name) for each in kept)]
    return sql.insert_from(alias(VisitResident), names, again).with_(*(each.cte("back") for each in changes))


def _point_back(rows: sql.From, key: str, moved: str, column: str = "resident_id") -> sql.Update:
    those = rows.c[key] == sql.any_(sql.parameter(moved, _UUIDS))
    copied = {"grid_id": _grid_of(_MERGED)} if moved == "resident_colour" else {}
    return sql.update(rows, **{column: _MERGED}, **copied).where(those, rows.c[column] == _KEPT)


def _restore_ends() -> sql.Update:
    """Gives the stays that were shortened their former ends."""
    stay, types = alias(Residency), {"id": sql.UUID, "ends": sql.DATE}
    arrays = sql.parameter("emptied", _UUIDS), sql.parameter("ends", sql.array_of(sql.DATE))
    emptied = sql.rows_of(sql.func.unnest(*arrays), "emptied", types)
    return sql.update(stay, moved_out_on=emptied.c.ends).from_(emptied).where(stay.c.id == emptied.c.id)


async def _restore(tx: Transaction, kept: Resident, merged: Resident, merge: ResidentMerge) -> list[ResidentKey]:
    """Restores the columns of the kept record that the merge changed and nobody has changed since."""
    before, after = merge.moved["kept"], merge.moved["after"]
    changed = [name for name in (*FACTS, *HOME, _FORMER) if before.get(name) != after.get(name)]
    values = {name: _value(name, before[name]) for name in changed if _text(getattr(kept, name)) == after[name]}
    keys = await keep_numbers(tx, [kept], values["grid_id"]) if "grid_id" in values else []
    if kept.id_number_index is not None and kept.id_number_index == merged.id_number_index:
        # The number was set while the two records were one. It belongs to the merged record.
        values |= NO_NUMBER
    kept.change(values)
    return keys


def _value(name: str, text: str | None) -> Any:
    if text is None or name in {"phone", _FORMER}:
        return text
    return date.fromisoformat(text) if name.endswith("_on") else UUID(text)
