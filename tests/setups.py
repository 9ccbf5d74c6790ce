"""Workbooks that set up a community."""

from pathlib import Path
from typing import Any

import openpyxl

from rules.setup import FORMS

Sheets = dict[str, list[dict[str, Any]]]
"""The rows of each sheet, by heading."""
FARM = "红星农场"
OWN = "证明办理、其他"


def village(name: str = "向阳") -> Sheets:
    """A community of one estate with two buildings, twelve homes and the people who look after it."""
    return {
        "社区": [{"农场": FARM, "社区": f"{name}社区", "电话": "0991-3300001"}],
        "小区": [{"小区": f"{name}家园", "党支部": f"{name}家园网格党支部", "党支部电话": "0991-3300002"}],
        "网格": [{"小区": f"{name}家园", "网格": "第1网格"}],
        "楼栋": [{"小区": f"{name}家园", "楼栋": "1-2", "网格": "第1网格", "单元数": 1, "楼层数": 3}],
        "住户": [{"小区": f"{name}家园", "楼栋": "1-2", "单元": "1", "楼层": "1-3", "户号": "1-2"}],
        "企业商铺工地": [{"小区": f"{name}家园", "网格": "第1网格", "名称": "惠民超市", "类别": "商铺"}],
        "单位": [{"名称": f"{name}热力公司", "类别": "热力公司", "负责诉求": "供暖、供水排水"}],
        "账号": [
            {"用户名": f"{name}书记", "姓名": "周书记", "岗位": "书记", "电话": "13800000001"},
            {"用户名": f"{name}网格员", "姓名": "吴网格", "岗位": "网格员", "网格": "第1网格"},
            {"用户名": f"{name}网格长", "姓名": "郑网格", "岗位": "网格长", "小区": f"{name}家园"},
            {"用户名": f"{name}联户长", "姓名": "王联户", "岗位": "联户长", "楼栋": 1},
            {"用户名": f"{name}热力", "姓名": "值班室", "岗位": "协作单位", "单位": f"{name}热力公司"},
        ],
    }


def town() -> Sheets:
    """A community of 2 estates, 4 grids, 20 buildings and 600 homes with its people, and whom it works with."""
    estates = ("东园", "西园")
    grids = [(estate, f"第{number}网格") for estate in estates for number in (1, 2)]
    ranges = {"第1网格": "1-5", "第2网格": "6-10"}
    built = [{"小区": e, "楼栋": ranges[g], "网格": g, "单元数": 3, "楼层数": 5} for e, g in grids]
    homes = [{"小区": e, "楼栋": "1-10", "单元": "1-3", "楼层": "1-5", "户号": "1-2"} for e in estates]
    site = {"小区": "西园", "网格": "第1网格", "名称": "西园二期工地", "类别": "工地", "联系人": "杜经理"}
    property_matters = "物业服务、停车、环境卫生、安全隐患"
    return {
        "社区": [{"农场": FARM, "社区": "双园社区", "电话": "0991-3300009", "自办诉求": OWN, "时区": "Asia/Urumqi"}],
        "小区": [{"小区": e, "党支部": f"{e}网格党支部"} for e in estates],
        "网格": [{"小区": e, "网格": g} for e, g in grids],
        "楼栋": built,
        "住户": homes,
        "企业商铺工地": [site],
        "单位": [
            {"名称": "双园热力", "类别": "热力公司", "负责诉求": "供暖"},
            {"名称": "双园物业", "类别": "物业公司", "负责诉求": property_matters},
        ],
        "账号": _townspeople(estates, grids),
    }


def _townspeople(estates: tuple[str, ...], grids: list[tuple[str, str]]) -> list[dict[str, Any]]:
    """The accounts of the town, each with a telephone of its own."""
    office = [("书记", "冯书记", "书记"), ("副主任", "蒋主任", "副主任"), ("社工", "韩社工", "社区工作者")]
    office += [("律师", "杨律师", "法律顾问"), ("司法所", "朱所长", "司法所")]
    people: list[dict[str, Any]] = [{"用户名": f"双园{u}", "姓名": name, "岗位": role} for u, name, role in office]
    people += [{"用户名": f"{e}网格长", "姓名": f"{e}长", "岗位": "网格长", "小区": e} for e in estates]
    people += [{"用户名": f"{e}{g}网格员", "姓名": f"{e}{g}", "岗位": "网格员", "小区": e, "网格": g} for e, g in grids]
    people += [
        {"用户名": f"{e}{n}号楼联户长", "姓名": f"{e}{n}", "岗位": "联户长", "小区": e, "楼栋": n}
        for e in estates
        for n in range(1, 11)
    ]
    partners = ("双园热力", "双园物业")
    people += [{"用户名": f"{each}值班", "姓名": "值班室", "岗位": "协作单位", "单位": each} for each in partners]
    return [each | {"电话": f"138{number:08}"} for number, each in enumerate(people, 1)]


def written(file: Path, sheets: Sheets) -> Path:
    """The workbook, as an office would write it."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    headings = {form.name: form.headings() for form in FORMS}
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        named = headings.get(name) or tuple(rows[0])
        sheet.append(named)
        for row in rows:
            sheet.append([row.get(heading) for heading in named])
    book.save(file)
    return file
