"""Sets up a community from a workbook: all of it, or nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db import sql
from db.acts.accounts import Invited, make_invitation, new_account, new_post, save_new, told_of
from db.acts.calendar import local_day
from db.acts.communities import FOUNDING, check_zone, starting_policies
from db.acts.journal import entry
from db.acts.setup_known import OnRecord, on_record
from db.appeals import CategoryPolicy
from db.base import Row
from db.places import Building, Community, Estate, Farm, Grid, Household, Organisation, PartyBranch, Premises
from db.scope import Scope
from db.setup_checks import lacking
from db.transaction import Transaction
from rules.accounts import UserName
from rules.communities import TIME_ZONE
from rules.journal import EntryKind
from rules.refusals import Refusal
from rules.setup import (
    ACCOUNTS,
    BUILDINGS,
    COMMUNITY,
    ESTATES,
    FORMS,
    GRIDS,
    HOMES,
    ORGANISATIONS,
    PREMISES,
    Form,
    Item,
    Problem,
    Values,
)
from rules.setup_plan import Plan, plan

_BATCH = 5_000
"""Rows that one statement writes: about a megabyte of values."""
_FACTS = {
    COMMUNITY: {"电话": "phone", "时区": "time_zone"},
    PREMISES: {"类别": "kind", "地址": "address", "联系人": "contact_name", "联系电话": "contact_phone"},
    ORGANISATIONS: {"类别": "kind", "电话": "phone"},
    ACCOUNTS: {"姓名": "name", "岗位": "role", "电话": "phone"},
}
"""The columns of the facts of a sheet."""


class NotSetUp(Exception):
    """The problems of a workbook. Nothing was changed."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(f"{len(self.problems)} problems")


@dataclass(frozen=True, slots=True)
class SetUp:
    """The result: rows added by sheet, cells filled in, invitations, and what the community still lacks."""

    counts: Mapping[str, int]
    filled: int
    invited: list[Invited]
    lacking: list[Mapping[str, Any]]


async def set_up(tx: Transaction, items: Mapping[str, list[Item]], problems: Iterable[Problem] = ()) -> SetUp:
    """Adds what a workbook describes and the record lacks. For the operator: no account acts.

    Raises NotSetUp with all problems of reading the workbook, and of what it says.
    """
    await tx.lock_id(FOUNDING)
    problems = [*problems, *await _wrong_zones(tx, items)]
    first = next(iter(items.get(COMMUNITY.name, [])), None)
    farm, name = first.key if first else ("", "")
    found = await on_record(tx, farm, name, [item.key[0] for item in items.get(ACCOUNTS.name, [])])
    items = {**items, ACCOUNTS.name: found.meant(items.get(ACCOUNTS.name, []))}
    made = plan(items, found.known, problems)
    if made.problems:
        raise NotSetUp(made.problems)
    writing = _Writing(tx, found, made)
    await writing.write()
    assert found.community is not None
    return SetUp(made.counts(), len(made.filled), writing.invited, await what_lacks(tx, found.community.id))


async def what_lacks(tx: Transaction, community_id: UUID) -> list[Mapping[str, Any]]:
    """The gaps of a community as rows of :func:`db.setup_checks.lacking`, the most important first."""
    return list(await tx.rows(_lacking, community=community_id))


def _lacking(_: Scope) -> sql.Select:
    found = lacking(lambda t: t.c.id == sql.parameter("community", sql.UUID)).subquery("lack")
    order = (found.c[name] for name in ("position", "estate", "within", "key"))
    return sql.select(*found.c).from_(found).order_by(*order)


async def _wrong_zones(tx: Transaction, items: Mapping[str, list[Item]]) -> list[Problem]:
    wrong = []
    for item in items.get(COMMUNITY.name, []):
        if zone := item.facts.get("时区"):
            try:
                await check_zone(tx, zone)
            except Refusal as refusal:
                wrong.append(Problem(item.sheet, item.row, "时区", refusal.reason))
    return wrong


