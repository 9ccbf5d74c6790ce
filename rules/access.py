"""Who may do what: one table of roles and acts, and the viewer that every read and act is done for."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from rules.refusals import Code, Refusal


class Role(StrEnum):
    """The post an account holds (domain.md section 2)."""

    GRID_WORKER = "GRID_WORKER"
    GRID_LEADER = "GRID_LEADER"
    BUILDING_HEAD = "BUILDING_HEAD"
    COMMUNITY_STAFF = "COMMUNITY_STAFF"
    DEPUTY_DIRECTOR = "DEPUTY_DIRECTOR"
    SECRETARY = "SECRETARY"
    LEGAL_COUNSEL = "LEGAL_COUNSEL"
    JUDICIAL_OFFICE = "JUDICIAL_OFFICE"
    CENTRE_MEDIATOR = "CENTRE_MEDIATOR"
    PARTNER = "PARTNER"
    ADMIN = "ADMIN"


ROLE_LABELS: dict[Role, str] = {
    Role.GRID_WORKER: "网格员",
    Role.GRID_LEADER: "网格长",
    Role.BUILDING_HEAD: "联户长",
    Role.COMMUNITY_STAFF: "社区工作者",
    Role.DEPUTY_DIRECTOR: "副主任",
    Role.SECRETARY: "书记",
    Role.LEGAL_COUNSEL: "法律顾问",
    Role.JUDICIAL_OFFICE: "司法所",
    Role.CENTRE_MEDIATOR: "人民调解员",
    Role.PARTNER: "协作单位",
    Role.ADMIN: "管理员",
}

COMMUNITY_ROLES = frozenset({Role.COMMUNITY_STAFF, Role.DEPUTY_DIRECTOR, Role.SECRETARY})
FIELD_ROLES = frozenset({Role.GRID_WORKER, Role.GRID_LEADER})
WORKERS = FIELD_ROLES | COMMUNITY_ROLES


class Act(StrEnum):
    """What can be done. Each mutation is one act."""

    RECORD_VISIT = "RECORD_VISIT"
    OPEN_APPEAL = "OPEN_APPEAL"
    ACCEPT_APPEAL = "ACCEPT_APPEAL"
    ANSWER_APPEAL = "ANSWER_APPEAL"
    CONFIRM_APPEAL = "CONFIRM_APPEAL"
    ESCALATE_APPEAL = "ESCALATE_APPEAL"
    BEGIN_APPEAL = "BEGIN_APPEAL"
    DISPATCH_APPEAL = "DISPATCH_APPEAL"
    RECALL_DISPATCH = "RECALL_DISPATCH"
    ACCEPT_DISPATCH = "ACCEPT_DISPATCH"
    OBJECT_DISPATCH = "OBJECT_DISPATCH"
    REJECT_APPEAL = "REJECT_APPEAL"
    WITHDRAW_APPEAL = "WITHDRAW_APPEAL"
    REOPEN_APPEAL = "REOPEN_APPEAL"
    PAUSE_APPEAL = "PAUSE_APPEAL"
    RESUME_APPEAL = "RESUME_APPEAL"
    ADD_TO_APPEAL = "ADD_TO_APPEAL"
    SET_CLOCKS = "SET_CLOCKS"
    MERGE_INTO_INCIDENT = "MERGE_INTO_INCIDENT"
    OPEN_DISPUTE = "OPEN_DISPUTE"
    RECORD_AGREEMENT = "RECORD_AGREEMENT"
    KEEP_REGISTER = "KEEP_REGISTER"
    IMPORT_REGISTER = "IMPORT_REGISTER"
    REVEAL_ID_NUMBER = "REVEAL_ID_NUMBER"
    SET_COLOUR = "SET_COLOUR"
    MERGE_RESIDENTS = "MERGE_RESIDENTS"
    GIVE_POST = "GIVE_POST"
    ACKNOWLEDGE_ALERT = "ACKNOWLEDGE_ALERT"
    SET_LADDER = "SET_LADDER"
    CALL_FOR_HELP = "CALL_FOR_HELP"
    ANSWER_CALL = "ANSWER_CALL"
    SET_CADENCE = "SET_CADENCE"
    PAUSE_DUTY = "PAUSE_DUTY"
    HAND_OVER_ROUND = "HAND_OVER_ROUND"
    SETTLE_REPORT = "SETTLE_REPORT"
    PLAN_ROSTER = "PLAN_ROSTER"
    SWAP_SHIFTS = "SWAP_SHIFTS"
    KEEP_QR_CODES = "KEEP_QR_CODES"
    KEEP_COUNTER_CODES = "KEEP_COUNTER_CODES"


ALLOWED: dict[Act, frozenset[Role | None]] = {
    Act.RECORD_VISIT: WORKERS,
    Act.OPEN_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.ACCEPT_APPEAL: WORKERS,
    Act.ANSWER_APPEAL: WORKERS | {Role.PARTNER},
    Act.CONFIRM_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.ESCALATE_APPEAL: WORKERS,
    Act.BEGIN_APPEAL: WORKERS,
    Act.DISPATCH_APPEAL: WORKERS,
    Act.RECALL_DISPATCH: WORKERS,
    Act.ACCEPT_DISPATCH: frozenset({Role.PARTNER}),
    Act.OBJECT_DISPATCH: frozenset({Role.PARTNER}),
    Act.REJECT_APPEAL: WORKERS,
    Act.WITHDRAW_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.REOPEN_APPEAL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.PAUSE_APPEAL: COMMUNITY_ROLES,
    Act.RESUME_APPEAL: COMMUNITY_ROLES,
    Act.ADD_TO_APPEAL: WORKERS | {Role.BUILDING_HEAD, Role.PARTNER, None},
    Act.SET_CLOCKS: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.MERGE_INTO_INCIDENT: WORKERS,
    Act.OPEN_DISPUTE: WORKERS,
    Act.RECORD_AGREEMENT: COMMUNITY_ROLES | {Role.GRID_LEADER},
    Act.KEEP_REGISTER: WORKERS,
    Act.IMPORT_REGISTER: COMMUNITY_ROLES,
    Act.REVEAL_ID_NUMBER: WORKERS,
    Act.SET_COLOUR: WORKERS,
    Act.MERGE_RESIDENTS: WORKERS,
    Act.GIVE_POST: COMMUNITY_ROLES,
    Act.ACKNOWLEDGE_ALERT: WORKERS | {Role.BUILDING_HEAD},
    Act.SET_LADDER: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.CALL_FOR_HELP: WORKERS,
    Act.ANSWER_CALL: WORKERS | {Role.BUILDING_HEAD, None},
    Act.SET_CADENCE: frozenset({Role.DEPUTY_DIRECTOR, Role.SECRETARY}),
    Act.PAUSE_DUTY: WORKERS,
    Act.HAND_OVER_ROUND: WORKERS,
    Act.SETTLE_REPORT: WORKERS,
    Act.PLAN_ROSTER: COMMUNITY_ROLES | {Role.GRID_LEADER},
    Act.SWAP_SHIFTS: WORKERS,
    Act.KEEP_QR_CODES: WORKERS,
    Act.KEEP_COUNTER_CODES: COMMUNITY_ROLES,
}
"""Deny by default: a pair that is not here is refused. ``None`` is a resident without an account."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """For whom something is read or done. A resident without an account has neither id nor role."""

    account_id: UUID | None = None
    role: Role | None = None


ANONYMOUS = Viewer()


def may(viewer: Viewer, act: Act) -> bool:
    """Whether the viewer's role may do the act at all, wherever."""
    return viewer.role in ALLOWED[act]


def require(viewer: Viewer, act: Act) -> None:
    """Refuse with NOT_ALLOWED what the viewer's role may never do."""
    if not may(viewer, act):
        raise Refusal(Code.NOT_ALLOWED)
