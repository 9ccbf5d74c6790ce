"""The scripts of operate.md from an empty machine, with real processes: the first day, and the centre's engineer."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import openpyxl
import pytest

from examples.centre.tunping import Tunping as Centre
from tests.client import new_id
from tests.setups import Sheets, village, written
from tests.test_start import LIFETIME, PATIENCE, ROOT, TUNPING, address_of, data_dir, postgres_of, serving

__all__ = ["data_dir"]
PASSWORD = "大院门口的老胡杨"
CENTRE = "三坪农场矛盾纠纷化解中心"


def said(folder: Path, *arguments: object, given: str | None = None) -> str:
    """What a command prints that must succeed."""
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    done = subprocess.run(
        [*TUNPING, *map(str, arguments)],
        cwd=ROOT,
        env=environment | {"TUNPING_DATA_DIR": str(folder)},
        input=given,
        capture_output=True,
        text=True,
        timeout=LIFETIME,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Person:
    """Somebody who signs in to the server, and speaks to it over HTTP."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self.headers = url, {"authorization": f"Bearer {token}"}

    @classmethod
    def invited(cls, url: str, username: str, code: str) -> "Person":
        """Chooses a password with the code of an invitation, and signs in."""
        form = {"username": username, "password": PASSWORD}
        page = httpx.post(f"{url}/invitation", data=form | {"code": code, "again": PASSWORD}, timeout=PATIENCE)
        assert (page.status_code, page.headers["location"]) == (303, "/invitation/done")
        answer = httpx.post(
            f"{url}/auth/token", data=form | {"grant_type": "password", "device": "手机"}, timeout=PATIENCE
        )
        return cls(url, answer.json()["access_token"])

    def ask(self, query: str, **variables: Any) -> Any:
        body = {"query": query, "variables": variables}
        answer = httpx.post(f"{self.url}/graphql", json=body, headers=self.headers, timeout=PATIENCE)
        found = answer.json()
        assert "errors" not in found, found
        return found["data"]

    def does(self, mutation: str, **given: Any) -> None:
        type_ = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation($input: {type_}!) {{ {mutation}(input: $input) {{ errors {{ code message }} }} }}"
        assert self.ask(query, input=given)[mutation]["errors"] == [], mutation


def with_a_centre() -> Sheets:
    sheets = village()
    sheets["单位"].append({"名称": CENTRE, "类别": "矛盾纠纷化解中心"})
    sheets["账号"].append({"用户名": "向阳社工", "姓名": "韩社工", "岗位": "社区工作者"})
    return sheets


def invitations(file: Path) -> dict[str, str]:
    """The codes by user name."""
    lines = (line.split("\t") for line in file.read_text(encoding="utf-8").splitlines())
    return {username: code for username, _, code in lines}


@pytest.fixture
def codes(data_dir: Path, tmp_path: Path) -> dict[str, str]:
    """A community that the script has set up; the codes of its people and of the administrator."""
    template = tmp_path / "设置.xlsx"
    said(data_dir, "setup", "--template", template)
    assert {"社区", "账号"} <= set(openpyxl.load_workbook(template).sheetnames)
    said(data_dir, "setup", written(template, with_a_centre()), "--codes", tmp_path / "邀请码.txt")
    printed = said(data_dir, "user", "add", "管理员", "--name", "赵工", "--role", "ADMIN", "--invite")
    (code,) = set(re.findall(r"\b(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}\b", printed))
    return invitations(tmp_path / "邀请码.txt") | {"管理员": code}


@pytest.mark.long
def test_the_script_of_the_first_day_ends_with_people_at_work(data_dir: Path, codes: dict[str, str]) -> None:
    with serving(data_dir) as server:
        url = address_of(server)
        assert httpx.get(f"{url}/ready", timeout=PATIENCE).json()["ready"] is True
        worker, admin = [Person.invited(url, name, codes[name]) for name in ("向阳网格员", "管理员")]
        assert admin.ask("{ communities { nodes { name } } }")["communities"]["nodes"] == [{"name": "向阳社区"}]
        homes = worker.ask("{ households(first: 100) { totalCount nodes { id address } } }")["households"]
        assert (homes["totalCount"], homes["nodes"][0]["address"]) == (12, "1号楼1单元101")
        man, home = new_id("resident"), homes["nodes"][0]["id"]
        worker.does("addResident", id=man, household=home, name="王大爷", sex="MALE")
        worker.does("setColour", resident=man, colour="RED", reason="独居")
        due = worker.ask("{ myDay { nodes { resident { name } state } } }")["myDay"]["nodes"]
        assert due == [{"resident": {"name": "王大爷"}, "state": "DUE"}]
        at = datetime.now(UTC).isoformat()
        worker.does("recordVisit", id=new_id("visit"), household=home, mode="PHONE", residents=[man], occurredAt=at)
        assert worker.ask("{ myDay { nodes { state } } }")["myDay"]["nodes"] == []
        assert server.end(signal.SIGTERM) == 0
    assert postgres_of(data_dir) == []


