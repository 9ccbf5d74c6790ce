"""A community begins with one workbook: all of it is set up, or nothing, and everything that is wrong is told."""

import asyncio
import importlib.util
from collections.abc import Callable
from dataclasses import astuple
from datetime import time
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from typer.testing import Result

from db.acts.setup import set_up as act
from db.migrate import MIGRATIONS
from rules.alerts import REACH_BY, STEP_MINUTES
from rules.appeals import AppealUrgency
from rules.communities import CADENCES, CLOCKS
from rules.disputes import MEDIATION_DAYS
from rules.setup import COMMUNITY as COMMUNITY_SHEET
from rules.setup import FORMS, MOST_ROWS, Item
from tests import command
from tests.client import serving
from tests.setups import Sheets, village, written
from tests.test_imports import rows_of

_TABLES = ("farm", "community", "estate", "party_branch", "grid", "building", "household", "premises", "organisation")
_MORE = ("category_policy", "account", "assignment", "visit_policy", "clock_policy", "journal")
_TIMES = "response_minutes, resolution_minutes, step_minutes, silence_days, reopen_days"
COUNTS = "select " + ", ".join(f"(select count(*) from {each})" for each in (*_TABLES, *_MORE))


@pytest.fixture
def set_up(fresh_url: str, tmp_path: Path) -> Callable[..., Result]:
    """Runs the command over the module's database, which is empty at first."""

    def run(sheets: dict[str, Any], *more: Any) -> Result:
        return command.tunping(fresh_url, "setup", written(tmp_path / "设置.xlsx", sheets), *more)

    return run


@pytest.fixture
def known(set_up: Callable[..., Result]) -> Callable[..., Result]:
    """The same when a village is on record already."""
    assert set_up(village()).exit_code == 0
    return set_up


def test_nothing_of_a_workbook_is_loaded_unless_all_of_it_can_be(set_up: Callable[..., Result], fresh_url: str) -> None:
    wrong = village("错误")
    wrong["楼栋"][0]["网格"] = "第9网格"
    before = rows_of(fresh_url, COUNTS)
    refused = set_up(wrong)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines() == [
        "楼栋 第2行 网格：「错误家园」没有「第9网格」 / sheet 楼栋, row 2, column 网格: 错误家园 has no grid 第9网格",
        "共 1 处问题，没有任何改动 / 1 problems; nothing was changed",
    ]
    assert rows_of(fresh_url, COUNTS) == before


@pytest.mark.long
def test_one_workbook_sets_up_a_community_and_the_same_one_again_changes_nothing(
    set_up: Callable[..., Result], fresh_url: str, tmp_path: Path
) -> None:
    codes, sheets = tmp_path / "邀请码.txt", village("新村")
    first = set_up(sheets, "--codes", codes)
    assert first.exit_code == 0, first.output
    told = "新增：社区 1，小区 1，网格 1，楼栋 2，住户 12，企业商铺工地 1，单位 1，账号 5；补充 0 处"
    assert first.stdout.startswith(f"{told} / added: 1 community, 1 estates, 1 grids, 2 buildings, 12 households, ")
    invitations = [line.split("\t") for line in codes.read_text().splitlines()]
    assert invitations[0][:2] == ["新村书记", "周书记"]
    assert (len(invitations), codes.stat().st_mode & 0o777) == (5, 0o600)
    assert "还缺：新村家园2号楼 楼栋还没有联户长 (NO_HEAD) / lacking: " in first.stdout
    for unreachable in ("第1网格 网格员还没有登记电话 (NO_WORKER_PHONE)", "1号楼 联户长还没有登记电话 (NO_HEAD_PHONE)"):
        assert f"还缺：新村家园{unreachable}" in first.stdout
    after = rows_of(fresh_url, COUNTS)
    again = set_up(sheets)
    assert again.stdout.startswith("没有变化 / nothing has changed")
    assert "邀请码" not in again.stdout
    assert rows_of(fresh_url, COUNTS) == after


