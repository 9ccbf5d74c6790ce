"""Photos: sent once however often, made anew without metadata, evidence of a case, seen by who sees the case."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from structlog.testing import capture_logs

from api.rates import STORED_BY_ADDRESS, STORED_BY_CODE, Limit
from rules.text import receipt_code
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Clock, Tunping, new_id, serving

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
SEEN = "query($id: ID!) { appeal(id: $id) { photos { url thumbnailUrl width height attachedBy { username } } } }"


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def server(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


def jpeg(colour: str = "red", size: tuple[int, int] = (640, 480), **more: Any) -> bytes:
    """A photo."""
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "JPEG", **more)
    return buffer.getvalue()


def digest(content: bytes) -> str:
    """What it is addressed by."""
    return hashlib.sha256(content).hexdigest()


async def put(who: Tunping, content: bytes, name: str | None = None, **headers: str) -> httpx.Response:
    """Sends a photo."""
    return await who.http.put(f"/photos/{name or digest(content)}", content=content, headers=who.headers | headers)


async def appeal_with(who: Tunping, *contents: bytes) -> str:
    """An appeal that has these photos."""
    for content in contents:
        assert (await put(who, content)).status_code in {200, 201}
    appeal = new_id("appeal")
    new = {"id": appeal, "body": "3号楼2单元 楼道堵了", "photos": [digest(each) for each in contents]}
    assert (await who.do("openAppeal", new))["errors"] == []
    return appeal


async def photos(who: Tunping, appeal: str) -> list[Any]:
    """As somebody sees them."""
    found = (await who.ask(SEEN, id=appeal)).data["appeal"]
    return found["photos"] if found else []


async def test_a_photo_is_kept_once_and_seen_by_who_sees_the_case(server: Tunping) -> None:
    worker, content = await server.as_("网格员01"), jpeg()
    assert [(await put(worker, content)).status_code for _ in range(3)] == [201, 200, 200]
    assert (await put(worker, content)).json() == {"width": 640, "height": 480}
    appeal = await appeal_with(worker, content)
    (photo,) = await photos(worker, appeal)
    assert (photo["width"], photo["height"], photo["attachedBy"]) == (640, 480, {"username": "网格员01"})
    assert await photos(await server.as_("网格员14"), appeal) == []
    served = await server.http.get(photo["url"])
    assert (served.status_code, served.headers["content-type"]) == (200, "image/jpeg")
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["cache-control"] == "private, max-age=300"
    assert Image.open(io.BytesIO(served.content)).size == (640, 480)
    small = await server.http.get(photo["thumbnailUrl"])
    assert Image.open(io.BytesIO(small.content)).size == (320, 240)


@pytest.mark.long
async def test_fifty_retries_at_once_are_one_photo(server: Tunping) -> None:
    worker, content = await server.as_("网格员01"), jpeg("blue")
    before = await server.count("photo_file")
    answers = await asyncio.gather(*(put(worker, content) for _ in range(50)))
    assert {each.status_code for each in answers} <= {200, 201}
    assert await server.count("photo_file") == before + 1


@pytest.mark.long
async def test_a_store_that_cannot_write_is_unavailable_and_leaves_nothing(copy_url: str, tmp_path: Path) -> None:
    async with serving(copy_url, photo_store=f"file://{tmp_path}/") as client:
        worker, content = await client.as_("网格员01"), jpeg("navy")
        in_the_way = tmp_path / digest(content)[:2]
        in_the_way.touch()
        with capture_logs() as logs:
            refused, before = await put(worker, content), await client.count("photo_file")
        (error,) = refused.json()["errors"]
        assert (refused.status_code, error["extensions"]["code"]) == (503, "UNAVAILABLE")
        assert error["message"] == "照片暂时无法存取，请再试一次。"
        assert [each["event"] for each in logs if each["log_level"] == "warning"] == ["photo_store_unavailable"]
        assert refused.headers["retry-after"] == "1"
        in_the_way.unlink()
        assert (await put(worker, content)).status_code == 201
        assert await client.count("photo_file") == before + 1


async def test_an_address_holds_for_minutes_and_for_nothing_else(server: Tunping, clock: Clock) -> None:
    worker = await server.as_("网格员01")
    first, second = jpeg("green"), jpeg("yellow")
    one, two = await photos(worker, await appeal_with(worker, first, second))
    path, _, query = one["url"].partition("?")
    forged = (
        f"{two['url'].partition('?')[0]}?{query}",
        one["url"].replace("/whole?", "/thumbnail?"),
        one["url"][:-1] + ("0" if one["url"][-1] != "0" else "1"),
        one["url"].replace("until=1", "until=9"),
        f"{path}?until=99999999999&signature=",
        f"{path}?until=٣&signature=x",
        path,
        path.replace("whole", "../secret"),
        "/photos/nothing/whole",
    )
    assert {(await server.http.get(each)).status_code for each in forged} <= {404, 405}
    clock.turn(timedelta(minutes=5))
    assert (await server.http.get(one["url"])).status_code == 200
    clock.turn(timedelta(minutes=6))
    assert (await server.http.get(one["url"])).status_code == 404


async def test_a_resident_sends_photos_by_a_code_and_sees_them_by_the_receipt(server: Tunping) -> None:
    nobody, content = server.as_nobody(), jpeg("purple")
    assert (await put(nobody, content)).status_code == 403
    refused = await put(nobody, content, **{"x-tunping-code": "NOTACODE"})
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (403, "NOT_ALLOWED")
    assert (await put(nobody, content, **{"x-tunping-code": DEMO_COUNTER_CODE})).status_code == 201
    new = {
        "id": new_id("appeal"),
        "code": DEMO_COUNTER_CODE,
        "body": "3号楼2单元 楼道堵了",
        "photos": [digest(content)],
    }
    receipt = (await nobody.do("openAppeal", new, "receiptCode"))["receiptCode"]
    told = "query($code: String!) { receipt(code: $code) { photos { url thumbnailUrl } } }"
    (photo,) = (await nobody.ask(told, code=receipt)).data["receipt"]["photos"]
    assert (await server.http.get(photo["thumbnailUrl"])).status_code == 200
    more = jpeg("orange")
    assert (await put(nobody, more, **{"x-tunping-receipt": receipt.lower()})).status_code == 201
    added = {"appeal": new["id"], "receiptCode": receipt, "photos": [digest(more)]}
    assert (await nobody.do("addToAppeal", added))["errors"] == []
    assert len((await nobody.ask(told, code=receipt)).data["receipt"]["photos"]) == 2


@pytest.mark.parametrize(
    ("limit", "who"), [(STORED_BY_ADDRESS, "127.0.0.1"), (STORED_BY_CODE, receipt_code(DEMO_COUNTER_CODE))]
)
async def test_a_flood_of_photos_is_stopped_and_a_retry_is_free(server: Tunping, limit: Limit, who: str) -> None:
    nobody, before = server.as_nobody(), await server.count("photo_file")
    assert await server.app.state.limits.hit(limit, who, cost=limit.most - 1) == 0
    code, last = {"x-tunping-code": DEMO_COUNTER_CODE.lower()}, jpeg("gold", size=(64, len(limit.name)))
    assert [(await put(nobody, last, **code)).status_code for _ in range(3)] == [201, 200, 200]
    another = jpeg("silver", size=(64, len(limit.name)))
    refused = await put(nobody, another, **code)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "600")
    assert refused.json()["errors"][0]["extensions"]["code"] == "TOO_MANY"
    assert await server.count("photo_file") == before + 1
    assert (await put(await server.as_("网格员01"), another)).status_code == 201


async def test_a_visit_has_photos_too(server: Tunping) -> None:
    worker, content = await server.as_("网格员01"), jpeg("cyan")
    await put(worker, content)
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": NOW.isoformat()}
    made = await worker.do("recordVisit", new | {"photos": [digest(content)]}, "visit { photos { width } }")
    assert made == {"visit": {"photos": [{"width": 640}]}, "errors": []}


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        (["00" * 32], "NOT_FOUND", ["photos", "0"]),
        (["../../etc/passwd"], "INVALID_INPUT", ["photos", "0"]),
        ([f"{number:064x}" for number in range(10)], "INVALID_INPUT", ["photos"]),
        (["ab" * 32] * 51, "INVALID_INPUT", ["photos"]),
    ],
)
async def test_photos_that_cannot_be_leave_no_appeal(
    server: Tunping, given: list[str], code: str, path: list[Any]
) -> None:
    worker = await server.as_("网格员01")
    before = await server.count("appeal")
    new = {"id": new_id("appeal"), "body": "3号楼2单元 楼道堵了", "photos": given}
    (refused,) = (await worker.do("openAppeal", new))["errors"]
    assert (refused["code"], refused["path"]) == (code, path)
    assert await server.count("appeal") == before


KEPT = """query($id: ID!) { visit(id: $id) { photos { id url thumbnailUrl }
    removedPhotos { removedReason removedBy { username } } } }"""


async def _a_visit(worker: Tunping, **more: Any) -> str:
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("visit"), "household": home, "mode": "HOME_VISIT", "occurredAt": NOW.isoformat()}
    assert (await worker.do("recordVisit", new | more))["errors"] == []
    return str(new["id"])


@pytest.mark.long
async def test_photos_of_a_visit_are_added_and_removed_later(server: Tunping) -> None:
    """A removed photo stays on record with who and why, and nobody gets it any more."""
    worker, content = await server.as_("网格员01"), jpeg("maroon")
    visit = await _a_visit(worker)
    await put(worker, content)
    more = {"visit": visit, "photos": [digest(content)]}
    assert (await worker.do("addVisitPhotos", more))["errors"] == []
    assert await worker.refused("addVisitPhotos", more) == "INVALID_INPUT"
    (photo,) = (await worker.ask(KEPT, id=visit)).data["visit"]["photos"]
    assert (await server.http.get(photo["url"])).status_code == 200
    act = {"photo": photo["id"], "reason": "拍到了邻居", "act": new_id("act")}
    removed = {"removedReason": "拍到了邻居", "removedBy": {"username": "网格员01"}}
    wanted = "photo { removedReason removedBy { username } }"
    for _ in range(2):
        assert await worker.do("removePhoto", act, wanted) == {"photo": removed, "errors": []}
    for who in (worker, await server.as_("书记01")):
        seen = (await who.ask(KEPT, id=visit)).data["visit"]
        assert seen == {"photos": [], "removedPhotos": [removed]}
        found = (await who.ask("query($id: ID!) { node(id: $id) { id } }", id=photo["id"])).data["node"]
        assert found is None
    for address in (photo["url"], photo["thumbnailUrl"]):
        assert (await server.http.get(address)).status_code == 404
    assert await worker.refused("removePhoto", act | {"act": new_id("act")}) == "WRONG_STATE"
    assert (await worker.do("addVisitPhotos", more))["errors"] == []
    (again,) = (await worker.ask(KEPT, id=visit)).data["visit"]["photos"]
    assert again["id"] != photo["id"]


async def test_who_removes_a_photo_attached_it_or_is_of_the_community(server: Tunping) -> None:
    worker, content = await server.as_("网格员01"), jpeg("orchid")
    await put(worker, content)
    appeal = await appeal_with(worker, content)
    asked = "query($id: ID!) { appeal(id: $id) { photos { id url } removedPhotos { removedReason } } }"
    (photo,) = (await worker.ask(asked, id=appeal)).data["appeal"]["photos"]
    given = {"photo": photo["id"], "reason": "与诉求无关"}
    others = [await server.as_(name) for name in ("网格长01", "网格员14", "联户长03")]
    codes = [await each.refused("removePhoto", given) for each in (*others, server.as_nobody())]
    assert codes == ["NOT_ALLOWED", "NOT_FOUND", "NOT_ALLOWED", "UNAUTHENTICATED"]
    assert (await (await server.as_("社区01")).do("removePhoto", given))["errors"] == []
    assert (await worker.ask(asked, id=appeal)).data["appeal"] == {
        "photos": [],
        "removedPhotos": [{"removedReason": "与诉求无关"}],
    }
    assert (await server.http.get(photo["url"])).status_code == 404
    pool = server.app.state.owner
    kinds = await pool.fetch(
        "select kind, note from journal where appeal_id = $1 order by id", appeal.partition("_")[2]
    )
    assert tuple(kinds[-1]) == ("APPEAL_PHOTO_REMOVED", "与诉求无关")
