"""Acts that phones submit: answered one by one, once, in order, and never over what others changed meanwhile."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.background.retention import Retention
from db import documents
from db.acts import submissions
from tests.client import Clock, Tunping, new_id
from tests.copies import CHANGES, Copy
from tests.test_changes import a_home

NOW = datetime(2023, 12, 30, 2, tzinfo=UTC)
SUBMIT = """mutation($acts: [SubmittedAct!]!, $sentAt: DateTime) {
    submit(acts: $acts, sentAt: $sentAt) {
        receivedAt skewSeconds errors { code }
        answers { act outcome object version basedOn document problems { code path } }
    }
}"""
PUSH = "mutation($rows: [JSON!]!) { pushActs(rows: $rows) }"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


async def submit(client: Tunping, *acts: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return (await client.ask(SUBMIT, acts=acts, **more)).data["submit"]["answers"]  # type: ignore[no-any-return]


def act(name: str, /, based_on: str | None = None, after: str | None = None, **given: Any) -> dict[str, Any]:
    return {"act": {name: given}, "basedOn": based_on, "after": after}


def appeal(home: str) -> dict[str, Any]:
    return {"id": new_id("appeal"), "household": home, "body": "楼道灯不亮"}


async def version_of(client: Tunping, uuid: str) -> str:
    return str((await Copy(client).catch_up()).documents[uuid]["version"])


async def test_acts_are_done_in_order_and_once_with_the_version_of_what_they_made(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = appeal((await a_home(worker))["id"])
    moves = [act("openAppeal", **new), act("acceptAppeal", appeal=new["id"], act=new_id("act"))]
    sent = (NOW + timedelta(minutes=90)).isoformat()
    payload = (await worker.ask(SUBMIT, acts=moves, sentAt=sent)).data["submit"]
    answers = payload["answers"]
    assert [each["outcome"] for each in answers] == ["DONE", "DONE"]
    assert [each["object"] for each in answers] == [new["id"]] * 2
    assert (payload["skewSeconds"], payload["receivedAt"]) == (5400.0, "2023-12-30T02:00:00.000Z")
    assert answers[1]["version"] == await version_of(worker, new["id"])
    opened = (await worker.ask("query($id: ID!) { appeal(id: $id) { openedAt status } }", id=new["id"])).data["appeal"]
    assert opened == {"openedAt": "2023-12-30T02:00:00.000Z", "status": "ACCEPTED"}
    assert await submit(worker, *moves) == answers
    copy = await Copy(worker).catch_up()
    told = {each["id"]: (each["object"], each["sentAt"]) for each in copy.of("ACT")}
    assert told["act_" + new["id"][7:]] == (new["id"], "2023-12-30T03:30:00.000Z")


ACCEPTED = '{appeal: "appeal_3ecac9f7-ad57-4d95-9f9e-102e07be4a15"}'


@pytest.mark.parametrize(
    ("variables", "given", "value"),
    [
        ("", "{}", None),
        ("", "{acceptAppeal: null}", None),
        ("", f"{{acceptAppeal: {ACCEPTED}, reopenAppeal: null}}", None),
        ("", f"{{acceptAppeal: {ACCEPTED}, withdrawAppeal: {ACCEPTED}}}", None),
        ("($value: AcceptAppealInput)", "{acceptAppeal: $value}", None),
        ("($value: ActInput!)", "$value", {}),
        ("($value: ActInput!)", "$value", {"acceptAppeal": None}),
        ("($value: ActInput!)", "$value", {"acceptAppeal": {"appeal": "appeal_1"}, "reopenAppeal": None}),
    ],
)
async def test_an_entry_with_no_act_or_with_several_is_refused(
    tunping: Tunping, variables: str, given: str, value: Any
) -> None:
    worker = await tunping.as_("网格员01")
    document = f"mutation{variables} {{ submit(acts: [{{ act: {given} }}]) {{ skewSeconds }} }}"
    answer = await worker.ask(document, value=value)
    assert answer.code in {"GRAPHQL_VALIDATION_FAILED", "INVALID_VARIABLES", "INVALID_INPUT"}


async def test_a_refused_act_stops_only_what_depends_on_it_and_stays_refused(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home = (await a_home(worker))["id"]
    wrong, right, late = appeal(new_id("household")), appeal(home), new_id("act")
    acts = [
        act("openAppeal", **wrong),
        act("acceptAppeal", after=wrong["id"], appeal=wrong["id"], act=late),
        act("openAppeal", **right),
        act("acceptAppeal", after=right["id"], appeal=right["id"], act=new_id("act")),
        act("acceptAppeal", appeal=right["id"]),
        act("acceptAppeal", after=new_id("act"), appeal=right["id"], act=new_id("act")),
    ]
    answers = await submit(worker, *acts)
    assert [each["outcome"] for each in answers] == ["REFUSED", "REFUSED", "DONE", "DONE", "REFUSED", "REFUSED"]
    assert answers[0]["problems"] == answers[1]["problems"] == [{"code": "NOT_FOUND", "path": ["household"]}]
    assert answers[4]["problems"][0]["code"] == "MALFORMED_ID"
    assert answers[5]["problems"] == [{"code": "NOT_FOUND", "path": ["after"]}]
    assert await submit(worker, *acts) == answers
    again = act("acceptAppeal", after=late, appeal=right["id"], act=new_id("act"))
    assert (await submit(worker, again))[0]["problems"] == answers[0]["problems"]


async def test_the_same_field_that_another_changed_is_a_conflict_and_another_field_goes_through(
    tunping: Tunping,
) -> None:
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    resident = (await a_home(worker))["residents"][0]["id"]
    seen = await version_of(worker, resident)
    assert (await staff.do("correctResident", {"resident": resident, "phone": "13900000001"}))["errors"] == []
    mine = act("correctResident", based_on=seen, resident=resident, phone="13900000002", act=new_id("act"))
    other = act("correctResident", based_on=seen, resident=resident, name="新名字", act=new_id("act"))
    conflict, done = await submit(worker, mine, other)
    assert (conflict["outcome"], done["outcome"]) == ("CONFLICT", "DONE")
    assert (conflict["basedOn"], conflict["object"]) == (seen, resident)
    assert int(conflict["version"]) > int(seen)
    assert conflict["document"]["phone"] == "13900000001"
    (again,) = await submit(worker, mine)
    assert (again["outcome"], again["version"]) == ("CONFLICT", conflict["version"])
    now = await version_of(worker, resident)
    fresh = act("correctResident", based_on=now, resident=resident, phone="13900000002", act=new_id("act"))
    assert (await submit(worker, fresh))[0]["outcome"] == "DONE"


@pytest.mark.long
async def test_corrections_of_a_visit_and_of_a_home_meet_only_in_the_same_fields(tunping: Tunping) -> None:
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    home = (await a_home(worker))["id"]
    visit = {"id": new_id("visit"), "household": home, "mode": "PHONE", "occurredAt": NOW.isoformat(), "note": "无"}
    assert (await worker.do("recordVisit", visit))["errors"] == []
    seen, lived = await version_of(worker, visit["id"]), await version_of(worker, home)
    theirs = {"visit": visit["id"], "reason": "听错了", "note": "办公室的备注"}
    assert (await staff.do("correctVisit", theirs))["errors"] == []
    assert (await staff.do("correctHousehold", {"household": home, "floor": 2}))["errors"] == []

    def of_visit(**given: Any) -> dict[str, Any]:
        return act("correctVisit", based_on=seen, visit=visit["id"], reason="记错了", act=new_id("act"), **given)

    def of_home(**given: Any) -> dict[str, Any]:
        return act("correctHousehold", based_on=lived, household=home, act=new_id("act"), **given)

    acts = (
        of_visit(note="我的备注"),
        of_visit(clear=["NOTE"]),
        of_visit(spokeWith="邻居"),
        of_home(floor=3),
        of_home(room="999"),
    )
    answers = await submit(worker, *acts)
    assert [each["outcome"] for each in answers] == ["CONFLICT", "CONFLICT", "DONE", "CONFLICT", "DONE"]
    assert [answers[at]["document"][name] for at, name in ((0, "note"), (3, "floor"))] == ["办公室的备注", 2]


async def test_own_acts_of_a_batch_do_not_meet_each_other_but_the_office_does(tunping: Tunping) -> None:
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    new = appeal((await a_home(worker))["id"])
    assert (await worker.do("openAppeal", new))["errors"] == []
    seen = await version_of(worker, new["id"])

    def move(name: str, **given: Any) -> dict[str, Any]:
        return act(name, based_on=seen, appeal=new["id"], act=new_id("act"), **given)

    answers = await submit(worker, move("acceptAppeal"), move("beginAppeal"), move("addToAppeal", note="已查看"))
    assert [each["outcome"] for each in answers] == ["DONE"] * 3
    escalated = {"appeal": new["id"], "reason": "需要协调", "act": new_id("act")}
    assert (await staff.do("escalateAppeal", escalated))["errors"] == []
    answers = await submit(worker, move("answerAppeal", answer="已修好"), move("addToAppeal", note="补充"))
    assert [each["outcome"] for each in answers] == ["CONFLICT", "DONE"]


async def test_rxdb_gets_what_became_of_each_act(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home = (await a_home(worker))["id"]
    good, bad = appeal(home), appeal(new_id("household"))
    documents = [{"id": "act_" + each["id"][7:], "act": {"openAppeal": each}} for each in (good, bad)]
    documents.append({"id": new_id("act"), "act": {"acceptAppeal": {"appeal": good["id"]}}})
    documents.append({"id": new_id("act"), "act": {"nothing": 1}})
    documents.append({"id": new_id("act"), "act": {"openAppeal": appeal(home)}})
    rows = [{"newDocumentState": each} for each in documents]
    told = (await worker.ask(PUSH, rows=rows)).data["pushActs"]
    assert [(each["id"], each["act"]) for each in told] == [(each["id"], each["act"]) for each in documents]
    assert [each["outcome"] for each in told] == ["DONE", "REFUSED", "DONE", "REFUSED", "REFUSED"]
    assert [len(each["problems"]) for each in told] == [0, 1, 0, 1, 1]
    assert {told[at]["object"] for at in (0, 2)} == {good["id"]}
    assert told[2]["objectVersion"] == await version_of(worker, good["id"])
    assert (await worker.ask(PUSH, rows=rows)).data["pushActs"] == told
    assert (await worker.ask(PUSH, rows=[{"newDocumentState": each} for each in told])).data["pushActs"] == []
    assert (await worker.ask(PUSH, rows=[1, {}, {"newDocumentState": 3}])).data["pushActs"] == []


async def test_a_pull_tells_nothing_of_acts_that_were_not_done(tunping: Tunping) -> None:
    """The phone keeps them with their reasons until the person has seen them."""
    worker = await tunping.as_("网格员01")
    copy = await Copy(worker).catch_up()
    good, bad = appeal((await a_home(worker))["id"]), appeal(new_id("household"))
    answers = await submit(worker, act("openAppeal", **good), act("openAppeal", **bad))
    assert [each["outcome"] for each in answers] == ["DONE", "REFUSED"]
    copy.told.clear()
    await copy.catch_up()
    assert {each["id"] for each in copy.told if each["id"].startswith("act_")} == {"act_" + good["id"][7:]}


async def test_answers_are_removed_when_a_phone_could_not_go_on_any_more(
    tunping: Tunping, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An act that was done is not done again, because the journal knows it. A refused one is tried anew."""
    worker, app = await tunping.as_("网格员01"), tunping.app.state
    old, wrong, new = (
        appeal((await a_home(worker))["id"]),
        appeal(new_id("household")),
        appeal((await a_home(worker))["id"]),
    )
    await submit(worker, act("openAppeal", **old), act("openAppeal", **wrong))
    copy = await Copy(worker).catch_up()
    clock.turn(timedelta(days=100))
    await submit(await tunping.as_("网格员01"), act("openAppeal", **new))
    clock.turn(timedelta(days=85))
    copy.client = worker = await tunping.as_("网格员01")
    answered = await tunping.count("submission")
    monkeypatch.setattr(submissions, "BATCH", 1)
    done = await Retention(app.system, app.now, app.photos, tmp_path).run()
    assert done["submissions"] == answered - 1 > 1
    kept = {each["id"] for each in (await copy.catch_up()).of("ACT")}
    assert "act_" + new["id"][7:] in kept
    assert "act_" + old["id"][7:] not in kept
    wrong["household"] = old["household"]
    again = await submit(worker, act("openAppeal", **old), act("openAppeal", **wrong))
    assert [each["outcome"] for each in again] == ["DONE", "DONE"]
    assert await tunping.app.state.owner.fetchval("select count(*) from appeal where id = $1", old["id"][7:]) == 1


