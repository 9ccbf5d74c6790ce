"""The recorded facts of a community, by the names of its places, for a comparison with a workbook."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from db import sql
from db.accounts import Account, Assignment
from db.acts.calendar import today_in
from db.appeals import CategoryPolicy
from db.base import alias
from db.places import Building, Community, Estate, Farm, Grid, Household, Organisation, PartyBranch, Premises
from db.scope import Condition, Scope
from db.transaction import Transaction
from rules.access import Role
from rules.accounts import UserName
from rules.appeals import AppealCategory
from rules.buildings import BuildingName
from rules.setup import (
    ACCOUNTS,
    BUILDINGS,
    COMMUNITY,
    ESTATES,
    GRIDS,
    HOMES,
    ORGANISATIONS,
    PREMISES,
    Form,
    Item,
    Key,
    Values,
)
from rules.setup_plan import Known, Place

Rows = dict[Key, Any]
"""Rows of a table by the key that the workbook has for them."""


@dataclass(slots=True)
class OnRecord:
    """The rows of a community by sheet and key, and the accounts by user name."""

    community: Community | None = None
    rows: dict[str, Rows] = field(default_factory=dict)
    branches: dict[UUID, PartyBranch] = field(default_factory=dict)
    """By estate."""
    accounts: dict[UserName, Account] = field(default_factory=dict)
    """By the form that they are kept in. Earlier versions had several names of one form, of which one has it."""
    answering: dict[AppealCategory, CategoryPolicy] = field(default_factory=dict)
    known: Known = field(default_factory=Known)

    def meant(self, told: Iterable[Item]) -> list[Item]:
        """The accounts of a workbook by the recorded ones that they name. An exact spelling comes first."""
        exact = {name.text: name for name in self.accounts}
        return [replace(each, key=(exact.get(each.key[0].text, each.key[0]),)) for each in told]

    def of(self, form: Form) -> Rows:
        return self.rows.setdefault(form.name, {})

    def place(self, place: Place) -> Any:
        """The row of a place in which a post is held."""
        sheet, key = place
        return self.community if sheet == COMMUNITY.name else self.rows[sheet][key]


async def on_record(tx: Transaction, farm: str, name: str, usernames: Collection[UserName]) -> OnRecord:
    """Reads a community by its name and its farm's, and locks it. Of one that does not exist, only the accounts."""
    found = OnRecord()
    farms = await tx.all(Farm, order=("id",), name=farm)
    found.community = await tx.first(
        Community, order=("id",), lock=True, name=name, farm_id=[each.id for each in farms]
    )
    facts: dict[str, Mapping[Key, Values]] = {}
    answering = {}
    if found.community is not None:
        facts = await _facts(tx, found, found.community, (farm, name))
        organisations = {row.id: key[0] for key, row in found.of(ORGANISATIONS).items()}
        policies = await tx.all(CategoryPolicy, community_id=found.community.id)
        found.answering = {each.category: each for each in policies}
        answering = {each.category: organisations.get(each.organisation_id) for each in policies}
    found.accounts = await _accounts(tx, usernames)
    facts[ACCOUNTS.name] = {
        (name,): {"姓名": each.name, "岗位": each.role, "电话": each.phone} for name, each in found.accounts.items()
    }
    found.known = Known(facts, answering, await _posts(tx, found), _elsewhere(found))
    return found


async def _accounts(tx: Transaction, usernames: Collection[UserName]) -> dict[UserName, Account]:
    exact = await tx.all(Account, username=[each.text for each in usernames])
    folded = await tx.all(Account, username_key=[each.key for each in usernames])
    return {UserName(each.username_key, each.username): each for each in [*exact, *folded]}


