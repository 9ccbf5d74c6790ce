"""What the roles of accounts may do, in the field's terms. A permission stands for acts that the same roles may do."""

from collections.abc import Iterator
from enum import auto

from rules.access import Act, Role
from rules.vocabulary import Word

A = Act


class Permission(Word):
    """Something that an account may do, where its posts and the state of things allow it."""

    # NAME = auto(), Chinese label, the acts, meaning.

    acts: tuple[Act, ...]

    def __init__(self, value: str, label: str, acts: tuple[Act, ...], meaning: str) -> None:
        super().__init__(value, label, meaning)
        self.acts = acts
        if len({act.roles for act in acts}) != 1:
            raise ValueError(f"the acts of {value} are not those of the same roles")

    # fmt: off
    RECORD_VISITS = auto(), "登记走访", (A.RECORD_VISIT, A.CORRECT_VISIT), "Record, correct and withdraw visits."
    REMOVE_PHOTOS = auto(), "移除照片", (A.REMOVE_PHOTO,), "Remove photos of cases."
    ARRANGE_ROUNDS = auto(), "安排走访任务", (A.PAUSE_DUTY, A.HAND_OVER_ROUND, A.SWAP_SHIFTS), (
        "Pause duties, hand over rounds, and swap shifts."
    )
    BRING_APPEALS = auto(), "提交诉求", (A.OPEN_APPEAL, A.CONFIRM_APPEAL, A.WITHDRAW_APPEAL, A.REOPEN_APPEAL), (
        "Open, confirm, withdraw and reopen appeals."
    )
    SUPPLEMENT_APPEALS = auto(), "补充诉求材料", (A.ADD_TO_APPEAL,), "Add words and photos to appeals."
    HANDLE_APPEALS = auto(), "办理诉求", (
        A.ACCEPT_APPEAL, A.BEGIN_APPEAL, A.DISPATCH_APPEAL, A.RECALL_DISPATCH, A.ESCALATE_APPEAL, A.REJECT_APPEAL,
        A.RECORD_CALL_BACK, A.CORRECT_APPEAL, A.MERGE_INTO_INCIDENT, A.SETTLE_REPORT,
    ), "Handle appeals, incidents and reports, from the first call to the dispatch."
    ANSWER_APPEALS = auto(), "答复诉求", (A.ANSWER_APPEAL,), "Answer appeals and incidents."
    PAUSE_DEADLINES = auto(), "暂停诉求计时", (A.PAUSE_APPEAL, A.RESUME_APPEAL), "Pause and resume deadlines."
    TAKE_DISPATCHES = auto(), "接单和退单", (A.ACCEPT_DISPATCH, A.OBJECT_DISPATCH), (
        "Accept, or object to, what is dispatched to the organisation."
    )
    REPORT_DISPUTES = auto(), "登记纠纷", (A.OPEN_DISPUTE,), "Open disputes."
    KEEP_DISPUTES = auto(), "记录纠纷情况", (
        A.NOTE_CONSENT, A.ADD_PARTY, A.NOTE_CLAIM, A.WITHDRAW_DISPUTE, A.CHECK_PERFORMANCE,
    ), "Record parties, their consent and claims, withdrawals, and the performance of agreements."
    MEDIATE_DISPUTES = auto(), "主持调解", (
        A.BEGIN_MEDIATION, A.PLAN_SITE_VISIT, A.CORRECT_DISPUTE, A.CORRECT_PARTY, A.FAIL_MEDIATION, A.RECORD_AGREEMENT,
        A.WRITE_AGREEMENT, A.MARK_AGREEMENT, A.NOTE_CONFIRMATION,
    ), "Mediate disputes up to an agreement or its failure."
    JOIN_MEDIATIONS = auto(), "参与调解", (A.HOLD_MEETING, A.PROPOSE_TERMS), "Record meetings, and propose terms."
    SURVEY_DAMAGE = auto(), "查勘取证", (A.RECORD_FINDING, A.ADD_EVIDENCE), "Record findings of damage, and evidence."
    RAISE_DISPUTES = auto(), "上报纠纷", (A.RAISE_DISPUTE,), "Raise disputes to a higher level."
    REFER_DISPUTES = auto(), "移送纠纷", (
        A.INVITE_MEDIATOR, A.RELEASE_MEDIATOR, A.REFER_DISPUTE, A.RECALL_REFERRAL,
    ), "Invite others to mediate, and refer disputes to the centre."
    ANSWER_REFERRALS = auto(), "处理移送的纠纷", (A.ACCEPT_REFERRAL, A.REJECT_REFERRAL, A.REPORT_BACK), (
        "Accept and reject referrals, and report back."
    )
    INSPECT_SITES = auto(), "巡查工地", (A.PATROL_SITES,), "Record patrols of construction sites."
    GIVE_SITE_POSTS = auto(), "安排工地岗", (A.KEEP_SITE_POSTS,), "Give and end site posts."
    KEEP_REGISTER = auto(), "维护居民登记", (A.KEEP_REGISTER, A.SET_COLOUR, A.MERGE_RESIDENTS), (
        "Keep the register: residents, homes, colours, duplicates."
    )
    REVEAL_ID_NUMBERS = auto(), "查看身份证号", (A.REVEAL_ID_NUMBER,), "Reveal ID numbers, with a reason."
    EXCHANGE_FILES = auto(), "导入和导出", (A.IMPORT_REGISTER, A.EXPORT_CASES, A.EXPORT_RESIDENT), (
        "Import registers, and export registers, cases, and the data of a resident."
    )
    ERASE_RESIDENTS = auto(), "删除居民信息", (A.ERASE_RESIDENT,), "Erase former residents."
    SET_POLICIES = auto(), "制定本社区规则", (
        A.SET_CLOCKS, A.SET_MEDIATION_LIMIT, A.SET_LADDER, A.SET_CADENCE, A.SET_RETENTION,
    ), "Set time limits, how often to visit, the safety ladder, and how long residents are kept."
    FOUND_COMMUNITIES = auto(), "建立社区", (A.FOUND_COMMUNITY,), "Add communities, and correct the farm."
    KEEP_MAP = auto(), "维护社区、楼栋和单位", (A.KEEP_PLACES,), "Keep places, organisations, and who answers for what."
    GIVE_POSTS = auto(), "管理账号和岗位", (A.GIVE_POST, A.KEEP_ACCOUNTS), "Keep accounts and their posts."
    KEEP_DOOR_CODES = auto(), "管理住户、楼栋和场所二维码", (A.KEEP_QR_CODES,), (
        "Issue, replace and revoke the QR codes of homes, buildings and premises."
    )
    KEEP_DESK_CODES = auto(), "管理柜台二维码", (A.KEEP_COUNTER_CODES,), "The same for those of counters."
    REPORT_DANGER = auto(), "上门反馈、响应召集", (A.REPORT_ALERT, A.ANSWER_CALL), (
        "Report what was found at a door, and answer calls for help."
    )
    TAKE_ALERTS = auto(), "确认预警", (A.ACKNOWLEDGE_ALERT,), "Acknowledge alerts."
    RAISE_ALERTS = auto(), "发出预警和求助", (A.RAISE_ALERT, A.CALL_FOR_HELP), "Raise alerts, and call for help."
    PLAN_ROSTERS = auto(), "排班", (A.PLAN_ROSTER,), "Plan, publish and change rosters."
    BRING_WISHES = auto(), "提交微心愿", (A.PROPOSE_WISH,), "Propose wishes."
    DECIDE_ON_WISHES = auto(), "审核微心愿", (A.PUBLISH_WISH, A.DECLINE_WISH), "Publish and decline wishes."
    CLAIM_WISHES = auto(), "认领微心愿", (A.CLAIM_WISH, A.NOTE_WISH_PROGRESS, A.RELEASE_WISH), (
        "Claim wishes, and tell about their progress."
    )
    FULFIL_WISHES = auto(), "确认微心愿实现", (A.FULFIL_WISH,), "Record that wishes were fulfilled."
    PLAN_ACTIVITIES = auto(), "组织活动", (A.PLAN_ACTIVITY,), "Plan activities, and note who came."
    JOIN_ACTIVITIES = auto(), "报名活动", (A.JOIN_ACTIVITY,), "Sign up for activities."
    PUBLISH_NOTICES = auto(), "发布通知", (A.PUBLISH_NOTICE,), "Publish and withdraw notices."
    READ_NOTICES = auto(), "阅读通知", (A.READ_NOTICE,), "Mark notices as read."
    KEEP_PARTY_BRANCHES = auto(), "维护党支部信息", (A.KEEP_BRANCHES,), "Keep the hours and members of Party branches."
    KEEP_OWN_ACCOUNT = auto(), "管理本人账号", (A.SET_OWN_PHONE, A.KEEP_DEVICES, A.SUBMIT_ACTS), (
        "Keep one's own telephone number and devices, and submit acts that were done offline."
    )
    # fmt: on


def permissions_of(role: Role) -> Iterator[Permission]:
    """The permissions of a role."""
    return (each for each in Permission if role in each.acts[0].roles)
