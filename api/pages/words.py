"""The plain Chinese texts of the pages, and appeals, wishes, notices and activities as the pages show them."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from rules.actions import CaseAction
from rules.activities import ActivityStatus
from rules.appeals import AppealKind, AppealStatus, AppealUrgency
from rules.clocks import RUNNING, Clock, DeadlineState
from rules.journal import EntryKind
from rules.photos import MOST_A_CASE
from rules.refusals import Code, Refusal, written
from rules.wishes import WishStatus

WISH = "WISH"
"""The form's choice for a small wish, beside the kinds of appeals."""
KIND_CHOICES: dict[str, str] = {
    AppealKind.PROBLEM.value: "反映问题",
    AppealKind.HELP.value: "请人帮忙",
    AppealKind.INQUIRY.value: "打听办事",
    WISH: "说个小心愿",
}
PHOTO_WORDS: dict[str, str] = {
    "UNSUPPORTED_PHOTO": "刚选的第 {number} 张不是照片，或者这种格式打不开，请换一张",
    "BROKEN_PHOTO": "刚选的第 {number} 张照片坏了，打不开，请换一张",
    "TOO_MANY_PIXELS": "刚选的第 {number} 张照片太大了，请换一张小一点的",
    "PHOTO_TOO_LARGE": "刚选的第 {number} 张照片太大了，请换一张小一点的",
    "TOO_MANY": f"最多 {MOST_A_CASE} 张照片，多出来的没有保存",
    "ALL_TOO_LARGE": "照片一共太大了，没有传完，请少选几张",
    "TOO_SLOW": "网络太慢，照片没有传完。请换个信号好的地方，或者先不带照片",
    "FOR_WISH": "心愿不带照片，照片没有保存。请再按一次提交",
}
"""Problems with photos, and what to do about them."""
RATING_WORDS: dict[str, str] = {"5": "很满意", "4": "满意", "3": "一般", "2": "不太满意", "1": "很不满意"}
STEP_WORDS: dict[EntryKind, str] = {
    EntryKind.APPEAL_OPENED: "您反映的事收到了",
    EntryKind.APPEAL_ACCEPTED: "有人接手了",
    EntryKind.APPEAL_BEGUN: "开始办理",
    EntryKind.APPEAL_DISPATCHED: "交给负责的单位",
    EntryKind.DISPATCH_ACCEPTED: "负责的单位接手了",
    EntryKind.DISPATCH_OBJECTED: "那家单位说不归他们管，社区另行安排",
    EntryKind.DISPATCH_RECALLED: "社区收回，另行安排",
    EntryKind.APPEAL_ANSWERED: "有答复了，请您看看",
    EntryKind.APPEAL_CONFIRMED: "确认已经解决",
    EntryKind.APPEAL_RETURNED: "没有解决，接着办",
    EntryKind.APPEAL_ESCALATED: "交到上一级办理",
    EntryKind.APPEAL_OVERDUE: "超过了时限，自动报到上一级",
    EntryKind.APPEAL_REJECTED: "这件事社区办不了",
    EntryKind.APPEAL_WITHDRAWN: "撤回了，不用办了",
    EntryKind.APPEAL_REOPENED: "又有问题，重新办理",
    EntryKind.APPEAL_PAUSED: "暂缓办理",
    EntryKind.APPEAL_RESUMED: "继续办理",
    EntryKind.APPEAL_NOTED: "补充了情况",
    EntryKind.APPEAL_LAPSED: "一直没有等到您的回复，按已经解决处理",
    EntryKind.APPEAL_MERGED: "和邻居说的同一件事一起办",
    EntryKind.REPORT_SETTLED: "情况已经转交办理",
}
WISH_STEPS: dict[EntryKind, str] = {
    EntryKind.WISH_PUBLISHED: "贴到了心愿墙上",
    EntryKind.WISH_CLAIMED: "有人来帮忙了",
    EntryKind.WISH_PROGRESSED: "有进展了",
    EntryKind.WISH_RELEASED: "改由别人来帮忙",
    EntryKind.WISH_FULFILLED: "心愿实现了",
}
_WISH_TITLES: dict[WishStatus, str] = {
    WishStatus.PROPOSED: "已经收到，等社区看",
    WishStatus.PUBLISHED: "等人来帮忙",
    WishStatus.CLAIMED: "有人在帮忙",
    WishStatus.FULFILLED: "已经实现",
    WishStatus.DECLINED: "这个心愿办不到",
}
_ACTIVITY_TITLES: dict[ActivityStatus, str] = {
    ActivityStatus.OPEN: "可以报名",
    ActivityStatus.FULL: "名额已经满了",
    ActivityStatus.BEGUN: "正在进行",
    ActivityStatus.CANCELLED: "取消了",
}
_TITLES: dict[AppealStatus, str] = {
    AppealStatus.SUBMITTED: "已经收到，等人联系您",
    AppealStatus.ACCEPTED: "有人接手了，正在安排",
    AppealStatus.DISPATCHED: "已经交给负责的单位",
    AppealStatus.IN_PROGRESS: "正在办理",
    AppealStatus.AWAITING_CONFIRMATION: "请您看看：解决了没有？",
    AppealStatus.CLOSED: "已经办完",
    AppealStatus.REJECTED: "这件事社区办不了",
    AppealStatus.WITHDRAWN: "您已经撤回，不用办了",
}
_ANSWERED = {AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED, AppealStatus.REJECTED}
"""The statuses in which the answer is current. After the reporter has rejected it, the work goes on."""
_PARTS = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_NEAR = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
_HALF_DAY = 12


