"""Ids from clients that belong to rows already: rows of seeds and imports, which no act made, and rows of elsewhere."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from db import migrate
from db import record as chains
from tests.client import Tunping, new_id
from tests.test_merges import doors, record, small
from tests.test_people import newcomer

__all__ = ["small"]


@pytest.mark.long
@pytest.mark.parametrize("table", ["appeal", "dispute", "visit", "wish", "resident"])
async def test_an_id_of_a_row_that_no_act_made_is_a_conflict(served: Tunping, table: str) -> None:
    staff = await served.as_("书记01")
    uuid = await served.app.state.owner.fetchval(f"select id from {table} order by random() limit 1")
    home = (await doors(await served.as_("网格员01")))[0]
    new: dict[str, tuple[str, dict[str, Any]]] = {
        "appeal": ("openAppeal", {"household": home, "body": "暖气不热"}),
        "dispute": ("openDispute", {"type": "NEIGHBOUR", "title": "漏水", "facts": "漏水", "parties": _parties(home)}),
        "visit": ("recordVisit", {"household": home, "mode": "PHONE", "occurredAt": datetime.now(UTC).isoformat()}),
        "wish": ("proposeWish", {"household": home, "body": "想要一把轮椅"}),
        "resident": ("addResident", {"household": home, "name": "李小燕", "sex": "FEMALE"}),
    }
    mutation, given = new[table]
    before = await served.count(table)
    assert await staff.refused(mutation, {"id": f"{table}_{uuid}", **given}) == "CONFLICT"
    assert await served.count(table) == before


def _parties(home: str) -> list[dict[str, str]]:
    return [{"role": "APPLICANT", "household": home}, {"role": "RESPONDENT", "outsiderName": "邻居"}]


async def test_who_names_a_record_that_was_merged_refers_to_the_kept_one(served: Tunping) -> None:
    worker = await served.as_("网格员01")
    home = (await doors(worker))[0]
    keep, merged = await record(worker, home), await record(worker, home)
    merge = {"id": new_id("merge"), "keep": keep, "merge": merged}
    assert (await worker.do("mergeResidents", merge))["errors"] == []
    appeal = {"id": new_id("appeal"), "body": "暖气不热", "household": home, "resident": merged}
    assert (await worker.do("openAppeal", appeal))["errors"] == []
    of_kept = "select count(*) from appeal where 'appeal_' || id = $1 and 'resident_' || resident_id = $2"
    assert await served.app.state.owner.fetchval(of_kept, appeal["id"], keep) == 1
    other = (await newcomer(worker))["id"]
    assert (await worker.do("mergeResidents", {"id": new_id("merge"), "keep": other, "merge": keep}))["errors"] == []
    assert await worker.refused("undoMerge", {"merge": merge["id"]}) == "INVALID_INPUT"


async def test_staff_of_two_communities_do_not_mix_them(small: Tunping) -> None:
    staff = await small.as_("双社区01")
    found = await staff.ask("""{
        appeals(first: 1, where: {status: [SUBMITTED]}) { nodes { id grid { community { id } } } }
        organisations(first: 100) { nodes { id community { id } } }
        residents(first: 100) { nodes { id household { grid { community { id } } } } } }""")
    (appeal,), organisations, residents = (each["nodes"] for each in found.data.values())
    here = appeal["grid"]["community"]
    elsewhere = next(each["id"] for each in organisations if each["community"] != here)
    assert (await staff.do("acceptAppeal", {"appeal": appeal["id"]}))["errors"] == []
    assert await staff.refused("dispatchAppeal", {"appeal": appeal["id"], "organisation": elsewhere}) == "NOT_FOUND"
    homes = {each["household"]["grid"]["community"]["id"]: each["id"] for each in residents}
    keep, other = list(homes.values())[:2]
    merge = {"id": new_id("merge"), "keep": keep, "merge": other}
    assert await staff.refused("mergeResidents", merge) == "INVALID_INPUT"


@pytest.mark.long
@pytest.mark.parametrize("lock", [migrate.LOCK, chains.LOCK])
async def test_an_id_takes_no_lock_of_the_server_itself(served: Tunping, lock: int) -> None:
    """Both are advisory locks, and clients choose ids."""
    worker = await served.as_("网格员01")
    chosen = UUID(int=0x0199_0000_0000_7000 << 64 | lock + 2**63)
    new = {"id": f"appeal_{chosen}", "household": (await doors(worker))[0], "body": "暖气不热"}
    async with served.app.state.owner.acquire() as held, held.transaction():
        await held.execute(f"select pg_advisory_xact_lock({lock})")
        assert (await worker.do("openAppeal", new))["errors"] == []
