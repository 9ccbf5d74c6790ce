"""The plain words of the pages: what happened, who has it, what is waited for, and till when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.access import Act
from rules.appeals import AppealKind, AppealStatus
from rules.clocks import RUNNING, Clock, DeadlineState
from rules.journal import EntryKind
from rules.photos import MOST_A_CASE
from rules.refusals import Code, Refusal
from rules.wishes import WishStatus

WISH = "WISH"
"""A choice beside the kinds of appeals: a small wish."""
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
    "TOO_MANY": f"最多 {MOST_A_CASE} 张照片，多出来的没有收",
    "ALL_TOO_LARGE": "照片一共太大了，没有传完，请少选几张",
    "TOO_SLOW": "网络太慢，照片没有传完。请换个信号好的地方，或者先不带照片",
    "FOR_WISH": "心愿不带照片，照片没有收。请再按一次提交",
}
"""What is wrong with photos, and what to do."""
RATING_WORDS: dict[str, str] = {"5": "很满意", "4": "满意", "3": "一般", "2": "不太满意", "1": "很不满意"}
STEP_WORDS: dict[EntryKind, str] = {
    EntryKind.APPEAL_OPENED: "您的话收到了",
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
    EntryKind.APPEAL_OVERDUE: "超过了时间，自动报到上一级",
    EntryKind.APPEAL_REJECTED: "这件事社区办不了",
    EntryKind.APPEAL_WITHDRAWN: "撤回了，不用办了",
    EntryKind.APPEAL_REOPENED: "又有问题，重新办理",
    EntryKind.APPEAL_PAUSED: "先等一等",
    EntryKind.APPEAL_RESUMED: "继续办理",
    EntryKind.APPEAL_NOTED: "补充了情况",
    EntryKind.APPEAL_LAPSED: "一直没有等到您的回话，就当解决了",
    EntryKind.APPEAL_MERGED: "和邻居说的同一件事一起办",
    EntryKind.REPORT_SETTLED: "情况已经转去办理",
}
WISH_STEPS: dict[EntryKind, str] = {
    EntryKind.WISH_PUBLISHED: "贴到了心愿墙上",
    EntryKind.WISH_CLAIMED: "有人来帮忙了",
    EntryKind.WISH_PROGRESSED: "有进展了",
    EntryKind.WISH_RELEASED: "换别人来帮忙",
    EntryKind.WISH_FULFILLED: "心愿实现了",
}
_WISH_TITLES: dict[WishStatus, str] = {
    WishStatus.PROPOSED: "已经收到，等社区看",
    WishStatus.PUBLISHED: "等人来帮忙",
    WishStatus.CLAIMED: "有人在帮忙",
    WishStatus.FULFILLED: "已经实现",
    WishStatus.DECLINED: "这个心愿办不到",
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
_PARTS = ((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上"))
_NEAR = {-1: "昨天", 0: "今天", 1: "明天", 2: "后天"}
_HALF_DAY = 12


def moment(text: str, zone: str, now: datetime) -> str:
    """Such as 「明天下午6:30」 or 「3月5日上午9:00」."""
    there = ZoneInfo(zone)
    at, today = datetime.fromisoformat(text).astimezone(there), now.astimezone(there).date()
    part = next(name for hour, name in _PARTS if at.hour < hour)
    clock = f"{part}{at.hour % _HALF_DAY or (_HALF_DAY if at.hour else 0)}:{at:%M}"
    return f"{_day(at, today)}{clock}"


def _day(at: datetime, today: Any) -> str:
    near = _NEAR.get((at.date() - today) // timedelta(days=1))
    year = "" if at.year == today.year else f"{at.year}年"
    return near or f"{year}{at.month}月{at.day}日"


_BY_CODE: dict[Code, str] = {
    Code.PLACE_UNCLEAR: "请选一下是哪栋楼。",
    Code.CONFLICT: "您刚才已经提交过一次。如果还有别的事要说，请再按一次。",
    Code.WRONG_STATE: "情况刚刚有了变化，请看下面最新的进展。",
    Code.MALFORMED_ID: "请再按一次。",
}
_BY_FIELD: dict[tuple[Code, object], str] = {
    (Code.NOT_FOUND, "photos"): "照片没有收到，请再选一次。",
    (Code.INVALID_INPUT, "appeal"): "已经过了可以重新办理的时间，请再扫一次二维码，重新说一次。",
}


def problem_words(refusal: Refusal, form: Mapping[str, str]) -> str:
    """Why it did not work, and what to do."""
    field = refusal.path[0] if refusal.path else ""
    known = _BY_CODE.get(refusal.code) or _BY_FIELD.get((refusal.code, field))
    if known is not None:
        return known
    if field in {"body", "note", "reason"} and not form.get("body" if field == "body" else "note", "").strip():
        return "请写一写是什么事。"
    if refusal.code is Code.INVALID_INPUT:
        return f"{refusal.details['reason_zh']}。"
    return refusal.message()


def halves(code: str) -> tuple[str, str]:
    """A receipt code in two parts, which are easier to note down."""
    return code[: len(code) // 2], code[len(code) // 2 :]


@dataclass(frozen=True, slots=True)
class WishTold:
    """A wish, told at a moment: by its receipt, or on the wall."""

    receipt: Mapping[str, Any]
    now: datetime

    @property
    def status(self) -> WishStatus:
        """Where it stands."""
        return WishStatus(self.receipt["status"])

    @property
    def title(self) -> str:
        """Where it stands, in a few words."""
        return _WISH_TITLES[self.status]

    @property
    def fresh(self) -> bool:
        """Whether nothing has happened yet."""
        return self.status is WishStatus.PROPOSED

    @property
    def halves(self) -> tuple[str, str]:
        """The receipt code in two lines."""
        return halves(self.receipt["code"])

    @property
    def steps(self) -> list[dict[str, str]]:
        """What has happened, the latest first."""
        told = [self._step(WISH_STEPS[EntryKind[each["kind"]]], each) for each in reversed(self.receipt["steps"])]
        said = self.receipt.get("proposedAt")
        return [*told, *([self._step("您的心愿收到了", {"occurredAt": said})] if said else [])]

    def _step(self, what: str, step: Mapping[str, Any]) -> dict[str, str]:
        at = moment(step["occurredAt"], self.receipt["timeZone"], self.now)
        return {"what": what, "at": at, "said": step.get("note") or ""}


@dataclass(frozen=True, slots=True)
class Told:
    """A receipt, told at a moment."""

    receipt: Mapping[str, Any]
    now: datetime

    @property
    def status(self) -> AppealStatus:
        """Where it stands."""
        return AppealStatus(self.receipt["status"])

    @property
    def title(self) -> str:
        """Where it stands, in a few words."""
        return _TITLES[self.status]

    @property
    def halves(self) -> tuple[str, str]:
        """The receipt code in two lines."""
        return halves(self.receipt["code"])

    @property
    def fresh(self) -> bool:
        """Whether nothing has happened yet."""
        return self.status is AppealStatus.SUBMITTED

    @property
    def answered(self) -> bool:
        """Whether the answer is the last word; after the reporter's no it is not."""
        return self.status in {AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED, AppealStatus.REJECTED}

    def may(self, act: str) -> bool:
        """Whether the reporter may do this now."""
        return Act(act).value in self.receipt["allowedActions"]

    @property
    def doer(self) -> str:
        """Which body has it now; nothing when it is over, or waits for the reporter."""
        if self.status not in RUNNING:
            return ""
        return str(self.receipt["organisation"] or self.receipt["issuingBody"])

    @property
    def till(self) -> str:
        """What is waited for, and till when."""
        if self.receipt["pausedUntil"]:
            return f"现在先等一等，到{self.at(self.receipt['pausedUntil'])}再接着办。"
        if self.status is AppealStatus.AWAITING_CONFIRMATION and self.receipt["lapsesAt"]:
            return f"请在{self.at(self.receipt['lapsesAt'])}以前回话；不回话，就当已经解决。"
        if self.status is AppealStatus.CLOSED and self.may("REOPEN_APPEAL"):
            return f"如果又不好了，{self.at(self.receipt['reopenUntil'])}以前可以在这里说。"
        return self._deadline() if self.status in RUNNING else ""

    def _deadline(self) -> str:
        clock = Clock.RESPONSE if self.fresh else Clock.RESOLUTION
        due = next((each for each in self.receipt["deadlines"] if each["clock"] == clock), None)
        if due is None:
            return ""
        wanted, at = "与您联系" if self.fresh else "办好", self.at(due["due"])
        if due["state"] == DeadlineState.OVERDUE:
            return f"本来应该在{at}以前{wanted}，已经晚了。"
        return f"最晚{at}以前{wanted}。"

    @property
    def steps(self) -> list[dict[str, str]]:
        """What has happened, the latest first."""
        return [
            {
                "what": STEP_WORDS.get(EntryKind[step["kind"]], step["label"]),
                "at": self.at(step["occurredAt"]),
                "said": step["said"] or "",
            }
            for step in reversed(self.receipt["steps"])
        ]

    def at(self, text: str) -> str:
        """A moment as people there say it."""
        return moment(text, self.receipt["timeZone"], self.now)