@pytest.mark.long
@pytest.mark.usefixtures("known")
def test_each_place_is_as_the_workbook_says(fresh_url: str) -> None:
    def here(query: str) -> list[Any]:
        return rows_of(fresh_url, query.replace("HERE", "c.name = '向阳社区'"))

    community = "select c.phone, c.time_zone, f.name from community c join farm f on f.id = c.farm_id where HERE"
    assert here(community) == [("0991-3300001", "Asia/Shanghai", "红星农场")]
    homes = """select b.number, h.unit, h.floor, h.room from household h join building b on b.id = h.building_id
        join community c on c.id = b.community_id where HERE order by b.number, h.room limit 3"""
    assert here(homes) == [(1, 1, 1, "101"), (1, 1, 1, "102"), (1, 1, 2, "201")]
    answers = """select p.category, o.name from category_policy p join organisation o on o.id = p.organisation_id
        join community c on c.id = p.community_id where HERE order by p.category"""
    assert here(answers) == [("HEATING", "向阳热力公司"), ("WATER", "向阳热力公司")]
    posts = """select v.username, v.role, num_nonnulls(a.estate_id, a.grid_id, a.building_id, a.organisation_id)
        from assignment a join account v on v.id = a.account_id join community c on c.id = a.community_id
        where HERE order by v.role"""
    assert here(posts) == [
        ("向阳联户长", "BUILDING_HEAD", 1),
        ("向阳网格长", "GRID_LEADER", 1),
        ("向阳网格员", "GRID_WORKER", 1),
        ("向阳热力", "PARTNER", 1),
        ("向阳书记", "SECRETARY", 0),
    ]
    policies = """select count(*) filter (where p.set_by is null), count(*) from visit_policy p
        join community c on c.id = p.community_id where HERE"""
    assert here(policies) == [(6, 6)]


@pytest.mark.long
def test_a_later_workbook_adds_and_fills_in_what_was_not_told(set_up: Callable[..., Result], fresh_url: str) -> None:
    assert set_up(village("后续")).exit_code == 0
    later = village("后续")
    later["社区"][0]["自办诉求"] = "其他、证明办理"
    later["小区"].append({"小区": "后续新居"})
    later["网格"].append({"小区": "后续新居", "网格": "第1网格"})
    later["企业商铺工地"][0]["联系电话"] = "0991-3300003"
    another = {"用户名": "新居网格员", "姓名": "冯新居", "岗位": "网格员", "小区": "后续新居", "网格": "第1网格"}
    later["账号"].append(another)
    later["账号"][3]["楼栋"] = "1-2"
    told = set_up(later)
    assert told.stdout.startswith("新增：小区 1，网格 1，账号 1；补充 1 处 / added: 1 estates, 1 grids, "), told.output
    assert rows_of(fresh_url, "select name from premises where contact_phone = '0991-3300003'") == [("惠民超市",)]
    own = """select p.category from category_policy p join community c on c.id = p.community_id
        where c.name = '后续社区' and organisation_id is null order by category"""
    assert rows_of(fresh_url, own) == [("CERTIFICATE",), ("OTHER",)]
    posts = "select count(*) from assignment a join account v on v.id = a.account_id where v.username = '后续联户长'"
    assert rows_of(fresh_url, posts) == [(2,)]
    assert "(NO_HEAD)" not in told.stdout
    assert set_up(village("后续")).stdout.startswith("没有变化"), "the first workbook still holds"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("社区", {"电话": "没有"}, "第2行 电话：电话应为 3 至 25 位数字，可以有区号和分机号"),
    ("社区", {"社区": "远方社区", "时区": "Mars/Olympus"}, "第2行 时区：没有这个时区，例如应写作 Asia/Shanghai"),
    ("社区", {"电话": "0991-9999999"}, "第2行 电话：登记的是「0991-3300001」；这里只能新增，更正请在系统中办理"),
    ("网格", {"小区": "别处"}, "第2行 小区：没有小区「别处」"),
    ("楼栋", {"单元数": 3}, "第2行 单元数：登记的是「1」；这里只能新增，更正请在系统中办理"),
    ("楼栋", {"楼层数": "=B2"}, "第2行 楼层数：是公式，请改为数值"),
    ("楼栋", {"楼栋": "1-9999999"}, "第2行 楼栋：「1-9999999」不是数字或范围，例如 3 或 1-5"),
    ("楼栋", {"楼栋": "1-9999"}, "第2行 楼栋：一格最多 500 个"),
    ("楼栋", {"楼栋": "综合" * 11}, "第2行 楼栋：楼名最多 20 字"),
    ("住户", {"楼栋": "1", "单元": "2"}, "第2行 单元：1号楼只有1个单元"),
    ("住户", {"楼栋": "1", "楼层": "3-4"}, "第2行 楼层：1号楼只有3层"),
    ("住户", {"楼栋": "77"}, "第2行 楼栋：「向阳家园」没有77号楼"),
    ("住户", {"楼栋": "1-500", "单元": "1-50", "楼层": "1-150", "户号": "1-99"}, "第2行 户号：一份工作簿最多 50000 项"),
    ("企业商铺工地", {"类别": "饭店"}, "第2行 类别：没有「饭店」，应为：企业、商铺、工地"),
    ("单位", {"名称": "长" * 101}, "第2行 名称：最多 100 字"),
    ("单位", {"名称": "另一家", "负责诉求": "供暖"}, "第2行 负责诉求：「供暖」已由向阳热力公司负责"),
    ("账号", {"用户名": "甲", "岗位": "网格员"}, "第2行 网格：网格员须填写网格"),
    ("账号", {"岗位": "书记", "楼栋": "1"}, "第2行 楼栋：书记不填此项"),
    ("账号", {"用户名": "甲", "岗位": "协作单位", "单位": "没有的"}, "第2行 单位：没有「没有的」"),
    ("账号", {"姓名": None}, "第2行 姓名：未填写"),
]


