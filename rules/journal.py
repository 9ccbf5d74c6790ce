"""The kinds of journal entries: everything that can happen to something on record."""

from enum import StrEnum


class EntryKind(StrEnum):
    """What happened. The journal is timeline, audit trail, live feed and outbox at once."""

    VISIT_RECORDED = "VISIT_RECORDED"
    APPEAL_OPENED = "APPEAL_OPENED"
    APPEAL_ACCEPTED = "APPEAL_ACCEPTED"
    APPEAL_ANSWERED = "APPEAL_ANSWERED"
    APPEAL_CONFIRMED = "APPEAL_CONFIRMED"
    APPEAL_RETURNED = "APPEAL_RETURNED"
    APPEAL_ESCALATED = "APPEAL_ESCALATED"
    APPEAL_BEGUN = "APPEAL_BEGUN"
    APPEAL_DISPATCHED = "APPEAL_DISPATCHED"
    DISPATCH_ACCEPTED = "DISPATCH_ACCEPTED"
    DISPATCH_OBJECTED = "DISPATCH_OBJECTED"
    DISPATCH_RECALLED = "DISPATCH_RECALLED"
    APPEAL_REJECTED = "APPEAL_REJECTED"
    APPEAL_WITHDRAWN = "APPEAL_WITHDRAWN"
    APPEAL_REOPENED = "APPEAL_REOPENED"
    APPEAL_PAUSED = "APPEAL_PAUSED"
    APPEAL_RESUMED = "APPEAL_RESUMED"
    APPEAL_NOTED = "APPEAL_NOTED"
    APPEAL_OVERDUE = "APPEAL_OVERDUE"
    APPEAL_LAPSED = "APPEAL_LAPSED"
    APPEAL_MERGED = "APPEAL_MERGED"
    INCIDENT_HANDLED = "INCIDENT_HANDLED"
    CLOCKS_SET = "CLOCKS_SET"
    SCHEDULER_LATE = "SCHEDULER_LATE"
    SCHEDULER_BACK = "SCHEDULER_BACK"
    DISPUTE_OPENED = "DISPUTE_OPENED"
    AGREEMENT_RECORDED = "AGREEMENT_RECORDED"
    CONSENT_NOTED = "CONSENT_NOTED"
    MEDIATION_BEGUN = "MEDIATION_BEGUN"
    MEETING_HELD = "MEETING_HELD"
    SITE_VISIT_PLANNED = "SITE_VISIT_PLANNED"
    MEDIATOR_INVITED = "MEDIATOR_INVITED"
    MEDIATOR_RELEASED = "MEDIATOR_RELEASED"
    DISPUTE_RAISED = "DISPUTE_RAISED"
    DISPUTE_REFERRED = "DISPUTE_REFERRED"
    REFERRAL_ACCEPTED = "REFERRAL_ACCEPTED"
    REFERRAL_REJECTED = "REFERRAL_REJECTED"
    REFERRAL_RECALLED = "REFERRAL_RECALLED"
    REFERRAL_DONE = "REFERRAL_DONE"
    PARTY_ADDED = "PARTY_ADDED"
    CLAIM_NOTED = "CLAIM_NOTED"
    FINDING_RECORDED = "FINDING_RECORDED"
    FINDING_WITHDRAWN = "FINDING_WITHDRAWN"
    EVIDENCE_ADDED = "EVIDENCE_ADDED"
    MEDIATION_FAILED = "MEDIATION_FAILED"
    DISPUTE_WITHDRAWN = "DISPUTE_WITHDRAWN"
    AGREEMENT_WRITTEN = "AGREEMENT_WRITTEN"
    AGREEMENT_MARKED = "AGREEMENT_MARKED"
    CONFIRMATION_NOTED = "CONFIRMATION_NOTED"
    PERFORMANCE_CHECKED = "PERFORMANCE_CHECKED"
    MEDIATION_LIMIT_SET = "MEDIATION_LIMIT_SET"
    SITE_PATROLLED = "SITE_PATROLLED"
    SITE_POST_GIVEN = "SITE_POST_GIVEN"
    SITE_POST_ENDED = "SITE_POST_ENDED"
    HOUSEHOLD_ADDED = "HOUSEHOLD_ADDED"
    HOUSEHOLD_CORRECTED = "HOUSEHOLD_CORRECTED"
    RESIDENT_ADDED = "RESIDENT_ADDED"
    RESIDENT_CORRECTED = "RESIDENT_CORRECTED"
    RESIDENT_MOVED = "RESIDENT_MOVED"
    RESIDENT_LEFT = "RESIDENT_LEFT"
    RESIDENTS_MERGED = "RESIDENTS_MERGED"
    RESIDENTS_PARTED = "RESIDENTS_PARTED"
    COLOUR_SET = "COLOUR_SET"
    COLOUR_REMOVED = "COLOUR_REMOVED"
    ID_NUMBER_REVEALED = "ID_NUMBER_REVEALED"
    REGISTER_IMPORTED = "REGISTER_IMPORTED"
    REGISTER_EXPORTED = "REGISTER_EXPORTED"
    POST_GIVEN = "POST_GIVEN"
    POST_ENDED = "POST_ENDED"
    CADENCE_SET = "CADENCE_SET"
    DUTY_PAUSED = "DUTY_PAUSED"
    PAUSE_ENDED = "PAUSE_ENDED"
    ROUND_HANDED_OVER = "ROUND_HANDED_OVER"
    ROUND_TAKEN_BACK = "ROUND_TAKEN_BACK"
    ALERT_RAISED = "ALERT_RAISED"
    ALERT_CLIMBED = "ALERT_CLIMBED"
    ALERT_ACKNOWLEDGED = "ALERT_ACKNOWLEDGED"
    ALERT_ENDED = "ALERT_ENDED"
    HELP_CALLED = "HELP_CALLED"
    HELP_ANSWERED = "HELP_ANSWERED"
    HELP_CLOSED = "HELP_CLOSED"
    REPORT_SETTLED = "REPORT_SETTLED"
    ROSTER_PUBLISHED = "ROSTER_PUBLISHED"
    ROSTER_CHANGED = "ROSTER_CHANGED"
    SHIFTS_SWAPPED = "SHIFTS_SWAPPED"
    QR_CODE_ISSUED = "QR_CODE_ISSUED"
    QR_CODE_REPLACED = "QR_CODE_REPLACED"
    QR_CODE_REVOKED = "QR_CODE_REVOKED"
    WISH_PROPOSED = "WISH_PROPOSED"
    WISH_PUBLISHED = "WISH_PUBLISHED"
    WISH_CLAIMED = "WISH_CLAIMED"
    WISH_PROGRESSED = "WISH_PROGRESSED"
    WISH_RELEASED = "WISH_RELEASED"
    WISH_FULFILLED = "WISH_FULFILLED"
    WISH_DECLINED = "WISH_DECLINED"