@pytest.mark.long
def test_the_engineer_of_the_centre_comes_from_nothing_to_a_case(data_dir: Path, codes: dict[str, str]) -> None:
    new = ("调解员01", "--name", "调解员", "--role", "CENTRE_MEDIATOR", "--organisation", CENTRE)
    said(data_dir, "user", "add", *new, "--password-stdin", given=f"{PASSWORD}\n")
    printed = said(data_dir, "client", "add", "化解中心", "--account", "调解员01")
    client_id, secret = [re.findall(rf"{name}\W+(\S+)", printed)[0] for name in ("client_id", "client_secret")]
    with serving(data_dir) as server:
        url = address_of(server)
        staff = Person.invited(url, "向阳社工", codes["向阳社工"])
        home = staff.ask("{ households(first: 1) { nodes { id } } }")["households"]["nodes"][0]["id"]
        asyncio.run(_joins(Centre(httpx.AsyncClient(base_url=url, timeout=PATIENCE), client_id, secret), staff, home))
        assert server.end(signal.SIGTERM) == 0


async def _joins(centre: Centre, staff: Person, home: str) -> None:
    """The centre subscribes, is told of a case, fetches it and takes it on. What it did is on the record."""
    assert await centre.waiting() == []
    events = centre.feed((await centre.ask("{ liveCursor }"))["liveCursor"])
    first = asyncio.ensure_future(anext(events))
    dispute = await asyncio.to_thread(_referred, staff, home)
    _, told = await asyncio.wait_for(first, PATIENCE)
    assert told == dispute
    case = await _case(centre, events, dispute)
    assert (case["title"], "TAKE_ON" in case["allowedActions"]) == ("卫生间漏水", True)
    await centre.do("acceptReferral", dispute=dispute, note="已受理", act=new_id("act"))
    query = "query($id: ID!) { dispute(id: $id) { level accessRecords { totalCount } } }"
    seen = await asyncio.to_thread(staff.ask, query, id=dispute)
    assert (seen["dispute"]["level"], seen["dispute"]["accessRecords"]["totalCount"] > 0) == ("CENTRE", True)
    await centre.http.aclose()


async def _case(centre: Centre, events: AsyncIterator[tuple[str, str]], dispute: str) -> Any:
    await events.aclose()  # type: ignore[attr-defined]
    return (await centre.ask("query($id: ID!) { dispute(id: $id) { title allowedActions } }", id=dispute))["dispute"]


def _referred(staff: Person, home: str) -> str:
    """A dispute that the community sends to the centre with the consent of both parties."""
    dispute = new_id("dispute")
    sides = [
        {"role": "APPLICANT", "household": home, "consent": "GIVEN"},
        {"role": "RESPONDENT", "outsiderName": "楼上的邻居", "consent": "GIVEN"},
    ]
    opened = {"id": dispute, "type": "NEIGHBOUR", "title": "卫生间漏水", "facts": "楼上漏水，泡了家具"}
    staff.does("openDispute", **opened, parties=sides)
    found = staff.ask("query($id: ID!) { dispute(id: $id) { parties { id } } }", id=dispute)["dispute"]["parties"]
    parties = [each["id"] for each in found]
    staff.does("raiseDispute", dispute=dispute, reason="两家谈不拢", act=new_id("act"))
    bodies = staff.ask("{ organisations { nodes { id name } } }")["organisations"]["nodes"]
    centre = next(each["id"] for each in bodies if each["name"] == CENTRE)
    referral = {"id": new_id("referral"), "dispute": dispute, "organisation": centre, "reason": "社区调解不成"}
    staff.does("referDispute", **referral, consents=parties)
    return dispute
