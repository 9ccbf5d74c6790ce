"""Acts on estates, their Party branches and their grids."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db.acts.corrections import save_corrected, save_new
from db.acts.journal import act
from db.places import Community, Estate, Grid, PartyBranch
from db.transaction import Transaction
from rules.access import Act
from rules.phones import check_optional_phone
from rules.places import checked_facts
from rules.refusals import invalid
from rules.text import check_name

_TAKEN_ESTATE = "社区里已有同名的小区", "name"
_TAKEN_GRID = "小区里已有同名的网格", "name"
_TAKEN_BRANCH = "小区已有网格党支部", "estate"


@dataclass(frozen=True, slots=True)
class NewEstate:
    id: UUID
    community: UUID
    name: str


@act(Act.KEEP_PLACES)
async def add_estate(tx: Transaction, new: NewEstate) -> UUID:
    name = check_name(new.name, "name")
    community = await tx.find(Community, new.community, "community", lock=True)
    estate = Estate(id=new.id, community_id=community.id, name=name)
    await save_new(tx, estate, f"小区「{name}」", invalid(*_TAKEN_ESTATE))
    return estate.id


@dataclass(frozen=True, slots=True)
class EstateCorrection:
    """New facts by column. Null changes nothing, but for a telephone, which it removes; so in all corrections."""

    estate: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="estate")
async def correct_estate(tx: Transaction, given: EstateCorrection) -> UUID:
    changes = checked_facts(given.changes)
    estate = await tx.find(Estate, given.estate, "estate", lock=True)
    named = f"小区「{estate.name}」"
    await save_corrected(tx, estate, changes, named, "estate", taken=invalid(*_TAKEN_ESTATE))
    return estate.id


@dataclass(frozen=True, slots=True)
class NewPartyBranch:
    id: UUID
    estate: UUID
    name: str
    phone: str | None = None


@act(Act.KEEP_PLACES)
async def add_party_branch(tx: Transaction, new: NewPartyBranch) -> UUID:
    """Adds the Party branch of an estate, which has at most one."""
    name = check_name(new.name, "name")
    phone = check_optional_phone(new.phone, "phone")
    estate = await tx.find(Estate, new.estate, "estate", lock=True)
    branch = PartyBranch(id=new.id, estate_id=estate.id, name=name, phone=phone)
    here = {"community_id": estate.community_id}
    await save_new(tx, branch, f"党支部「{name}」", invalid(*_TAKEN_BRANCH), **here)
    return branch.id


@dataclass(frozen=True, slots=True)
class PartyBranchCorrection:
    party_branch: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="party_branch")
async def correct_party_branch(tx: Transaction, given: PartyBranchCorrection) -> UUID:
    changes = checked_facts(given.changes)
    branch = await tx.find(PartyBranch, given.party_branch, "partyBranch", lock=True)
    estate = await tx.get(Estate, id=branch.estate_id)
    named, here = f"党支部「{branch.name}」", {"community_id": estate.community_id}
    await save_corrected(tx, branch, changes, named, "partyBranch", taken=invalid(*_TAKEN_BRANCH), **here)
    return branch.id


@dataclass(frozen=True, slots=True)
class NewGrid:
    id: UUID
    estate: UUID
    name: str


@act(Act.KEEP_PLACES)
async def add_grid(tx: Transaction, new: NewGrid) -> UUID:
    name = check_name(new.name, "name")
    estate = await tx.find(Estate, new.estate, "estate", lock=True)
    grid = Grid(id=new.id, community_id=estate.community_id, estate_id=estate.id, name=name)
    await save_new(tx, grid, f"网格「{estate.name}{name}」", invalid(*_TAKEN_GRID))
    await tx.act_again()
    return grid.id


@dataclass(frozen=True, slots=True)
class GridCorrection:
    grid: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="grid")
async def correct_grid(tx: Transaction, given: GridCorrection) -> UUID:
    changes = checked_facts(given.changes)
    grid = await tx.find(Grid, given.grid, "grid", lock=True)
    await save_corrected(tx, grid, changes, f"网格「{grid.name}」", "grid", taken=invalid(*_TAKEN_GRID))
    return grid.id