ENTRY_LABELS: dict[EntryKind, str] = {
    EntryKind.VISIT_RECORDED: "走访登记",
    EntryKind.APPEAL_OPENED: "诉求提交",
    EntryKind.APPEAL_ACCEPTED: "诉求受理",
    EntryKind.APPEAL_ANSWERED: "诉求答复",
    EntryKind.APPEAL_CONFIRMED: "居民确认",
    EntryKind.APPEAL_RETURNED: "居民不满意,退回办理",
    EntryKind.APPEAL_ESCALATED: "上报",
    EntryKind.APPEAL_BEGUN: "开始办理",
    EntryKind.APPEAL_DISPATCHED: "派单",
    EntryKind.DISPATCH_ACCEPTED: "单位接单",
    EntryKind.DISPATCH_OBJECTED: "单位退单",
    EntryKind.DISPATCH_RECALLED: "撤回派单",
    EntryKind.APPEAL_REJECTED: "不予受理",
    EntryKind.APPEAL_WITHDRAWN: "居民撤回",
    EntryKind.APPEAL_REOPENED: "重新打开",
    EntryKind.APPEAL_PAUSED: "暂停计时",
    EntryKind.APPEAL_RESUMED: "恢复计时",
    EntryKind.APPEAL_NOTED: "补充情况",
    EntryKind.APPEAL_OVERDUE: "超时自动上报",
    EntryKind.APPEAL_LAPSED: "逾期未答,自动办结",
    EntryKind.APPEAL_MERGED: "并入事件",
    EntryKind.INCIDENT_HANDLED: "事件办理",
    EntryKind.CLOCKS_SET: "设定时限",
    EntryKind.SCHEDULER_LATE: "后台任务停摆",
    EntryKind.SCHEDULER_BACK: "后台任务恢复",
    EntryKind.DISPUTE_OPENED: "纠纷登记",
    EntryKind.AGREEMENT_RECORDED: "达成协议",
    EntryKind.CONSENT_NOTED: "当事人意愿",
    EntryKind.MEDIATION_BEGUN: "开始调解",
    EntryKind.MEETING_HELD: "调解会",
    EntryKind.SITE_VISIT_PLANNED: "约定现场查看",
    EntryKind.MEDIATOR_INVITED: "邀请参与联合调解",
    EntryKind.MEDIATOR_RELEASED: "退出联合调解",
    EntryKind.DISPUTE_RAISED: "纠纷上报",
    EntryKind.DISPUTE_REFERRED: "移交",
    EntryKind.REFERRAL_ACCEPTED: "接收移交",
    EntryKind.REFERRAL_REJECTED: "退回移交",
    EntryKind.REFERRAL_RECALLED: "撤回移交",
    EntryKind.REFERRAL_DONE: "移交办结",
    EntryKind.PARTY_ADDED: "追加当事人",
    EntryKind.CLAIM_NOTED: "登记请求",
    EntryKind.FINDING_RECORDED: "查勘登记",
    EntryKind.FINDING_WITHDRAWN: "撤销查勘记录",
    EntryKind.EVIDENCE_ADDED: "证据留存",
    EntryKind.MEDIATION_FAILED: "调解不成",
    EntryKind.DISPUTE_WITHDRAWN: "撤回申请",
    EntryKind.AGREEMENT_WRITTEN: "补签书面协议",
    EntryKind.AGREEMENT_MARKED: "协议签署",
    EntryKind.CONFIRMATION_NOTED: "司法确认",
    EntryKind.PERFORMANCE_CHECKED: "履行回访",
    EntryKind.MEDIATION_LIMIT_SET: "设定调解期限",
    EntryKind.SITE_PATROLLED: "工地巡查",
    EntryKind.SITE_POST_GIVEN: "安排工地岗",
    EntryKind.SITE_POST_ENDED: "结束工地岗",
    EntryKind.HOUSEHOLD_ADDED: "登记住户",
    EntryKind.HOUSEHOLD_CORRECTED: "更正住户",
    EntryKind.RESIDENT_ADDED: "登记居民",
    EntryKind.RESIDENT_CORRECTED: "更正居民",
    EntryKind.RESIDENT_MOVED: "迁居",
    EntryKind.RESIDENT_LEFT: "迁出",
    EntryKind.RESIDENTS_MERGED: "合并重复登记",
    EntryKind.RESIDENTS_PARTED: "撤销合并",
    EntryKind.COLOUR_SET: "设定颜色",
    EntryKind.COLOUR_REMOVED: "取消颜色",
    EntryKind.ID_NUMBER_REVEALED: "查看身份证号",
    EntryKind.REGISTER_IMPORTED: "导入名册",
    EntryKind.REGISTER_EXPORTED: "导出名册",
    EntryKind.POST_GIVEN: "任职",
    EntryKind.POST_ENDED: "离任",
    EntryKind.CADENCE_SET: "设定走访周期",
    EntryKind.DUTY_PAUSED: "暂停走访",
    EntryKind.PAUSE_ENDED: "恢复走访",
    EntryKind.ROUND_HANDED_OVER: "委托代班",
    EntryKind.ROUND_TAKEN_BACK: "结束代班",
    EntryKind.ALERT_RAISED: "平安提醒",
    EntryKind.ALERT_CLIMBED: "提醒升级",
    EntryKind.ALERT_ACKNOWLEDGED: "提醒有人处理",
    EntryKind.ALERT_ENDED: "提醒解除",
    EntryKind.HELP_CALLED: "发起召集",
    EntryKind.HELP_ANSWERED: "召集应答",
    EntryKind.HELP_CLOSED: "召集结束",
    EntryKind.REPORT_SETTLED: "情况转办",
    EntryKind.ROSTER_PUBLISHED: "发布排班",
    EntryKind.ROSTER_CHANGED: "调整排班",
    EntryKind.SHIFTS_SWAPPED: "换班",
    EntryKind.QR_CODE_ISSUED: "发放二维码",
    EntryKind.QR_CODE_REPLACED: "更换二维码",
    EntryKind.QR_CODE_REVOKED: "停用二维码",
    EntryKind.WISH_PROPOSED: "提出心愿",
    EntryKind.WISH_PUBLISHED: "心愿公布",
    EntryKind.WISH_CLAIMED: "心愿认领",
    EntryKind.WISH_PROGRESSED: "心愿进展",
    EntryKind.WISH_RELEASED: "重新等待认领",
    EntryKind.WISH_FULFILLED: "心愿实现",
    EntryKind.WISH_DECLINED: "心愿未采纳",
}

