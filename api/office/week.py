"""The weekly analysis as a document for printing, made from the API's answer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from api.office.paper import Cell, Paper, written

Analysis: TypeAlias = Mapping[str, Any]

MOST_LISTED = 100
"""Cases in a list of the document: the largest page of the API."""
_N = "{ totalCount }"
_LOGGED = ("householdsVisited", "premisesVisited", "attempts", "disputesCollected", "problemsSolved")
_LOG = " ".join(f"{name} {_N}" for name in _LOGGED)
WEEK_QUERY = f"""query($week: String, $community: ID) {{
  weeklyAnalysis(week: $week, community: $community) {{
    week startsOn endsOn endsAt countedAt community {{ name timeZone }} ...Figures
    previous {{ ...Figures }}
    visitsRecordedLater {_N}
    byCategory {{ label isNew opened {_N} openedBefore {_N} solved {_N} solvedBefore {_N} }}
    byBuilding {{ isNew building {{ name estate {{ name }} }} }}
    byDisputeType {{ label isNew opened {_N} openedBefore {_N} settled {_N} settledBefore {_N} }}
    byLevel {{ label appeals {_N} appealsBefore {_N} disputes {_N} disputesBefore {_N} }}
    workers {{ worker {{ name username }} grids {{ name }} {_LOG} days {{ workedOn {_LOG} }} }}
    overdue: draggingAppeals(first: {MOST_LISTED}) {{ nodes {{ id openedAt categoryLabel levelLabel statusLabel unit
      address grid {{ name }} building {{ name }} handledBy {{ name }} }} }}
    unsettled: draggingDisputes(first: {MOST_LISTED}) {{ nodes {{ id openedAt typeLabel levelLabel statusLabel
      grid {{ name }} mediator {{ name }} }} }}
  }}
}}
fragment Figures on WeeklyAnalysis {{
  visits {_N} householdsVisited {_N} premisesVisited {_N} attempts {_N}
  appealsOpened {_N} problemsSolved {_N} disputesOpened {_N} disputesSettled {_N}
  draggingAppeals {_N} draggingDisputes {_N}
  duty {{ colourLabel owed {_N} done {_N} late {_N} missed {_N} due {_N} paused {_N} }}
}}"""
FIGURES = {
    "visits": "走访（次）",
    "householdsVisited": "走访（户）",
    "premisesVisited": "走访（单位）",
    "attempts": "走访未遇（次）",
    "appealsOpened": "收到诉求（件）",
    "problemsSolved": "办结诉求（件）",
    "disputesOpened": "登记纠纷（件）",
    "disputesSettled": "达成协议的纠纷（件）",
    "draggingAppeals": "拖延诉求（件）",
    "draggingDisputes": "拖延纠纷（件）",
}
DUTY_STATES = {
    "owed": "应走访",
    "done": "按期完成",
    "late": "逾期完成",
    "missed": "未完成",
    "due": "待走访",
    "paused": "暂停",
}
_WEEKDAYS = "一二三四五六日"


def week_paper(analysis: Analysis) -> Paper:
    """The analysis as a document. The answer to WEEK_QUERY has all that it needs."""
    number = int(analysis["week"].partition("W")[2])
    paper = Paper(f"{analysis['community']['name']}第{number}周网格工作汇总分析", _period(analysis))
    _overview(paper, analysis)
    _logs(paper, analysis)
    _kinds(paper, analysis)
    _levels(paper, analysis)
    _duty(paper, analysis)
    _dragging(paper, analysis)
    paper.signatures("汇总人", "审核人", "日期")
    return paper


def _count(row: Mapping[str, Any], name: str) -> int:
    counted: int = row[name]["totalCount"]
    return counted


def _period(analysis: Analysis) -> str:
    first, last = (date.fromisoformat(analysis[name]) for name in ("startsOn", "endsOn"))
    period = f"{written(first)}（星期一）至{written(last)}（星期日）"
    return period if analysis["countedAt"] == analysis["endsAt"] else f"{period}，本周尚未结束"


def _overview(paper: Paper, analysis: Analysis) -> None:
    paper.heading("一、总体情况")
    paper.paragraph(_activities(analysis))
    paper.paragraph(_duty_summary(analysis))
    paper.paragraph(_new_kinds(analysis))
    before = analysis["previous"]
    rows = [
        (label, _count(analysis, name), _count(before, name), _change(_count(analysis, name) - _count(before, name)))
        for name, label in FIGURES.items()
    ]
    paper.table(("指标", "本周", "上周", "增减"), rows, (6.5, 3.5, 3.5, 3.5))


def _change(difference: int) -> str:
    return f"{difference:+d}" if difference else "持平"


def _activities(analysis: Analysis) -> str:
    n = {name: _count(analysis, name) for name in FIGURES}
    later = _count(analysis, "visitsRecordedLater")
    late = f"其中{later}次在本周结束后补传，按发生时间计入本周。" if later else ""
    return (
        f"本周走访{n['visits']}次，涉及{n['householdsVisited']}户、{n['premisesVisited']}家单位。"
        f"{late}另有{n['attempts']}次未遇到人。"
        f"收到诉求{n['appealsOpened']}件，办结{n['problemsSolved']}件；"
        f"登记矛盾纠纷{n['disputesOpened']}件，达成协议{n['disputesSettled']}件。"
        f"拖延诉求{n['draggingAppeals']}件，拖延纠纷{n['draggingDisputes']}件。"
    )


def _duty_summary(analysis: Analysis) -> str:
    total = {state: sum(_count(row, state) for row in analysis["duty"]) for state in DUTY_STATES}
    return (
        f"本周到期的走访任务{total['owed']}项：按期完成{total['done']}项，逾期完成{total['late']}项，"
        f"未完成{total['missed']}项，待走访{total['due']}项；另有{total['paused']}项暂停。"
    )


def _new_kinds(analysis: Analysis) -> str:
    kinds = [row["label"] for row in (*analysis["byCategory"], *analysis["byDisputeType"]) if row["isNew"]]
    buildings = [row["building"] for row in analysis["byBuilding"] if row["isNew"] and row["building"]]
    places = [f"{building['estate']['name']}{building['name']}" for building in buildings]
    return f"前四周没有、本周新出现的类别：{_listed(kinds)}；新出现诉求的楼栋：{_listed(places)}。"


def _listed(names: Sequence[str]) -> str:
    return "、".join(names) or "无"


def _logs(paper: Paper, analysis: Analysis) -> None:
    paper.heading("二、网格员工作日志")
    paper.note(
        "每格依次为：走访户数/走访单位/未遇次数/收集纠纷/解决问题。一户一天（一周）走访多次只计一户，单位也一样。"
    )
    days = [date.fromisoformat(analysis["startsOn"]) + timedelta(number) for number in range(7)]
    head = ["网格员", *(f"周{_WEEKDAYS[day.weekday()]} {day.month}.{day.day}" for day in days), "全周"]
    paper.table(head, [_week_of(worker) for worker in analysis["workers"]], (3.4, *[1.65] * 7, 2.05))


def _week_of(worker: Mapping[str, Any]) -> list[Cell]:
    who = worker["worker"]
    grids = "、".join(grid["name"] for grid in worker["grids"])
    name = f"{who['name']}（{grids or who['username']}）"
    return [name, *(_log(day) for day in worker["days"]), _log(worker)]


def _log(counted: Mapping[str, Any]) -> str:
    return "/".join(str(_count(counted, name)) for name in _LOGGED)


def _kinds(paper: Paper, analysis: Analysis) -> None:
    paper.heading("三、类别")
    widths = (5, 2.6, 2.6, 2.6, 2.6, 1.6)
    head = ("诉求类别", "本周收到", "上周收到", "本周办结", "上周办结", "新出现")
    paper.table(head, _compared(analysis["byCategory"], "opened", "solved"), widths)
    paper.note("")
    head = ("纠纷类型", "本周登记", "上周登记", "本周达成协议", "上周达成协议", "新出现")
    paper.table(head, _compared(analysis["byDisputeType"], "opened", "settled"), widths)


def _compared(rows: Sequence[Mapping[str, Any]], *names: str) -> list[list[Cell]]:
    columns = [column for name in names for column in (name, f"{name}Before")]
    return [[row["label"], *(_count(row, column) for column in columns), "是" if row["isNew"] else ""] for row in rows]


def _levels(paper: Paper, analysis: Analysis) -> None:
    paper.heading("四、化解层级")
    head = ("层级", "本周办结诉求", "上周办结诉求", "本周达成协议", "上周达成协议")
    columns = ("appeals", "appealsBefore", "disputes", "disputesBefore")
    rows = [[row["label"], *(_count(row, column) for column in columns)] for row in analysis["byLevel"]]
    paper.table(head, rows, (5, 3, 3, 3, 3))


def _duty(paper: Paper, analysis: Analysis) -> None:
    paper.heading("五、走访完成情况")
    before = {row["colourLabel"]: row for row in analysis["previous"]["duty"]}
    rows: list[list[Cell]] = []
    for row in analysis["duty"]:
        earlier = before.get(row["colourLabel"])
        missed = _count(earlier, "missed") if earlier else 0
        rows.append([row["colourLabel"], *(_count(row, state) for state in DUTY_STATES), missed])
    paper.table(("走访对象", *DUTY_STATES.values(), "上周未完成"), rows, (3.2, *[1.9] * 6, 2.4))
    paper.note("任务在到期的那一天计入所在的周；补传的走访按发生时间计算。")


def _dragging(paper: Paper, analysis: Analysis) -> None:
    paper.heading("六、拖延事项")
    as_of = datetime.fromisoformat(analysis["countedAt"])
    appeals = [_appeal(each, as_of) for each in analysis["overdue"]["nodes"]]
    disputes = [_dispute(each, as_of) for each in analysis["unsettled"]["nodes"]]
    _listing(paper, "诉求", appeals, _count(analysis, "draggingAppeals"))
    _listing(paper, "纠纷", disputes, _count(analysis, "draggingDisputes"))


def _listing(paper: Paper, what: str, rows: Sequence[Sequence[Cell]], total: int) -> None:
    paper.paragraph(f"拖延{what}{total}件" + (f"，下表列出最早的{len(rows)}件。" if total > len(rows) else "。"))
    if rows:
        head = ("编号", "类别", "地点", "层级", "状态", "经办人", "已历时（天）")
        paper.table(head, rows, (4.2, 2.4, 3, 2, 2, 1.9, 1.5))


def _appeal(appeal: Mapping[str, Any], as_of: datetime) -> list[Cell]:
    place = appeal["grid"]["name"] if appeal["grid"] else appeal["address"]
    if appeal["building"]:
        unit = f"{appeal['unit']}单元" if appeal["unit"] else ""
        place += f" {appeal['building']['name']}{unit}"
    return [appeal["id"], appeal["categoryLabel"], place, *_state(appeal, appeal["handledBy"], as_of)]


def _dispute(dispute: Mapping[str, Any], as_of: datetime) -> list[Cell]:
    return [dispute["id"], dispute["typeLabel"], dispute["grid"]["name"], *_state(dispute, dispute["mediator"], as_of)]


def _state(case: Mapping[str, Any], actor: Mapping[str, Any] | None, as_of: datetime) -> list[Cell]:
    days = (as_of - datetime.fromisoformat(case["openedAt"])).days
    return [case["levelLabel"], case["statusLabel"], actor["name"] if actor else "未指定", days]