OF_PLACES = "query ($after: String) { changes(checkpoint: $after, kinds: [GRID], limit: 500) { checkpoint hasMore } }"


async def test_a_phone_that_was_away_when_nobody_is_told_any_more_starts_again(
    tunping: Tunping, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that heard of the removal goes on, and so does everybody who had nothing that was removed."""
    worker, staff, app = await tunping.as_("网格员01"), await tunping.as_("社区01"), tunping.app.state
    home = (await a_home(worker))["id"]
    own, theirs = await Copy(worker).catch_up(), await Copy(staff).catch_up()
    places = (await worker.ask(OF_PLACES)).data["changes"]["checkpoint"]
    acts = [appeal(home) for _ in range(3)]
    await submit(worker, *(act("openAppeal", **each) for each in acts))
    away = await Copy(worker).catch_up()
    assert {"act_" + each["id"][7:] for each in acts} <= away.documents.keys()
    await app.owner.execute("update submission set received_at = received_at - interval '1 year'")
    await nightly(tunping, tmp_path)
    assert (await staff.do("openAppeal", appeal(home)))["errors"] == []
    await own.catch_up()
    lately = await gone(tunping)
    assert lately >= 3
    await nightly(tunping, tmp_path)
    assert await gone(tunping) == lately
    monkeypatch.setattr(documents, "BATCH", 2)
    done = await nightly(tunping, tmp_path, later=timedelta(days=185))
    assert done["documents"] == lately
    assert await gone(tunping) == 0
    answer = await worker.ask(CHANGES, after=away.checkpoint, limit=500)
    assert answer.code == "RESYNC_REQUIRED"
    assert (await worker.ask(OF_PLACES, after=places)).data["changes"]["hasMore"] is False
    for copy in (own, theirs):
        assert not {each["id"] for each in (await copy.catch_up()).of("ACT")} & {
            f"act_{each['id'][7:]}" for each in acts
        }
    fresh = await Copy(worker).catch_up()
    assert fresh.documents == own.documents


async def nightly(tunping: Tunping, folder: Path, later: timedelta = timedelta()) -> Counter[str]:
    """Runs the retention of answers and their documents, now or later. Gives positions, as a request does."""
    state, done = tunping.app.state, Counter[str]()
    await Retention(state.system, lambda: datetime.now(UTC) + later, state.photos, folder).forget_submissions(done)
    await state.feed.place()
    return done


async def gone(tunping: Tunping) -> int:
    """How many documents of acts tell that an answer is gone."""
    query = """select count(*) from document d where kind = 'ACT' and not exists (
        select from submission s where s.account_id = d.bucket and s.id = d.document_id)"""
    return int(await tunping.app.state.owner.fetchval(query))


async def test_an_act_that_was_done_meets_nothing_when_its_answer_is_forgotten(tunping: Tunping) -> None:
    worker, staff = await tunping.as_("网格员01"), await tunping.as_("社区01")
    resident = (await a_home(worker))["residents"][0]["id"]
    seen = await version_of(worker, resident)
    mine = act("correctResident", based_on=seen, resident=resident, phone="13900000003", act=new_id("act"))
    assert (await submit(worker, mine))[0]["outcome"] == "DONE"
    later = {"resident": resident, "phone": "13900000004", "act": new_id("act")}
    for corrected in ([], [later]):
        for each in corrected:
            assert (await staff.do("correctResident", each))["errors"] == []
        await tunping.app.state.owner.execute("delete from submission")
        assert (await submit(worker, mine))[0]["outcome"] == "DONE"
    other = act("correctResident", based_on=seen, resident=resident, phone="13900000005", act=new_id("act"))
    assert (await submit(worker, other))[0]["outcome"] == "CONFLICT"


async def test_requests_that_cannot_be_acts_are_refused_as_a_whole(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    two = {"act": {"acceptAppeal": {"appeal": "x"}, "beginAppeal": {"appeal": "x"}}}
    assert (await worker.ask(SUBMIT, acts=[two])).status == 400
    many = [act("acceptAppeal", appeal=new_id("appeal"), act=new_id("act"))] * 51
    assert (await worker.ask(SUBMIT, acts=many)).code == "INVALID_INPUT"
    twice = "mutation { a: pushActs(rows: []) b: pushActs(rows: []) }"
    assert (await worker.ask(twice)).code == "TOO_MANY_MUTATIONS"
    assert (await tunping.as_nobody().ask(SUBMIT, acts=[])).status == 401
    head = await tunping.as_("联户长03")
    (answer,) = await submit(head, act("acceptAppeal", appeal=new_id("appeal"), act=new_id("act")))
    assert (answer["outcome"], answer["problems"][0]["code"]) == ("REFUSED", "NOT_FOUND")
    wrong = act("acceptAppeal", based_on="x", appeal=(await _any_appeal(worker)), act=new_id("act"))
    assert (await submit(worker, wrong))[0]["problems"] == [{"code": "INVALID_INPUT", "path": ["basedOn"]}]


async def _any_appeal(worker: Tunping) -> str:
    return str((await worker.ask("{ appeals(first: 1) { nodes { id } } }")).data["appeals"]["nodes"][0]["id"])


async def test_another_act_with_the_same_id_is_refused_and_the_first_answer_stays(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = appeal((await a_home(worker))["id"])
    other, move = new | {"body": "电梯不动"}, {"appeal": new["id"], "act": new_id("act")}
    wrong = act("openAppeal", **appeal(new_id("household")))
    first = [act("openAppeal", **new), wrong, act("acceptAppeal", after=new["id"], **move)]
    answers = await submit(worker, *first)
    assert [each["outcome"] for each in answers] == ["DONE", "REFUSED", "DONE"]
    corrected = act("openAppeal", **wrong["act"]["openAppeal"] | {"household": new["household"]})
    begun = act("beginAppeal", **move)
    for each, path in ((act("openAppeal", **other), "id"), (corrected, "id"), (begun, "act")):
        (refused,) = await submit(worker, each)
        assert refused["outcome"] == "REFUSED"
        assert refused["problems"] == [{"code": "CONFLICT", "path": [path]}]
    spaced = act("openAppeal", **new | {"body": f" {new['body']}"})
    known = act("acceptAppeal", based_on="1", **move)
    again = await submit(worker, act("openAppeal", **other), spaced, wrong, known)
    assert again[1:] == answers
    assert again[0]["problems"] == [{"code": "CONFLICT", "path": ["id"]}]


async def test_what_depends_on_an_id_depends_on_its_first_act(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    first = appeal((await a_home(worker))["id"])
    assert (await submit(worker, act("openAppeal", **first)))[0]["outcome"] == "DONE"
    other = act("openAppeal", **first | {"body": "另外一件事，与前面的无关。"})
    then = act("acceptAppeal", after=first["id"], appeal=first["id"], act=new_id("act"))
    assert [each["outcome"] for each in await submit(worker, other, then)] == ["REFUSED", "DONE"]


async def test_another_act_with_the_same_id_is_refused_when_rxdb_pushes_it(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = appeal((await a_home(worker))["id"])
    document = {"id": f"act_{new['id'][7:]}", "act": {"openAppeal": new}, "deleted": False}
    other = document | {"act": {"openAppeal": new | {"body": "电梯不动"}}}
    told = [
        (await worker.ask(PUSH, rows=[{"newDocumentState": each}])).data["pushActs"][0]
        for each in (document, other, document)
    ]
    assert [each["outcome"] for each in told] == ["DONE", "REFUSED", "DONE"]
    assert [each["code"] for each in told[1]["problems"]] == ["CONFLICT"]


async def test_answers_of_earlier_versions_have_no_digest_and_stay_as_they_are(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    new = appeal((await a_home(worker))["id"])
    answers = await submit(worker, act("openAppeal", **new))
    await tunping.app.state.owner.execute("update submission set digest = null")
    assert await submit(worker, act("openAppeal", **new)) == answers
    assert await submit(worker, act("openAppeal", **new | {"body": "电梯不动"})) == answers