APPEAL_CHANGES = frozenset(
    {
        EntryKind.APPEAL_ACCEPTED,
        EntryKind.APPEAL_ANSWERED,
        EntryKind.APPEAL_CONFIRMED,
        EntryKind.APPEAL_RETURNED,
        EntryKind.APPEAL_ESCALATED,
        EntryKind.APPEAL_BEGUN,
        EntryKind.APPEAL_DISPATCHED,
        EntryKind.DISPATCH_ACCEPTED,
        EntryKind.DISPATCH_OBJECTED,
        EntryKind.DISPATCH_RECALLED,
        EntryKind.APPEAL_REJECTED,
        EntryKind.APPEAL_WITHDRAWN,
        EntryKind.APPEAL_REOPENED,
        EntryKind.APPEAL_PAUSED,
        EntryKind.APPEAL_RESUMED,
        EntryKind.APPEAL_NOTED,
        EntryKind.APPEAL_OVERDUE,
        EntryKind.APPEAL_LAPSED,
        EntryKind.APPEAL_MERGED,
        EntryKind.REPORT_SETTLED,
    }
)
"""What can happen to an appeal that is there."""
DISPUTE_CHANGES = frozenset(
    {
        EntryKind.AGREEMENT_RECORDED,
        EntryKind.CONSENT_NOTED,
        EntryKind.MEDIATION_BEGUN,
        EntryKind.MEETING_HELD,
        EntryKind.SITE_VISIT_PLANNED,
        EntryKind.MEDIATOR_INVITED,
        EntryKind.MEDIATOR_RELEASED,
        EntryKind.DISPUTE_RAISED,
        EntryKind.DISPUTE_REFERRED,
        EntryKind.REFERRAL_ACCEPTED,
        EntryKind.REFERRAL_REJECTED,
        EntryKind.REFERRAL_RECALLED,
        EntryKind.REFERRAL_DONE,
        EntryKind.PARTY_ADDED,
        EntryKind.CLAIM_NOTED,
        EntryKind.FINDING_RECORDED,
        EntryKind.FINDING_WITHDRAWN,
        EntryKind.EVIDENCE_ADDED,
        EntryKind.MEDIATION_FAILED,
        EntryKind.DISPUTE_WITHDRAWN,
        EntryKind.AGREEMENT_WRITTEN,
        EntryKind.AGREEMENT_MARKED,
        EntryKind.CONFIRMATION_NOTED,
        EntryKind.PERFORMANCE_CHECKED,
    }
)
"""What can happen to a dispute that is there."""
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
WISH_PROGRESS = frozenset(
    {
        EntryKind.WISH_PUBLISHED,
        EntryKind.WISH_CLAIMED,
        EntryKind.WISH_PROGRESSED,
        EntryKind.WISH_RELEASED,
        EntryKind.WISH_FULFILLED,
    }
)
"""What everybody may know of a wish: such entries name no place, and their notes are checked for names."""
