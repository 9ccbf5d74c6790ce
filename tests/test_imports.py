"""Registers as files: a right one is put on record whole, a wrong one changes nothing and says exactly why."""

import asyncio
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import Result

from rules.folding import folded_name
from rules.id_numbers import check_digit
from rules.registers import HEADINGS
from rules.text import is_seen
from tests import command

SECRETARY = ("--as", "书记01")
COUNTED = ("household", "resident", "residency", "resident_colour", "journal")
ID_NUMBER = "65010319900131001" + check_digit("65010319900131001")
"""Of a man born on 1990-01-31."""


@pytest.fixture
def tunping(small_copy_url: str) -> Callable[..., Result]:
    """The command line over the module's copy of the small communities."""
    return lambda *arguments: command.tunping(small_copy_url, *arguments)


@pytest.fixture
def load(tunping: Callable[..., Result], tmp_path: Path) -> Callable[..., Result]:
    """Imports the rows that are given."""
    return lambda *rows: tunping("import", "residents", written(tmp_path / "名册.xlsx", *rows), *SECRETARY)


def row(**facts: Any) -> dict[str, Any]:
    """A row that is right, or wrong in what is given."""
    return {"楼栋": 3, "单元": 2, "房号": "301", "姓名": "导入甲", "性别": "男"} | facts


def written(file: Path, *rows: dict[str, Any], headings: tuple[str, ...] = HEADINGS) -> Path:
    """A sheet of these rows, as an office would write it."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(headings)
    for each in rows:
        sheet.append([each.get(name) for name in headings])
    book.save(file)
    return file


def rows_of(url: str, query: str, *arguments: Any) -> list[Any]:
    """What the database holds."""

    async def fetch() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(each) for each in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    return asyncio.run(fetch())


def counts(url: str) -> Any:
    """How many rows each table has that an import writes to."""
    return rows_of(url, "select " + ", ".join(f"(select count(*) from {name})" for name in COUNTED))


def wrong_bytes(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


def huge(file: Path) -> Path:
    """300 MB that take no room on the disk."""
    with file.open("wb") as opened:
        opened.write(b"PK\x03\x04")
        opened.truncate(300 << 20)
    return file


def bomb(file: Path) -> Path:
    """Small, and huge when it is unpacked."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/workbook.xml", "w") as part:
        for _ in range(201):
            part.write(bytes(1 << 20))
    return file


