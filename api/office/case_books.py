"""Appeals and disputes of a period as workbooks, made from what the API answers."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from rules.appeals import AppealKind
from rules.exports import CaseKind

Case: TypeAlias = Mapping[str, Any]
Cells: TypeAlias = tuple[str | int, ...]


class CaseBook(NamedTuple):
    """How the cases of one kind are asked for and written."""

    query: str
    """Takes `$between`, `$community` and `$after`."""
    part: str
    """The field of `statistics` that has the page of cases."""
    head: tuple[str, ...]
    row: Callable[[Case, ZoneInfo], Cells]


def _query(part: str, fields: str) -> str:
    return f"""query($between: DayRange!, $community: ID, $after: String) {{
      statistics(between: $between, community: $community) {{
        {part} {{ cases(first: 100, after: $after) {{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}
      }}
    }}"""


def _appeal(case: Case, zone: ZoneInfo) -> Cells:
    return (
        case["id"],
        _moment(case["openedAt"], zone),
        *(case[name] for name in ("kindLabel", "categoryLabel", "sourceLabel", "urgencyLabel", "levelLabel")),
        case["statusLabel"],
        _name(case["grid"]),
        *(case[name] or "" for name in ("address", "reporterName", "reporterPhone", "body")),
        *(_moment(case[name], zone) for name in ("acceptedAt", "answeredAt")),
        case["answer"] or "",
        _moment(case["closedAt"], zone),
        case["rating"] or "",
        "是" if case["overdue"] else "",
        _name(case["organisation"]),
        _name(case["handledBy"]),
    )


def _dispute(case: Case, zone: ZoneInfo) -> Cells:
    agreement = case["agreement"] or {}
    return (
        case["id"],
        _moment(case["openedAt"], zone),
        *(case[name] for name in ("typeLabel", "originLabel", "levelLabel", "statusLabel")),
        _name(case["grid"]),
        case["title"],
        case["facts"],
        "、".join(map(_party, case["parties"])),
        _name(case["mediator"]),
        agreement.get("formLabel") or "",
        _moment(agreement.get("reachedAt"), zone),
        agreement.get("content") or "",
        _moment(case["closedAt"], zone),
    )


def _party(party: Case) -> str:
    """The name of a party, with the name of its speaker."""
    name, speaker = party["name"] or "", party["speakerName"]
    return f"{name}（代表人：{speaker}）" if speaker else name


def _moment(text: str | None, zone: ZoneInfo) -> str:
    """A local time such as 「2023-12-01 10:20」; empty for ``None``."""
    return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M") if text else ""


def _name(named: Case | None) -> str:
    return named["name"] if named else ""


_KINDS = " ".join(AppealKind)
_APPEAL = """id openedAt kindLabel categoryLabel sourceLabel urgencyLabel levelLabel statusLabel address body answer
  reporterName reporterPhone acceptedAt answeredAt closedAt rating overdue
  grid { name } organisation { name } handledBy { name }"""
_DISPUTE = """id openedAt typeLabel originLabel levelLabel statusLabel title facts closedAt grid { name }
  parties { name speakerName } mediator { name } agreement { formLabel reachedAt content }"""
_APPEAL_HEAD = (
    *("编号", "提出时间", "类型", "类别", "来源", "紧急程度", "层级", "状态", "网格", "地点", "反映人", "电话", "内容"),
    *("受理时间", "答复时间", "答复", "办结时间", "评分", "超时", "承办单位", "经办人"),
)
_DISPUTE_HEAD = (
    *("编号", "登记时间", "类型", "来源", "层级", "状态", "网格", "标题", "事实", "当事人", "调解员"),
    *("协议形式", "达成时间", "协议内容", "办结时间"),
)
BOOKS: dict[CaseKind, CaseBook] = {
    CaseKind.APPEALS: CaseBook(_query(f"directLine(kinds: [{_KINDS}])", _APPEAL), "directLine", _APPEAL_HEAD, _appeal),
    CaseKind.DISPUTES: CaseBook(_query("disputes", _DISPUTE), "disputes", _DISPUTE_HEAD, _dispute),
}


def rows_of(book: CaseBook, cases: Sequence[Case], zone: ZoneInfo) -> list[Cells]:
    """The rows of a sheet, the head first."""
    return [book.head, *(book.row(case, zone) for case in cases)]
