"""Hand-written queries about the roster, and about reports and what became of them."""

from tests.oracle.cases import Case

ROSTER_CASES = [
    Case(
        "who serves where on a day",
        """query($community: ID) { dutyRoster(on: "2023-12-04") { servesOn community { name } week { id publishedAt }
        hall { id worker { name } post postLabel servesOn } reception { worker { name } partyBranch { name } }
        outreach { worker { name } } absent { reason } }
        b: dutyRoster(on: "2023-12-15", community: $community) { absent { reason worker { name } } }
        c: dutyRoster(on: "2023-12-25") { week { publishedAt } } d: dutyRoster(on: "2023-12-03") { servesOn } }""",
        lambda pools: {"community": pools.ids["community"][0]},
    ),
    Case(
        "weeks of the roster",
        """query($c: ID) { rosterWeeks { totalCount edges { cursor node { id startsOn plannedAt publishedAt
        plannedBy { name } publishedBy { name } community { name rosterWeeks(first: 1) { nodes { startsOn } } }
        shifts { servesOn post reason worker { name } partyBranch { name } week { id } }
        timeline { nodes { kind note actor { name } } } } } }
        a: rosterWeeks(where: { published: true }, last: 1) { nodes { startsOn } }
        b: rosterWeeks(where: { community: $c, startsOn: "2023-12-25", published: false }) { totalCount }
        me { shifts(first: 3) { totalCount edges { cursor node { servesOn post } } } } }""",
        lambda pools: {"c": pools.ids["community"][0]},
    ),
    Case(
        "reports and what became of them",
        """{ appeals(first: 100, where: { kind: REPORT }) { totalCount nodes { reportKind reportKindLabel status answer
        becameAppeal { body fromReport { registeredBy { name } } } becameDispute { title fromReport { body } }
        allowedActions timeline { nodes { kind note } } } }
        a: appeals(where: { reportKind: [MOVE_IN, OTHER] }) { totalCount }
        disputes(first: 100) { nodes { fromReport { reportKind } } } }""",
    ),
]
"""What must be answered."""