@pytest.mark.long
@pytest.mark.parametrize(("sheet", "cells", "why"), WRONG)
def test_a_wrong_cell_is_named_by_sheet_row_and_column(
    known: Callable[..., Result], fresh_url: str, sheet: str, cells: dict[str, Any], why: str
) -> None:
    before = rows_of(fresh_url, COUNTS)
    sheets = {name: rows[:1] for name, rows in village().items() if name in {"社区", sheet}}
    sheets[sheet][0] |= cells
    refused = known(sheets)
    assert refused.exit_code == 1, refused.output
    assert [line.partition(" / ")[0] for line in refused.stderr.splitlines()[:-1]] == [f"{sheet} {why}"]
    assert rows_of(fresh_url, COUNTS) == before


@pytest.mark.long
def test_all_problems_of_all_sheets_are_told_at_once_in_order(set_up: Callable[..., Result]) -> None:
    sheets = village()
    sheets["账号"][4]["单位"] = "没有的"
    sheets["住户"].append({"小区": "向阳家园", "楼栋": "2", "单元": 1, "楼层": 2, "户号": 1})
    sheets["小区"].append({"小区": "向阳家园"})
    sheets["社区"].append({"农场": "甲", "社区": "乙"})
    sheets["附表"] = [{"甲": 1}]
    problems = [line.partition(" / ")[0] for line in set_up(sheets).stderr.splitlines()]
    assert problems == [
        "社区 第3行 社区：一份工作簿只能有一个社区",
        "小区 第3行 小区：与第2行重复",
        "住户 第3行 户号：与第2行重复",
        "账号 第6行 单位：没有「没有的」",
        "附表：没有这张表",
        "共 5 处问题，没有任何改动",
    ]


