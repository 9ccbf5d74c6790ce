"""The appeals of the last days: one in every state, and enough closed ones for the week."""

from dataclasses import dataclass, field, replace
from datetime import datetime, time
from random import Random
from typing import Any

from db.appeals import Appeal
from rules.appeal_moves import ACCEPT, ANSWER, BEGIN, DISPATCH, ESCALATE, PAUSE, REJECT, TAKE_ON, WITHDRAW
from rules.appeals import NEXT_LEVEL, AppealCategory, AppealKind, AppealLevel, AppealSource
from rules.clocks import Clock
from rules.journal import EntryKind
from seeds import appeals
from seeds.clock import DAY, moment
from seeds.journal import enter
from seeds.lives import HANDED_UP, JUST_ACCEPTED, SENT_BACK, SMOOTH, Path, Step, live
from seeds.quiet.line import OVER, SPEED, come_in, some_subject, write
from seeds.quiet.span import Span
from seeds.reports import Report, Topic, topic
from seeds.world import World

K, C, S = AppealKind, AppealCategory, AppealSource
_SPEED = {**SPEED, BEGIN: (0.2, 1.0), PAUSE: (1.0, 5.0), REJECT: (0.2, 1.4), WITHDRAW: (2.0, 9.0)}
_CLOSED_FROM = 5
"""Days after which an appeal that went smoothly is closed."""
_RESUMES, _PAUSED_FOR = time(12), 5
_DRAGS = 17
Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Case:
    """An appeal that came in some days ago; ``said`` is its answer, or the reason of its last move."""

    days: int
    source: AppealSource
    kind: AppealKind
    category: AppealCategory
    path: Path
    body: str
    said: str = ""
    more: Cells = field(default_factory=dict)

    def come_in(self, world: World, random: Random, span: Span, at: datetime | None = None) -> Report:
        day = span.ago(self.days)
        return come_in(world, random, self.source, Topic(self.kind, self.category, day, self.body, self.said), at)


_NEW = _Case(0, S.QR_HOME, K.PROBLEM, C.ELECTRICITY, (), "楼道照明坏了两层，晚上看不清台阶。")
_DRAGGING = _Case(
    _DRAGS,
    S.PHONE,
    K.PROBLEM,
    C.SAFETY,
    (ACCEPT, BEGIN),
    "小区南门外的人行道塌了一块，下雨积水，老人只能绕着走。",
)
_CASES = (
    _Case(1, S.DESK, K.PROBLEM, C.WATER, JUST_ACCEPTED, "卫生间顶上有水印，怕是楼上漏水。"),
    _Case(1, S.QR_HOME, K.PROBLEM, C.PROPERTY_SERVICE, (ACCEPT, DISPATCH), "单元门的闭门器坏了，风一吹就响。"),
    _Case(1, S.PHONE, K.HELP, C.CARE, JUST_ACCEPTED, "这几天腿疼下不了楼，想请人帮忙买药。"),
    _Case(2, S.BUILDING_HEAD, K.REPORT, C.SAFETY, (ACCEPT, BEGIN), "{unit}三楼楼道堆放旧沙发，占了半边。"),
    _Case(2, S.PHONE, K.PROBLEM, C.PARKING, (ACCEPT, DISPATCH, TAKE_ON), "固定车位被别人占了，电话打不通。"),
    _Case(3, S.DESK, K.INQUIRY, C.CERTIFICATE, (ACCEPT, ANSWER), "开无房证明要本人来吗？", "可以代办，需带委托书。"),
    _Case(3, S.QR_COUNTER, K.PROBLEM, C.SANITATION, (ACCEPT, ANSWER), "垃圾桶不够用。", "添置了两只垃圾桶。"),
    _Case(4, S.QR_HOME, K.PROBLEM, C.NOISE, SENT_BACK, "楼上每天早上五点拖桌子，扰民。"),
    _Case(4, S.APP, K.PROBLEM, C.SAFETY, HANDED_UP, "外墙砖松动，有掉下来的隐患。"),
    _Case(5, S.QR_HOME, K.PROBLEM, C.NOISE, (WITHDRAW,), "隔壁装修中午也不停。", "已经和邻居说好了。"),
    _Case(
        6,
        S.QR_COUNTER,
        K.PROBLEM,
        C.OTHER,
        (REJECT,),
        "网上借款的利息太高，想请社区帮忙取消。",
        "借款合同不归社区处理。",
        {"turn_to": "请向司法所咨询法律援助"},
    ),
    _Case(9, S.DESK, K.PROBLEM, C.PROPERTY_SERVICE, (ACCEPT, ESCALATE, PAUSE), "门禁刷卡没有反应。", "主板要订货"),
)


def add(world: World, span: Span) -> None:
    """Adds the appeals. None of those that are open is past a deadline, but for one that drags."""
    random = world.random(f"quiet board {span.today}")
    for days in range(_CLOSED_FROM, OVER):
        kind, category = some_subject(world, random, span.ago(days))
        subject = topic(random, kind, category, span.ago(days))
        report = come_in(world, random, random.choice(appeals.SOURCES[kind]), subject)
        path = live(world, random, report, SMOOTH, SPEED)
        # One from a visit comes in when the visit was, up to some days later. Its last steps may not have come.
        write(world, random, report, [step for step in path if span.has_come(step.at)])
    for case in _CASES:
        report = case.come_in(world, random, span)
        steps = [_said(case, step) for step in live(world, random, report, case.path, _SPEED)]
        write(world, random, report, steps)
        _last(world).update(_more(span, case, steps[-1], _last(world)))
    write(world, random, _NEW.come_in(world, random, span, span.just_now()), [])
    _drag(world, random, span)


def _last(world: World) -> Cells:
    return world.book.rows(Appeal)[-1]


def _said(case: _Case, step: Step) -> Step:
    """The step with what was said at it, as the acts note it."""
    if step.move is REJECT:
        return replace(step, note=f"{case.said}；{case.more['turn_to']}")
    return replace(step, note=case.said) if step.move in {PAUSE, WITHDRAW} else step


def _more(span: Span, case: _Case, last: Step, row: Cells) -> Cells:
    """The columns that the last move fills."""
    if last.move is WITHDRAW:
        return {"withdrawn_at": last.at}
    if last.move is REJECT:
        return {"rejected_at": last.at, "answer": case.said, **case.more}
    if last.move is PAUSE:
        until = moment(span.today + _PAUSED_FOR * DAY, _RESUMES)
        due = {name: row[name] + (until - last.at) for name in ("response_due_at", "resolution_due_at")}
        return {"paused_until": until, "pause_reason": case.said, **due}
    return {}


def _drag(world: World, random: Random, span: Span) -> None:
    """A matter beyond the community. It went up by itself when its time was over, and a day later once more."""
    report = _DRAGGING.come_in(world, random, span)
    steps = list(live(world, random, report, _DRAGGING.path, _SPEED))
    write(world, random, report, steps)
    row, at = _last(world), _last(world)["resolution_due_at"]
    for level in (AppealLevel.GRID, AppealLevel.COMMUNITY):
        row |= {"level": NEXT_LEVEL[level], "escalated_at": at}
        place = {"building_id": report.building.id, "household_id": row["household_id"], "appeal_id": row["id"]}
        status = {"from_status": row["status"], "to_status": row["status"], "note": f"超过{Clock.RESOLUTION.label}"}
        enter(world.book, EntryKind.APPEAL_OVERDUE, report.grid, at, **place, **status)
        at += DAY
