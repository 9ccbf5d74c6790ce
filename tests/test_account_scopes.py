"""New accounts: where their roles hold, and what is refused."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest
import pytest_asyncio

from db.accounts import PASSWORDS, Account, Assignment
from db.acts.accounts import HOLDS_IN, NewAccount, PostScope, add_account, hash_password
from db.base import Row
from db.database import Database
from db.logins import Login
from db.places import Building, Community, Estate, Farm, Grid
from db.transaction import Transaction
from rules.access import Role
from rules.refusals import Code, Refusal
from schema.languages import message_of

pytestmark = pytest.mark.asyncio

LATE_IN_THE_EVENING = datetime(2023, 8, 31, 20, 0, tzinfo=UTC)
PASSWORD = "大院门口的老胡杨"
NUMBERS = itertools.count(1)
Model = TypeVar("Model", bound=Row)


@pytest_asyncio.fixture
async def database(fresh_url: str) -> AsyncIterator[Database]:
    """A database with two estates whose grids and buildings are called alike."""
    database = await Database.open(fresh_url, 2, Login.WORKER)
    if not await database.fetchval("select count(*) from farm"):
        await database.transact(add_places, now=LATE_IN_THE_EVENING)
    yield database
    await database.close()


async def add_places(tx: Transaction) -> None:
    farm = Farm(name="三坪农场")
    community = Community(farm_id=farm.id, name="屯坪社区")
    await tx.save(farm, community)
    for name in ("和谐家园", "幸福里"):
        estate = Estate(community_id=community.id, name=name)
        inside = {"community_id": community.id, "estate_id": estate.id}
        await tx.save(estate, Grid(**inside, name=f"{name}商铺"))
        for number in (1, 2):
            grid = Grid(**inside, name=f"第{number}网格")
            await tx.save(grid, Building(**inside, grid_id=grid.id, name=f"{number}号楼", units=2, floors=6))


async def added(database: Database, role: Role, scope: PostScope, **changes: Any) -> Account:
    """A new account, under a user name of its own unless the changes name one."""
    described = {"username": f"wang{next(NUMBERS)}", "name": "王芳", "password": PASSWORD, **changes}
    hashed = await hash_password(described.pop("password"))
    new = NewAccount(**described, role=role, scope=scope)
    return await database.transact(lambda tx: add_account(tx, new, hashed), now=LATE_IN_THE_EVENING)


async def kept(database: Database, model: type[Model], **equal: Any) -> list[Model]:
    """Rows as they are in the database."""
    return await database.transact(lambda tx: tx.all(model, **equal), now=LATE_IN_THE_EVENING)


async def assigned(database: Database, account: Account) -> list[Assignment]:
    return await kept(database, Assignment, account_id=account.id)


async def refused(database: Database, role: Role, scope: PostScope, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await added(database, role, scope, **changes)
    return caught.value


async def estate_named(database: Database, name: str) -> Estate:
    (estate,) = await kept(database, Estate, name=name)
    return estate


async def grid_in(database: Database, estate: str, name: str) -> Grid:
    (grid,) = await kept(database, Grid, name=name, estate_id=(await estate_named(database, estate)).id)
    return grid


async def test_a_worker_holds_grids_from_the_local_day_on(database: Database) -> None:
    account = await added(database, Role.GRID_WORKER, PostScope(grids=("和谐家园商铺", "幸福里商铺")))
    assignments = await assigned(database, account)
    grids = [await grid_in(database, name, f"{name}商铺") for name in ("和谐家园", "幸福里")]
    assert {one.grid_id for one in assignments} == {grid.id for grid in grids}
    assert {one.community_id for one in assignments} == {grids[0].community_id}
    assert {(one.estate_id, one.building_id, one.starts_on) for one in assignments} == {(None, None, date(2023, 9, 1))}


async def test_the_password_is_kept_as_a_hash(database: Database) -> None:
    account = await added(database, Role.ADMIN, PostScope())
    assert account.password_hash is not None
    assert PASSWORDS.verify(account.password_hash, PASSWORD)


async def test_an_estate_says_which_of_two_grids_is_meant(database: Database) -> None:
    account = await added(database, Role.GRID_WORKER, PostScope(estate="幸福里", grids=("第1网格",)))
    grid = await grid_in(database, "幸福里", "第1网格")
    assert [one.grid_id for one in await assigned(database, account)] == [grid.id]


async def test_a_name_that_two_grids_have_is_not_guessed(database: Database) -> None:
    refusal = await refused(database, Role.GRID_WORKER, PostScope(grids=("第1网格",)))
    grids = [await grid_in(database, name, "第1网格") for name in ("和谐家园", "幸福里")]
    assert (refusal.code, refusal.path) == (Code.PLACE_UNCLEAR, ("grid",))
    assert all(f"grid_{grid.id}" in refusal.message() for grid in grids)


@pytest.mark.parametrize("form", ["grid_{}", "{}"])
async def test_a_place_may_be_given_by_its_id(database: Database, form: str) -> None:
    grid = await grid_in(database, "和谐家园", "第2网格")
    scope = PostScope(grids=(form.format(grid.id), form.format(grid.id)))
    account = await added(database, Role.GRID_WORKER, scope)
    assert [one.grid_id for one in await assigned(database, account)] == [grid.id]


async def test_a_leader_holds_an_estate(database: Database) -> None:
    account = await added(database, Role.GRID_LEADER, PostScope(estate="和谐家园"))
    estate = await estate_named(database, "和谐家园")
    assert [one.estate_id for one in await assigned(database, account)] == [estate.id]


@pytest.mark.parametrize("number", ["2", "2号楼", "2栋"])
async def test_a_building_is_called_by_its_number(database: Database, number: str) -> None:
    account = await added(database, Role.BUILDING_HEAD, PostScope(estate="幸福里", building=number))
    grid = await grid_in(database, "幸福里", "第2网格")
    (building,) = await kept(database, Building, grid_id=grid.id)
    assert [one.building_id for one in await assigned(database, account)] == [building.id]


@pytest.mark.parametrize("role", [role for role, kind in HOLDS_IN.items() if kind == "community"])
async def test_the_others_hold_a_community(database: Database, role: Role) -> None:
    account = await added(database, role, PostScope(community="屯坪社区"))
    (one,) = await assigned(database, account)
    assert (one.estate_id, one.grid_id, one.building_id) == (None, None, None)


async def test_an_admin_holds_no_place(database: Database) -> None:
    assert await assigned(database, await added(database, Role.ADMIN, PostScope())) == []


@pytest.mark.parametrize(
    ("role", "scope", "path"),
    [
        (Role.GRID_WORKER, PostScope(), "grid"),
        (Role.GRID_WORKER, PostScope(estate="和谐家园"), "grid"),
        (Role.GRID_LEADER, PostScope(estate="和谐家园", grids=("第1网格",)), "estate"),
        (Role.BUILDING_HEAD, PostScope(grids=("第1网格",)), "building"),
        (Role.SECRETARY, PostScope(), "community"),
        (Role.ADMIN, PostScope(community="屯坪社区"), "scope"),
    ],
)
async def test_a_role_needs_its_own_kind_of_place(database: Database, role: Role, scope: PostScope, path: str) -> None:
    refusal = await refused(database, role, scope)
    assert (refusal.code, refusal.path) == (Code.INVALID_INPUT, (path,))


@pytest.mark.parametrize(
    ("role", "scope", "path"),
    [
        (Role.SECRETARY, PostScope(community="别处"), "community"),
        (Role.GRID_WORKER, PostScope(estate="别处", grids=("第1网格",)), "estate"),
        (Role.GRID_WORKER, PostScope(estate="和谐家园", grids=("幸福里商铺",)), "grid"),
        (Role.BUILDING_HEAD, PostScope(estate="和谐家园", building="9号楼"), "building"),
        (Role.BUILDING_HEAD, PostScope(estate="和谐家园", building="东边那栋"), "building"),
        (Role.BUILDING_HEAD, PostScope(estate="和谐家园", grids=("第1网格",), building="2"), "building"),
        (Role.GRID_LEADER, PostScope(estate=str(UUID(int=1))), "estate"),
    ],
)
async def test_a_place_that_is_not_there_is_not_found(
    database: Database, role: Role, scope: PostScope, path: str
) -> None:
    refusal = await refused(database, role, scope)
    assert (refusal.code, refusal.path) == (Code.NOT_FOUND, (path,))


async def test_a_user_name_is_given_once(database: Database) -> None:
    await added(database, Role.ADMIN, PostScope(), username="wang")
    refusal = await refused(database, Role.ADMIN, PostScope(), username="wang")
    assert (refusal.code, refusal.path) == (Code.INVALID_INPUT, ("username",))
    assert message_of(refusal, "en") == "Invalid input: the user name is taken."


async def test_of_two_who_ask_for_a_user_name_at_once_one_gets_it(database: Database) -> None:
    asked = (added(database, Role.ADMIN, PostScope(), username="zhao") for _ in range(2))
    got = await asyncio.gather(*asked, return_exceptions=True)
    (refusal,) = (each for each in got if isinstance(each, Refusal))
    assert (refusal.code, refusal.path) == (Code.INVALID_INPUT, ("username",))
    assert len(await kept(database, Account, username="zhao")) == 1


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"username": " "}, Code.INVALID_INPUT, "username"),
        ({"username": "w" * 101}, Code.TOO_LONG, "username"),
        ({"name": ""}, Code.INVALID_INPUT, "name"),
        ({"password": "short"}, Code.INVALID_INPUT, "password"),
    ],
)
async def test_names_and_passwords_are_checked(
    database: Database, changes: dict[str, str], code: Code, path: str
) -> None:
    refusal = await refused(database, Role.ADMIN, PostScope(), **changes)
    assert (refusal.code, refusal.path) == (code, (path,))
