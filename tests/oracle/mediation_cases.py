"""Questions about mediation, asked for every viewer."""

from tests.oracle.cases import Case

_DEADLINE = "{ dueOn state stateLabel metOn why }"
MEDIATION_CASES = (
    Case(
        "the mediation of disputes",
        f"""{{ disputes(first: 100) {{ nodes {{ id beganAt: begunAt endReason routesTold shouldBeWritten allowedActions
        mediationDeadline {_DEADLINE} arbitrationOpenFrom {_DEADLINE}
        jointMediators {{ account {{ username }} invitedBy {{ name }} invitedAt releasedAt }}
        meetings {{ id heldAt place minutes recordedAt recordedBy {{ name }} parties {{ id name }}
          guests {{ name kind kindLabel }} }}
        siteVisits {{ id at place purpose plannedBy {{ name }} }} }} }} }}""",
    ),
    Case(
        "parties as whoever sees the case knows them",
        """{ disputes(first: 100) { nodes { parties { kind name speakerName speaker { name } phone address consent
        consentedAt consentedToReferralAt claim claimAmount } } } }""",
    ),
    Case(
        "proposals of terms",
        """{ disputes(first: 30) { nodes { proposals { id content performance dueOn proposedAt proposedBy { name } }
        agreement { proposal { content } } } } }""",
    ),
    Case(
        "heads, relations and tenure of households",
        """{ households(first: 50) { nodes { head { name relation } tenure tenureLabel
        residents { name relation relationLabel tenure tenureLabel }
        residencies(first: 5) { nodes { relation relationLabel tenure tenureLabel } } } } }""",
    ),
    Case(
        "referrals",
        """{ referrals(first: 50) { totalCount nodes { id status statusLabel reason referredAt answeredAt answer doneAt
        result organisation { name } dispute { id title } referredBy { name } answeredBy { name } } }
        mediationPolicies { days setAt setBy { name } }
        disputes(first: 100) { nodes { referrals { id status } } } }""",
    ),
    Case(
        "what was found home by home",
        """{ disputes(first: 30) { nodes { evidenceHead workspace { findingCount photoCount lossTotal claimTotal
        withoutConsent { id name } byParty { party { name } consent consentLabel claim claimAmount findingCount
        photoCount lossTotal findings { id place loss amount } } }
        findings(first: 7) { totalCount nodes { id party { id } place loss amount foundAt recordedAt
        recordedBy { name } photos { id width } corrects { id loss } withdrawnAt withdrawnBy { name }
        withdrawnReason } } } } }""",
    ),
    Case(
        "the chain of evidence",
        """{ disputes(first: 30) { nodes { evidence(first: 7) { totalCount edges { cursor node { id number
        kind kindLabel statement note sha256 previous hash addedAt addedBy { username } finding { place }
        photo { height } } } } } } }""",
    ),
    Case(
        "who looked at disputes",
        "{ disputes(first: 100) { nodes { accessRecords(first: 3) { totalCount"
        " nodes { operation lookedAt account { name } } } } } }",
    ),
    Case("referrals that wait", "{ referrals(where: { status: [PENDING, REJECTED] }) { totalCount nodes { id } } }"),
    Case(
        "agreements with all they have",
        f"""{{ disputes(first: 100, where: {{ status: [AGREED, PERFORMED, BREACHED] }}) {{ nodes {{ agreement {{ form
        formLabel wroteAt effectiveOn terms {{ id what amount dueOn performedOn party {{ id name }}
        deadline {_DEADLINE} }}
        marks {{ id kind kindLabel markedOn party {{ name }} }} marksMissing {{ id name }}
        checks {{ id outcome outcomeLabel note checkedOn checkedBy {{ name }} term {{ id }} }}
        performanceDeadline {_DEADLINE} confirmationDeadline {_DEADLINE} notConfirmable confirmationAppliedOn
        confirmationResult confirmationResultLabel confirmationNumber }} }} }} }}""",
    ),
)
