"""Who sees what: by role, by place, from one statement to the next."""

import asyncpg
import pytest

from db import sql
from db.accounts import DeviceSession
from db.base import alias
from db.feed import read_holdings
from db.holding import scope_of
from db.journal import Journal, of_case
from db.scope import Entry, may_see, seen, visible
from rules.access import COMMUNITY_ROLES, WORKERS, Role
from tests.client import Tunping

COUNTS = """{
    households { totalCount } residents { totalCount } visits { totalCount } appeals { totalCount }
    disputes { totalCount } grids { totalCount } premises { totalCount } me { username }
}"""


async def counts(client: Tunping) -> dict[str, int]:
    data = (await client.ask(COUNTS)).data
    return {name: found["totalCount"] for name, found in data.items() if found and "totalCount" in found}


async def counted(url: str, where: str) -> dict[str, int]:
    """The same by plain SQL, for the grids that ``where`` picks."""
    connection = await asyncpg.connect(url)
    try:
        names = ("household", "resident", "visit", "appeal", "dispute", "premises")
        found = {}
        for name in names:
            statement = f"select count(*) from {name} where grid_id in (select id from grid where {where})"
            found[name if name == "premises" else f"{name}s"] = await connection.fetchval(statement)
        return found
    finally:
        await connection.close()


OWN = "select {column} from assignment a join account c on c.id = a.account_id where username = '{name}'"


@pytest.mark.parametrize(
    ("username", "grids"),
    [
        ("网格员01", f"id in ({OWN.format(column='grid_id', name='网格员01')})"),
        ("网格长01", f"estate_id in ({OWN.format(column='estate_id', name='网格长01')})"),
        ("社区01", "true"),
        ("书记01", "true"),
    ],
)
async def test_each_role_sees_the_cases_of_its_grids(
    reading: Tunping, demo_url: str, username: str, grids: str
) -> None:
    seen = await counts(await reading.as_(username))
    expected = await counted(demo_url, grids)
    assert {name: seen[name] for name in expected} == expected
    assert seen["grids"] >= 12


async def test_a_building_head_sees_their_neighbours_but_not_their_colours(reading: Tunping) -> None:
    head = await reading.as_("联户长03")
    data = (
        await head.ask(
            """{ residents(first: 100) { nodes { name phone phoneMasked colours household { building { number } } } }
                red: residents(where: {colour: [RED]}) { totalCount } visits { totalCount } disputes { totalCount } }"""
        )
    ).data
    people = data["residents"]["nodes"]
    assert {each["household"]["building"]["number"] for each in people} == {3}
    assert {each["colours"] for each in people} == {None}
    assert {each["phone"] for each in people} == {None}
    assert any("****" in (each["phoneMasked"] or "") for each in people)
    assert (data["red"]["totalCount"], data["visits"]["totalCount"], data["disputes"]["totalCount"]) == (
        0,
        0,
        0,
    )


async def test_an_administrator_sees_accounts_places_and_policies_and_nobody_who_lives_there(reading: Tunping) -> None:
    admin = await reading.as_("管理员")
    seen = await counts(admin)
    assert seen | {"households": 0, "grids": 0, "premises": 0} == dict.fromkeys(seen, 0)
    assert seen["households"] > 1_000
    data = (
        await admin.ask(
            """{ communities { nodes { name } } visitPolicies { colour } rosters: rosterWeeks { totalCount }
                premises { nodes { name contactName contactPhone } }
                households(first: 1) { nodes { address residents { name } visits { totalCount } } }
                red: residents(where: {colour: [RED]}) { totalCount }
                compliance(between: {startsOn: "2023-12-01", endsOn: "2023-12-07"}) { colour }
                weeklyAnalysis(week: "2023-W49") { appealsOpened { totalCount } duty { colour } }
                appeals { totalCount } alerts { totalCount } wishes { totalCount }
                duplicateSuggestions { totalCount } }"""
        )
    ).data
    (home,) = data.pop("households")["nodes"]
    assert home | {"address": ""} == {"address": "", "residents": [], "visits": {"totalCount": 0}}
    assert {(each["contactName"], each["contactPhone"]) for each in data.pop("premises")["nodes"]} == {(None, None)}
    assert {each["colour"] for each in data.pop("visitPolicies")} >= {"RED", "ORANGE", "YELLOW"}
    assert data.pop("communities") == {"nodes": [{"name": "屯坪社区"}]}
    assert data.pop("rosters")["totalCount"] > 0
    assert data == {
        **{name: {"totalCount": 0} for name in ("red", "appeals", "alerts", "wishes", "duplicateSuggestions")},
        "compliance": [],
        "weeklyAnalysis": {"appealsOpened": {"totalCount": 0}, "duty": []},
    }


