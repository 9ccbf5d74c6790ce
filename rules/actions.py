"""What people do with a case, in their own words, and the acts that do it."""

from enum import auto

from rules.access import Act
from rules.vocabulary import Word

A = Act


class CaseAction(Word):
    """Something that is done with a case. The kind of the case says by which mutation."""

    # NAME = auto(), Chinese label, the acts of appeals, disputes and wishes, meaning.

    acts: tuple[Act, ...]

    def __init__(self, value: str, label: str, acts: tuple[Act, ...], meaning: str) -> None:
        super().__init__(value, label, meaning)
        self.acts = acts

    ACCEPT = auto(), "受理", (A.ACCEPT_APPEAL,), "Take it up, after talking to the reporter."
    BEGIN = auto(), "开始办理", (A.BEGIN_APPEAL,), "Begin to work on it."
    DISPATCH = auto(), "派单", (A.DISPATCH_APPEAL,), "Give it to an organisation."
    RECALL = auto(), "收回", (A.RECALL_DISPATCH, A.RECALL_REFERRAL), "Take it back from the organisation or the centre."
    TAKE_ON = auto(), "接收", (A.ACCEPT_DISPATCH, A.ACCEPT_REFERRAL), "Accept what was dispatched or referred."
    RETURN = auto(), "退回", (A.OBJECT_DISPATCH, A.REJECT_REFERRAL), "Give back what was dispatched or referred."
    ANSWER = auto(), "答复", (A.ANSWER_APPEAL,), "Give the reporter the result."
    CONFIRM = auto(), "确认结果", (A.CONFIRM_APPEAL,), "Say whether it is solved."
    REJECT = auto(), "不予受理", (A.REJECT_APPEAL,), "Reject it, and say where to turn instead."
    WITHDRAW = auto(), "撤回", (A.WITHDRAW_APPEAL, A.WITHDRAW_DISPUTE), "End it as the reporter or the parties wish."
    REOPEN = auto(), "重新打开", (A.REOPEN_APPEAL,), "Open it again because it is not solved after all."
    ESCALATE = auto(), "上报", (A.ESCALATE_APPEAL, A.RAISE_DISPUTE), "Send it one level up."
    PAUSE = auto(), "暂停计时", (A.PAUSE_APPEAL,), "Pause its deadlines."
    RESUME = auto(), "恢复计时", (A.RESUME_APPEAL,), "Let its deadlines run again."
    SUPPLEMENT = auto(), "补充材料", (A.ADD_TO_APPEAL,), "Add words and photos."
    SETTLE = auto(), "处理情况反映", (A.SETTLE_REPORT,), "Turn a building head's report into what follows from it."
    CALL_BACK = auto(), "登记回访", (A.RECORD_CALL_BACK,), "Record a call or a visit to the reporter."
    CORRECT = auto(), "更正", (A.CORRECT_APPEAL, A.CORRECT_DISPUTE), "Correct what was recorded wrongly."
    CONSENT = auto(), "登记调解意愿", (A.NOTE_CONSENT,), "Record whether a party agrees to mediation."
    MEDIATE = auto(), "开始调解", (A.BEGIN_MEDIATION,), "Begin the mediation."
    MEET = auto(), "召开调解会", (A.HOLD_MEETING,), "Record a mediation meeting."
    VISIT_SITE = auto(), "约定现场查看", (A.PLAN_SITE_VISIT,), "Arrange a visit to the place."
    INVITE = auto(), "邀请联合调解", (A.INVITE_MEDIATOR,), "Invite somebody to mediate together."
    END_INVITATION = auto(), "结束联合调解邀请", (A.RELEASE_MEDIATOR,), "End an invitation to mediate together."
    REFER = auto(), "移送化解中心", (A.REFER_DISPUTE,), "Refer it to the dispute resolution centre."
    REPORT_RESULT = auto(), "回报结果", (A.REPORT_BACK,), "Tell the community the result of a referral."
    ADD_PARTIES = auto(), "追加当事人", (A.ADD_PARTY,), "Add a party."
    CORRECT_PARTIES = (
        auto(),
        "更正当事人",
        (A.CORRECT_PARTY,),
        "Correct a party; after an agreement, the speaker alone.",
    )
    STATE_CLAIM = auto(), "登记主张", (A.NOTE_CLAIM,), "Record what a party claims."
    SURVEY = auto(), "查勘定损", (A.RECORD_FINDING,), "Record or withdraw a finding of damage."
    GATHER_EVIDENCE = auto(), "收集证据", (A.ADD_EVIDENCE,), "Add a piece of evidence."
    PROPOSE = auto(), "提出调解方案", (A.PROPOSE_TERMS,), "Propose terms of a settlement."
    AGREE = auto(), "达成协议", (A.RECORD_AGREEMENT,), "Record the agreement of the parties."
    FAIL = auto(), "调解不成", (A.FAIL_MEDIATION,), "End the mediation without an agreement."
    PUT_IN_WRITING = auto(), "制作协议书", (A.WRITE_AGREEMENT,), "Put an oral agreement in writing."
    SIGN = auto(), "签名盖章", (A.MARK_AGREEMENT,), "Record a signature, a seal or a fingerprint."
    CONFIRM_IN_COURT = auto(), "登记司法确认", (A.NOTE_CONFIRMATION,), "Record the judicial confirmation."
    FOLLOW_UP = auto(), "回访履行情况", (A.CHECK_PERFORMANCE,), "Record whether the agreement was performed."
    PUBLISH = auto(), "公布", (A.PUBLISH_WISH,), "Put it on the wish wall."
    DECLINE = auto(), "不予采纳", (A.DECLINE_WISH,), "Decline it, and tell the wisher why."
    CLAIM = auto(), "认领", (A.CLAIM_WISH,), "Claim it for somebody who will fulfil it."
    PROGRESS = auto(), "记录进展", (A.NOTE_WISH_PROGRESS,), "Tell the public about the progress."
    GIVE_BACK = auto(), "取消认领", (A.RELEASE_WISH,), "Give up the claim."
    FULFIL = auto(), "确认实现", (A.FULFIL_WISH,), "Record that it was fulfilled."


ACTION_OF = {act: action for action in CaseAction for act in action.acts}
"""The action of each act on a case."""
