"""Agreements and requests for judicial confirmation on paper, and story 5: a flat leaks into eleven others."""

import asyncio
import io
import shutil
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from docx import Document

from tests.client import Clock, Tunping, new_id, serving
from tests.command import tunping as command
from tests.test_agreements import WRITTEN, agreed
from tests.test_mediation import quarrel
from tests.test_photos import digest, jpeg, put

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
DEMO_LEAK = 'query { disputes(where: {text: "十一户"}) { nodes { id } } }'


@pytest.fixture
def clock() -> Clock:
    """Turned by the tests."""
    return Clock(NOW)


@pytest.fixture
async def studio(copy_url: str, clock: Clock) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo, at a moment that stands still."""
    async with serving(copy_url, clock, token_seconds=10**8) as client:
        yield client


async def paper(who: Tunping, kind: str, dispute: str) -> httpx.Response:
    """What the server gives."""
    return await who.http.get(f"/papers/{kind}/{dispute}.docx", headers=who.headers)


def words(content: bytes) -> str:
    """Everything that is written in a document."""
    document = Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


async def does(who: Tunping, mutation: str, **given: Any) -> None:
    """An act that must succeed."""
    assert (await who.do(mutation, given))["errors"] == [], mutation


@pytest.mark.long
async def test_an_oral_agreement_a_draft_and_a_written_one_are_told_apart(studio: Tunping) -> None:
    leader = await studio.as_("网格长01")
    dispute, (home, _) = await quarrel(studio)
    draft = words((await paper(leader, "agreement", dispute)).content)
    assert "（草稿）" in draft
    assert "楼上邻居" in draft
    agreement = await agreed(studio, dispute, content="楼上三日内修好水管")
    oral = words((await paper(leader, "agreement", dispute)).content)
    assert "人民调解口头协议记录" in oral
    assert "口头协议自达成之日（2024年1月8日）起生效（人民调解法第三十条）" in oral
    await does(leader, "writeAgreement", agreement=agreement, **WRITTEN)
    await does(leader, "markAgreement", agreement=agreement, on="2024-01-08", party=home, kind="FINGERPRINT")
    written = words((await paper(leader, "agreement", dispute)).content)
    for said in (
        "人民调解协议书",
        WRITTEN["facts"],
        WRITTEN["performance"],
        "楼上三日内修好水管",
        "按指印",
        "协议自口头协议达成之日（2024年1月8日）起生效（人民调解法第三十条）",
    ):
        assert said in written
    assert "草稿" not in written
    assert "第二十九条" not in written, "it is in force already, whoever has yet to sign"
    signed, _ = await quarrel(studio)
    marks = {"partiesSignedOn": "2024-01-06", "mediatorSignedOn": "2024-01-06", "sealedOn": "2024-01-07"}
    await agreed(studio, signed, form="WRITTEN", **WRITTEN, **marks)
    said = words((await paper(leader, "agreement", signed)).content)
    assert "（人民调解法第二十九条）。本协议于2024年1月7日生效。" in said


@pytest.mark.long
async def test_what_word_copies_along_with_a_text_keeps_no_paper_from_being_drawn(studio: Tunping) -> None:
    dispute, _ = await quarrel(studio)
    agreement = await agreed(studio, dispute)
    query = "update agreement set content = $1 where id = $2"
    await studio.app.state.owner.execute(query, "楼上三日内\x0b修好水管\x1b\ufffe", UUID(agreement.partition("_")[2]))
    drawn = await paper(await studio.as_("网格长01"), "agreement", dispute)
    assert drawn.status_code == 200
    assert "楼上三日内修好水管" in words(drawn.content)


@pytest.mark.long
async def test_a_request_for_confirmation_counts_the_days_and_is_refused_where_a_court_would(
    studio: Tunping, clock: Clock
) -> None:
    leader = await studio.as_("网格长01")
    dispute, _ = await quarrel(studio)
    none_yet = await paper(leader, "confirmation", dispute)
    assert (none_yet.status_code, none_yet.json()["errors"][0]["extensions"]["code"]) == (422, "INVALID_INPUT")
    await agreed(studio, dispute)
    made = await paper(leader, "confirmation", dispute)
    assert made.status_code == 200
    said = words(made.content)
    assert "司法确认申请书" in said
    assert "协议于2024年1月8日生效" in said
    assert "三十日内" in said
    marriage, _ = await quarrel(studio, type="MARRIAGE_FAMILY")
    await agreed(studio, marriage)
    refused = await paper(leader, "confirmation", marriage)
    assert "婚姻、收养" in refused.json()["errors"][0]["message"]
    unmarked, _ = await quarrel(studio)
    await agreed(studio, unmarked, form="WRITTEN", **WRITTEN)
    assert "尚未生效" in (await paper(leader, "confirmation", unmarked)).json()["errors"][0]["message"]
    for days, status in ((30, 200), (1, 422)):
        clock.turn(timedelta(days=days))
        leader = await studio.as_("网格长01")
        assert (await paper(leader, "confirmation", dispute)).status_code == status


async def test_papers_are_for_who_sees_the_case(studio: Tunping) -> None:
    dispute, _ = await quarrel(studio)
    leader, stranger = await studio.as_("网格长01"), await studio.as_("网格长03")
    assert (await paper(stranger, "agreement", dispute)).status_code == 404
    assert (await paper(leader, "agreement", new_id("dispute"))).status_code == 404
    assert (await paper(leader, "agreement", "x")).status_code in {400, 404, 422}
    assert (await paper(leader, "diary", dispute)).status_code == 404
    assert (await paper(studio.as_nobody(), "agreement", dispute)).status_code == 401


@pytest.mark.long
@pytest.mark.parametrize(("kind", "written"), [("agreement", True), ("confirmation", False)])
def test_papers_are_written_by_the_command_line(demo_url: str, tmp_path: Path, kind: str, written: bool) -> None:
    file = tmp_path / "paper.docx"
    dispute = leak_of(demo_url)
    done = command(demo_url, "export", kind, dispute, file, "--as", "书记01")
    assert (done.exit_code == 0) == file.exists() == written, done.output
    if not written:
        assert "2023-05-27" in done.output
    wrong = command(demo_url, "export", kind, dispute, tmp_path / "paper.txt", "--as", "书记01")
    assert "以 .docx 结尾" in wrong.output
    assert "没有账号" in command(demo_url, "export", kind, dispute, file, "--as", "谁").output


def leak_of(url: str) -> str:
    """The demo's leaking flat."""

    async def ask() -> str:
        async with serving(url) as client:
            found = await (await client.as_("书记01")).ask(DEMO_LEAK)
            return str(found.data["disputes"]["nodes"][0]["id"])

    return asyncio.run(ask())


