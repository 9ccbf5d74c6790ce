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
    Case(
        "what all cases have, whatever they are about",
        """fragment Shown on Case { id phase phaseLabel statusLabel handlingLevel handlingLevelLabel address
            openedAt closedAt deadlines { kind kindLabel dueAt state stateLabel metAt why } allowedActions
            timeline(first: 2) { nodes { case { id ... on Wish { body } } } } }
        { appeals(first: 40) { nodes { ...Shown } } disputes(first: 40) { nodes { ...Shown } }
            wishes(first: 40) { nodes { ...Shown } }
            incidents(first: 40) { nodes { ...Shown status level levelLabel } } }""",
    ),
    Case(
        "a case of each kind by its id, and what is no case",
        """query($a: ID!, $d: ID!, $w: ID!, $i: ID!, $g: ID!) {
            a: case(id: $a) { ...Shown } d: case(id: $d) { ...Shown } w: case(id: $w) { ...Shown }
            i: case(id: $i) { ...Shown } g: case(id: $g) { ...Shown } }
        fragment Shown on Case { __typename id phase ... on Appeal { category } ... on Dispute { title } }""",
        lambda pools: {each[0]: pools.ids[each][0] for each in ("appeal", "dispute", "wish", "incident", "grid")},
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
