"""Questions about construction sites, asked for every viewer."""

from tests.oracle.cases import Case

SITE_CASES = (
    Case(
        "the sites, their patrols and what is open on each",
        """{ sites(first: 50) { totalCount nodes { id name patrols(first: 3) { totalCount nodes { id patrolledAt
        headcount hasLedger hasAccount hasNotice note meetingAt recordedAt recordedBy { name } ledBy { username }
        workers { username } arrears { name people period amount } arrearsTotal dispute { id } premises { name } } }
        disputes { totalCount nodes { id } } openDisputes { totalCount nodes { id status } } } } }""",
    ),
    Case(
        "sites on which something is open, and the others",
        """{ open: sites(where: { open: true }) { totalCount nodes { name } }
        quiet: sites(where: { open: false }) { totalCount nodes { name } } }""",
    ),
    Case("who looks after the sites", "{ sitePosts { id startsOn endsOn endedAt worker { username } } }"),
    Case("labour disputes that should be in writing", "{ disputes(first: 100) { nodes { id writtenFormPrompt } } }"),
    Case(
        "the disputes behind the sites' figures",
        """{ statistics(between: { startsOn: "2023-01-01", endsOn: "2024-12-31" }) { constructionSites { total patrolled
        matters openMatters cases { totalCount nodes { id } } open: cases(where: { pending: true }) {
        totalCount } } } }""",
    ),
)
