"""The kinds of journal entries: everything that can happen to an object on record."""

from enum import auto

from rules.vocabulary import Word


class EntryKind(Word):
    """The kind of a journal entry. The journal is the timeline, the audit trail, the live feed and the outbox."""

    # NAME = auto(), label, meaning, subject, feed.

    subject: str
    """The object of an entry: a column of the journal without ``_id``."""
    feed: str | None
    """The subscription that delivers it, if there is one."""

    def __init__(self, value: str, label: str, meaning: str, subject: str, feed: str | None = None) -> None:
        super().__init__(value, label, meaning)
        self.subject, self.feed = subject, feed

    VISIT_RECORDED = auto(), "走访登记", "A visit was recorded.", "visit"
    APPEAL_OPENED = auto(), "诉求提交", "An appeal was opened.", "appeal", "appealOpened"
    APPEAL_ACCEPTED = auto(), "诉求受理", "The reporter was called back or visited.", "appeal", "appealChanged"
    APPEAL_ANSWERED = auto(), "诉求答复", "The reporter was told the result.", "appeal", "appealChanged"
    APPEAL_CONFIRMED = auto(), "居民确认", "The reporter is satisfied; the appeal is closed.", "appeal", "appealChanged"
    APPEAL_RETURNED = auto(), "居民不满意，退回办理", "The reporter is not satisfied.", "appeal", "appealChanged"
    APPEAL_ESCALATED = auto(), "上报", "The appeal was raised one level.", "appeal", "appealChanged"
    APPEAL_BEGUN = auto(), "开始办理", "Work on the appeal began.", "appeal", "appealChanged"
    APPEAL_DISPATCHED = auto(), "派单", "The appeal was dispatched to an organisation.", "appeal", "appealChanged"
    DISPATCH_ACCEPTED = auto(), "单位接单", "The organisation accepted the dispatch.", "appeal", "appealChanged"
    DISPATCH_OBJECTED = auto(), "单位退单", "The organisation objected to the dispatch.", "appeal", "appealChanged"
    DISPATCH_RECALLED = auto(), "撤回派单", "The dispatch was recalled.", "appeal", "appealChanged"
    APPEAL_REJECTED = auto(), "不予受理", "The appeal was rejected.", "appeal", "appealChanged"
    APPEAL_WITHDRAWN = auto(), "居民撤回", "The reporter withdrew the appeal.", "appeal", "appealChanged"
    APPEAL_REOPENED = auto(), "重新打开", "The closed appeal was reopened.", "appeal", "appealChanged"
    APPEAL_PAUSED = auto(), "暂停计时", "The clocks were paused.", "appeal", "appealChanged"
    APPEAL_RESUMED = auto(), "恢复计时", "The clocks were resumed.", "appeal", "appealChanged"
    APPEAL_NOTED = auto(), "补充情况", "Words or photos were added.", "appeal", "appealChanged"
    APPEAL_OVERDUE = auto(), "超时自动上报", "The overdue appeal was raised automatically.", "appeal", "appealChanged"
    APPEAL_LAPSED = auto(), "逾期未反馈，自动办结", "Nobody contradicted the answer in time.", "appeal", "appealChanged"
    APPEAL_MERGED = auto(), "并入事件", "The appeal became part of an incident.", "appeal", "appealChanged"
    INCIDENT_HANDLED = auto(), "事件办理", "A move was made for all appeals of an incident.", "incident"
    CLOCKS_SET = auto(), "设定时限", "The time limits of appeals were set.", "community"
    SCHEDULER_LATE = auto(), "后台任务停摆", "Overdue cases are not being checked.", "community", "schedulerChanged"
    SCHEDULER_BACK = auto(), "后台任务恢复", "Overdue cases are checked again.", "community", "schedulerChanged"
    DISPUTE_OPENED = auto(), "纠纷登记", "A dispute was reported.", "dispute", "disputeChanged"
    AGREEMENT_RECORDED = auto(), "达成协议", "The parties reached an agreement.", "dispute", "disputeChanged"
    CONSENT_NOTED = auto(), "当事人意愿", "A party agreed to mediation or refused it.", "dispute", "disputeChanged"
    MEDIATION_BEGUN = auto(), "开始调解", "Mediation began.", "dispute", "disputeChanged"
    MEETING_HELD = auto(), "调解会", "A mediation meeting was held.", "dispute", "disputeChanged"
    SITE_VISIT_PLANNED = auto(), "约定现场查看", "A visit to the site was planned.", "dispute", "disputeChanged"
    MEDIATOR_INVITED = auto(), "邀请参与联合调解", "A mediator was invited.", "dispute", "disputeChanged"
    MEDIATOR_RELEASED = auto(), "退出联合调解", "An invited mediator left.", "dispute", "disputeChanged"
    DISPUTE_RAISED = auto(), "纠纷上报", "The dispute was raised one level.", "dispute", "disputeChanged"
    DISPUTE_REFERRED = auto(), "移交", "The dispute was referred to another body.", "dispute", "disputeChanged"
    REFERRAL_ACCEPTED = auto(), "接收移交", "The body accepted the referral.", "dispute", "disputeChanged"
    REFERRAL_REJECTED = auto(), "退回移交", "The body rejected the referral.", "dispute", "disputeChanged"
    REFERRAL_RECALLED = auto(), "撤回移交", "The referral was recalled.", "dispute", "disputeChanged"
    REFERRAL_DONE = auto(), "移交办结", "The body reported the outcome.", "dispute", "disputeChanged"
    PARTY_ADDED = auto(), "追加当事人", "A party was added.", "dispute", "disputeChanged"
    CLAIM_NOTED = auto(), "登记请求", "A party's claim was recorded.", "dispute", "disputeChanged"
    FINDING_RECORDED = auto(), "查勘登记", "A finding was recorded.", "dispute", "disputeChanged"
    FINDING_WITHDRAWN = auto(), "撤销查勘记录", "A finding was withdrawn.", "dispute", "disputeChanged"
    EVIDENCE_ADDED = auto(), "证据留存", "A piece of evidence was added.", "dispute", "disputeChanged"
    MEDIATION_FAILED = auto(), "调解不成", "Mediation failed.", "dispute", "disputeChanged"
    DISPUTE_WITHDRAWN = auto(), "撤回申请", "The parties withdrew the dispute.", "dispute", "disputeChanged"
    AGREEMENT_WRITTEN = auto(), "补签书面协议", "An oral agreement was put into writing.", "dispute", "disputeChanged"
    AGREEMENT_MARKED = auto(), "协议签署", "A written agreement was signed or sealed.", "dispute", "disputeChanged"
    CONFIRMATION_NOTED = auto(), "司法确认", "Judicial confirmation was recorded.", "dispute", "disputeChanged"
    PERFORMANCE_CHECKED = auto(), "履行回访", "Performance was checked.", "dispute", "disputeChanged"
    MEDIATION_LIMIT_SET = auto(), "设定调解期限", "The time limit on mediation was set.", "community"
    SITE_PATROLLED = auto(), "工地巡查", "A construction site was patrolled.", "community"
    SITE_POST_GIVEN = auto(), "安排工地岗", "A site post was given to a worker.", "community"
    SITE_POST_ENDED = auto(), "结束工地岗", "A site post ended.", "community"
    HOUSEHOLD_ADDED = auto(), "登记住户", "A household was added to the register.", "household"
    HOUSEHOLD_CORRECTED = auto(), "更正住户", "A household was corrected.", "household"
    RESIDENT_ADDED = auto(), "登记居民", "A resident was added to the register.", "resident"
    RESIDENT_CORRECTED = auto(), "更正居民", "A resident was corrected.", "resident"
    RESIDENT_MOVED = auto(), "迁居", "A resident moved to another registered home.", "resident"
    RESIDENT_LEFT = auto(), "迁出", "A resident moved away.", "resident"
    RESIDENTS_MERGED = auto(), "合并重复登记", "Two records of one person were merged.", "resident"
    RESIDENTS_PARTED = auto(), "撤销合并", "A merge of two records was undone.", "resident"
    COLOUR_SET = auto(), "设定颜色", "A resident was given a colour.", "resident"
    COLOUR_REMOVED = auto(), "取消颜色", "A colour was removed from a resident.", "resident"
    ID_NUMBER_REVEALED = auto(), "查看身份证号", "A resident's full ID number was shown.", "resident"
    RESIDENT_EXPORTED = auto(), "导出个人信息", "All data about a resident was exported.", "resident"
    RESIDENT_ERASED = auto(), "删除个人信息", "A former resident's personal data was erased.", "resident"
    RETENTION_SET = auto(), "设定保存期限", "The time that former residents are kept was set.", "community"
    REGISTER_IMPORTED = auto(), "导入名册", "A register was imported from a file.", "community"
    REGISTER_EXPORTED = auto(), "导出名册", "A register was exported to a file.", "community"
    CASES_EXPORTED = auto(), "导出事项", "Appeals or disputes were exported to a file.", "community"
    POST_GIVEN = auto(), "任职", "A post was given to an account.", "community"
    POST_ENDED = auto(), "离任", "A post of an account ended.", "community"
    CADENCE_SET = auto(), "设定走访周期", "The visit frequency of a colour was set.", "community"
    DUTY_PAUSED = auto(), "暂停走访", "The duty to reach somebody was paused.", "household"
    PAUSE_ENDED = auto(), "恢复走访", "A pause was ended.", "household"
    ROUND_HANDED_OVER = auto(), "委托代班", "A worker's round was handed to a stand-in.", "grid"
    ROUND_TAKEN_BACK = auto(), "结束代班", "A round was taken back from a stand-in.", "grid"
    ALERT_RAISED = auto(), "平安提醒", "A resident living alone was not reached in time.", "alert", "alertRaised"
    ALERT_CLIMBED = auto(), "提醒升级", "The alert moved to the next rung of the safety ladder.", "alert", "alertRaised"
    ALERT_ACKNOWLEDGED = auto(), "提醒已有人处理", "Somebody acknowledged the alert.", "alert", "alertChanged"
    ALERT_REPORTED = auto(), "上门反馈", "Somebody reported what was found at the door.", "alert", "alertChanged"
    ALERT_REOPENED = auto(), "恢复提醒", "The alert is open again.", "alert", "alertChanged"
    ALERT_ENDED = auto(), "提醒解除", "The alert ended.", "alert", "alertChanged"
    HELP_CALLED = auto(), "发起召集", "Residents near by were called to help.", "call"
    HELP_ANSWERED = auto(), "召集应答", "Somebody answered a call for help.", "call"
    HELP_CLOSED = auto(), "召集结束", "A call for help was closed.", "call"
    REPORT_SETTLED = auto(), "情况转办", "A building head's report was settled.", "appeal", "appealChanged"
    ROSTER_PUBLISHED = auto(), "发布排班", "A week's roster was published.", "roster_week"
    ROSTER_CHANGED = auto(), "调整排班", "A week's roster was planned or changed.", "roster_week"
    SHIFTS_SWAPPED = auto(), "换班", "Two workers swapped shifts.", "roster_week"
    QR_CODE_ISSUED = auto(), "发放二维码", "A QR code was issued.", "community"
    QR_CODE_REPLACED = auto(), "更换二维码", "A QR code was replaced; the old one no longer works.", "community"
    QR_CODE_REVOKED = auto(), "停用二维码", "A QR code was revoked.", "community"
    WISH_PROPOSED = auto(), "提出心愿", "A wish was proposed.", "wish"
    WISH_PUBLISHED = auto(), "心愿公布", "The wish was published.", "wish", "wishChanged"
    WISH_CLAIMED = auto(), "心愿认领", "The wish was claimed.", "wish", "wishChanged"
    WISH_PROGRESSED = auto(), "心愿进展", "Progress was reported.", "wish", "wishChanged"
    WISH_RELEASED = auto(), "重新等待认领", "The claim was given up.", "wish", "wishChanged"
    WISH_FULFILLED = auto(), "心愿实现", "The wish was fulfilled.", "wish", "wishChanged"
    WISH_DECLINED = auto(), "心愿未采纳", "The wish was declined.", "wish"


TO_REPORTER = frozenset({EntryKind.APPEAL_ANSWERED, EntryKind.APPEAL_REJECTED})
"""Entries whose notes are addressed to the reporter."""


def kinds_of_feed(feed: str) -> frozenset[EntryKind]:
    """The kinds that a subscription delivers."""
    return frozenset(kind for kind in EntryKind if kind.feed == feed)


DISPUTE_CHANGES = kinds_of_feed("disputeChanged")
WISH_PROGRESS = kinds_of_feed("wishChanged")
"""The public entries of a wish: they name no place, and their notes are checked for names."""
