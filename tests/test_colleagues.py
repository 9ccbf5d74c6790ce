"""Accounts of colleagues: who finds, adds, invites, corrects, disables and signs out whom."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.http.endings import Endings
from db.endings import read_endings
from seeds.known import DEMO_PASSWORD
from tests.client import Tunping, new_id, serving
from tests.races import Gate

PASSWORD = "大院门口的老胡杨"
FIND = """query($where: AccountFilter) { accounts(first: 100, where: $where) {
    nodes { id username name role phone isActive invitationEndsAt assignments { id endsOn endedAt } } } }"""
PLACES = """{ communities { nodes { id } } estates { nodes { id } } grids(first: 50) { nodes { id name } }
    buildings(first: 100) { nodes { id number } } organisations { nodes { id } } }"""
SESSIONS = """select count(*) from device_session s join account a on a.id = s.account_id
    where a.username = $1 and s.revoked_at is null"""
ENTRIES = """select e.kind, b.username as actor from account_event e join account a on a.id = e.account_id
    left join account b on b.id = e.actor_id where a.username = $1 order by e.id"""
TOLD = "select kind, note from journal where note like '%' || $1 || '%' order by id"


@pytest.fixture
async def small(small_copy_url: str) -> AsyncIterator[Tunping]:
    """The application over two small communities, which the module may change."""
    async with serving(small_copy_url) as client:
        yield client


def today() -> Any:
    return datetime.now(UTC).astimezone(ZoneInfo("Asia/Shanghai")).date()


async def found(client: Tunping, **where: Any) -> list[Any]:
    """The accounts that a filter leaves, by name."""
    nodes: list[Any] = (await client.ask(FIND, where=where)).data["accounts"]["nodes"]
    return nodes


async def one(client: Tunping, username: str) -> Any:
    """The account of a user name, as the client finds it."""
    return next(each for each in await found(client, text=username) if each["username"] == username)


async def places(client: Tunping) -> dict[str, Any]:
    """The first place of each kind, by the name of its input."""
    data = (await client.ask(PLACES)).data
    first = {name: each["nodes"][0]["id"] for name, each in data.items()}
    return {
        "community": first["communities"],
        "estate": first["estates"],
        "grids": [first["grids"]],
        "building": first["buildings"],
        "organisation": first["organisations"],
    }


async def new(client: Tunping, role: str, **more: Any) -> dict[str, Any]:
    """An input of `addAccount` with a place that fits the role."""
    kinds = {"GRID_WORKER": "grids", "GRID_LEADER": "estate", "BUILDING_HEAD": "building"}
    kinds |= dict.fromkeys(("PARTNER", "CENTRE_MEDIATOR"), "organisation")
    kind = kinds.get(role, "community")
    uuid = new_id("account")
    described = {"id": uuid, "username": f"新人{uuid[-8:]}", "name": "王芳", "role": role, "phone": "0991-3800001"}
    return {**described, kind: (await places(client))[kind], **more}


WANTED = "account { id username role phone isActive invitationEndsAt assignments { startsOn } } code expiresAt"


async def added(client: Tunping, role: str = "GRID_WORKER", **more: Any) -> Any:
    """The payload of a new account."""
    payload = await client.do("addAccount", await new(client, role, **more), WANTED)
    assert payload["errors"] == []
    return payload


async def choose(client: Tunping, username: str, code: str, password: str = PASSWORD) -> int:
    form = {"username": username, "code": code, "password": password}
    return (await client.http.post("/auth/invitation", data=form)).status_code


async def sign_in(client: Tunping, username: str, password: str) -> Any:
    form = {"grant_type": "password", "username": username, "password": password}
    return (await client.http.post("/auth/token", data=form)).json()


async def entries(client: Tunping, username: str) -> list[tuple[str, str | None]]:
    """The log of an account: what happened, and who did it."""
    return [tuple(row) for row in await client.app.state.owner.fetch(ENTRIES, username)]


async def learn(client: Tunping) -> None:
    """Lets the server read what has ended, as it does every two seconds."""
    endings: Endings = client.app.state.authenticator.endings
    now = client.app.state.now()
    ended = await read_endings(client.app.state.owner, now - endings.remembered)
    endings.learn(ended.sessions, ended.disabled, now)


async def test_a_secretary_adds_a_worker_who_chooses_a_password_and_works(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    given = await new(secretary, "GRID_WORKER", username="网格员99")
    payload = await secretary.do("addAccount", given, WANTED)
    account, expires_at = payload["account"], datetime.fromisoformat(payload["expiresAt"])
    assert account["assignments"] == [{"startsOn": str(today())}]
    assert datetime.fromisoformat(account["invitationEndsAt"]) == expires_at
    assert timedelta(days=7) - (expires_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert await choose(tunping, "网格员99", payload["code"]) == 200
    signed_in = await sign_in(tunping, "网格员99", PASSWORD)
    worker = Tunping(tunping.app, tunping.http, signed_in["access_token"])
    assert (await worker.ask("{ households { totalCount } }")).data["households"]["totalCount"] > 0
    assert (await one(secretary, "网格员99"))["invitationEndsAt"] is None
    assert [kind for kind, actor in await entries(tunping, "网格员99")] == [
        "ACCOUNT_ADDED",
        "PASSWORD_CHOSEN",
        "SIGNED_IN",
    ]
    told = await tunping.app.state.owner.fetch(TOLD, "王芳")
    assert [row["kind"] for row in told] == ["POST_GIVEN"]


async def test_a_retry_adds_nobody_and_does_not_tell_the_code_again(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    given = await new(secretary, "COMMUNITY_STAFF")
    first = await secretary.do("addAccount", given, WANTED)
    again = await secretary.do("addAccount", given, WANTED)
    assert (again["account"], again["code"], again["expiresAt"], again["errors"]) == (first["account"], None, None, [])
    assert await secretary.refused("addAccount", {**given, "name": "李芳"}) == "CONFLICT"
    renewed = await secretary.do("inviteAccount", {"account": given["id"]}, "code")
    codes = [await choose(tunping, given["username"], each["code"]) for each in (first, renewed)]
    assert codes == [400, 200]


@pytest.mark.parametrize(
    ("keeper", "kept"),
    [
        ("网格员01", ""),
        ("网格长01", ""),
        ("法律顾问01", ""),
        ("社区01", "GRID_WORKER GRID_LEADER BUILDING_HEAD"),
        ("副主任01", "GRID_WORKER LEGAL_COUNSEL JUDICIAL_OFFICE PARTNER CENTRE_MEDIATOR COMMUNITY_STAFF"),
        ("书记01", "GRID_WORKER GRID_LEADER COMMUNITY_STAFF DEPUTY_DIRECTOR CENTRE_MEDIATOR"),
        ("管理员", "GRID_WORKER COMMUNITY_STAFF DEPUTY_DIRECTOR SECRETARY PARTNER"),
    ],
)
async def test_a_role_adds_accounts_of_the_roles_that_it_keeps(tunping: Tunping, keeper: str, kept: str) -> None:
    client, secretary = await tunping.as_(keeper), await tunping.as_("书记01")
    for role in {"GRID_WORKER", "COMMUNITY_STAFF", "DEPUTY_DIRECTOR", "SECRETARY", *kept.split()}:
        payload = await client.do("addAccount", await new(secretary, role), "code")
        codes = [each["code"] for each in payload["errors"]]
        assert codes == ([] if role in kept.split() else ["NOT_ALLOWED"]), role


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"username": " "}, "INVALID_INPUT", ["username"]),
        ({"username": "网格员01"}, "INVALID_INPUT", ["username"]),
        ({"name": "王" * 101}, "TOO_LONG", ["name"]),
        ({"phone": "1" * 101}, "TOO_LONG", ["phone"]),
        ({"role": "ADMIN"}, "INVALID_INPUT", ["role"]),
        ({"grids": []}, "INVALID_INPUT", ["role"]),
        ({"role": "GRID_LEADER"}, "INVALID_INPUT", ["grids"]),
        ({"grids": [new_id("grid")]}, "NOT_FOUND", ["grids", "0"]),
    ],
)
async def test_what_is_wrong_with_a_new_account_is_named(
    tunping: Tunping, changes: dict[str, Any], code: str, path: list[str]
) -> None:
    secretary = await tunping.as_("书记01")
    before = await tunping.count("account"), await tunping.count("assignment"), await tunping.count("journal")
    (problem,) = (await secretary.do("addAccount", {**await new(secretary, "GRID_WORKER"), **changes}))["errors"]
    assert (problem["code"], problem["path"]) == (code, path)
    assert (await tunping.count("account"), await tunping.count("assignment"), await tunping.count("journal")) == before


async def test_of_two_who_ask_for_a_user_name_at_once_one_gets_it(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    secretary = await tunping.as_("书记01")
    inputs = [await new(secretary, "COMMUNITY_STAFF", username="同名01") for _ in range(2)]
    first, second = await Gate(monkeypatch, tunping).race(*(secretary.do("addAccount", each) for each in inputs))
    assert first["errors"] == []
    assert [(each["code"], each["path"]) for each in second["errors"]] == [("INVALID_INPUT", ["username"])]


ON_ONE = ("inviteAccount", "correctAccount", "disableAccount", "enableAccount", "signOutAccount")


@pytest.mark.parametrize("mutation", ON_ONE)
async def test_nobody_changes_an_account_of_their_own_rank_or_above(tunping: Tunping, mutation: str) -> None:
    secretary = await tunping.as_("书记01")
    for keeper, username in (
        ("社区01", "社区02"),
        ("社区01", "书记01"),
        ("副主任01", "副主任02"),
        ("书记01", "书记01"),
    ):
        account = (await one(secretary, username))["id"]
        assert await (await tunping.as_(keeper)).refused(mutation, {"account": account}) == "NOT_ALLOWED"
    admin = await tunping.as_("管理员")
    own = (await admin.ask("{ me { id } }")).data["me"]["id"]
    assert await admin.refused(mutation, {"account": own}) == "INVALID_INPUT"


@pytest.mark.parametrize("mutation", ON_ONE)
async def test_nobody_changes_an_account_of_another_community_or_of_both(small: Tunping, mutation: str) -> None:
    secretary, neighbour, admin = [await small.as_(each) for each in ("书记01", "杏园书记01", "管理员")]
    theirs, both = (await one(neighbour, "杏园网格员01"))["id"], (await one(secretary, "双社区01"))["id"]
    assert await secretary.refused(mutation, {"account": theirs}) == "NOT_FOUND"
    assert await secretary.refused(mutation, {"account": both}) == "NOT_ALLOWED"
    assert (await admin.do(mutation, {"account": theirs}))["errors"] == []


async def test_an_invitation_takes_the_place_of_the_password_and_ends_the_sessions(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    await sign_in(tunping, "网格员05", DEMO_PASSWORD)
    account = (await one(secretary, "网格员05"))["id"]
    codes = [(await secretary.do("inviteAccount", {"account": account}, "code"))["code"] for _ in range(2)]
    assert await tunping.app.state.owner.fetchval(SESSIONS, "网格员05") == 0
    assert "error" in await sign_in(tunping, "网格员05", DEMO_PASSWORD)
    assert [await choose(tunping, "网格员05", code) for code in codes] == [400, 200]
    assert "access_token" in await sign_in(tunping, "网格员05", PASSWORD)
    assert (await entries(tunping, "网格员05"))[1:3] == [("ACCOUNT_INVITED", "书记01")] * 2


async def test_name_and_telephone_are_corrected(tunping: Tunping) -> None:
    staff, worker = await tunping.as_("社区01"), await tunping.as_("网格员06")
    before = await one(staff, "网格员06")
    for changes, expected in (
        ({"phone": "13900000006"}, (before["name"], "13900000006")),
        ({"name": "张三"}, ("张三", "13900000006")),
        ({"clear": ["PHONE"]}, ("张三", None)),
        ({"name": None, "phone": None}, ("张三", None)),
    ):
        given = {"account": before["id"], **changes}
        account = (await staff.do("correctAccount", given, "account { name phone }"))["account"]
        assert (account["name"], account["phone"]) == expected
    assert await staff.refused("correctAccount", {"account": before["id"], "name": " "}) == "INVALID_INPUT"
    assert (await worker.do("setOwnPhone", {"phone": " 13900000016 "}, "account { phone }"))["account"] == {
        "phone": "13900000016"
    }
    by = [("ACCOUNT_CORRECTED", each) for each in ("社区01", "社区01", "社区01", "网格员06")]
    assert await entries(tunping, "网格员06") == by


@pytest.mark.parametrize("username", ["管理员", "联户长03", "热力公司01", "书记01"])
async def test_everybody_sets_their_own_telephone(tunping: Tunping, username: str) -> None:
    client = await tunping.as_(username)
    payload = await client.do("setOwnPhone", {"phone": "13900000017"}, "account { username phone }")
    assert payload["account"] == {"username": username, "phone": "13900000017"}
    assert await tunping.as_nobody().refused("setOwnPhone", {"phone": "1"}) == "UNAUTHENTICATED"


async def test_a_disabled_account_loses_everything_at_once_and_keeps_its_history(tunping: Tunping) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员12")
    await sign_in(tunping, "网格员12", DEMO_PASSWORD)
    account = (await one(secretary, "网格员12"))["id"]
    assert (await worker.ask("{ residents { totalCount } }")).data["residents"]["totalCount"] > 0
    given = {"account": account, "act": new_id("act")}
    for _ in range(2):
        payload = await secretary.do("disableAccount", given, "account { isActive assignments { endsOn } }")
        assert payload["account"] == {"isActive": False, "assignments": [{"endsOn": str(today() - timedelta(1))}]}
    # The next statement, though the access token has not expired.
    assert (await worker.ask("{ me { id } residents { totalCount } }")).data == {
        "me": None,
        "residents": {"totalCount": 0},
    }
    assert await tunping.app.state.owner.fetchval(SESSIONS, "网格员12") == 0
    await learn(tunping)
    assert (await worker.ask("{ me { id } }")).code == "TOKEN_INVALID"
    name = (await one(secretary, "网格员12"))["name"]
    told = [row["kind"] for row in await tunping.app.state.owner.fetch(TOLD, f"{name}：即时结束")]
    assert told == ["POST_ENDED"]
    visits = "query($worker: ID!) { visits(where: { worker: $worker }) { totalCount nodes { worker { name } } } }"
    kept = (await secretary.ask(visits, worker=account)).data["visits"]
    assert (kept["totalCount"] > 0, {each["worker"]["name"] for each in kept["nodes"]}) == (True, {name})


@pytest.mark.long
async def test_an_enabled_account_gets_its_posts_anew(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    for role, place in (("LEGAL_COUNSEL", "community"), ("PARTNER", "organisation"), ("GRID_LEADER", "estate")):
        account = (await added(secretary, role))["account"]
        assert await secretary.refused("inviteAccount", {"account": new_id("account")}) == "NOT_FOUND"
        assert (await secretary.do("disableAccount", {"account": account["id"]}))["errors"] == []
        post = {"id": new_id("post"), "account": account["id"], place: (await places(secretary))[place]}
        assert await secretary.refused("givePost", post) == "INVALID_INPUT"
        assert await secretary.refused("inviteAccount", {"account": account["id"]}) == "INVALID_INPUT"
        enabled = await secretary.do("enableAccount", {"account": account["id"]}, "account { isActive }")
        assert enabled["account"] == {"isActive": True}
        assert (await secretary.do("givePost", post, "post { startsOn }"))["post"] == {"startsOn": str(today())}
        events = ["ACCOUNT_ADDED", "ACCOUNT_DISABLED", "ACCOUNT_ENABLED"]
        assert await entries(tunping, account["username"]) == [(each, "书记01") for each in events]


async def test_a_post_given_by_mistake_ends_at_once(tunping: Tunping) -> None:
    secretary, worker = await tunping.as_("书记01"), await tunping.as_("网格员07")
    grids = (await secretary.ask(PLACES)).data["grids"]["nodes"]
    grid = next(each["id"] for each in grids if each["name"] == "09号网格")
    sees = "query($grid: ID) { households(where: { grid: $grid }) { totalCount } }"
    account = (await one(secretary, "网格员07"))["id"]
    for starts_on in (None, str(today() + timedelta(3))):
        post = {"id": new_id("post"), "account": account, "grid": grid, "startsOn": starts_on}
        assert (await secretary.do("givePost", post))["errors"] == []
        held = (await worker.ask(sees, grid=grid)).data["households"]["totalCount"]
        assert (held > 0) is (starts_on is None)
        ended = await secretary.do("endPost", {"post": post["id"]}, "post { startsOn endsOn endedAt }")
        begins = today() if starts_on is None else today() + timedelta(3)
        assert (ended["post"]["startsOn"], ended["post"]["endsOn"]) == (str(begins), str(begins - timedelta(1)))
        assert datetime.now(UTC) - datetime.fromisoformat(ended["post"]["endedAt"]) < timedelta(minutes=1)
        assert (await worker.ask(sees, grid=grid)).data["households"]["totalCount"] == 0
        assert await secretary.refused("endPost", {"post": post["id"]}) == "INVALID_INPUT"


async def test_a_lost_phone_is_signed_out_by_a_colleague(tunping: Tunping) -> None:
    staff, other = await tunping.as_("社区01"), await tunping.as_("网格员09")
    lost = await sign_in(tunping, "网格员08", DEMO_PASSWORD)
    phone = Tunping(tunping.app, tunping.http, lost["access_token"])
    account = (await one(staff, "网格员08"))["id"]
    assert await other.refused("signOutAccount", {"account": account}) == "NOT_ALLOWED"
    for _ in range(2):
        assert (await staff.do("signOutAccount", {"account": account}))["errors"] == []
    await learn(tunping)
    assert (await phone.ask("{ me { id } }")).code == "TOKEN_INVALID"
    assert (
        "error"
        in (
            await tunping.http.post(
                "/auth/token", data={"grant_type": "refresh_token", "refresh_token": lost["refresh_token"]}
            )
        ).json()
    )
    assert "access_token" in await sign_in(tunping, "网格员08", DEMO_PASSWORD)


async def test_a_colleague_who_is_disabled_gets_no_post_at_the_same_moment(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    secretary = await tunping.as_("书记01")
    (grid,), account = (await places(secretary))["grids"], (await added(secretary))["account"]["id"]
    disabling = secretary.do("disableAccount", {"account": account})
    giving = secretary.do("givePost", {"id": new_id("post"), "grid": grid, "account": account})
    first, second = await Gate(monkeypatch, tunping).race(disabling, giving)
    assert (first["errors"], [each["path"] for each in second["errors"]]) == ([], [["account"]])


async def test_colleagues_know_each_other_by_name_post_and_telephone(tunping: Tunping) -> None:
    for username in ("网格员01", "社区01", "联户长03", "法律顾问01", "热力公司01"):
        client = await tunping.as_(username)
        (deputy, *_) = await found(client, role=["DEPUTY_DIRECTOR"], active=True)
        assert (deputy["role"], deputy["name"] != "", deputy["phone"] != "") == ("DEPUTY_DIRECTOR", True, True)
    assert (await tunping.as_nobody().ask("{ accounts { totalCount } }")).code == "UNAUTHENTICATED"


async def test_accounts_are_found_by_text_role_place_and_state(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    gone = (await added(secretary, "GRID_WORKER", username="找人01"))["account"]
    await secretary.do("disableAccount", {"account": gone["id"]})
    everybody = [each["username"] for each in await found(secretary, text="找人")]
    assert everybody == ["找人01"]
    assert await found(secretary, text="找人", active=True) == []
    assert [each["username"] for each in await found(secretary, text="找人", active=False)] == everybody
    counsel = {each["role"] for each in await found(secretary, role=["LEGAL_COUNSEL", "JUDICIAL_OFFICE"])}
    assert counsel == {"LEGAL_COUNSEL", "JUDICIAL_OFFICE"}
    worker = await tunping.as_("网格员02")
    grid = (await worker.ask("{ me { assignments { grid { id } } } }")).data["me"]["assignments"][0]["grid"]["id"]
    assert "网格员02" in [each["username"] for each in await found(secretary, grid=grid)]
    assert "网格员03" not in [each["username"] for each in await found(secretary, grid=grid)]


async def test_an_administrator_finds_everybody_and_loses_it_when_disabled(small: Tunping) -> None:
    admin = await small.as_("管理员")
    usernames = {each["username"] for each in await found(admin)}
    assert {"管理员", "书记01", "杏园书记01", "无岗位01"} <= usernames
    await small.app.state.owner.execute("update account set disabled_at = now() where username = '管理员'")
    assert await found(admin) == []
    await small.app.state.owner.execute("update account set disabled_at = null where username = '管理员'")


async def test_a_place_names_who_looks_after_it(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    building = (await places(secretary))["building"]
    query = """query($id: ID!) { building(id: $id) { head { username }
        grid { workers { username } } estate { leader { role } } } }"""
    head = (await added(secretary, "BUILDING_HEAD", building=building, username="新联户长"))["account"]
    shown = (await secretary.ask(query, id=building)).data["building"]
    assert len(shown["grid"]["workers"]) >= 1
    assert shown["estate"]["leader"] == {"role": "GRID_LEADER"}
    await secretary.do("disableAccount", {"account": head["id"]})
    after = (await secretary.ask(query, id=building)).data["building"]["head"]
    assert after is None or after["username"] != "新联户长"
