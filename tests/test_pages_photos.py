"""Photos in the residents' forms: kept as evidence of the appeal, and whatever is wrong with one, no word is lost."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

import api.http.uploads
import api.pages.frame
from api.rates import STORED_BY_ADDRESS, STORED_BY_CODE, Limit
from db.database import OutcomeUnknown
from rules.photos import MOST_A_CASE
from rules.text import receipt_code
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping
from tests.paging import Page, encoded
from tests.test_photo_uploads import FINE, bomb, heic_with_gps, saved, two_pictures, with_gps

COUNTER = f"/q/{DEMO_COUNTER_CODE}"
BODY = "3号楼2单元楼道堵了\n走不过去"


def photo(colour: str = "red") -> bytes:
    """Something that was photographed."""
    return saved(Image.new("RGB", (640, 480), colour), "JPEG")


def noise(number: int) -> bytes:
    """One of many small photos that are all different."""
    return saved(Image.new("RGB", (8, 8), (number, 2 * number, 99)), "JPEG")


async def form_of(client: Tunping) -> Page:
    """The form at the counter."""
    return await Page.open(client, COUNTER)


async def photos_of(client: Tunping, page: Page) -> int:
    """How many photos the appeal behind a receipt has."""
    code = page.path.removeprefix("/r/")
    count: int = await client.app.state.owner.fetchval(
        "select count(*) from photo p join appeal a on a.id = p.appeal_id where a.receipt_code = $1", code
    )
    return count


async def test_photos_are_evidence_and_shown_to_the_reporter(tunping: Tunping) -> None:
    form = await form_of(tunping)
    assert (form.form().kind, form.form().files) == ("multipart/form-data", ["photos"])
    page = await form.send(None, [("IMG_1.jpg", photo("red")), ("IMG_2.jpg", with_gps())], body=BODY)
    assert (page.status, await photos_of(tunping, page), len(page.images)) == (200, 2, 2)
    assert "img-src 'self'" in page.headers["content-security-policy"]
    assert BODY in page.text
    for address, most in [(each, 320) for each in page.images] + [(each, 2560) for each in page.links]:
        assert address.startswith("/photos/")
        answer = await tunping.http.get(address)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert max(Image.open(io.BytesIO(answer.content)).size) <= most
        assert b"GPS" not in answer.content
        assert (await tunping.http.get(address[:-1] + ("0" if address[-1] != "0" else "1"))).status_code == 404


async def test_after_an_unknown_outcome_the_error_page_sends_the_same_form_again(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, form = await tunping.count("appeal"), await form_of(tunping)

    async def broken(*_: Any) -> None:
        raise OutcomeUnknown

    with monkeypatch.context() as patch:
        patch.setattr("api.pages.ask._open", broken)
        sorry = await form.send(None, [("a.jpg", photo("green"))], body=BODY)
    assert (sorry.status, sorry.headers["retry-after"], "不知道您写的有没有存上" in sorry.text) == (503, "1", True)
    pages = [await sorry.send(), await sorry.send()]
    assert {page.path for page in pages} == {pages[0].path}
    assert (await tunping.count("appeal"), await photos_of(tunping, pages[0])) == (before + 1, 1)


@pytest.mark.long
async def test_the_same_form_twice_is_one_appeal_with_the_same_photos(tunping: Tunping) -> None:
    before, form = await tunping.count("appeal"), await form_of(tunping)
    files = [("a.jpg", photo("blue")), ("b.jpg", photo("blue"))]
    pages = await asyncio.gather(*(form.send(None, files, body=BODY) for _ in range(5)))
    assert {page.path for page in pages} == {pages[0].path}
    assert await tunping.count("appeal") == before + 1
    assert await photos_of(tunping, pages[0]) == 1


@pytest.mark.long
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 ...", "第 2 张不是照片"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "第 2 张不是照片"),
        (saved(Image.effect_noise((600, 600), 90), "JPEG")[:-20_000], "第 2 张照片坏了"),
        (bomb(), "第 2 张照片太大了"),
        (b"\xff\xd8\xff" + bytes(11 * 1024 * 1024), "第 2 张照片太大了"),
    ],
)
async def test_a_bad_photo_is_said_and_nothing_is_lost(tunping: Tunping, content: bytes, words: str) -> None:
    before = await tunping.count("appeal")
    files = [("good.jpg", photo("green")), ("bad.jpg", content), ("good.jpg", photo("yellow"))]
    again = await (await form_of(tunping)).send(None, files, body=BODY, phone="13912345678", kind="HELP")
    assert (again.status, await tunping.count("appeal")) == (422, before)
    assert [words in again.text, "还没有提交" in again.text] == [True, True]
    form = again.form()
    assert [form.value(name) for name in ("body", "phone", "kind")] == [BODY, "13912345678", "HELP"]
    assert len(form.choices["photo"]) == 2
    page = await again.send()
    assert (page.status, await photos_of(tunping, page)) == (200, 2)


async def test_a_photo_that_was_kept_can_be_left_out(tunping: Tunping) -> None:
    again = await (await form_of(tunping)).send(None, [("a.jpg", photo("navy"))], body=" ")
    assert (again.status, "请写一写是什么事" in again.text) == (422, True)
    page = await again.send(body=BODY, photo=None)
    assert (page.status, await photos_of(tunping, page)) == (200, 0)


async def test_more_than_a_case_holds(tunping: Tunping) -> None:
    files = [("p.jpg", noise(number)) for number in range(MOST_A_CASE + 2)]
    again = await (await form_of(tunping)).send(None, files, body=BODY)
    assert (again.status, f"最多 {MOST_A_CASE} 张照片" in again.text) == (422, True)
    assert (len(again.form().choices["photo"]), again.form().files) == (MOST_A_CASE, [])
    page = await again.send()
    assert await photos_of(tunping, page) == MOST_A_CASE
    assert page.form("add").files == [], "there is no room for another"


async def test_more_is_shown_later(tunping: Tunping) -> None:
    page = await (await form_of(tunping)).send(body=BODY)
    assert page.images == []
    bad = await page.send("add", [("x.jpg", b"GIF89a")], note="看照片")
    assert (bad.status, "第 1 张不是照片" in bad.text, bad.form("add").value("note")) == (422, True, "看照片")
    more = await bad.send("add", [("y.jpg", photo("pink"))], note="")
    assert (more.status, len(more.images), await photos_of(tunping, more)) == (200, 1, 1)
    twice = await more.send("add", [("y.jpg", photo("pink"))], note="还是这张")
    assert (twice.status, await photos_of(tunping, twice)) == (200, 1)


async def test_only_what_was_sent_is_attached(tunping: Tunping) -> None:
    page = await form_of(tunping)
    page.form().fields.append(("photo", "0" * 64))
    again = await page.send(body=BODY)
    assert (again.status, "照片没有收到" in again.text, "photo" in again.form().choices) == (422, True, False)
    page.form().fields.append(("photo", "../../etc/passwd"))
    again.form().fields.append(("photo", "../../etc/passwd"))
    assert await photos_of(tunping, await again.send()) == 0


async def test_who_has_no_code_keeps_no_photo(tunping: Tunping) -> None:
    form, before = (await form_of(tunping)).form(), await tunping.count("photo_file")
    body, kind = encoded(form, form.filled(body=BODY), [("a.jpg", photo("olive"))])
    for path in ("/q/NOPE", "/r/NOPE"):
        assert (await tunping.http.post(path, content=body, headers={"content-type": kind})).status_code == 404
    assert await tunping.count("photo_file") == before


async def test_all_of_it_has_a_limit_and_the_words_are_kept(tunping: Tunping) -> None:
    tunping.app.state.photo_limit, form = 20_000, (await form_of(tunping)).form()
    large = [(f"{number}.jpg", b"\xff\xd8\xff" + bytes(60_000)) for number in range(10)]
    body, kind = encoded(form, form.filled(body=BODY), large)
    assert len(body) > 20_000 * (MOST_A_CASE + 1) + tunping.app.state.body_limit

    async def unsaid() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    answer = await tunping.http.post(COUNTER, content=unsaid(), headers={"content-type": kind})
    page = Page(tunping.http, answer)
    assert (page.status, page.form().value("body")) == (422, BODY)
    assert "照片一共太大了，没有传完，请少选几张。\n" in page.text


async def test_a_slow_photo_keeps_the_words(tunping: Tunping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.http.uploads, "IDLE", 0.05)
    form = (await form_of(tunping)).form()
    body, kind = encoded(form, form.filled(body=BODY), [("a.jpg", photo())])

    async def drip() -> AsyncIterator[bytes]:
        yield body[:-300]
        await asyncio.Event().wait()
        yield body[-300:]

    page = Page(tunping.http, await tunping.http.post(COUNTER, content=drip(), headers={"content-type": kind}))
    assert (page.status, "网络太慢" in page.text, page.form().value("body")) == (422, True, BODY)


@pytest.mark.parametrize(
    ("limit", "who"), [(STORED_BY_ADDRESS, "127.0.0.1"), (STORED_BY_CODE, receipt_code(DEMO_COUNTER_CODE))]
)
async def test_a_flood_of_photos_is_stopped_and_the_words_are_kept(tunping: Tunping, limit: Limit, who: str) -> None:
    state = tunping.app.state
    assert await state.limits.hit(limit, who, cost=limit.most) == 0
    page = await (await form_of(tunping)).send(None, [("a.jpg", noise(77))], body=BODY)
    assert (page.status, "10 分钟" in page.text, page.form().value("body")) == (422, True, BODY)
    assert (await page.send()).path.startswith("/r/")


@pytest.mark.parametrize("cut", [5, 300, 500])
async def test_a_form_that_is_cut_off_opens_nothing(tunping: Tunping, cut: int) -> None:
    before, form = await tunping.count("appeal"), (await form_of(tunping)).form()
    body, kind = encoded(form, form.filled(body=BODY), [])
    answer: Any = await tunping.http.post(COUNTER, content=body[:-cut], headers={"content-type": kind})
    assert (answer.status_code, await tunping.count("appeal")) == (400, before)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["MPO", "MPO with GPS", "HEIF", "HEIF, transparent", "progressive", "CMYK"])
async def test_what_phones_write_is_read_and_shown(tunping: Tunping, kind: str) -> None:
    content = {
        "MPO": two_pictures,
        "MPO with GPS": FINE["a second picture, and GPS"],
        "HEIF": heic_with_gps,
        "HEIF, transparent": FINE["an iPhone's, transparent"],
        "progressive": FINE["progressive"],
        "CMYK": FINE["CMYK"],
    }[kind]()
    page = await (await form_of(tunping)).send(None, [("IMG_1.HEIC", content)], body=BODY)
    assert (page.status, await photos_of(tunping, page)) == (200, 1)
    shown = await tunping.http.get(page.images[0])
    assert (shown.headers["content-type"], Image.open(io.BytesIO(shown.content)).size) == ("image/jpeg", (64, 48))


async def _broken(*_: Any, **__: Any) -> None:
    raise OSError("the disk is full")


@pytest.mark.parametrize(
    "where",
    [
        "api.pages.forms.store_photo",
        "api.http.photo_store._done",
        "api.pages.ask._open",
        "api.pages.ask._new_case",
        "api.pages.ask.transact",
    ],
)
async def test_whatever_fails_the_page_shows_again_what_was_typed(
    tunping: Tunping, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before, form = await tunping.count("appeal"), await form_of(tunping)
    with monkeypatch.context() as patch:
        if where == "api.pages.ask.transact":
            real, seen = api.pages.frame.transact, []

            async def second(*given: Any, **more: Any) -> Any:
                seen.append(given)
                return await (real(*given, **more) if len(seen) == 1 else _broken())

            patch.setattr(where, second)
        else:
            patch.setattr(where, _broken if where != "api.pages.ask._new_case" else _broken_at_once)
        sorry = await form.send(None, [("a.jpg", noise(200))], body=BODY, phone="13912345678")
    assert (sorry.status >= 500, await tunping.count("appeal")) == (True, before)
    assert [sorry.form().value(name) for name in ("body", "phone")] == [BODY, "13912345678"]
    assert BODY.splitlines()[0] in sorry.text
    page = await sorry.send()
    assert (page.status, BODY.splitlines()[0] in page.text) == (200, True)


def _broken_at_once(*_: Any) -> None:
    raise OSError("the disk is full")


async def test_a_code_that_was_replaced_meanwhile_loses_no_word(tunping: Tunping) -> None:
    form, pool = await form_of(tunping), tunping.app.state.owner
    before = await tunping.count("photo_file")
    await pool.execute("update qr_code set revoked_at = now() where code = $1", DEMO_COUNTER_CODE)
    try:
        sorry = await form.send(None, [("a.jpg", noise(201))], body=BODY, phone="13912345678")
    finally:
        await pool.execute("update qr_code set revoked_at = null where code = $1", DEMO_COUNTER_CODE)
    assert (sorry.status, await tunping.count("photo_file")) == (404, before)
    assert [sorry.form().value(name) for name in ("body", "phone")] == [BODY, "13912345678"]


@pytest.mark.parametrize("cut", [5, 40, 60])
async def test_a_form_that_is_cut_off_shows_what_came_of_it(tunping: Tunping, cut: int) -> None:
    form = (await form_of(tunping)).form()
    body, kind = encoded(form, form.filled(body=BODY), [("a.jpg", noise(3))])
    answer: Any = await tunping.http.post(COUNTER, content=body[:-cut], headers={"content-type": kind})
    assert (answer.status_code, "走不过去" in answer.text) == (400, True)
