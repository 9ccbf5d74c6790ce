"""Hand-written queries about the life of appeals: deadlines, dispatches, incidents, what is allowed."""

from tests.oracle.cases import Case

LIFE_CASES: tuple[Case, ...] = (
    Case(
        "what is due, how it stands and what may be done",
        """{ appeals(first: 100) { nodes { id status level urgency urgencyLabel address overdue pauseEndsAt pauseReason
            turnTo closedBySilence reopenEndsAt rejectedAt withdrawnAt escalatedAt objections allowedActions
            deadlines { kind kindLabel dueAt state stateLabel metAt why } } } }""",
    ),
    Case(
        "to whom it was given",
        """{ appeals(first: 100) { nodes { dispatch { id status statusLabel note organisation { name } dispatchedAt }
            dispatches { status reason answeredAt answeredBy { name } appeal { id } incident { id } }
            incident { title category categoryLabel } } } }""",
    ),
    Case(
        "incidents with their appeals",
        """{ incidents(first: 3) { totalCount edges { cursor node { id title unit building { name } grid { name }
            madeBy { name } openedAt closedAt appeals { totalCount nodes { status } } dispatches { status dispatchedAt }
            timeline { nodes { kind note } } } } pageInfo { hasNextPage endCursor } } }""",
    ),
    Case("candidates", "{ incidentCandidates { totalCount nodes { count category unit appeals { nodes { id } } } } }"),
    Case("what is overdue", "{ appeals(where: {overdue: true}) { totalCount nodes { id } } }"),
    Case("what is not", "{ appeals(where: {overdue: false, urgency: [NORMAL]}) { totalCount } }"),
    Case(
        "the times that hold",
        """{ timeLimitPolicies { kind category urgency responseMinutes resolutionMinutes stepMinutes silenceDays
            reopenDays setBy { name } setAt } }""",
    ),
    Case(
        "what a receipt shows",
        """query($code: String!) { receipt(code: $code) { status reopenEndsAt turnTo allowedActions
            deadlines { kind dueAt state why } } }""",
        lambda pools: {"code": pools.codes[-1]},
    ),
)
