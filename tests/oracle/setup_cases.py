"""Hand-written queries about what a community still lacks, and about its policies."""

from tests.oracle.cases import Case

SETUP_CASES = [
    Case(
        "what a community still lacks, page by page",
        """query($c: ID!, $d: ID!) {
        all: setupChecks(community: $c, first: 100) {
            totalCount edges { cursor node { code label place name category } }
        }
        last: setupChecks(community: $d, last: 3) { pageInfo { hasPreviousPage } nodes { code name } } }""",
        lambda pools: {"c": pools.ids["community"][0], "d": pools.ids["community"][1]},
    ),
    Case(
        "starting values, and who answers for what",
        """{ communities { nodes { name phone categories { category label organisation { name } }
            safetyLadder { reachBy stepMinutes isStartingValue setBy { name } } } }
        visitPolicies { colour isStartingValue setBy { name } } timeLimitPolicies { urgency isStartingValue }
        mediationPolicies { days isStartingValue } }""",
    ),
    Case("the words of all enums", "{ vocabulary { enum value label meaning } }"),
]
"""What must be answered."""