@dataclass(slots=True)
class _Writing:
    """Makes the rows of a plan, places before what is in them, and writes them by a few statements."""

    tx: Transaction
    found: OnRecord
    plan: Plan
    rows: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    invited: list[Invited] = field(default_factory=list)

    async def write(self) -> None:
        await self._community()
        for form, add in self._steps():
            for item in self.plan.added[form.name]:
                self.found.of(form)[item.key] = add(item)
        for item, facts in self.plan.filled:
            self._fill(item, facts)
        self._answer()
        for rows in (self.rows, self.entries):
            for first in range(0, len(rows), _BATCH):
                await self.tx.save(*rows[first : first + _BATCH])
        await self._accounts()

    def _steps(self) -> Iterator[tuple[Form, Callable[[Item], Row]]]:
        yield ESTATES, self._estate
        yield GRIDS, self._grid
        yield BUILDINGS, self._building
        yield HOMES, self._home
        yield PREMISES, self._premises
        yield ORGANISATIONS, self._organisation

    @property
    def community(self) -> Community:
        assert self.found.community is not None
        return self.found.community

    async def _community(self) -> None:
        """The community, with its policies, and the farm if that is new."""
        for item in self.plan.added[COMMUNITY.name]:
            farm_name, name = item.key
            farm = await self.tx.first(Farm, order=("id",), name=farm_name)
            self.rows += [] if farm else [farm := Farm(name=farm_name)]
            assert farm is not None
            zone = item.facts.get("时区") or TIME_ZONE
            self.found.community = Community(farm_id=farm.id, name=name, time_zone=zone, phone=item.facts.get("电话"))
            self.rows.append(self.community)
            self._tell(f"社区「{name}」")
            self.rows += starting_policies(self.tx, self.community.id, local_day(self.community, self.tx.now))

    def _tell(self, note: str, kind: EntryKind = EntryKind.PLACE_ADDED, about: Row | None = None) -> None:
        self.entries.append(entry(self.tx, kind, about, community_id=self.community.id, note=note))

    def _estate(self, item: Item) -> Row:
        estate = Estate(community_id=self.community.id, name=item.key[0])
        self.rows.append(estate)
        self._tell(f"小区「{estate.name}」")
        self._branch(estate, item.facts)
        return estate

    def _branch(self, estate: Estate, facts: Values) -> None:
        """The Party branch of an estate, new or with a telephone that was not known."""
        branch = self.found.branches.get(estate.id)
        if branch is None and facts.get("党支部") is not None:
            branch = PartyBranch(estate_id=estate.id, name=facts["党支部"])
            self._tell(f"党支部「{branch.name}」")
        if branch is not None:
            branch.phone = branch.phone or facts.get("党支部电话")
            self.rows.append(branch)

    def _grid(self, item: Item) -> Row:
        estate, name = item.key
        grid = Grid(community_id=self.community.id, estate_id=self.found.of(ESTATES)[estate,].id, name=name)
        self.rows.append(grid)
        self._tell(f"网格「{estate}{name}」", about=grid)
        return grid

    def _building(self, item: Item) -> Row:
        estate, name = item.key
        grid: Grid = self.found.of(GRIDS)[estate, item.facts["网格"]]
        inside = {"community_id": grid.community_id, "estate_id": grid.estate_id, "grid_id": grid.id}
        building = Building(**inside, name=name.text, units=item.facts["单元数"], floors=item.facts["楼层数"])
        self.rows.append(building)
        self._tell(f"楼栋「{estate}{name}」", about=building)
        return building

    def _home(self, item: Item) -> Row:
        estate, name, unit, room = item.key
        building: Building = self.found.of(BUILDINGS)[estate, name]
        inside = {"building_id": building.id, "grid_id": building.grid_id}
        home = Household(**inside, unit=unit, floor=item.facts["楼层"], room=room)
        self.rows.append(home)
        made = entry(self.tx, EntryKind.HOUSEHOLD_ADDED, home, community_id=self.community.id)
        self.entries.append(made)
        return home

    def _premises(self, item: Item) -> Row:
        estate, grid, name = item.key
        premises = Premises(grid_id=self.found.of(GRIDS)[estate, grid].id, name=name, **_columns(PREMISES, item.facts))
        self.rows.append(premises)
        self._tell(f"{premises.kind.label}「{name}」", about=premises)
        return premises

    def _organisation(self, item: Item) -> Row:
        (name,) = item.key
        facts = _columns(ORGANISATIONS, item.facts)
        organisation = Organisation(community_id=self.community.id, name=name, **facts)
        self.rows.append(organisation)
        self._tell(f"单位「{name}」")
        return organisation

    def _fill(self, item: Item, facts: Values) -> None:
        form = next(each for each in FORMS if each.name == item.sheet)
        if form is ESTATES:
            self._branch(self.found.of(ESTATES)[item.key], item.facts)
        else:
            row: Row = self._stored(form, item)
            row.change(_columns(form, facts))
            self.rows.append(row)
        told = "、".join(facts)
        self._tell(f"{form.name}「{item.key[-1]}」补充{told}", EntryKind.PLACE_CORRECTED)

    def _stored(self, form: Form, item: Item) -> Row:
        if form is COMMUNITY:
            return self.community
        return self.found.accounts[item.key[0]] if form is ACCOUNTS else self.found.of(form)[item.key]

    def _answer(self) -> None:
        """Who answers for each category, in place of the community itself if that was said before."""
        for category, name in self.plan.answering.items():
            policy = self.found.answering.get(category) or CategoryPolicy(
                community_id=self.community.id, category=category
            )
            policy.organisation_id = self.found.of(ORGANISATIONS)[name,].id if name else None
            self.rows.append(policy)
            self._tell(f"{category.label}：{name or '社区'}", EntryKind.CATEGORY_SET)

    async def _accounts(self) -> None:
        """New accounts with their invitations, and further posts of those that are there."""
        held: dict[UserName, list[Any]] = {}
        for username, place in self.plan.posts:
            held.setdefault(username, []).append(self.found.place(place))
        for item in self.plan.added[ACCOUNTS.name]:
            (username,), facts = item.key, _columns(ACCOUNTS, item.facts)
            account = new_account(str(username), facts["name"], facts["role"], facts.get("phone"))
            self.invited.append(make_invitation(self.tx, account))
            await save_new(self.tx, account, held.pop(username, []))
        for username, places in held.items():
            account = self.found.accounts[username]
            posts = [await new_post(self.tx, account, place) for place in places]
            await self.tx.save(*posts, *told_of(self.tx, account, posts))


def _columns(form: Form, facts: Values) -> dict[str, Any]:
    return {column: facts[heading] for heading, column in _FACTS[form].items() if facts.get(heading) is not None}