@pytest.mark.long
def test_merged_cells_dates_and_odd_headings_are_refused_by_name(fresh_url: str, tmp_path: Path) -> None:
    file = written(tmp_path / "设置.xlsx", village())
    book = openpyxl.load_workbook(file)
    book["小区"].append(["向阳二期", None, None])
    book["小区"].merge_cells("B2:B3")
    book["楼栋"]["B2"].value = "2026-01-05"
    book["楼栋"]["B2"].number_format = "yyyy-mm-dd"
    book["网格"]["B1"].value = "格子"
    book.save(file)
    refused = command.tunping(fresh_url, "setup", file)
    problems = [line.partition(" / ")[0] for line in refused.stderr.splitlines()]
    assert "小区 第2行 党支部：是合并的单元格，请拆开" in problems
    assert "网格 第1行 格子：没有这一列" in problems
    assert "网格 第1行 网格：缺少这一列" in problems
    assert "楼栋 第2行 楼栋：「2026-01-05」不是数字或范围，例如 3 或 1-5" in problems


@pytest.mark.long
def test_more_rows_than_a_sheet_may_have_are_refused(fresh_url: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("网格")
    sheet.append(("小区", "网格"))
    for number in range(MOST_ROWS + 1):
        sheet.append(("向阳家园", f"第{number}网格"))
    book.save(tmp_path / "大.xlsx")
    refused = command.tunping(fresh_url, "setup", tmp_path / "大.xlsx")
    assert "网格：最多 5000 行 / sheet 网格: at most 5000 rows" in refused.stderr.splitlines()


@pytest.mark.long
def test_the_template_has_every_sheet_and_can_be_filled_in(fresh_url: str, tmp_path: Path) -> None:
    file = tmp_path / "模板.xlsx"
    assert command.tunping(fresh_url, "setup", "--template", file).exit_code == 0
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == [*(form.name for form in FORMS), "填写说明"]
    guide = list(book["填写说明"].iter_rows(values_only=True))[1:]
    assert [line[:2] for line in guide] == [(form.name, each) for form in FORMS for each in form.headings()]
    refused = command.tunping(fresh_url, "setup", file)
    assert "社区 第2行 社区：未填写" in refused.stderr
    for form in FORMS:
        book[form.name].append([line[4] or None for line in guide if line[0] == form.name])
    book.save(file)
    done = command.tunping(fresh_url, "setup", file)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("新增：社区 1，小区 1，网格 1，楼栋 5，住户 180，企业商铺工地 1，单位 1，账号 1；")


def test_a_few_answers_set_up_the_smallest_beginning(fresh_url: str) -> None:
    answers = (
        "南山农场",
        "南山社区",
        "电话",
        "0991-5500001",
        "南山苑",
        "第1网格",
        "1-3",
        "2",
        "4",
        "1-2",
        "南山书记",
        "何书记",
    )
    done = command.tunping(fresh_url, "setup", given="\n".join(answers) + "\n")
    assert done.exit_code == 0, done.output
    assert "新增：社区 1，小区 1，网格 1，楼栋 3，住户 48，账号 1；补充 0 处" in done.stdout
    assert "还缺：南山苑 小区还没有网格长 (NO_LEADER) / lacking: " in done.stdout


@pytest.mark.long
def test_of_two_grids_of_one_name_the_estate_must_be_told(set_up: Callable[..., Result]) -> None:
    sheets = village("双园")
    sheets["小区"].append({"小区": "双园新居"})
    sheets["网格"].append({"小区": "双园新居", "网格": "第1网格"})
    (problem, _) = set_up(sheets).stderr.splitlines()
    assert problem.startswith("账号 第3行 小区：有2个「第1网格」，请写明小区 / ")


@pytest.mark.long
def test_an_account_of_another_community_is_not_taken_over(known: Callable[..., Result]) -> None:
    other = village() | {"社区": [{"农场": "红星农场", "社区": "东风社区"}]}
    problems = [line.partition(" / ")[0] for line in known(other).stderr.splitlines()[:-1]]
    assert problems == [f"账号 第{row}行 用户名：这个用户名已被使用，或已停用" for row in range(2, 7)]


def test_names_stay_as_they_are_written_and_numbers_may_be_in_full_width(
    set_up: Callable[..., Result], fresh_url: str
) -> None:
    sheets: Sheets = {
        "社区": [{"农场": "红星农场", "社区": "花园社区"}],
        "小区": [{"小区": "花园（东区）"}],
        "网格": [{"小区": "花园（东区）", "网格": "第１网格"}],
        "楼栋": [{"小区": "花园（东区）", "楼栋": "１－２号楼", "网格": "第１网格", "单元数": "２", "楼层数": 3.0}],
    }
    assert set_up(sheets).exit_code == 0
    built = """select e.name, g.name, b.number, b.units, b.floors from building b join grid g on g.id = b.grid_id
        join estate e on e.id = b.estate_id where e.name like '花园%' order by b.number"""
    assert rows_of(fresh_url, built) == [("花园（东区）", "第１网格", number, 2, 3) for number in (1, 2)]


async def test_of_two_set_ups_at_once_of_one_community_the_second_finds_the_first(fresh_url: str) -> None:
    items = {COMMUNITY_SHEET.name: [Item(COMMUNITY_SHEET.name, 2, ("红星农场", "同时社区"))]}
    async with serving(fresh_url) as tunping:
        both = await asyncio.gather(*(tunping.transact(partial(act, items=items)) for _ in range(2)))
        assert sorted(each.counts["社区"] for each in both) == [0, 1]
        assert await tunping.count("community where name = '同时社区'") == 1


def _inserts() -> list[str]:
    """The statements of the migration that give policies."""
    (path,) = (MIGRATIONS / "versions").glob("*_setup.py")
    spec = importlib.util.spec_from_file_location("setup_migration", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [each for each in module.STATEMENTS if each.lstrip().startswith("INSERT")]


def test_a_community_from_before_gets_the_policies_that_it_lacks_and_keeps_its_own(fresh_url: str) -> None:
    added = """with f as (insert into farm (name) values ('旧农场') returning id)
        insert into community (farm_id, name, time_zone) select id, name, 'Asia/Shanghai' from f,
            (values ('空社区'), ('旧社区')) as c (name) returning id"""
    bare, own = (row[0] for row in rows_of(fresh_url, added))
    visit = "visit_policy (community_id, colour, period, modes, grace_days, starts_on)"
    for table, row in {
        visit: "'RED', 'WEEK', '{PHONE}', 0, now()",
        "ladder_policy (community_id, reach_by, step_minutes)": "'10:00', 5",
        f"clock_policy (community_id, kind, {_TIMES})": "'HELP', 1, 2, 3, 4, 5",
    }.items():
        rows_of(fresh_url, f"insert into {table} values ($1, {row}) returning 1", own)
    for statement in [*_inserts(), *_inserts()]:
        rows_of(fresh_url, f"{statement} returning 1")
    visits = "select colour, period, grace_days, set_by from visit_policy where community_id = $1 order by colour"
    starting = [(colour, each.period, each.grace_days, None) for colour, each in sorted(CADENCES.items())]
    assert rows_of(fresh_url, visits, bare) == starting
    assert rows_of(fresh_url, visits, own) == [("RED", "WEEK", 0, None)]
    clocks = f"select kind, urgency, {_TIMES} from clock_policy where community_id = $1 order by kind, urgency"
    urgent, others = CLOCKS[AppealUrgency.URGENT], CLOCKS[None]
    assert rows_of(fresh_url, clocks, bare) == [(None, "URGENT", *astuple(urgent)), (None, None, *astuple(others))]
    assert rows_of(fresh_url, clocks, own) == [("HELP", None, 1, 2, 3, 4, 5), (None, None, *astuple(others))]
    ladders = "select reach_by, step_minutes from ladder_policy where community_id = $1"
    assert [rows_of(fresh_url, ladders, each) for each in (bare, own)] == [[(REACH_BY, STEP_MINUTES)], [(time(10), 5)]]
    mediation = "select days from mediation_policy where community_id = $1"
    assert [rows_of(fresh_url, mediation, each) for each in (bare, own)] == [[(MEDIATION_DAYS,)]] * 2
