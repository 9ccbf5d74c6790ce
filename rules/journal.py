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
    DISPUTE_OPENED = "DISPUTE_OPENED"
    AGREEMENT_RECORDED = "AGREEMENT_RECORDED"


ENTRY_LABELS: dict[EntryKind, str] = {
    EntryKind.VISIT_RECORDED: "走访登记",
    EntryKind.APPEAL_OPENED: "诉求提交",
    EntryKind.APPEAL_ACCEPTED: "诉求受理",
    EntryKind.APPEAL_ANSWERED: "诉求答复",
    EntryKind.APPEAL_CONFIRMED: "居民确认",
    EntryKind.APPEAL_RETURNED: "居民不满意,退回办理",
    EntryKind.APPEAL_ESCALATED: "上报",
    EntryKind.DISPUTE_OPENED: "纠纷登记",
    EntryKind.AGREEMENT_RECORDED: "达成协议",
}