def cut(file: Path) -> Path:
    whole = written(file, row()).read_bytes()
    return wrong_bytes(file, whole[: len(whole) // 2])


def broken(file: Path, part: str = "worksheets/sheet1", lost: int = 80) -> Path:
    """A workbook of which a part ends too early, such as the sheet in the middle of a cell."""
    with zipfile.ZipFile(written(file, row())) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts[f"xl/{part}.xml"] = parts[f"xl/{part}.xml"][:-lost]
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file


WRONG_FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "not there": (lambda file: file, "没有这个文件"),
    "300 MB": (huge, "文件有 300 MB，最多 20 MB"),
    "an .xls renamed": (
        lambda file: wrong_bytes(file, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 100),
        "是旧的 .xls 或加密的文件",
    ),
    "text renamed": (lambda file: wrong_bytes(file, b"a,b,c\n"), "不是 .xlsx 文件"),
    "empty": (lambda file: wrong_bytes(file, b""), "不是 .xlsx 文件"),
    "cut in the middle": (cut, "不是 .xlsx 文件"),
    "a bomb": (bomb, "解压后太大"),
    "a broken sheet": (broken, "打不开这个文件"),
    "a broken list of sheets": (lambda file: broken(file, "workbook", 300), "打不开这个文件"),
}


@pytest.mark.long
@pytest.mark.parametrize("case", WRONG_FILES)
def test_what_is_no_register_is_refused_as_a_file(
    tunping: Callable[..., Result], small_copy_url: str, tmp_path: Path, case: str
) -> None:
    make, why = WRONG_FILES[case]
    before = counts(small_copy_url)
    refused = tunping("import", "residents", make(tmp_path / "名册.xlsx"), *SECRETARY)
    assert refused.exit_code == 1
    assert why in refused.stderr
    assert counts(small_copy_url) == before


WRONG_CELLS = [
    (row(姓名="甲一", 身份证号=ID_NUMBER[:-1] + "0"), f"身份证号：身份证号校验码不对（应为 {ID_NUMBER[-1]}）"),
    (row(姓名="甲二", 身份证号=int(ID_NUMBER[:17]) * 10), "身份证号：是数字格式，末几位已丢失；请将该列设为文本后重填"),
    (row(姓名="甲三", 身份证号=ID_NUMBER, 性别="女"), "性别：与身份证号不符"),
    (row(姓名="甲四", 身份证号=ID_NUMBER.lower(), 房号="101"), "身份证号：与第4行重复"),
    (row(姓名="甲一", 出生日期=date(1991, 1, 31)), "姓名：与第2行重复"),
    (row(楼栋=333), "楼栋：没有333号楼"),
    (row(小区="别处家园"), "楼栋：没有别处家园3号楼"),
    (row(单元=99), "单元：3号楼没有99单元"),
    (row(房号="9901"), "房号：登记中没有9901，且3号楼没有这一层"),
    (row(房号="=B2"), "房号：是公式，请改为数值"),
    (row(姓名="  "), "姓名：未填写"),
    (row(房号="102", 性别="M"), "性别：应为男或女"),
    (row(房号="103", 出生日期="去年"), "出生日期：「去年」不是完整的日期；请写明年、月、日，例如 1965-12-01"),
    (
        row(房号="201", 出生日期="1990-02-30"),
        "出生日期：「1990-02-30」不是完整的日期；请写明年、月、日，例如 1965-12-01",
    ),
    (row(房号="202", 入住日期="2999-01-01"), "入住日期：日期应在 1900 年以后、今天以前"),
    (row(房号="203", 出生日期="2020-01-01", 入住日期="2019-01-01"), "入住日期：早于出生日期"),
    (row(房号="104", 颜色="绿、紫"), "颜色：没有「紫」这种颜色"),
    (row(房号="105", 颜色="红"), "颜色原因：红色和橙色须写明原因"),
    (row(房号="106", 电话="1" * 101), "电话：最多 100 字"),
    (row(单元="#REF!"), "单元：是公式出错的结果「#REF!」，请改为实际内容"),
]


def in_chinese(lines: Sequence[str]) -> list[str]:
    """The first halves of lines that a locale without a language gets in Chinese and English."""
    return [each.partition(" / ")[0] for each in lines]


def test_all_wrong_cells_are_named_by_row_and_column_at_once(load: Callable[..., Result], small_copy_url: str) -> None:
    before = counts(small_copy_url)
    refused = load(*(wrong for wrong, _ in WRONG_CELLS), row(姓名="导入乙", 房号="201"))
    assert refused.exit_code == 1
    *problems, last = refused.stderr.splitlines()
    assert problems[0].startswith("第2行 ")
    assert " / row 2, " in problems[0]
    problems = in_chinese(problems)
    assert problems == [f"第{number}行 {why}" for number, (_, why) in enumerate(WRONG_CELLS, 2)]
    assert last == f"共 {len(WRONG_CELLS)} 处问题，没有导入任何一行 / {len(WRONG_CELLS)} problems; nothing was changed"
    assert counts(small_copy_url) == before


def test_one_wrong_row_keeps_all_others_out(load: Callable[..., Result], small_copy_url: str) -> None:
    before = counts(small_copy_url)
    refused = load(row(姓名="导入乙", 房号="202"), row(姓名="导入丙", 房号="202", 性别="?", 单元=88))
    assert in_chinese(refused.stderr.splitlines()[:-1]) == ["第3行 单元：3号楼没有88单元", "第3行 性别：应为男或女"]
    assert counts(small_copy_url) == before


def test_columns_are_named_that_are_missing_unknown_or_double(
    tunping: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    before = counts(small_copy_url)
    headings = ("楼栋", "单元", "房号", "姓名", "姓名", "籍贯")
    refused = tunping("import", "residents", written(tmp_path / "a.xlsx", row(), headings=headings), *SECRETARY)
    assert in_chinese(refused.stderr.splitlines()[:-1]) == [
        "第1行 姓名：列重复",
        "第1行 性别：缺少这一列",
        "第1行 籍贯：没有这一列",
    ]
    assert counts(small_copy_url) == before


@pytest.mark.long
def test_who_may_not_keep_registers_is_refused(
    tunping: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    file = written(tmp_path / "名册.xlsx", row())
    before = counts(small_copy_url)
    for who, why in (
        ("网格员01", "您的岗位没有此项权限"),
        ("联户长03", "您的岗位没有此项权限"),
        ("无此人", "没有账号"),
    ):
        assert why in tunping("import", "residents", file, "--as", who).stderr
        assert why in tunping("export", "residents", tmp_path / "out.xlsx", "--as", who).stderr
    assert counts(small_copy_url) == before
    assert not (tmp_path / "out.xlsx").exists()


def test_a_number_is_not_kept_where_no_key_seals_it(small_copy_url: str, tmp_path: Path) -> None:
    before = counts(small_copy_url)
    file = written(tmp_path / "名册.xlsx", row(身份证号=ID_NUMBER))
    refused = command.tunping(small_copy_url, "import", "residents", file, *SECRETARY, sealing_key=None)
    assert "第2行 身份证号：未设置 TUNPING_SEALING_KEY，不能保存" in refused.stderr
    assert counts(small_copy_url) == before


@pytest.mark.long
def test_a_register_is_put_on_record_once(load: Callable[..., Result], small_copy_url: str) -> None:
    people: tuple[dict[str, Any], ...] = (
        row(
            姓名="张三丰",
            楼栋="3号楼",
            单元="2单元",
            房号=" 301 室",
            身份证号=ID_NUMBER,
            颜色="红色,蓝",
            颜色原因="独居",
        ),
        row(
            姓名="李四光",
            房号="302",
            出生日期=datetime(1980, 5, 6, tzinfo=UTC).replace(tzinfo=None),
            入住日期="2021年3月4日",
            电话=13900000007,
        ),
        {},
        row(姓名="王五妹", 房号="302", 性别="女", 出生日期="19850607"),
    )
    first = load(*people)
    assert "新增 3，迁居 0，更正 0，未变 0" in first.stdout, first.output
    after = counts(small_copy_url)
    found = """select r.name, h.room, r.sex, r.born_on, r.phone, r.id_number_tail,
            s.moved_in_on = (now() at time zone 'Asia/Shanghai')::date
        from resident r join household h on h.id = r.household_id join residency s on s.resident_id = r.id
        where r.name = any($1) order by r.name"""
    assert rows_of(small_copy_url, found, ["张三丰", "李四光", "王五妹"]) == [
        ("张三丰", "301", "MALE", date(1990, 1, 31), None, ID_NUMBER[-4:], True),
        ("李四光", "302", "MALE", date(1980, 5, 6), "13900000007", None, False),
        ("王五妹", "302", "FEMALE", date(1985, 6, 7), None, None, True),
    ]
    colours = """select c.colour, c.reason from resident_colour c join resident r on r.id = c.resident_id
        where r.name = '张三丰' order by c.colour"""
    assert rows_of(small_copy_url, colours) == [("BLUE", "独居"), ("RED", "独居")]
    assert "新增 0，迁居 0，更正 0，未变 3" in load(*people).stdout
    assert counts(small_copy_url) == after


@pytest.mark.long
def test_what_a_later_sheet_says_is_corrected_and_who_moved_moves(
    load: Callable[..., Result], small_copy_url: str
) -> None:
    load(row(姓名="赵迁居", 出生日期="1990-01-01", 入住日期="2020-01-01"))
    told = load(row(姓名="赵迁居", 出生日期="1990-01-01", 入住日期="2019-01-01", 电话="139", 身份证号=None))
    assert "更正 1" in told.stdout
    number = "65010319900101001" + check_digit("65010319900101001")
    assert "更正 1" in load(row(姓名="赵迁居", 身份证号=number)).stdout
    before = counts(small_copy_url)
    undated = load(row(姓名="赵迁居", 身份证号=number, 房号="202"))
    assert "第2行 入住日期：已登记在另一户；若确已迁来，请填写迁来的日期" in undated.stderr
    early = load(row(姓名="赵迁居", 身份证号=number, 房号="202", 入住日期="2018-01-01"))
    assert "第2行 入住日期：早于登记中的 2019-01-01" in early.stderr
    assert counts(small_copy_url) == before
    assert "迁居 1" in load(row(姓名="赵迁居", 身份证号=number, 房号="202", 入住日期="2023-05-01")).stdout
    stays = """select h.room, s.moved_in_on, s.moved_out_on from residency s join household h on h.id = s.household_id
        join resident r on r.id = s.resident_id where r.name = '赵迁居' order by s.moved_in_on"""
    assert rows_of(small_copy_url, stays) == [
        ("301", date(2019, 1, 1), date(2023, 5, 1)),
        ("202", date(2023, 5, 1), None),
    ]
    stale = load(row(姓名="赵迁居", 身份证号=number, 入住日期="2019-01-01"))
    assert "第2行 入住日期：早于登记中的 2023-05-01" in stale.stderr


@pytest.mark.long
def test_two_of_one_name_in_one_home_have_to_be_told_apart(load: Callable[..., Result], small_copy_url: str) -> None:
    load(row(姓名="孙同名", 出生日期="1960-01-01"), row(姓名="孙同名", 出生日期="1990-01-31"))
    before = counts(small_copy_url)
    assert "第2行 姓名：同一户有同名的人，请填写身份证号或出生日期" in load(row(姓名="孙同名")).stderr
    assert counts(small_copy_url) == before
    assert "更正 1" in load(row(姓名="孙同名", 出生日期="1990-01-31", 电话="139")).stdout
    load(row(姓名="孙同名", 身份证号="65010319900131003" + check_digit("65010319900131003")))
    other = load(row(姓名="孙同名", 身份证号="65010319900131005" + check_digit("65010319900131005")))
    assert "第2行 身份证号：与登记的不同" in other.stderr


def test_the_entry_says_who_imported_what(load: Callable[..., Result], small_copy_url: str) -> None:
    load(row(姓名="周入册", 房号="303"))
    last = """select j.kind, j.note, a.username from journal j join account a on a.id = j.actor_id
        order by j.id desc limit 1"""
    assert rows_of(small_copy_url, last) == [("REGISTER_IMPORTED", "新增 1，迁居 0，更正 0", "书记01")]


def exported(tunping: Callable[..., Result], folder: Path) -> list[Any]:
    """The rows that are written."""
    told = tunping("export", "residents", folder / "导出.xlsx", *SECRETARY)
    assert told.exit_code == 0, told.output
    sheet: Any = openpyxl.load_workbook(folder / "导出.xlsx").active
    heads, *lines = sheet.iter_rows()
    assert tuple(cell.value for cell in heads) == HEADINGS
    return list(lines)


SAME = "新增 0，迁居 0，更正 0，未变 "


def again(tunping: Callable[..., Result], folder: Path) -> str:
    """What an import of an export says."""
    lines = exported(tunping, folder)
    done = tunping("import", "residents", folder / "导出.xlsx", *SECRETARY)
    assert f"{SAME}{len(lines)}" in done.stdout, done.output
    return done.stdout


ROOMS = ["409室", "４０９", "（大）", "(小)", "0409", "a座２", "门面 一", "101-2", "①", "地下室", "室", "4o9"]
NAMES = [
    "王　伟",
    "王伟",
    "伊伊达•阿布都拉甫",
    "阿不都·买买提",
    "ئەركىن مەمەت",
    "Ｌｉ Ｍｉｎｇ",
    "王伟（大）",
    "Ә.Нұрлан",
    "O’Neil",
]
PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(ROOMS) | st.text("0123456789０-（）()室号大小a ", min_size=1, max_size=6).filter(is_seen),
        st.sampled_from(NAMES) | st.text("王伟李·•　 （）abВ1", min_size=1, max_size=8).filter(is_seen),
        st.sampled_from(["13812345678", "0991-2345678", "2345678转12", "１３８ 1234 5678", "问邻居王姐", None]),
        st.dates(date(1930, 1, 1), date(2020, 1, 1)),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda each: each[3],
)
ADD = """with home as (
    insert into household (building_id, grid_id, unit, floor, room) select id, grid_id, 1, 1, $1 from building b
    where number = 3 and community_id = (select community_id from account where username = '书记01')
    on conflict do nothing returning *), door as (
    select * from home union all select h.* from household h join building b on b.id = h.building_id
    where b.number = 3 and h.unit = 1 and h.room = $1
    and b.community_id = (select community_id from account where username = '书记01') limit 1), new as (
    insert into resident (household_id, building_id, grid_id, name, name_folded, found_by, sex, phone, born_on)
    select id, building_id, grid_id, $2, $5, '', 'MALE', $3, $4 from door returning *)
    insert into residency (resident_id, household_id, building_id, grid_id, moved_in_on)
    select id, household_id, building_id, grid_id, '2021-01-01' from new"""


@pytest.mark.long
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PEOPLE)
def test_whatever_a_register_holds_an_export_is_imported_and_changes_nothing(
    small_copy_url: str, tmp_path: Path, people: list[tuple[Any, ...]]
) -> None:
    def run(*arguments: Any) -> Result:
        return command.tunping(small_copy_url, *arguments)

    for each in people:
        rows_of(small_copy_url, ADD, each[0].strip(), each[1].strip(), *each[2:], folded_name(each[1]))
    before = counts(small_copy_url)
    again(run, tmp_path)
    # The export itself is in the journal.
    assert counts(small_copy_url)[0][:-1] == before[0][:-1]


@pytest.mark.long
def test_text_that_looks_like_a_formula_is_exported_as_text(
    tunping: Callable[..., Result], load: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    load(row(姓名="-吴减号", 房号="304", 身份证号="65010319900131007" + check_digit("65010319900131007")))
    rows_of(small_copy_url, "update resident set phone = '=1+1' where name = '-吴减号' returning id")
    (one,) = (line for line in exported(tunping, tmp_path) if line[5].value == "-吴减号")
    assert [cell.value for cell in one[1:8]] == ["3号楼", 2, 3, "304", "-吴减号", "男", None]
    assert one[8].value.date() == date(1990, 1, 31)
    assert (one[9].value, one[9].data_type) == ("=1+1", "s")


@pytest.mark.long
def test_a_register_with_control_characters_is_exported(
    tunping: Callable[..., Result], load: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    load(row(姓名="吴控制", 房号="304", 身份证号=None))
    rows_of(small_copy_url, r"update resident set phone = E'139\x0b001\uffff' where name = '吴控制' returning id")
    (one,) = (line for line in exported(tunping, tmp_path) if line[5].value == "吴控制")
    assert one[9].value == "139001"


@pytest.mark.long
def test_a_whole_community_that_is_exported_can_be_imported_and_changes_nothing(copy_url: str, tmp_path: Path) -> None:
    lines = exported(lambda *arguments: command.tunping(copy_url, *arguments), tmp_path)
    assert [(len(lines),)] == rows_of(copy_url, "select count(*) from resident where left_on is null")
    before = counts(copy_url)
    again = command.tunping(copy_url, "import", "residents", tmp_path / "导出.xlsx", *SECRETARY)
    assert f"新增 0，迁居 0，更正 0，未变 {len(lines)}" in again.stdout, again.output
    assert counts(copy_url) == before


@pytest.mark.long
def test_id_numbers_are_exported_for_a_reason_that_goes_on_the_record(
    tunping: Callable[..., Result], load: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    number = "65010319900131009" + check_digit("65010319900131009")
    load(row(姓名="郑带号", 房号="305", 身份证号=number))
    file = tmp_path / "导出.xlsx"
    tunping("export", "residents", file, *SECRETARY, "--id-numbers-for", "上报派出所核对常住人口")
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    assert [line[7] for line in sheet.iter_rows(values_only=True) if line[5] == "郑带号"] == [number]
    entries = rows_of(small_copy_url, "select kind, note from journal order by id desc limit 2")
    assert ("ID_NUMBER_REVEALED", "导出名册：上报派出所核对常住人口") in entries
    assert "REGISTER_EXPORTED" in {kind for kind, _ in entries}


@pytest.mark.long
def test_the_template_can_be_filled_in_and_loaded(tunping: Callable[..., Result], tmp_path: Path) -> None:
    file = tmp_path / "模板.xlsx"
    assert tunping("import", "--template", file).exit_code == 0
    assert "新增 0，迁居 0，更正 0，未变 0" in tunping("import", "residents", file, *SECRETARY).stdout
    book = openpyxl.load_workbook(file)
    assert book.sheetnames == ["居民", "填写说明"]
    guide = list(book["填写说明"].iter_rows(values_only=True))
    assert [line[0] for line in guide[1:]] == list(HEADINGS)
    book["居民"].append([line[3] for line in guide[1:]])
    book.save(file)
    assert "新增 1" in tunping("import", "residents", file, *SECRETARY).stdout


@pytest.mark.long
def test_rows_beyond_the_size_that_the_file_claims_are_read(
    tunping: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    file = written(tmp_path / "名册.xlsx", row(姓名="冯一", 房号="306"), row(姓名="冯二", 房号="306"))
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    assert b'<dimension ref="A1:O3"' in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b'<dimension ref="A1:O3"', b'<dimension ref="A1:O2"')
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    assert "新增 2" in tunping("import", "residents", file, *SECRETARY).stdout
    assert rows_of(small_copy_url, "select count(*) from resident where name like '冯_'")[0][0] >= 2


UNCLEAR = [
    "1965.12",
    "1965-12",
    "196512",
    1965.12,
    196512,
    "1990115",
    1990115,
    "90-1-5",
    "1990-1301",
    "5/1/1990",
    32874,
]


@pytest.mark.long
@pytest.mark.parametrize("written_", [*UNCLEAR, "1990.2.30", "1990年1月", "一九九〇年一月"])
def test_unclear_dates_are_refused_with_the_cell(
    load: Callable[..., Result], small_copy_url: str, written_: Any
) -> None:
    before = counts(small_copy_url)
    refused = load(row(姓名="吴日期", 房号="307", 出生日期=written_))
    assert (refused.exit_code, "第2行 出生日期：" in refused.stderr) == (1, True)
    assert counts(small_copy_url) == before


@pytest.mark.long
@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "＃REF！", "########"])
@pytest.mark.parametrize("heading", ["姓名", "电话", "房号", "小区", "颜色原因"])
def test_what_a_failed_formula_left_is_refused(load: Callable[..., Result], error: str, heading: str) -> None:
    refused = load(row(**{heading: error}))
    assert (refused.exit_code, f"第2行 {heading}：是公式出错的结果" in refused.stderr) == (1, True)


HEADS = ["小区", "楼　栋", " 单元号", "房间号*", "姓　名", "性 别", "身份证号码", "联系电话（必填）", "出生年月日"]


@pytest.mark.long
def test_a_sheet_as_offices_have_it_is_read(
    tunping: Callable[..., Result], small_copy_url: str, tmp_path: Path
) -> None:
    """Titles above the headings, merged cells of a family's address, a hidden sheet, other names of columns."""
    book = openpyxl.Workbook()
    hidden, sheet = book.active, book.create_sheet("名册")
    assert hidden is not None
    hidden.append(["草稿"])
    hidden.sheet_state = "hidden"
    sheet.append(["屯坪社区居民名册"])
    sheet.append(["填表日期：2024年1月"])
    sheet.merge_cells("A1:I1")
    sheet.append(HEADS)
    people = ["郑一", "郑二", "郑三", "郑四", "郑五"]
    for at, name in enumerate(people):
        address = [None, "3#", "2单元", "308室"] if at == 0 else [None] * 4
        sheet.append([*address, name, "男", None, "138 1234 567" + str(at), f"198{at}年1月2日"])
    for column in "BCD":
        sheet.merge_cells(f"{column}4:{column}8")
    sheet.append([None, "第3栋", "2", "３０９", "郑六", "女", None, "0991-2345678", "1985/1/2"])
    file = tmp_path / "名册.xlsx"
    book.save(file)
    done = tunping("import", "residents", file, *SECRETARY)
    assert "新增 6" in done.stdout, done.output
    query = """select r.name, h.room, r.phone, r.born_on from resident r join household h on h.id = r.household_id
        where r.name like '郑_' order by 4, 1"""
    found = rows_of(small_copy_url, query)
    assert [each[:2] for each in found] == [*((name, "308") for name in people), ("郑六", "309")]
    assert {each[2] for each in found} >= {"13812345670", "0991-2345678"}
    assert f"{SAME}6" in tunping("import", "residents", file, *SECRETARY).stdout


@pytest.mark.long
@pytest.mark.parametrize("written_", ["3#", "3号楼", "第3栋", "３幢", "3 座", "3楼", 3.0])
def test_buildings_are_read_as_offices_write_them(load: Callable[..., Result], written_: Any) -> None:
    assert "没有" not in load(row(姓名="郑楼", 房号="310", 楼栋=written_)).stderr


@pytest.mark.long
@pytest.mark.parametrize("written_", ["A座", "甲3号楼", "3-2", "三号楼", "楼", "33333"])
def test_buildings_that_are_not_on_the_register_are_named(load: Callable[..., Result], written_: str) -> None:
    refused = load(row(姓名="郑楼", 房号="311", 楼栋=written_))
    assert (refused.exit_code, "第2行 楼栋：" in refused.stderr) == (1, True)


@pytest.mark.long
@pytest.mark.parametrize("written_", ["无", "无单元", "-", "—", "/"])
def test_a_building_of_several_units_needs_the_unit(load: Callable[..., Result], written_: str) -> None:
    refused = load(row(姓名="郑单", 房号="312", 单元=written_))
    assert (refused.exit_code, "单元，请写明单元" in refused.stderr) == (1, True)


@pytest.mark.long
def test_a_building_of_one_unit_has_it_without_saying_so(load: Callable[..., Result], small_copy_url: str) -> None:
    one_unit = """update building set units = 1 where id = (select b.id from building b left join household h
        on h.building_id = b.id and h.unit > 1 where h.id is null limit 1) returning number"""
    found = rows_of(small_copy_url, one_unit)
    for number in found:
        for written_ in ("无", "无单元", "-"):
            loaded = load(row(姓名="郑单", 楼栋=number[0], 楼层=1, 单元=written_, 房号="113"))
            assert "请写明单元" not in loaded.stderr


@pytest.mark.long
@pytest.mark.parametrize("room", ["316室", "316", "３１６", " 316 ", "316号", "0316"])
def test_one_room_is_one_home(load: Callable[..., Result], small_copy_url: str, room: str) -> None:
    loaded = load(row(姓名="郑房", 房号=room, 楼层=3))
    assert loaded.exit_code == 0, loaded.output
    homes = "select count(distinct household_id), count(*) from resident where name = '郑房'"
    assert rows_of(small_copy_url, homes) == [(1, 1)]


@pytest.mark.parametrize("name", ["郑　伟·甲", "郑伟•甲", "郑伟・甲", "郑伟‧甲\u200b", " 郑 伟·甲"])
def test_one_name_is_one_person(load: Callable[..., Result], small_copy_url: str, name: str) -> None:
    assert load(row(姓名=name, 房号="314")).exit_code == 0
    assert rows_of(small_copy_url, "select count(*) from resident where name like '郑%伟%甲%'") == [(1,)]
