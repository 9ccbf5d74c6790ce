"""The import of a register of 20,000 rows, and of the same file again, which changes nothing."""

import asyncio
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import asyncpg
from openpyxl import Workbook

from bench.database import demo_database
from bench.server import HERE
from rules.id_numbers import check_digit
from rules.registers import HEADINGS

ROWS = 20_000
KEY = token_urlsafe(32)


def measure() -> list[str]:
    """The time of the whole command, including the start of Python."""
    with demo_database() as url, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "register.xlsx"
        _write(file, asyncio.run(_doors(url)))
        first, again = (_import(url, file) for _ in range(2))
        return [f"import of {ROWS:,} rows: {first:.1f} s; the same file again, changing nothing: {again:.1f} s"]


async def _doors(url: str) -> list[tuple[int, int, str]]:
    connection = await asyncpg.connect(url)
    query = "select b.number, h.unit, h.room from household h join building b on b.id = h.building_id order by h.id"
    doors = [tuple(row) for row in await connection.fetch(query)]
    await connection.close()
    return doors


def _write(file: Path, doors: list[tuple[int, int, str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(HEADINGS)
    for number in range(ROWS):
        row = row_of(number, doors[number % len(doors)])
        sheet.append([row.get(heading, "") for heading in HEADINGS])
    book.save(file)


def row_of(number: int, door: tuple[int, int, str]) -> dict[str, Any]:
    """The cells of a resident by their headings."""
    building, unit, room = door
    born = date(1950, 1, 1) + timedelta(days=number)
    digits = f"650103{born:%Y%m%d}{number % 1000:03}"
    who = {"姓名": f"居民{number}", "性别": "男" if int(digits[-1]) % 2 else "女", "出生日期": born}
    who |= {"身份证号": digits + check_digit(digits), "颜色": "绿", "入住日期": "2020-01-01"}
    return {"楼栋": building, "单元": unit, "房号": room} | who


def _import(url: str, file: Path) -> float:
    command = [sys.executable, "-m", "api.commands", "import", "residents", str(file), "--as", "书记01"]
    environment = {"DATABASE_URL": url, "TUNPING_SEALING_KEY": KEY, "PATH": "/usr/bin:/bin"}
    began = time.perf_counter()
    subprocess.run(command, env=environment, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