def moment(text: str, zone: str, now: datetime) -> str:
    """A local time such as 「明天下午6:30」 or 「3月5日上午9:00」."""
    there = ZoneInfo(zone)
    at, today = datetime.fromisoformat(text).astimezone(there), now.astimezone(there).date()
    part = next(name for hour, name in _PARTS if at.hour < hour)
    clock = f"{part}{at.hour % _HALF_DAY or (_HALF_DAY if at.hour else 0)}:{at:%M}"
    year = "" if at.year == today.year else f"{at.year}年"
    day = _NEAR.get((at.date() - today).days, f"{year}{at.month}月{at.day}日")
    return f"{day}{clock}"


def _until(begins_at: str, ends_at: str, zone: str, now: datetime) -> str:
    """A span of local times such as 「明天上午10:00到下午1:00」."""
    begin, end = (moment(each, zone, now) for each in (begins_at, ends_at))
    day = begin[: next(begin.index(part) for _, part in _PARTS if part in begin)]
    return f"{begin}到{end.removeprefix(day)}"


_BY_CODE: dict[Code, str] = {
    Code.PLACE_UNCLEAR: "请选一下是哪里。",
    Code.CONFLICT: "您刚才已经提交过一次。如果还有别的事要说，请再按一次。",
    Code.WRONG_STATE: "情况刚刚有了变化，请看下面最新的进展。",
    Code.MALFORMED_ID: "请再按一次。",
}
_BY_FIELD: dict[tuple[Code, object], str] = {
    (Code.NOT_FOUND, "photos"): "照片没有收到，请再选一次。",
    (Code.INVALID_INPUT, "appeal"): "已经过了可以重新办理的时间，请再扫一次二维码，重新说一次。",
}


def problem_words(refusal: Refusal, form: Mapping[str, str]) -> str:
    """The reason of a refusal, and what to do about it."""
    field = refusal.path[0] if refusal.path else ""
    known = _BY_CODE.get(refusal.code) or _BY_FIELD.get((refusal.code, field))
    if known is not None:
        return known
    if field in {"body", "note", "reason"} and not form.get("body" if field == "body" else "note", "").strip():
        return "请写一写是什么事。"
    if field == "name" and not form.get("name", "").strip():
        return "请写上您的姓名。"
    if refusal.code is Code.INVALID_INPUT:
        return f"{written(refusal.reason)}。"
    return refusal.message()