@pytest.mark.long
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_an_office_opens_it_and_prints_a4(demo_url: str, tmp_path: Path) -> None:
    file = tmp_path / "agreement.docx"
    command(demo_url, "export", "agreement", leak_of(demo_url), file, "--as", "书记01")
    office = [shutil.which("soffice") or "", f"-env:UserInstallation=file://{tmp_path}/office", "--headless"]
    printing = [*office, "--convert-to", "pdf", "--outdir", str(tmp_path), str(file)]
    subprocess.run(printing, check=True, capture_output=True, timeout=120)
    assert (tmp_path / "agreement.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.long
async def test_story_5_a_flat_leaks_into_eleven_others(studio: Tunping) -> None:
    worker, leader, staff = [await studio.as_(name) for name in ("网格员01", "网格长01", "社区01")]
    homes = (await worker.ask("{ households(first: 12) { nodes { id address head { id name } } } }")).data[
        "households"
    ]["nodes"]
    flat, harmed = homes[0], homes[1:]
    speaking = {"speakerName": "张志强", "speakerPhone": "13900003333"}
    sides: list[dict[str, Any]] = [{"role": "RESPONDENT", "household": flat["id"], **speaking}]
    sides.append({"role": "APPLICANT", "household": harmed[0]["id"], "speaker": harmed[0]["head"]["id"]})
    case = {"dispute": new_id("dispute")}
    new = {
        "id": case["dispute"],
        "type": "DAMAGES",
        "title": "水管爆裂",
        "facts": "水管爆裂，水渗入十一户。",
        "parties": sides,
    }
    made = await worker.do("openDispute", new, "dispute { parties { id } }")
    parties = [each["id"] for each in made["dispute"]["parties"]]
    for home in harmed[1:]:
        joining = {"id": new_id("party"), **case, "party": {"role": "APPLICANT", "household": home["id"]}}
        await does(worker, "addParty", **joining)
        parties.append(joining["id"])
    bodies = (await worker.ask("{ organisations(first: 50) { nodes { id name } } }")).data["organisations"]["nodes"]
    firm = next(each["id"] for each in bodies if each["name"] == "安顺物业服务公司")
    named = {"role": "RESPONDENT", "organisation": firm, "speakerName": "周建军"}
    company = {"id": new_id("party"), **case, "party": named}
    await does(worker, "addParty", **company)
    for number, party in enumerate(parties[1:], 1):
        await put(worker, jpeg(f"#0000{number:02x}"))
        found = {"id": new_id("finding"), **case, "party": party, "place": "顶棚", "loss": "受潮塌落"}
        await does(
            worker, "recordFinding", **found, amount=f"{100 * number}.00", photos=[digest(jpeg(f"#0000{number:02x}"))]
        )
        await does(worker, "noteClaim", **case, party=party, claim="照价赔偿", claimAmount=f"{100 * number}.00")
    asked = """query($id: ID!) { dispute(id: $id) { workspace { lossTotal claimTotal photoCount withoutConsent { id } }
        agreement { id effectiveOn marksMissing { id } confirmationDeadline { dueOn state why } } } }"""
    work = (await leader.ask(asked, id=case["dispute"])).data["dispute"]["workspace"]
    assert (work["lossTotal"], work["claimTotal"], work["photoCount"]) == ("6600.00", "6600.00", 11)
    assert len(work["withoutConsent"]) == 13
    everybody = [*parties, company["id"]]
    for party in everybody:
        await does(worker, "noteConsent", **case, party=party, consent="GIVEN")
    await does(leader, "raiseDispute", **case, reason="涉及十三方")
    await does(staff, "beginMediation", **case)
    owed = [{"party": parties[0], "what": "按清单赔偿十一户", "amount": "6600.00", "dueOn": "2024-02-08"}]
    owed.append({"party": company["id"], "what": "更换入户阀门", "dueOn": "2024-01-31"})
    agreement = {"id": new_id("agreement"), **case, "form": "WRITTEN", "content": "按清单赔偿，物业更换阀门", **WRITTEN}
    await does(staff, "recordAgreement", **agreement, terms=owed)
    for party in everybody:
        await does(staff, "markAgreement", agreement=agreement["id"], on="2024-01-08", party=party)
    for mark in ({"mediator": True}, {"seal": True}):
        await does(staff, "markAgreement", agreement=agreement["id"], on="2024-01-08", **mark)
    settled = (await staff.ask(asked, id=case["dispute"])).data["dispute"]["agreement"]
    assert (settled["effectiveOn"], settled["marksMissing"]) == ("2024-01-08", [])
    assert settled["confirmationDeadline"]["dueOn"] == "2024-02-07"
    printed = words((await paper(staff, "agreement", case["dispute"])).content)
    for said in (*(home["address"] for home in homes), "安顺物业服务公司", "6600.00", "更换入户阀门", "证据链末值"):
        assert said in printed
    request = words((await paper(staff, "confirmation", case["dispute"])).content)
    for said in (
        "安顺物业服务公司（代表人：周建军）",
        f"张志强（{flat['address']}）",
        "13900003333",
        f"{harmed[0]['head']['name']}（{harmed[0]['address']}）",
        f"________（{harmed[1]['address']}）",
    ):
        assert said in request, "persons, and blanks where nobody is named yet"
