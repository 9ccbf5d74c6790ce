"""Hand-written queries about activities, notices and Party branches."""

from tests.oracle.cases import Case

ACTIVITY_CASES: tuple[Case, ...] = (
    Case(
        "activities with who comes",
        """{ activities { totalCount nodes { id what place beginsAt endsAt wanted coming colours skill
            status statusLabel community { name } estate { name } plannedBy { name } plannedAt cancelledBy { name }
            cancelledAt cancelReason signUps { totalCount nodes { id account { name } resident { name } name phone
            joinedBy { name } joinedAt leftAt attended activity { what } } }
            timeline { nodes { kind note actor { name } } } } } }""",
    ),
    Case(
        "activities that are ahead, and those that one comes to",
        """query($estate: ID!) { activities(where: {ahead: true, estate: $estate}) { totalCount nodes { what } }
            past: activities(where: {ahead: false}) { totalCount } mine: activities(where: {joined: true}) {
            totalCount } others: activities(where: {joined: false}) { totalCount } }""",
        lambda pools: {"estate": pools.ids["estate"][0]},
    ),
    Case(
        "the activities on the wall",
        """query($community: ID!) { activityWall(first: 2) { totalCount edges { cursor node { activityId what place
            beginsAt endsAt wanted coming skill status statusLabel community estate cancelReason timeZone } }
            pageInfo { hasNextPage endCursor } } of: activityWall(where: {community: $community}) { totalCount } }""",
        lambda pools: {"community": pools.ids["community"][0]},
    ),
    Case(
        "notices, read or not",
        """{ notices(first: 50) { totalCount nodes { id audience audienceLabel title body community { name }
            estate { name } publishedBy { name } publishedAt endsAt withdrawnBy { name } withdrawnAt withdrawReason read
            readers timeline { nodes { kind note } } } } }""",
    ),
    Case(
        "notices that are current, unread, or for one audience",
        """query($estate: ID!) { current: notices(where: {current: true}) { totalCount }
            over: notices(where: {current: false, audience: [PUBLIC, HEADS]}) { totalCount nodes { title } }
            unread: notices(where: {read: false, estate: $estate}) { totalCount } read: notices(where: {read: true}) {
            nodes { title } } }""",
        lambda pools: {"estate": pools.ids["estate"][0]},
    ),
    Case(
        "the notices on the wall",
        """{ noticeWall(first: 3) { totalCount edges { cursor node { noticeId title body community estate publishedAt
            endsAt timeZone } } pageInfo { hasNextPage endCursor } } }""",
    ),
    Case(
        "a Party branch as one query",
        """query($id: ID!) { partyBranch(id: $id) { name members { id account { name } name post phone addedAt
            removedAt } openingHours { weekday opens closes } receptions(first: 5, where: {startsOn: "2023-12-01"}) {
            totalCount nodes { servesOn worker { name } week { startsOn } } }
            wishes { totalCount nodes { body status } }
            appeals(first: 5) { totalCount nodes { id body source } } } }""",
        lambda pools: {"id": pools.ids["partybranch"][0]},
    ),
    Case(
        "the branches of all estates",
        """{ estates { nodes { name partyBranch { name members { post } openingHours { weekday }
            receptions(where: {endsOn: "2023-12-06"}) { nodes { servesOn } } wishes { totalCount }
            appeals { totalCount nodes { body } } } } } }""",
    ),
)
