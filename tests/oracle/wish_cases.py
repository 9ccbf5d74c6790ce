"""Hand-written queries about small wishes."""

from tests.oracle.cases import Case

WISH_CASES: tuple[Case, ...] = (
    Case(
        "wishes with whose they are",
        """{ wishes(first: 100) { totalCount nodes { id body status statusLabel wisherName wisherPhone unit
            publishedText resident { name } household { address } building { name } grid { name } openedAt
            proposedBy { name } publishedBy { name } publishedAt claimant claimantLabel
            volunteerName volunteerPhone organisation { name } partyBranch { name }
            claimedBy { name } claimedAt fulfilledAt declinedAt declineReason allowedActions
            timeline { nodes { kind note actor { name } } } } } }""",
    ),
    Case(
        "the wall",
        """{ wishWall(first: 3) { totalCount edges { cursor node { wishId text status statusLabel community publishedAt
            claimant claimedAt fulfilledAt timeZone steps { kind label note occurredAt } } }
            pageInfo { hasNextPage endCursor } } }""",
    ),
    Case(
        "the wall of one community",
        """query($community: ID!) { wishWall(where: {community: $community, status: [CLAIMED]}) { totalCount
            nodes { text } } }""",
        lambda pools: {"community": pools.ids["community"][0]},
    ),
    Case(
        "what was wished for",
        '{ wishes(where: {text: "script", claimant: [VOLUNTEER, ORGANISATION]}) { nodes { id claimant } } }',
    ),
    Case(
        "what a wish's receipt shows",
        """query($code: String!) { wishReceipt(code: $code) { wishId body status statusLabel publishedText proposedAt
            claimant fulfilledAt declineReason timeZone steps { kind label note } } }""",
        lambda pools: {"code": pools.wish_codes[0]},
    ),
    Case("a wish by its id", "query($id: ID!) { wish(id: $id) { body } }", lambda pools: {"id": pools.ids["wish"][0]}),
)
