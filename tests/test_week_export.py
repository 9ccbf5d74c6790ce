"""The weekly analysis on paper: what is printed is what the API answers."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from docx.shared import Cm
from docx.table import Table
from typer.testing import Result

from api.office.week import DUTY_STATES, FIGURES, WEEK_QUERY, week_paper
from tests.client import Tunping, serving
from tests.command import tunping

WEEK = "2023-W51"


def export(url: str, *arguments: str) -> Result:
    """`tunping export week`."""
    return tunping(url, "export", "week", *arguments)


def tables(document: Any) -> dict[str, list[list[str]]]:
    """The tables by the first word of their heads, without the heads."""
    rows = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    return {table[0][0]: table[1:] for table in rows}


def texts(document: Any) -> list[str]:
    """What stands between the tables."""
    return [block.text for block in document.iter_inner_content() if not isinstance(block, Table)]


async def asked(client: Tunping, week: str = WEEK, **given: Any) -> Any:
    """What the API answers over HTTP."""
    return (await client.ask(WEEK_QUERY, week=week, **given)).data["weeklyAnalysis"]


def counts(row: Any, *names: str) -> list[str]:
    """The numbers of a row as they are printed."""
    return [str(row[name]["totalCount"]) for name in names]


@pytest.fixture(scope="module")
def answer(demo_url: str) -> Any:
    """The week, as the API answers the secretary."""

    async def ask() -> Any:
        async with serving(demo_url) as client:
            return await asked(await client.as_("书记01"))

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def printed(demo_url: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The document that the command writes for the demo's only secretary."""
    file = tmp_path_factory.mktemp("week") / "周报.docx"
    done = export(demo_url, str(file), "--week", WEEK)
    assert (done.exit_code, done.stderr) == (0, "")
    assert str(file) in done.stdout
    return Document(str(file))


@pytest.mark.long
def test_the_figures_are_those_of_the_api(printed: Any, answer: Any) -> None:
    found, before = tables(printed), answer["previous"]
    assert [row[:3] for row in found["指标"]] == [
        [label, *counts(answer, name), *counts(before, name)] for name, label in FIGURES.items()
    ]
    for label, now, then, change in found["指标"]:
        assert change == ("持平" if now == then else f"{int(now) - int(then):+d}"), label
    assert any(int(row[1]) for row in found["指标"])


@pytest.mark.long
def test_the_log_has_a_row_for_each_worker_and_a_column_for_each_day(printed: Any, answer: Any) -> None:
    names = ("householdsVisited", "premisesVisited", "attempts", "disputesCollected", "problemsSolved")
    expected = [["/".join(counts(log, *names)) for log in (*each["days"], each)] for each in answer["workers"]]
    log = tables(printed)["网格员"]
    assert [row[1:] for row in log] == expected
    assert len(log) >= 14
    assert [row[0].partition("（")[0] for row in log] == [each["worker"]["name"] for each in answer["workers"]]


def test_categories_types_and_levels_are_compared_with_the_week_before(printed: Any, answer: Any) -> None:
    found = tables(printed)
    for head, part, ended in (("诉求类别", "byCategory", "solved"), ("纠纷类型", "byDisputeType", "settled")):
        columns = ("opened", "openedBefore", ended, f"{ended}Before")
        assert found[head] == [
            [row["label"], *counts(row, *columns), "是" if row["isNew"] else ""] for row in answer[part]
        ]
    columns = ("appeals", "appealsBefore", "disputes", "disputesBefore")
    assert found["层级"] == [[row["label"], *counts(row, *columns)] for row in answer["byLevel"]]
    assert min(len(found[head]) for head in ("诉求类别", "纠纷类型")) > 1


async def test_duties_are_told_by_colour_and_never_by_name(printed: Any, answer: Any, reading: Tunping) -> None:
    missed_before = [counts(row, "missed") for row in answer["previous"]["duty"]]
    assert tables(printed)["走访对象"] == [
        [row["colourLabel"], *counts(row, *DUTY_STATES), *before]
        for row, before in zip(answer["duty"], missed_before, strict=True)
    ]
    everything = "\n".join(
        [*texts(printed), *(cell for table in tables(printed).values() for row in table for cell in row)]
    )
    residents = await reading.app.state.owner.fetch(
        "select name from resident where name not in (select name from account)"
    )
    assert len(residents) > 400
    assert [row["name"] for row in residents if row["name"] in everything] == []


def test_the_sentences_have_the_same_numbers(printed: Any, answer: Any) -> None:
    title, period, heading, done, duty, news, *_ = texts(printed)
    assert title == "屯坪社区第51周网格工作汇总分析"
    assert period == "2023年12月18日（星期一）至2023年12月24日（星期日）"
    assert heading == "一、总体情况"
    assert re.findall(r"\d+", done) == counts(answer, *FIGURES)
    totals = [sum(row[state]["totalCount"] for row in answer["duty"]) for state in DUTY_STATES]
    assert [int(number) for number in re.findall(r"\d+", duty)] == totals
    new = [row["label"] for row in (*answer["byCategory"], *answer["byDisputeType"]) if row["isNew"]]
    places = [
        row["building"]["estate"]["name"] + row["building"]["name"] for row in answer["byBuilding"] if row["isNew"]
    ]
    assert new
    assert places
    told = re.fullmatch(r"前四周没有、本周新出现的类别：(.+)；新出现诉求的楼栋：(.+)。", news)
    assert told is not None
    assert [part.split("、") for part in told.groups()] == [new, places]