async def _facts(tx: Transaction, found: OnRecord, community: Community, key: Key) -> dict[str, Mapping[Key, Values]]:
    here: dict[str, Any] = {"community_id": community.id}
    estates = {each.id: each for each in await tx.all(Estate, **here)}
    grids = {each.id: each for each in await tx.all(Grid, **here)}
    buildings = {each.id: each for each in await tx.all(Building, **here)}
    homes = await tx.matching(Household, _in_community, community=community.id)
    premises = await tx.all(Premises, grid_id=list(grids))
    found.branches = {each.estate_id: each for each in await tx.all(PartyBranch, estate_id=list(estates))}
    names = {each.id: each.name for each in estates.values()}
    built = {each.id: (names[each.estate_id], BuildingName.of(each.name)) for each in buildings.values()}
    gridded = {each.id: (names[each.estate_id], each.name) for each in grids.values()}
    found.rows = {
        ESTATES.name: {(each.name,): each for each in estates.values()},
        GRIDS.name: {gridded[each.id]: each for each in grids.values()},
        BUILDINGS.name: {built[each.id]: each for each in buildings.values()},
        HOMES.name: {(*built[each.building_id], each.unit, each.room): each for each in homes},
        PREMISES.name: {(*gridded[each.grid_id], each.name): each for each in premises},
        ORGANISATIONS.name: {(each.name,): each for each in await tx.all(Organisation, **here)},
    }
    return {
        COMMUNITY.name: {key: {"电话": community.phone, "时区": community.time_zone}},
        ESTATES.name: {key: _facts_of_estate(found, row) for key, row in found.of(ESTATES).items()},
        GRIDS.name: {key: {} for key in found.of(GRIDS)},
        BUILDINGS.name: {
            key: {"网格": grids[row.grid_id].name, "单元数": row.units, "楼层数": row.floors}
            for key, row in found.of(BUILDINGS).items()
        },
        HOMES.name: {key: {"楼层": row.floor} for key, row in found.of(HOMES).items()},
        PREMISES.name: {
            key: {"类别": row.kind, "地址": row.address, "联系人": row.contact_name, "联系电话": row.contact_phone}
            for key, row in found.of(PREMISES).items()
        },
        ORGANISATIONS.name: {
            key: {"类别": row.kind, "电话": row.phone} for key, row in found.of(ORGANISATIONS).items()
        },
    }


def _facts_of_estate(found: OnRecord, estate: Estate) -> Values:
    branch = found.branches.get(estate.id)
    return {"党支部": branch and branch.name, "党支部电话": branch and branch.phone}


async def _posts(tx: Transaction, found: OnRecord) -> dict[UserName, frozenset[Place]]:
    """The present and coming posts of the accounts in the community."""
    if found.community is None:
        return {}
    today = await today_in(tx, found.community.id)
    of: dict[str, Any] = {"community_id": found.community.id, "stands_in_for": None}
    posts = await tx.all(Assignment, account_id=[each.id for each in found.accounts.values()], **of)
    names = {each.id: name for name, each in found.accounts.items()}
    keys = {row.id: (sheet, key) for sheet, rows in found.rows.items() for key, row in rows.items()}
    held: dict[UserName, set[Place]] = {}
    for post in posts:
        if post.ends_on is None or post.ends_on >= today:
            places = (post.grid_id, post.estate_id, post.building_id, post.organisation_id)
            place = next((keys[each] for each in places if each is not None), (COMMUNITY.name, ()))
            held.setdefault(names[post.account_id], set()).add(place)
    return {name: frozenset(places) for name, places in held.items()}


def _elsewhere(found: OnRecord) -> frozenset[UserName]:
    """Those whose accounts are disabled, or belong to another community. An administrator belongs to none."""
    own = found.community and found.community.id
    return frozenset(
        name
        for name, each in found.accounts.items()
        if each.disabled_at is not None or (each.role is not Role.ADMIN and each.community_id != own)
    )


def _in_community(t: sql.From, _: Scope) -> Condition:
    building = alias(Building)
    here = building.c.community_id == sql.parameter("community", sql.UUID)
    return t.c.building_id.in_(sql.select(building.c.id).from_(building).where(here))
