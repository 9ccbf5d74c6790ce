"""The page of an invitation, filled in as a browser without a script does."""

from urllib.parse import quote

import pytest

from db.acts.accounts import Invited, NewAccount, PostScope, add_invited
from rules.access import Role
from tests.client import Tunping, serving
from tests.command import tunping as command
from tests.paging import Page

PASSWORD = "大院门口的老胡杨"
WRONG = "用户名或者邀请码不对"


async def invited(client: Tunping, username: str) -> str:
    """The code for a new account."""
    new = NewAccount(username, "王芳", Role.ADMIN, PostScope())
    state = client.app.state
    made: Invited = await state.system.transact(lambda tx: add_invited(tx, new), now=state.now())
    return made.code


async def sign_in(client: Tunping, username: str, password: str = PASSWORD) -> int:
    form = {"grant_type": "password", "username": username, "password": password}
    return (await client.http.post("/auth/token", data=form)).status_code


async def choose(page: Page, username: str, code: str, password: str = PASSWORD, again: str | None = None) -> Page:
    given = {"username": username, "code": code, "password": password}
    return await page.send(**given, again=password if again is None else again)


async def test_an_invited_person_chooses_the_password_in_a_browser_and_signs_in(tunping: Tunping) -> None:
    code = await invited(tunping, "被邀请01")
    page = await Page.open(tunping, f"/invitation?name={quote('被邀请01')}")
    assert (page.status, page.form().value("username"), {"h1", "script"} & page.tags) == (200, "被邀请01", {"h1"})
    assert page.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in page.headers["content-security-policy"]
    done = await choose(page, " 被邀请01 ", code.lower().replace("-", " "))
    assert (done.status, done.path, "密码设好了" in done.text) == (200, "/invitation/done", True)
    assert await sign_in(tunping, "被邀请01") == 200


async def test_what_is_wrong_is_said_beside_its_field_and_no_password_comes_back(tunping: Tunping) -> None:
    code = await invited(tunping, "被邀请02")
    page = await Page.open(tunping, "/invitation")
    tried = [
        (await choose(page, " ", code), "请写您的用户名。"),
        (await choose(page, "被邀请02", ""), "请写邀请码。"),
        (await choose(page, "被邀请02", code, "胡杨胡杨"), "密码至少 8 位。"),
        (await choose(page, "被邀请02", code, "杨" * 129), "内容过长，最多 128 字。"),
        (await choose(page, "被邀请02", code, again=PASSWORD + "。"), "两次写的密码不一样"),
        (await choose(page, "被邀请02", "0" * 16), WRONG),
        (await choose(page, "没有这个人", code), WRONG),
        (await choose(page, "被邀请\0", code), WRONG),
    ]
    for answer, words in tried:
        assert (answer.status, words in answer.text, "密码还没有设好" in answer.text) == (422, True, True), words
        assert (PASSWORD in answer.html, answer.form().value("password")) == (False, "")
    kept = tried[4][0].form()
    assert (kept.value("username"), kept.value("code")) == ("被邀请02", code)
    assert "密码设好了" in (await choose(page, "被邀请02", code)).text
    assert WRONG in (await choose(page, "被邀请02", code)).text


async def test_guesses_on_the_page_count_with_those_of_passwords(tunping: Tunping) -> None:
    code = await invited(tunping, "被邀请03")
    page = await Page.open(tunping, "/invitation")
    for number in range(5):
        assert WRONG in (await choose(page, "被邀请03", f"{number:016}")).text
    locked = await choose(page, "被邀请03", code)
    assert (locked.status, "请过 10 分钟再试" in locked.text) == (429, True)
    assert int(locked.headers["retry-after"]) > 0
    assert await sign_in(tunping, "被邀请03") == 400


async def test_the_page_is_limited_as_the_other_pages_are(copy_url: str) -> None:
    async with serving(copy_url, rates="pages-by-address=1/minute") as tunping:
        assert (await Page.open(tunping, "/invitation")).status == 200
        refused = await Page.open(tunping, "/invitation")
        assert (refused.status, "请稍等一会儿" in refused.text) == (429, True)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"username=a", "text/plain", 415),
        (b"username=a", "multipart/form-data; boundary=b", 415),
        (b"username=%FF", "application/x-www-form-urlencoded", 400),
        (b"username=" + b"a" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=b" % number for number in range(30)), "application/x-www-form-urlencoded", 400),
    ],
)
async def test_no_other_body_is_read(tunping: Tunping, content: bytes, kind: str, status: int) -> None:
    answer = await tunping.http.post("/invitation", content=content, headers={"content-type": kind})
    assert (answer.status_code, "<h1>" in answer.text) == (status, True)


def test_a_command_prints_the_address_of_the_page(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNPING_PUBLIC_URL", "https://tunping.example.cn/")
    added = command(fresh_url, "user", "add", "管理 员", "--name", "赵工", "--role", "ADMIN", "--invite")
    assert (added.exit_code, added.output.splitlines()[-1].split(" at: ")[-1]) == (
        0,
        f"https://tunping.example.cn/invitation?name={quote('管理 员')}",
    )