def appeal_view(receipt: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The parts of an appeal's receipt that its page shows."""
    status = AppealStatus(receipt["status"])
    at = partial(moment, zone=receipt["timeZone"], now=now)
    return {
        "receipt": receipt,
        "title": _TITLES[status],
        "fresh": status is AppealStatus.SUBMITTED,
        "urgent": receipt["urgency"] == AppealUrgency.URGENT and status is AppealStatus.SUBMITTED,
        "answer": receipt["answer"] if status in _ANSWERED else None,
        "handler": (receipt["organisation"] or receipt["issuingBody"]) if status in RUNNING else "",
        "outlook": _outlook(receipt, status, at),
        "steps": [
            _step(at, STEP_WORDS.get(EntryKind[each["kind"]], each["label"]), each["occurredAt"], each["said"])
            for each in reversed(receipt["steps"])
        ],
    }


def wish_view(receipt: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The parts of a wish that its receipt page or the wish wall shows. The wall has no date of proposal."""
    status = WishStatus(receipt["status"])
    at = partial(moment, zone=receipt["timeZone"], now=now)
    steps = [
        _step(at, WISH_STEPS[EntryKind[each["kind"]]], each["occurredAt"], each["note"])
        for each in reversed(receipt["steps"])
    ]
    if "proposedAt" in receipt:
        steps.append(_step(at, "您的心愿收到了", receipt["proposedAt"], None))
    fresh = status is WishStatus.PROPOSED
    return {"receipt": receipt, "title": _WISH_TITLES[status], "fresh": fresh, "steps": steps}


def notice_view(shown: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The parts of a notice that the board shows."""
    return {"shown": shown, "at": moment(shown["publishedAt"], shown["timeZone"], now)}


def activity_view(shown: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The parts of an activity that the board shows."""
    status = ActivityStatus(shown["status"])
    at = _until(shown["beginsAt"], shown["endsAt"], shown["timeZone"], now)
    return {"shown": shown, "title": _ACTIVITY_TITLES[status], "at": at, "lines": list(_about(shown, status))}


def _about(shown: Mapping[str, Any], status: ActivityStatus) -> Iterator[str]:
    if status is ActivityStatus.CANCELLED:
        yield f"原因：{shown['cancelReason']}"
        return
    if shown["wanted"] is not None:
        yield f"想找 {shown['wanted']} 位帮手"
    if shown["skill"] is not None:
        yield f"特别欢迎：{shown['skill']}"
    if shown["coming"] is not None:
        yield f"已有 {shown['coming']} 人报名"


def _step(at: Callable[[str], str], what: str, occurred_at: str, said: str | None) -> dict[str, str]:
    return {"what": what, "at": at(occurred_at), "said": said or ""}


def _outlook(receipt: Mapping[str, Any], status: AppealStatus, at: Callable[[str], str]) -> str:
    """The next step, and its deadline."""
    if receipt["pauseEndsAt"]:
        return f"现在暂缓办理，到{at(receipt['pauseEndsAt'])}继续办。"
    if status is AppealStatus.AWAITING_CONFIRMATION and receipt["lapsesAt"]:
        return f"请在{at(receipt['lapsesAt'])}以前回复；如果没有回复，就按已经解决处理。"
    if status is AppealStatus.CLOSED and CaseAction.REOPEN in receipt["allowedActions"]:
        return f"如果问题又出现了，{at(receipt['reopenEndsAt'])}以前可以在这里说。"
    fresh = status is AppealStatus.SUBMITTED
    clock, promised = (Clock.RESPONSE, "与您联系") if fresh else (Clock.RESOLUTION, "办好")
    due = next((each for each in receipt["deadlines"] if each["kind"] == clock), None)
    if due is None or status not in RUNNING:
        return ""
    if due["state"] == DeadlineState.OVERDUE:
        return f"很抱歉，本来应该在{at(due['dueAt'])}以前{promised}，已经晚了。"
    return f"最晚{at(due['dueAt'])}以前{promised}。"


def figures_view(shown: Mapping[str, Any]) -> dict[str, Any]:
    """The published figures of a month: its name, and a line for each figure that is published."""
    month, satisfied = date.fromisoformat(shown["startsOn"]), shown["satisfied"]
    lines = [f"收到问题：{shown['received']} 件"]
    if shown["resolved"] is not None:
        lines.append(f"完成进度：已办结 {shown['resolved']} 件，正在办理 {shown['open']} 件")
    if shown["categoryLabel"] is not None:
        lines.append(f"反映最多：{shown['categoryLabel']}")
    if satisfied is not None:
        lines.append(f"满意：{round(satisfied * 100)}%")
    return {"month": f"{month.year}年{month.month}月", "lines": lines}
