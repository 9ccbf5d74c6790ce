"""Statistics of a period as a workbook, made from the API's answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Figures: TypeAlias = Mapping[str, Any]
Rows: TypeAlias = list[Sequence[Any]]

_RATE = "{ numerator denominator rate }"
_LINE = {"total": "收到（件）", "unresolved": "未解决（件）", "overdue": "超时（件）"}
_RATES = {
    "responseRate": "响应率",
    "resolutionRate": "办结率",
    "timelyResolutionRate": "按期办结率",
    "satisfactionRate": "满意率",
}
_DISPUTES = {
    "total": "登记（件）",
    "mediated": "调解（件）",
    "oral": "口头协议（件）",
    "written": "书面协议（件）",
    "settled": "达成协议（件）",
    "settledInGrid": "网格内化解（件）",
    "performed": "已履行（件）",
    "breached": "未履行（件）",
    "pending": "在办（件）",
    "failed": "调解不成（件）",
    "refused": "拒绝调解（件）",
    "withdrawn": "撤回（件）",
}
_SHARES = {
    "successRate": "调解成功率",
    "closedSuccessRate": "已结案件调解成功率",
    "settledInGridShare": "网格内化解占比",
}
_SITES = {"total": "工地（个）", "patrolled": "已巡查（个）", "matters": "纠纷（件）", "openMatters": "未结纠纷（件）"}
_LINE_HEAD = (*_LINE.values(), *_RATES.values())
_DISPUTE_HEAD = (*_DISPUTES.values(), *_SHARES.values())
_ALL_LINE = f"{' '.join(_LINE)} {' '.join(f'{name} {_RATE}' for name in _RATES)}"
_ALL_DISPUTES = f"{' '.join(_DISPUTES)} {' '.join(_SHARES)}"
STATISTICS_QUERY = f"""query($between: DayRange!, $community: ID) {{
  statistics(between: $between, community: $community) {{
    directLine {{ {_ALL_LINE}
      byCategory {{ label {_ALL_LINE} }} byGrid {{ grid {{ name }} {_ALL_LINE} }} byMonth {{ startsOn {_ALL_LINE} }} }}
    disputes {{ {_ALL_DISPUTES}
      byType {{ label {_ALL_DISPUTES} }} byLevel {{ label {_ALL_DISPUTES} }} byMonth {{ startsOn {_ALL_DISPUTES} }} }}
    visits {{ total households premises attempts byMode {{ label count }} }}
    constructionSites {{ {" ".join(_SITES)} }}
  }}
}}"""


def sheets_of(statistics: Figures, first: str, last: str) -> dict[str, Rows]:
    """The sheets by name. The answer to STATISTICS_QUERY has all that they need."""
    line, disputes = statistics["directLine"], statistics["disputes"]
    return {
        "概况": [("时间段", f"{first} 至 {last}", "", ""), *_overview(statistics)],
        "民声直通车": _table(line, {"byCategory": "类别", "byGrid": "网格", "byMonth": "月份"}, _LINE_HEAD, _line_row),
        "矛盾纠纷": _table(
            disputes, {"byType": "类型", "byLevel": "层级", "byMonth": "月份"}, _DISPUTE_HEAD, _dispute_row
        ),
    }


def _overview(statistics: Figures) -> Iterator[Sequence[Any]]:
    """A number a row; a rate together with its numerator and denominator."""
    line, disputes = statistics["directLine"], statistics["disputes"]
    yield "民声直通车", "数值", "分子", "分母"
    yield from ((label, line[name], "", "") for name, label in _LINE.items())
    yield from ((label, _percent(line[name]["rate"]), *_parts(line[name])) for name, label in _RATES.items())
    yield "矛盾纠纷", "数值", "", ""
    yield from ((label, disputes[name], "", "") for name, label in _DISPUTES.items())
    yield from ((label, _percent(disputes[name]), "", "") for name, label in _SHARES.items())
    yield "走访", "数值", "", ""
    yield "走访（次）", statistics["visits"]["total"], "", ""
    yield "走访（户）", statistics["visits"]["households"], "", ""
    yield "走访（单位）", statistics["visits"]["premises"], "", ""
    yield from ((f"{each['label']}（次）", each["count"], "", "") for each in statistics["visits"]["byMode"])
    yield "走访未遇（次）", statistics["visits"]["attempts"], "", ""
    yield "工地", "数值", "", ""
    yield from ((label, statistics["constructionSites"][name], "", "") for name, label in _SITES.items())


def _table(part: Figures, groups: Mapping[str, str], head: Sequence[str], row: Any) -> Rows:
    """The groups of a part below each other, each with a head of its own."""
    rows: Rows = []
    for name, title in groups.items():
        rows += [(title, *head), *((_key(each), *row(each)) for each in part[name])]
    return rows


def _key(group: Figures) -> str:
    grid = group.get("grid") or {}
    month = group.get("startsOn")
    return group.get("label") or grid.get("name") or (month[:7] if month else "未分网格")


def _line_row(figures: Figures) -> tuple[Any, ...]:
    return (*(figures[name] for name in _LINE), *(_percent(figures[name]["rate"]) for name in _RATES))


def _dispute_row(figures: Figures) -> tuple[Any, ...]:
    return (*(figures[name] for name in _DISPUTES), *(_percent(figures[name]) for name in _SHARES))


def _parts(rate: Figures) -> tuple[int, int]:
    return rate["numerator"], rate["denominator"]


def _percent(share: float | None) -> str:
    """A share such as 「99.0%」; 「—」 where there is nothing to count."""
    return "—" if share is None else f"{share:.1%}"