@pytest.fixture
def dragging(demo_url: str, tmp_path: Path) -> Any:
    """The last week of the year, when one problem drags."""
    file = tmp_path / "week.docx"
    assert export(demo_url, str(file), "--week", "2023-W52", "--community", "屯坪社区").exit_code == 0
    return Document(str(file))


@pytest.mark.long
async def test_what_drags_is_listed_with_its_number_and_its_days(dragging: Any, reading: Tunping) -> None:
    secretary = await reading.as_("书记01")
    (appeal,) = (await asked(secretary, "2023-W52"))["overdue"]["nodes"]
    ((number, category, place, level, status, handler, days),) = tables(dragging)["编号"]
    assert [number, category] == [appeal["id"], "供暖"]
    assert place == f"{appeal['grid']['name']} {appeal['building']['name']}{appeal['unit']}单元"
    assert [level, status, handler] == ["社区", "已受理", appeal["handledBy"]["name"]]
    counted = "select extract(day from '2024-01-01 00:00+08' - opened_at)::int from appeal where 'appeal_' || id = $1"
    assert int(days) == await reading.app.state.owner.fetchval(counted, number) > 14
    assert "拖延诉求1件。" in texts(dragging)
    assert "拖延纠纷0件。" in texts(dragging)
    node = await secretary.ask("query($id: ID!) { node(id: $id) { ... on Appeal { statusLabel } } }", id=number)
    assert node.data["node"] == {"statusLabel": "已受理"}


@pytest.fixture
def of_one_grid(demo_url: str, tmp_path: Path) -> Any:
    """What a worker prints."""
    file = tmp_path / "week.docx"
    assert export(demo_url, str(file), "--week", WEEK, "--as", "网格员03").exit_code == 0
    return Document(str(file))


@pytest.mark.long
async def test_a_worker_prints_the_week_of_their_own_grid(of_one_grid: Any, reading: Tunping) -> None:
    answer = await asked(await reading.as_("网格员03"))
    found = tables(of_one_grid)
    assert [row[1] for row in found["指标"]] == counts(answer, *FIGURES)
    assert found["网格员"][0][0].endswith("（03号网格）")


def test_it_is_set_for_printing(printed: Any) -> None:
    section = printed.sections[0]
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)
    footer = section.footer.paragraphs[0]
    assert footer.text == "第  页 共  页"
    assert re.findall(r"<w:instrText>(\w+)</w:instrText>", footer._p.xml) == ["PAGE", "NUMPAGES"]
    room = (section.page_width - section.left_margin - section.right_margin) / Cm(1)
    for table in printed.tables:
        assert sum(cell.width for cell in table.rows[0].cells) / Cm(1) == pytest.approx(room, abs=0.1)
        assert "w:tblHeader" in table.rows[0]._tr.xml
    assert texts(printed)[-1].startswith("汇总人：____")


@pytest.mark.long
def test_a_week_that_runs_or_was_synced_late_says_so(answer: Any) -> None:
    late = answer | {"countedAt": "2023-12-20T01:00:00.000Z", "visitsRecordedLater": {"totalCount": 3}}
    _, period, _, done, *_ = texts(week_paper(late).document)
    assert period.endswith("，本周尚未结束")
    assert "其中3次在本周结束后补传" in done


@pytest.mark.long
async def test_more_than_can_be_listed_is_told_as_a_number(reading: Tunping) -> None:
    answer = await asked(await reading.as_("书记01"), "2023-W52")
    more = week_paper(answer | {"draggingAppeals": {"totalCount": 120}}).document
    assert "拖延诉求120件，下表列出最早的1件。" in texts(more)


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["week.doc"], ".docx"),
        (["week.docx", "--week", "2023-48"], "2023-W48"),
        (["week.docx", "--week", "2999-W01"], "还没有开始"),
        (["week.docx", "--as", "没有这个人"], "没有这个人"),
        (["week.docx", "--community", "没有这个社区"], "--as"),
        (["week.docx", "--community", "没有这个社区", "--as", "书记01"], "没有这个社区"),
        (["week.docx", "--as", "管理员", "--community", "没有"], "没有"),
        (["nowhere/week.docx"], "nowhere/week.docx"),
    ],
)
def test_what_cannot_be_written_is_said_in_a_line(
    demo_url: str, tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    file, *more = arguments
    done = export(demo_url, str(tmp_path / file), *more)
    assert done.exit_code == 1
    (line,) = done.stderr.splitlines()
    assert complaint in line
    assert list(tmp_path.iterdir()) == []
