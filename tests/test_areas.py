"""Areas and labels of buildings, which the database keeps for whoever adds and changes places."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from tests.client import Tunping
from tests.test_places import done, own_community

PLACES = """
    with f as (insert into farm (name) values ('测试农场') returning id),
    c as (insert into community (farm_id, name, time_zone)
        select id, '测试社区', 'Asia/Shanghai' from f returning id),
    e as (insert into estate (community_id, name) select id, '金穗家园' from c returning id, community_id),
    g as (insert into grid (community_id, estate_id, name) select community_id, id, '01号网格' from e returning *)
    insert into building (community_id, estate_id, grid_id, name, units, floors, label)
    select community_id, estate_id, id, '3号楼', 2, 6, 'whatever' from g
    returning id, community_id, estate_id, grid_id
"""
LABEL = "select label from building where id = $1"


@pytest.fixture
async def owner(fresh_url: str) -> AsyncIterator[Any]:
    """A connection to an empty database, undone afterwards."""
    connection = await asyncpg.connect(fresh_url)
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()


async def test_a_building_is_named_with_its_estate_once_there_are_two(owner: Any) -> None:
    building = await owner.fetchrow(PLACES)
    assert await owner.fetchval(LABEL, building["id"]) == "3号楼"
    other = await owner.fetchval(
        "insert into estate (community_id, name) values ($1, '春晖苑') returning id", building["community_id"]
    )
    assert await owner.fetchval(LABEL, building["id"]) == "金穗家园3号楼"
    await owner.execute("update estate set name = '金穗小区' where id = $1", building["estate_id"])
    assert await owner.fetchval(LABEL, building["id"]) == "金穗小区3号楼"
    await owner.execute("update building set name = '5号楼', label = 'x' where id = $1", building["id"])
    assert await owner.fetchval(LABEL, building["id"]) == "金穗小区5号楼"
    await owner.execute("delete from estate where id = $1", other)
    assert await owner.fetchval(LABEL, building["id"]) == "5号楼"


async def test_what_one_statement_adds_is_named_too(owner: Any) -> None:
    both = PLACES.replace("'金穗家园' from c", "each from c, unnest('{金穗家园,春晖苑}'::text[]) each")
    await owner.execute(both)
    labels = await owner.fetch('select label from building order by label collate "C"')
    assert [each["label"] for each in labels] == ["春晖苑3号楼", "金穗家园3号楼"]


async def test_the_second_community_does_not_matter(owner: Any) -> None:
    building = await owner.fetchrow(PLACES)
    await owner.fetchrow(PLACES)
    assert await owner.fetchval(LABEL, building["id"]) == "3号楼"


async def test_each_place_is_an_area_and_takes_it_along(owner: Any) -> None:
    building = await owner.fetchrow(PLACES)
    community, estate, grid = (building[f"{name}_id"] for name in ("community", "estate", "grid"))
    areas = "select id, community_id, estate_id from area"
    assert {tuple(each) for each in await owner.fetch(areas)} == {
        (community, community, None),
        (estate, community, estate),
        (grid, community, estate),
    }
    other = await owner.fetchval(
        "insert into estate (community_id, name) values ($1, '春晖苑') returning id", community
    )
    await owner.execute("update grid set estate_id = $1 where id = $2", other, grid)
    assert await owner.fetchval("select estate_id from area where id = $1", grid) == other
    for table in ("building", "grid", "estate"):
        await owner.execute(f"delete from {table}")
    assert {each["id"] for each in await owner.fetch(areas)} == {community}


async def test_a_statement_that_adds_a_grid_may_tell_of_it(owner: Any) -> None:
    building = await owner.fetchrow(PLACES)
    told = """with g as (insert into grid (community_id, estate_id, name) values ($1, $2, '02号网格') returning id)
        insert into journal (kind, community_id, grid_id, occurred_at) select 'POST_GIVEN', $1, id, now() from g"""
    assert await owner.execute(told, building["community_id"], building["estate_id"]) == "INSERT 0 1"


async def test_the_server_neither_reads_nor_writes_areas(tunping: Tunping) -> None:
    for statement in ("select count(*) from area", "delete from area", "update building set label = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await tunping.app.state.database.fetchval(statement)


async def test_a_new_place_does_not_take_the_id_of_another_one(tunping: Tunping) -> None:
    """Its area would be that of the new place, with all cases there."""
    secretary, owner = await tunping.as_("书记01"), tunping.app.state.owner
    community = await own_community(secretary)
    own = community.partition("_")[2]
    estate = await owner.fetchval("select id from estate where community_id = $1", UUID(own))
    fresh = uuid4()
    await done(secretary, "addGrid", id=f"grid_{fresh}", estate=f"estate_{estate}", name="98号网格")
    areas = await owner.fetch("select * from area order by id")
    for taken in (fresh, own):
        given = {"id": f"estate_{taken}", "community": community, "name": "新小区"}
        assert await secretary.refused("addEstate", given) == "CONFLICT"
    given = {"id": f"grid_{estate}", "estate": f"estate_{estate}", "name": "99号网格"}
    assert await secretary.refused("addGrid", given) == "CONFLICT"
    assert await owner.fetch("select * from area order by id") == areas
