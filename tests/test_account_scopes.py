"""New accounts: where their roles hold, and what is refused."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest
import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.accounts import HOLDS_IN, PASSWORDS, Account, Assignment, Scope, add_account
from db.places import Building, Community, Estate, Farm, Grid
from rules.access import Role
from rules.refusals import Code, Refusal

pytestmark = pytest.mark.asyncio

LATE_IN_THE_EVENING = datetime(2023, 8, 31, 20, 0, tzinfo=UTC)
Row = TypeVar("Row", bound=SQLModel)


@pytest_asyncio.fixture
async def session(fresh_url: str) -> AsyncIterator[AsyncSession]:
    """A transaction, given up at the end, with two estates whose grids and buildings are called alike."""
    engine = create_async_engine(sa.engine.make_url(fresh_url).set(drivername="postgresql+asyncpg"))
    async with AsyncSession(engine) as session:
        await add_places(session)
        yield session
    await engine.dispose()


async def add_places(session: AsyncSession) -> None:
    farm = await kept(session, Farm(name="三坪农场"))
    community = await kept(session, Community(farm_id=farm.id, name="屯坪社区"))
    for name in ("和谐家园", "幸福里"):
        estate = await kept(session, Estate(community_id=community.id, name=name))
        inside = {"community_id": community.id, "estate_id": estate.id}
        for number in (1, 2):
            grid = await kept(session, Grid(**inside, name=f"第{number}网格"))
            await kept(session, Building(**inside, grid_id=grid.id, number=number, units=2, floors=6))
        await kept(session, Grid(**inside, name=f"{name}商铺"))


async def kept(session: AsyncSession, row: Row) -> Row:
    session.add(row)
    await session.flush()
    return row


async def added(session: AsyncSession, role: Role, scope: Scope, **changes: Any) -> Account:
    described: dict[str, Any] = {
        "username": "wang",
        "name": "王芳",
        "password": "大院门口的老胡杨",
        **changes,
    }
    return await add_account(session, role=role, scope=scope, now=LATE_IN_THE_EVENING, **described)


async def assigned(session: AsyncSession, account: Account) -> list[Assignment]:
    query = select(Assignment).where(Assignment.account_id == account.id)
    return list((await session.exec(query)).all())


async def refused(session: AsyncSession, role: Role, scope: Scope, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await added(session, role, scope, **changes)
    return caught.value


async def estate_named(session: AsyncSession, name: str) -> Estate:
    return (await session.exec(select(Estate).where(Estate.name == name))).one()


async def grid_in(session: AsyncSession, estate: str, name: str) -> Grid:
    query = select(Grid).where(Grid.name == name, Grid.estate_id == (await estate_named(session, estate)).id)
    return (await session.exec(query)).one()


async def test_a_worker_holds_grids_from_the_local_day_on(session: AsyncSession) -> None:
    account = await added(session, Role.GRID_WORKER, Scope(grids=("和谐家园商铺", "幸福里商铺")))
    assignments = await assigned(session, account)
    grids = [await grid_in(session, name, f"{name}商铺") for name in ("和谐家园", "幸福里")]
    assert {one.grid_id for one in assignments} == {grid.id for grid in grids}
    assert {one.community_id for one in assignments} == {grids[0].community_id}
    assert {(one.estate_id, one.building_id, one.starts_on) for one in assignments} == {(None, None, date(2023, 9, 1))}


async def test_the_password_is_kept_as_a_hash(session: AsyncSession) -> None:
    account = await added(session, Role.ADMIN, Scope())
    assert PASSWORDS.verify(account.password_hash, "大院门口的老胡杨")


async def test_an_estate_says_which_of_two_grids_is_meant(session: AsyncSession) -> None:
    account = await added(session, Role.GRID_WORKER, Scope(estate="幸福里", grids=("第1网格",)))
    grid = await grid_in(session, "幸福里", "第1网格")
    assert [one.grid_id for one in await assigned(session, account)] == [grid.id]


async def test_a_name_that_two_grids_have_is_not_guessed(session: AsyncSession) -> None:
    refusal = await refused(session, Role.GRID_WORKER, Scope(grids=("第1网格",)))
    grids = [await grid_in(session, name, "第1网格") for name in ("和谐家园", "幸福里")]
    assert (refusal.code, refusal.path) == (Code.PLACE_UNCLEAR, ("grid",))
    assert all(f"grid_{grid.id}" in refusal.message() for grid in grids)


@pytest.mark.parametrize("form", ["grid_{}", "{}"])
async def test_a_place_may_be_given_by_its_id(session: AsyncSession, form: str) -> None:
    grid = await grid_in(session, "和谐家园", "第2网格")
    scope = Scope(grids=(form.format(grid.id), form.format(grid.id)))
    account = await added(session, Role.GRID_WORKER, scope)
    assert [one.grid_id for one in await assigned(session, account)] == [grid.id]


async def test_a_leader_holds_an_estate(session: AsyncSession) -> None:
    account = await added(session, Role.GRID_LEADER, Scope(estate="和谐家园"))
    estate = await estate_named(session, "和谐家园")
    assert [one.estate_id for one in await assigned(session, account)] == [estate.id]


@pytest.mark.parametrize("number", ["2", "2号楼", "2栋"])
async def test_a_building_is_called_by_its_number(session: AsyncSession, number: str) -> None:
    account = await added(session, Role.BUILDING_HEAD, Scope(estate="幸福里", building=number))
    grid = await grid_in(session, "幸福里", "第2网格")
    building = (await session.exec(select(Building).where(Building.grid_id == grid.id))).one()
    assert [one.building_id for one in await assigned(session, account)] == [building.id]


@pytest.mark.parametrize("role", [role for role, kind in HOLDS_IN.items() if kind == "community"])
async def test_the_others_hold_a_community(session: AsyncSession, role: Role) -> None:
    account = await added(session, role, Scope(community="屯坪社区"))
    (one,) = await assigned(session, account)
    assert (one.estate_id, one.grid_id, one.building_id) == (None, None, None)


async def test_an_admin_holds_no_place(session: AsyncSession) -> None:
    assert await assigned(session, await added(session, Role.ADMIN, Scope())) == []


@pytest.mark.parametrize(
    ("role", "scope", "path"),
    [
        (Role.GRID_WORKER, Scope(), "grid"),
        (Role.GRID_WORKER, Scope(estate="和谐家园"), "grid"),
        (Role.GRID_LEADER, Scope(estate="和谐家园", grids=("第1网格",)), "estate"),
        (Role.BUILDING_HEAD, Scope(grids=("第1网格",)), "building"),
        (Role.SECRETARY, Scope(), "community"),
        (Role.ADMIN, Scope(community="屯坪社区"), "scope"),
    ],
)
async def test_a_role_needs_its_own_kind_of_place(session: AsyncSession, role: Role, scope: Scope, path: str) -> None:
    refusal = await refused(session, role, scope)
    assert (refusal.code, refusal.path) == (Code.INVALID_INPUT, (path,))


@pytest.mark.parametrize(
    ("role", "scope", "path"),
    [
        (Role.SECRETARY, Scope(community="别处"), "community"),
        (Role.GRID_WORKER, Scope(estate="别处", grids=("第1网格",)), "estate"),
        (Role.GRID_WORKER, Scope(estate="和谐家园", grids=("幸福里商铺",)), "grid"),
        (Role.BUILDING_HEAD, Scope(estate="和谐家园", building="9号楼"), "building"),
        (Role.BUILDING_HEAD, Scope(estate="和谐家园", building="东边那栋"), "building"),
        (Role.BUILDING_HEAD, Scope(estate="和谐家园", grids=("第1网格",), building="2"), "building"),
        (Role.GRID_LEADER, Scope(estate=str(UUID(int=1))), "estate"),
    ],
)
async def test_a_place_that_is_not_there_is_not_found(
    session: AsyncSession, role: Role, scope: Scope, path: str
) -> None:
    refusal = await refused(session, role, scope)
    assert (refusal.code, refusal.path) == (Code.NOT_FOUND, (path,))


async def test_a_user_name_is_given_once(session: AsyncSession) -> None:
    await added(session, Role.ADMIN, Scope())
    refusal = await refused(session, Role.ADMIN, Scope())
    assert (refusal.code, refusal.path) == (Code.INVALID_INPUT, ("username",))
    assert refusal.message("en") == "Invalid input: the user name is taken."


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
    session: AsyncSession, changes: dict[str, str], code: Code, path: str
) -> None:
    refusal = await refused(session, Role.ADMIN, Scope(), **changes)
    assert (refusal.code, refusal.path) == (code, (path,))
