"""The kinds of journal entries: everything that can happen to something on record."""

from enum import auto
from typing import Self

from rules.vocabulary import Word


class EntryKind(Word):
    """What happened. The journal is timeline, audit trail, live feed and outbox at once."""

    # A row: its label, its meaning, its subject, and its feed if it has one.
    subject: str
    """What an entry is about: a column of the journal, without ``_id``."""
    feed: str | None
    """The subscription that tells it."""

    def __new__(cls, value: str, label: str, meaning: str, subject: str, feed: str | None = None) -> Self:
        """A row of the table below."""
        kind = str.__new__(cls, value)
        kind._value_, kind.label, kind.meaning, kind.subject, kind.feed = value, label, meaning, subject, feed
        return kind

    VISIT_RECORDED = auto(), "走访登记", "A visit was recorded.", "visit"
    APPEAL_OPENED = auto(), "诉求提交", "An appeal was opened.", "appeal", "appealOpened"
    APPEAL_ACCEPTED = auto(), "诉求受理", "The reporter was called back or gone to.", "appeal", "appealChanged"
    APPEAL_ANSWERED = (
        auto(),
        "诉求答复",
        "The reporter was told the result and is asked to confirm.",
        "appeal",
        "appealChanged",
    )
    APPEAL_CONFIRMED = auto(), "居民确认", "The reporter is satisfied; the appeal is closed.", "appeal", "appealChanged"
    APPEAL_RETURNED = (
        auto(),
        "居民不满意，退回办理",
        "The reporter is not satisfied; the appeal goes on.",
        "appeal",
        "appealChanged",
    )
    APPEAL_ESCALATED = auto(), "上报", "The appeal went one level up.", "appeal", "appealChanged"
    APPEAL_BEGUN = auto(), "开始办理", "Work on an appeal began.", "appeal", "appealChanged"
    APPEAL_DISPATCHED = auto(), "派单", "An appeal was dispatched to an organisation.", "appeal", "appealChanged"
    DISPATCH_ACCEPTED = auto(), "单位接单", "The organisation took it on.", "appeal", "appealChanged"
    DISPATCH_OBJECTED = auto(), "单位退单", "The organisation objected, with a reason.", "appeal", "appealChanged"
    DISPATCH_RECALLED = auto(), "撤回派单", "A dispatch was taken back.", "appeal", "appealChanged"
    APPEAL_REJECTED = (
        auto(),
        "不予受理",
        "An appeal was rejected.",
        "appeal",
        "appealChanged",
    )
    APPEAL_WITHDRAWN = auto(), "居民撤回", "The reporter withdrew an appeal.", "appeal", "appealChanged"
    APPEAL_REOPENED = auto(), "重新打开", "A closed appeal was opened again.", "appeal", "appealChanged"
    APPEAL_PAUSED = auto(), "暂停计时", "The clocks of an appeal were paused.", "appeal", "appealChanged"
    APPEAL_RESUMED = auto(), "恢复计时", "The clocks of an appeal run again.", "appeal", "appealChanged"
    APPEAL_NOTED = auto(), "补充情况", "Something was added to an appeal.", "appeal", "appealChanged"
    APPEAL_OVERDUE = auto(), "超时自动上报", "An overdue appeal went one level up by itself.", "appeal", "appealChanged"
    APPEAL_LAPSED = (
        auto(),
        "逾期未答，自动办结",
        "An answered appeal was closed because nobody contradicted.",
        "appeal",
        "appealChanged",
    )
    APPEAL_MERGED = auto(), "并入事件", "An appeal became part of an incident.", "appeal", "appealChanged"
    INCIDENT_HANDLED = auto(), "事件办理", "Something was done for all appeals of an incident.", "incident"
    CLOCKS_SET = auto(), "设定时限", "The time limits of appeals were set.", "community"
    SCHEDULER_LATE = (
        auto(),
        "后台任务停摆",
        "Nothing has looked at what is overdue for a while.",
        "community",
        "schedulerChanged",
    )
    SCHEDULER_BACK = auto(), "后台任务恢复", "What is overdue is looked at again.", "community", "schedulerChanged"
    DISPUTE_OPENED = auto(), "纠纷登记", "A dispute was reported.", "dispute", "disputeChanged"
    AGREEMENT_RECORDED = auto(), "达成协议", "The parties reached an agreement.", "dispute", "disputeChanged"
    CONSENT_NOTED = auto(), "当事人意愿", "A party said whether they agree to be mediated.", "dispute", "disputeChanged"
    MEDIATION_BEGUN = auto(), "开始调解", "Mediation began.", "dispute", "disputeChanged"
    MEETING_HELD = auto(), "调解会", "A mediation meeting was held.", "dispute", "disputeChanged"
    SITE_VISIT_PLANNED = auto(), "约定现场查看", "A visit to the place was arranged.", "dispute", "disputeChanged"
    MEDIATOR_INVITED = (
        auto(),
        "邀请参与联合调解",
        "A mediator was invited to join.",
        "dispute",
        "disputeChanged",
    )
    MEDIATOR_RELEASED = auto(), "退出联合调解", "An invited mediator left.", "dispute", "disputeChanged"
    DISPUTE_RAISED = auto(), "纠纷上报", "A dispute went a level up.", "dispute", "disputeChanged"
    DISPUTE_REFERRED = auto(), "移交", "A dispute was referred to another body.", "dispute", "disputeChanged"
    REFERRAL_ACCEPTED = auto(), "接收移交", "The body accepted the dispute.", "dispute", "disputeChanged"
    REFERRAL_REJECTED = auto(), "退回移交", "The body sent the dispute back.", "dispute", "disputeChanged"
    REFERRAL_RECALLED = auto(), "撤回移交", "A referral was taken back.", "dispute", "disputeChanged"
    REFERRAL_DONE = auto(), "移交办结", "The body reported back how it ended.", "dispute", "disputeChanged"
    PARTY_ADDED = auto(), "追加当事人", "Somebody turned out to be a party.", "dispute", "disputeChanged"
    CLAIM_NOTED = auto(), "登记请求", "A party said what they want.", "dispute", "disputeChanged"
    FINDING_RECORDED = auto(), "查勘登记", "A loss was found.", "dispute", "disputeChanged"
    FINDING_WITHDRAWN = auto(), "撤销查勘记录", "A finding was withdrawn.", "dispute", "disputeChanged"
    EVIDENCE_ADDED = auto(), "证据留存", "Evidence was kept.", "dispute", "disputeChanged"
    MEDIATION_FAILED = (
        auto(),
        "调解不成",
        "Mediation failed; the parties were told of the other routes.",
        "dispute",
        "disputeChanged",
    )
    DISPUTE_WITHDRAWN = auto(), "撤回申请", "The parties took the dispute back.", "dispute", "disputeChanged"
    AGREEMENT_WRITTEN = auto(), "补签书面协议", "An oral agreement was put into writing.", "dispute", "disputeChanged"
    AGREEMENT_MARKED = auto(), "协议签署", "Somebody marked a written agreement.", "dispute", "disputeChanged"
    CONFIRMATION_NOTED = auto(), "司法确认", "What became of a judicial confirmation.", "dispute", "disputeChanged"
    PERFORMANCE_CHECKED = auto(), "履行回访", "Performance was followed up.", "dispute", "disputeChanged"
    MEDIATION_LIMIT_SET = auto(), "设定调解期限", "How long mediating may take was set.", "community"
    SITE_PATROLLED = auto(), "工地巡查", "A patrol visited a construction site.", "community"
    SITE_POST_GIVEN = auto(), "安排工地岗", "A worker got a site post.", "community"
    SITE_POST_ENDED = auto(), "结束工地岗", "A site post ended.", "community"
    HOUSEHOLD_ADDED = auto(), "登记住户", "A household was put on the register.", "household"
    HOUSEHOLD_CORRECTED = auto(), "更正住户", "A household's entry was corrected.", "household"
    RESIDENT_ADDED = auto(), "登记居民", "A resident was put on the register.", "resident"
    RESIDENT_CORRECTED = auto(), "更正居民", "A resident's entry was corrected.", "resident"
    RESIDENT_MOVED = auto(), "迁居", "A resident moved to another home here.", "resident"
    RESIDENT_LEFT = auto(), "迁出", "A resident moved away.", "resident"
    RESIDENTS_MERGED = auto(), "合并重复登记", "Two records of one person were merged.", "resident"
    RESIDENTS_PARTED = auto(), "撤销合并", "A merger of two records was undone.", "resident"
    COLOUR_SET = auto(), "设定颜色", "A resident was given a colour.", "resident"
    COLOUR_REMOVED = auto(), "取消颜色", "A resident's colour was taken away.", "resident"
    ID_NUMBER_REVEALED = auto(), "查看身份证号", "Somebody looked at a resident's full ID number.", "resident"
    REGISTER_IMPORTED = auto(), "导入名册", "A register was imported from a file.", "community"
    REGISTER_EXPORTED = auto(), "导出名册", "A register was written to a file.", "community"
    POST_GIVEN = auto(), "任职", "An account was given a post.", "community"
    POST_ENDED = auto(), "离任", "An account's post was ended.", "community"
    CADENCE_SET = auto(), "设定走访周期", "How often people of a colour are to be reached was set.", "community"
    DUTY_PAUSED = auto(), "暂停走访", "The duty to reach somebody was paused.", "household"
    PAUSE_ENDED = auto(), "恢复走访", "A pause was ended.", "household"
    ROUND_HANDED_OVER = auto(), "委托代班", "A worker's round was handed to a stand-in.", "grid"
    ROUND_TAKEN_BACK = auto(), "结束代班", "A stand-in's time was ended.", "grid"
    ALERT_RAISED = auto(), "平安提醒", "Somebody living alone was not reached in time.", "alert", "alertRaised"
    ALERT_CLIMBED = auto(), "提醒升级", "An alert went to the next rung of the safety ladder.", "alert", "alertRaised"
    ALERT_ACKNOWLEDGED = auto(), "提醒有人处理", "Somebody took an alert upon themselves.", "alert"
    ALERT_ENDED = auto(), "提醒解除", "The person of an alert was reached.", "alert"
    HELP_CALLED = auto(), "发起召集", "Residents near by were called to help.", "call"
    HELP_ANSWERED = auto(), "召集应答", "Somebody answered a call for help.", "call"
    HELP_CLOSED = auto(), "召集结束", "A call for help was closed.", "call"
    REPORT_SETTLED = (
        auto(),
        "情况转办",
        "A building head's report became an appeal, a register change or a dispute.",
        "appeal",
        "appealChanged",
    )
    ROSTER_PUBLISHED = auto(), "发布排班", "A week's roster was published.", "roster_week"
    ROSTER_CHANGED = auto(), "调整排班", "A week's roster was planned or changed.", "roster_week"
    SHIFTS_SWAPPED = auto(), "换班", "Two workers swapped shifts.", "roster_week"
    QR_CODE_ISSUED = auto(), "发放二维码", "A QR code was issued.", "community"
    QR_CODE_REPLACED = auto(), "更换二维码", "A QR code was replaced; the old one stopped working.", "community"
    QR_CODE_REVOKED = auto(), "停用二维码", "A QR code was revoked.", "community"
    WISH_PROPOSED = auto(), "提出心愿", "A wish was written down.", "wish"
    WISH_PUBLISHED = auto(), "心愿公布", "A wish was published.", "wish", "wishChanged"
    WISH_CLAIMED = auto(), "心愿认领", "Somebody took a wish upon themselves.", "wish", "wishChanged"
    WISH_PROGRESSED = auto(), "心愿进展", "It was told how far a wish is.", "wish", "wishChanged"
    WISH_RELEASED = auto(), "重新等待认领", "A wish waits for somebody else.", "wish", "wishChanged"
    WISH_FULFILLED = auto(), "心愿实现", "A wish has come true.", "wish", "wishChanged"
    WISH_DECLINED = auto(), "心愿未采纳", "A wish cannot be fulfilled.", "wish"


REPORTERS_WORDS = frozenset(
    {
        EntryKind.APPEAL_CONFIRMED,
        EntryKind.APPEAL_RETURNED,
        EntryKind.APPEAL_WITHDRAWN,
        EntryKind.APPEAL_REOPENED,
        EntryKind.APPEAL_NOTED,
    }
)
"""What a reporter without an account says themself; of a worker's note under such a kind they are not told."""
TOLD_REPORTER = frozenset({EntryKind.APPEAL_ANSWERED, EntryKind.APPEAL_REJECTED})
"""What is said to the reporter."""


def told_by(feed: str) -> frozenset[EntryKind]:
    """The kinds that a subscription tells."""
    return frozenset(kind for kind in EntryKind if kind.feed == feed)


APPEAL_CHANGES = told_by("appealChanged")
DISPUTE_CHANGES = told_by("disputeChanged")
WISH_PROGRESS = told_by("wishChanged")
"""What everybody may know of a wish: such entries name no place, and their notes are checked for names."""
