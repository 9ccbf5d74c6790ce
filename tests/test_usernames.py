"""One user name in several spellings is one account, at every door."""

import importlib.util
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.guesses import Guesses
from db.migrate import MIGRATIONS
from rules.accounts import UserName
from rules.folding import folded_username
from tests.client import Tunping
from tests.command import tunping as command
from tests.setups import village, written
from tests.signing import PASSWORD
from tests.test_colleagues import added, choose, new, sign_in
from tests.test_guesses import HERE, NOW, elsewhere, guess, seconds
from tests.test_imports import rows_of

SPELLINGS = ("Zoe\u0308-王01", "ZOË-王01", "ｚｏë－王０１", "zoë-王 01", "zo\u200bë-王01", " zoë‐王01\u3000")
"""In full width, in capitals, decomposed, with blanks, with what cannot be seen, and with another hyphen."""


def test_spellings_of_a_name_are_one_and_names_are_not() -> None:
    assert len({UserName.of(each) for each in SPELLINGS}) == 1
    assert len({UserName.of(each) for each in ("网格员01", "网格员1", "网格员02", "wang.01", "wang01")}) == 5


@given(st.text(max_size=100))
def test_the_form_of_a_form_is_itself(name: str) -> None:
    assert folded_username(folded_username(name)) == folded_username(name)


async def test_a_second_spelling_gets_no_account(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    await added(secretary, username=SPELLINGS[0])
    for spelt in SPELLINGS:
        given = {**await new(secretary, "GRID_WORKER"), "username": spelt}
        (problem,) = (await secretary.do("addAccount", given))["errors"]
        assert (problem["code"], problem["path"]) == ("INVALID_INPUT", ["username"])


async def test_a_person_signs_in_by_any_spelling(tunping: Tunping) -> None:
    payload = await added(await tunping.as_("书记01"), username="Liú-李０２")
    assert await choose(tunping, "ＬＩÚ-李02", payload["code"]) == 200
    for spelt in ("Liú-李０２", "liú-李02", "LIU\u0301-李02", "ｌｉú－李０２", "liú - 李02"):
        assert "access_token" in await sign_in(tunping, spelt, PASSWORD), spelt
    assert (await sign_in(tunping, "liu-李02", PASSWORD))["error"] == "invalid_grant"


def test_guesses_of_all_spellings_count_as_one() -> None:
    guesses = Guesses()
    for number, spelt in enumerate(SPELLINGS[:5]):
        guess(guesses, HERE, spelt, NOW + timedelta(seconds=number))
    assert [seconds(guesses, *each) > 0 for each in ((HERE, SPELLINGS[5]), (elsewhere(1), SPELLINGS[5]))] == [
        True,
        False,
    ]


def test_the_command_line_finds_any_spelling_and_adds_no_second_one(copy_url: str) -> None:
    found = command(copy_url, "user", "devices", "网格员０１")
    assert found.exit_code == 0, found.output
    second = ("user", "add", "书记 ０１", "--name", "某", "--role", "ADMIN", "--password-stdin")
    refused = command(copy_url, *second, given=f"{PASSWORD}\n")
    assert (refused.exit_code, "用户名已被使用" in refused.output) == (1, True)


@pytest.mark.long
def test_a_workbook_names_an_account_once_and_in_any_spelling(fresh_url: str, tmp_path: Path) -> None:
    sheets = village("拼写")
    twice = {**sheets, "账号": [*sheets["账号"], {**sheets["账号"][1], "用户名": "拼写 网格员"}]}
    refused = command(fresh_url, "setup", written(tmp_path / "重复.xlsx", twice))
    assert "账号 第7行 用户名：与第3行重复" in refused.output
    assert command(fresh_url, "setup", written(tmp_path / "一.xlsx", sheets)).exit_code == 0
    for row in sheets["账号"]:
        row["用户名"] = f"{row['用户名'][:2]}\u3000{row['用户名'][2:]}"
    again = command(fresh_url, "setup", written(tmp_path / "二.xlsx", sheets))
    assert (again.exit_code, "没有变化" in again.output) == (0, True), again.output


@pytest.mark.long
def test_a_workbook_names_two_accounts_of_one_form_by_their_spellings(fresh_url: str, tmp_path: Path) -> None:
    def set_up(sheets: Any) -> Any:
        return command(fresh_url, "setup", written(tmp_path / "两个.xlsx", sheets))

    sheets = village("同形")
    one = sheets["账号"][1]
    sheets["账号"].append(other := {**one, "用户名": "同形旧网格员", "姓名": "钱网格"})
    assert set_up(sheets).exit_code == 0
    rename = "update account set username = $1, username_key = $1 where username = $2 returning 1"
    rows_of(fresh_url, rename, "同形 网格员", other["用户名"])
    other["用户名"] = "同形 网格员"
    again = set_up(sheets)
    assert (again.exit_code, "没有变化" in again.output) == (0, True), again.output
    other["电话"] = "13800000009"
    sheets["账号"].remove(one)
    assert set_up(sheets).exit_code == 0
    phones = (
        "select username, phone from account where name in ('吴网格', '钱网格') and username like '同形%' order by 1"
    )
    assert rows_of(fresh_url, phones) == [("同形 网格员", "13800000009"), (one["用户名"], None)]


def test_two_accounts_of_one_form_from_earlier_versions_stay_two() -> None:
    keys = _migration().keys_of(["WANG", "Ｗａｎｇ", "wang", "Li", "LI"])
    assert keys == {"WANG": "WANG", "Ｗａｎｇ": "Ｗａｎｇ", "wang": "wang", "Li": "li", "LI": "LI"}


async def test_an_account_that_shares_its_form_signs_in_by_its_own_spelling(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    old, other = await added(secretary, username="孙甲"), await added(secretary, username="孙乙")
    rename = "update account set username = $1, username_key = $1 where username = $2"
    await tunping.app.state.owner.execute(rename, "孙 甲", "孙乙")
    for username, payload in (("孙甲", old), ("孙 甲", other)):
        assert await choose(tunping, username, payload["code"], f"{PASSWORD}{username}") == 200
    for username in ("孙甲", "孙 甲"):
        assert "access_token" in await sign_in(tunping, username, f"{PASSWORD}{username}")
    assert "access_token" in await sign_in(tunping, "孙\u3000甲", f"{PASSWORD}孙甲")


def _migration() -> Any:
    spec = importlib.util.spec_from_file_location("user_names", MIGRATIONS / "versions" / "0027_user_names.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