@pytest.mark.parametrize("table", ["Resident", "Household", "Visit", "Appeal", "Dispute"])
async def test_missing_and_forbidden_look_the_same(reading: Tunping, table: str) -> None:
    worker, elsewhere = await reading.as_("网格员01"), await reading.as_("网格员12")
    root = table[0].lower() + table[1:]
    found = await elsewhere.ask(f"{{ {root}s(first: 1) {{ nodes {{ id }} }} }}")
    forbidden = found.data[f"{root}s"]["nodes"][0]["id"]
    missing = f"{root}_0199f0c2-0000-7000-8000-000000000000"
    query = f"query($id: ID!) {{ {root}(id: $id) {{ id }} node(id: $id) {{ id }} }}"
    answers = [(await worker.ask(query, id=each)).body for each in (forbidden, missing)]
    assert answers[0] == answers[1] == {"data": {root: None, "node": None}, "extensions": {"cost": 14}}


async def test_a_disabled_account_sees_nothing_with_its_very_next_query(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员03")
    assert (await counts(worker))["households"] > 0
    pool = tunping.app.state.owner
    await pool.execute("update account set disabled_at = now() where username = '网格员03'")
    assert set((await counts(worker)).values()) == {0}
    assert (await worker.ask("{ me { id } }")).data == {"me": None}


@pytest.mark.parametrize("change", ["role = 'GRID_LEADER'"])
async def test_a_token_for_a_role_no_longer_held_opens_nothing(tunping: Tunping, change: str) -> None:
    worker = await tunping.as_("网格员04")
    await tunping.app.state.owner.execute(f"update account set {change} where username = '网格员04'")
    assert (await counts(worker))["residents"] == 0


def test_a_table_without_a_rule_cannot_be_read() -> None:
    with pytest.raises(LookupError, match="device_session"):
        visible(DeviceSession, alias(DeviceSession), scope_of(Role.ADMIN))


async def test_an_entry_that_a_worker_sees_is_never_taken_for_one_they_may_not_see(small_url: str) -> None:
    """The feed passes over entries without a statement; what it passes over must be invisible, and nothing else is."""
    connection = await asyncpg.connect(small_url)
    entries = await connection.fetch(
        """select j.id, j.kind, j.grid_id, j.community_id, a.grid_id as came_to from journal j
        left join appeal a on a.id = j.appeal_id and a.grid_id <> j.grid_id
        where num_nonnulls(j.roster_week_id, j.activity_id, j.notice_id) = 0"""
    )
    compared = 0
    for role in sorted(WORKERS):
        journal, scope = alias(Journal), scope_of(role)
        visible_to = sql.select(journal.c.id).from_(journal).where(visible(Journal, journal, scope))
        statement, _ = sql.written(visible_to.with_(scope.places))
        for viewer in await connection.fetch("select id from account where role = $1", role):
            seen = {row["id"] for row in await connection.fetch(statement, viewer["id"])}
            held = (await read_holdings(connection, role, [viewer["id"]]))[viewer["id"]]
            for row in entries:
                entry = Entry(row["kind"], row["grid_id"], row["community_id"])
                came_along = role not in COMMUNITY_ROLES and row["came_to"] in held.grids
                assert (may_see(role, held, entry) or came_along) == (row["id"] in seen)
                compared += 1
    await connection.close()
    assert compared > 1_000


async def test_timelines_of_cases_show_what_the_rule_of_the_journal_shows(small_url: str) -> None:
    connection = await asyncpg.connect(small_url)
    compared = 0
    for role in sorted(WORKERS):
        journal, scope = alias(Journal), scope_of(role)
        of_cases = sql.func.num_nonnulls(journal.c.appeal_id, journal.c.incident_id, journal.c.dispute_id) > 0
        rules = (rule(journal, scope).label(name) for name, rule in (("every", seen), ("short", of_case)))
        asked = sql.select(*rules).from_(journal).where(of_cases).with_(scope.places)
        statement, _ = sql.written(asked)
        for viewer in await connection.fetch("select id from account where role = $1", role):
            rows = await connection.fetch(statement, viewer["id"])
            assert all(bool(row["every"]) == bool(row["short"]) for row in rows)
            compared += sum(bool(row["every"]) for row in rows)
    await connection.close()
    assert compared > 1_000
