"""Acts on premises: enterprises, shops and construction sites."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db.acts.corrections import save_corrected, save_new
from db.acts.journal import act
from db.places import Grid, Premises
from db.transaction import Transaction
from rules.access import Act
from rules.places import PremisesKind, checked_facts
from rules.refusals import invalid
from rules.text import check_name

_TAKEN = "网格里已有同名的企业、商铺或工地", "name"


@dataclass(frozen=True, slots=True)
class NewPremises:
    id: UUID
    grid: UUID
    kind: PremisesKind
    name: str
    address: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None


@act(Act.KEEP_PLACES)
async def add_premises(tx: Transaction, new: NewPremises) -> UUID:
    name = check_name(new.name, "name")
    facts = checked_facts({each: getattr(new, each) for each in ("address", "contact_name", "contact_phone")})
    grid = await tx.find(Grid, new.grid, "grid", lock=True)
    if await tx.first(Premises, grid_id=grid.id, name=name) is not None:
        raise invalid(*_TAKEN)
    premises = Premises(id=new.id, grid_id=grid.id, kind=new.kind, name=name, **facts)
    note, here = f"{new.kind.label}「{name}」", {"community_id": grid.community_id}
    await save_new(tx, premises, note, invalid(*_TAKEN), **here)
    return premises.id


@dataclass(frozen=True, slots=True)
class PremisesCorrection:
    """New facts by column. Null removes the address and the contact."""

    premises: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="premises")
async def correct_premises(tx: Transaction, given: PremisesCorrection) -> UUID:
    changes = checked_facts(given.changes)
    premises = await tx.find(Premises, given.premises, "premises", lock=True)
    grid = await tx.get(Grid, id=premises.grid_id)
    named, here = f"{premises.kind.label}「{premises.name}」", {"community_id": grid.community_id}
    await save_corrected(tx, premises, changes, named, "premises", taken=invalid(*_TAKEN), **here)
    return premises.id
