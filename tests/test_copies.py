"""Whatever two phones and the office do, each phone's copy equals what the server would give it anew."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.client import Clock, Tunping, new_id
from tests.copies import Copy

NOW = datetime(2023, 12, 30, 2, tzinfo=UTC)
HELD = """
    select p.id from account p where p.id = $1
    union select a.community_id from assignment a where a.account_id = $1 and (a.ends_on is null or a.ends_on > now())
    union select e.id from assignment a join area g on g.id = a.grid_id join area e on e.community_id = g.community_id
        and (e.id = g.id or e.id = g.estate_id or e.id = g.community_id)
        where a.account_id = $1 and (a.ends_on is null or a.ends_on > now())"""
"""The buckets of a grid worker, said a second time."""
LAST = """select id, grid_id, ends_on from assignment where account_id = $1 and grid_id is not null
    order by ends_on is null desc, starts_on desc, id desc limit 1"""


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


class World:
    """Two phones and an office that act at random."""

    def __init__(self, tunping: Tunping, seed: int) -> None:
        self.tunping, self.random = tunping, random.Random(seed)  # noqa: S311  no secret

    async def begin(self) -> "World":
        self.office = await self.tunping.as_("书记01")
        self.copies = [await Copy(await self.tunping.as_(name)).catch_up() for name in ("网格员01", "网格员02")]
        self.posts = [await self._held(each.client) for each in self.copies]
        return self

    async def _held(self, client: Tunping) -> dict[str, Any]:
        me = (await client.ask("{ me { id } }")).data["me"]["id"]
        last = await self.tunping.app.state.owner.fetchrow(LAST, me.partition("_")[2])
        post = {"account": me, "grid": f"grid_{last['grid_id']}", "id": f"post_{last['id']}"}
        if last["ends_on"] is not None:  # Another seed ended it.
            await self._give(post)
        return post

    async def step(self) -> None:
        name = self.random.choice(("visit", "appeal", "accept", "colour", "move", "merge", "post", "building", "room"))
        await getattr(self, f"_{name}")(self.random.choice(self.copies))

    def _any(self, copy: Copy, kind: str) -> str | None:
        found = sorted(each["id"] for each in copy.of(kind))
        return self.random.choice(found) if found else None

    async def _visit(self, copy: Copy) -> None:
        given = {"id": new_id("visit"), "household": self._any(copy, "HOUSEHOLD"), "mode": "PHONE"}
        if given["household"]:
            await copy.client.do("recordVisit", given | {"occurredAt": NOW.isoformat()})

    async def _appeal(self, copy: Copy) -> None:
        if home := self._any(copy, "HOUSEHOLD"):
            await copy.client.do("openAppeal", {"id": new_id("appeal"), "household": home, "body": "灯不亮"})

    async def _accept(self, copy: Copy) -> None:
        if appeal := self._any(copy, "APPEAL"):
            await copy.client.do("acceptAppeal", {"appeal": appeal, "act": new_id("act")})

    async def _colour(self, copy: Copy) -> None:
        if resident := self._any(copy, "RESIDENT"):
            await copy.client.do("setColour", {"resident": resident, "colour": "BLUE", "act": new_id("act")})

    async def _move(self, copy: Copy) -> None:
        other = self.copies[copy is self.copies[0]]
        resident, home = self._any(copy, "RESIDENT"), self._any(other, "HOUSEHOLD")
        if resident and home:
            await self.office.do("moveResidents", {"residents": [resident], "household": home, "act": new_id("act")})

    async def _merge(self, copy: Copy) -> None:
        keep, merge = self._any(copy, "RESIDENT"), self._any(self.random.choice(self.copies), "RESIDENT")
        if keep and merge and keep != merge:
            await self.office.do("mergeResidents", {"id": new_id("merge"), "keep": keep, "merge": merge})

    async def _post(self, copy: Copy) -> None:
        post = self.posts[self.copies.index(copy)]
        if post["id"]:
            await self.office.do("endPost", {"post": post["id"], "act": new_id("act")})
            post["id"] = None
        else:
            await self._give(post)

    async def _give(self, post: dict[str, Any]) -> None:
        post["id"] = new_id("post")
        assert (await self.office.do("givePost", post))["errors"] == []

    async def _building(self, copy: Copy) -> None:
        """A building goes to another grid of its estate, with its homes, people, visits and appeals."""
        buildings = [each for each in copy.of("BUILDING") if each["gridId"] in {post["grid"] for post in self.posts}]
        if buildings:
            building = self.random.choice(sorted(buildings, key=lambda each: str(each["id"])))
            grid = self.random.choice([post["grid"] for post in self.posts])
            await self.office.do("correctBuilding", {"building": building["id"], "grid": grid, "act": new_id("act")})

    async def _room(self, copy: Copy) -> None:
        if home := self._any(copy, "HOUSEHOLD"):
            room = str(self.random.randint(100, 999))
            await self.office.do("correctHousehold", {"household": home, "room": room, "act": new_id("act")})

    async def compare(self) -> None:
        for copy, post in zip(self.copies, self.posts, strict=True):
            told = len(copy.told)
            await copy.catch_up(limit=self.random.choice((50, 200, 1000)))
            account = post["account"].partition("_")[2]
            held = {str(row[0]) for row in await self.tunping.app.state.owner.fetch(HELD, account)}
            shown = {each["bucket"] for each in copy.told[told:] if not each["deleted"]}
            assert shown <= held
            assert copy.documents == (await Copy(copy.client).catch_up(limit=1000)).documents


@pytest.mark.parametrize(("seed", "rounds"), [(1, 3), *(pytest.param(n, 10, marks=pytest.mark.long) for n in (2, 3))])
async def test_each_copy_equals_a_fresh_one_after_random_acts(tunping: Tunping, seed: int, rounds: int) -> None:
    world = await World(tunping, seed).begin()
    for _ in range(rounds):
        for _ in range(5):
            await world.step()
        await world.compare()
