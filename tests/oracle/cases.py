"""Hand-written queries, one for each thing that a query can do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.oracle.generated import Pools

UNKNOWN = "01990000-0000-7000-8000-000000000000"
LONG = "an_alias_" + "longer_than_sixty_three_characters_" * 3
_HUNDRED = " ".join(f"name{number}: name phone{number}: phoneMasked" for number in range(60))
_ALL_TYPES = """... on Farm { name } ... on Community { timeZone } ... on Estate { name }
    ... on PartyBranch { phone estate { name } } ... on Grid { name } ... on Building { number name units floors }
    ... on Household { address } ... on Premises { kindLabel contactPhone } ... on Organisation { kindLabel }
    ... on Account { username roleLabel } ... on Resident { name sex bornOn } ... on Visit { modeLabel note }
    ... on Appeal { statusLabel } ... on Dispute { typeLabel } ... on DisputeParty { role consent claim }
    ... on Agreement { form content dueOn reachedAt effectiveOn dispute { title } recordedBy { name } }
    ... on RosterWeek { startsOn } ... on Shift { servesOn postLabel }"""


@dataclass(frozen=True)
class Case:
    """A sentence, a query, and its variables where they need ids or cursors of the data."""

    says: str
    query: str
    variables: Callable[[Pools], dict[str, Any]] = lambda _: {}


def filled(query: str, **texts: str) -> str:
    """The query with texts in the places of their ``<names>``."""
    for name, text in texts.items():
        query = query.replace(f"<{name}>", text)
    return query


def _ids(pools: Pools) -> dict[str, Any]:
    each = [pool[len(pool) // 2] for pool in pools.ids.values()]
    return {"ids": [*each, f"resident_{UNKNOWN}", f"other_{UNKNOWN}", each[0]]}


CASES = [
    Case("nothing but the name of the root", "{ __typename }"),
    Case(
        "oneself and where one's role holds",
        "{ me { id username name role roleLabel permissions phone assignments"
        " { community { name } estate { name } grid { name } building { name } organisation { name }"
        " startsOn endsOn endedAt } } }",
    ),
    Case(
        "pushes and who can be reached",
        """{ me { devices { isPushed pushKey } pushPreferences { kinds quietFrom quietUntil } reachableBy }
            accounts(first: 100) { nodes { reachableBy pushPreferences { kinds } } } }""",
    ),
    Case("aliases", "{ first: me { called: name } second: me { called: username } }"),
    Case("an alias too long for a name in SQL", filled("{ <long>: me { <long>: name <long>_2: role } }", long=LONG)),
    Case(
        "aliases that SQL might take amiss",
        "{ select: me { null: name _: role __x: id } from: grids(first: 1) { nodes { order: name } } }",
    ),
    Case("more than a hundred fields", filled("{ residents(first: 2) { nodes { <hundred> } } }", hundred=_HUNDRED)),
    Case(
        "fragments within fragments",
        """{ appeals(first: 3) { ...Page } }
        fragment Page on AppealConnection { totalCount nodes { ...Case } }
        fragment Case on Appeal { ...Times household { ...Door } body }
        fragment Times on Appeal { openedAt recordedAt acceptedAt answeredAt closedAt }
        fragment Door on Household { address building { number } }""",
    ),
    Case(
        "a fragment spread twice in one place",
        "{ grids(first: 2) { nodes { ...Grid name ...Grid } } } fragment Grid on Grid { id name }",
    ),
    Case(
        "the same field twice, with what is selected below it merged",
        """{
        residents(first: 2) { nodes { name household { room } } totalCount }
        residents(first: 2) { nodes { id household { unit building { number } } name } pageInfo { hasNextPage } } }""",
    ),
    Case(
        "fields in the order in which they are first named",
        "{ b: __typename a: __typename grids(first: 1) { nodes { name ... on Grid { id } name } a: totalCount } }",
    ),
    Case("an inline fragment without a type", "{ grids(first: 1) { ... { totalCount nodes { ... { name } } } } }"),
    Case(
        "an inline fragment on an interface", "{ residents(first: 2) { nodes { ... on Node { id __typename } name } } }"
    ),
    Case(
        "a field included and another skipped by literals",
        """{ grids(first: 2) { nodes {
        name @include(if: true) id @skip(if: true) community @include(if: false) { name }
        estate @skip(if: false) { name } } } }""",
    ),
    Case(
        "fields included and skipped by variables",
        """query($yes: Boolean!, $no: Boolean! = false) {
        grids(first: 2) { nodes { name @include(if: $yes) id @skip(if: $yes) ...More @include(if: $no)
            ... @skip(if: $no) { estate { name } } } } } fragment More on Grid { community { name } }""",
        lambda _: {"yes": True},
    ),
    Case(
        "included and skipped at once",
        "{ me { name @include(if: true) @skip(if: true) id @include(if: true) @skip(if: false) } }",
    ),
    Case(
        "nothing is left of an object",
        "{ me { name @skip(if: true) } grids(first: 2) { nodes { id @include(if: false) } } }",
    ),
    Case(
        "__typename everywhere",
        """{ __typename me { __typename } grids(first: 2) { __typename
        nodes { __typename households(first: 1) { __typename } } edges { __typename node { __typename } }
        pageInfo { __typename } } }""",
    ),
    Case("the name of a union's members", "{ disputes { nodes { parties { subject { __typename } } } } }"),
    Case(
        "each member of a union",
        """{ disputes(first: 100) { nodes { title parties { id role consent claim
        subject { __typename ... on Resident { name phone } ... on Household { address }
        ... on Premises { name kind } ... on Organisation { name kindLabel } ... on UnregisteredParty { name phone }
        } } } } }""",
    ),
    Case(
        "an interface within a union",
        "{ disputes { nodes { parties { subject { ... on Node { id } ... on UnregisteredParty { name } } } } } }",
    ),
    Case("a page without arguments", "{ residents { nodes { id name } pageInfo { hasNextPage hasPreviousPage } } }"),
    Case("how many there are, and nothing else", "{ residents { totalCount } appeals { n: totalCount } }"),
    Case("how many there are under a filter", "{ residents(where: { colour: [RED, YELLOW] }) { totalCount } }"),
    Case(
        "duties towards people who have moved to another grid since",
        """{ duties(between: { startsOn: "2023-11-08", endsOn: "2023-12-06" }, first: 1) { totalCount } }""",
    ),
    Case("what lies beyond a page read from its end", "{ residents(last: 2) { pageInfo { hasNextPage } } }"),
    Case(
        "what lies beyond a page read from its start",
        "{ residents(first: 2) { pageInfo { hasPreviousPage } } grids(first: 1) { pageInfo { __typename } } }",
    ),
    Case("the page's cursors alone", "{ visits(last: 3) { pageInfo { endCursor startCursor } } }"),
    Case(
        "an empty page",
        """{ residents(where: { text: "没有这个人" }) { totalCount nodes { id } edges { cursor }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }""",
    ),
    Case(
        "a page within a page within a page",
        """{ grids(first: 3) { nodes { name buildings(first: 2) { totalCount
        nodes { number households(last: 2, where: { unit: 1 }) { edges { cursor node { address residents { name } } }
        pageInfo { hasPreviousPage } } } } } } }""",
    ),
    Case(
        "both edges and nodes of a page",
        """{ premises(first: 3) { edges { cursor node { id } }
        nodes { name address contactName grid { name } } again: nodes { kind } } }""",
    ),
    Case(
        "cursors of another list",
        "query($after: String) { grids(after: $after) { nodes { name } } }",
        lambda pools: {"after": pools.cursors["grid"][0]},
    ),
    Case(
        "between two cursors",
        """query($a: String, $b: String) { appeals(first: 2, after: $a, before: $b) {
        nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }""",
        lambda pools: {"a": sorted(pools.cursors["appeal"])[-2], "b": sorted(pools.cursors["appeal"])[1]},
    ),
    Case(
        "residents by every filter at once",
        """query($grid: ID, $text: String) {
        a: residents(where: { grid: $grid }) { totalCount nodes { name } }
        b: residents(where: { colour: [GREEN, BLUE], text: $text }) { nodes { name colours } }
        c: residents(where: {}) { totalCount } d: residents(where: { colour: [] }) { totalCount }
        e: residents(where: { colour: CYAN, grid: null }) { totalCount } }""",
        lambda pools: {"grid": pools.ids["grid"][0], "text": "王"},
    ),
    Case(
        "households and buildings by place and number",
        """query($b: ID!, $e: ID, $g: ID, $n: Int = 1) {
        households(where: { building: $b, unit: $n }) { nodes { room floor unit } }
        a: buildings(where: { estate: $e }) { nodes { number estate { name partyBranch { name } } } }
        c: buildings(where: { grid: $g, number: $n }) { nodes { number } } }""",
        lambda pools: {"b": pools.ids["building"][0], "e": pools.ids["estate"][0], "g": pools.ids["grid"][0]},
    ),
    Case(
        "premises of a kind",
        "query($k: [PremisesKind!] = [SHOP, CONSTRUCTION_SITE])"
        " { premises(where: { kind: $k }) { totalCount nodes { kindLabel } } }",
    ),
    Case(
        "visits by worker, mode and time",
        """query($where: VisitFilter, $since: DateTime) {
        a: visits(where: $where) { totalCount nodes { occurredAt mode worker { name } residents { name } } }
        b: visits(where: { mode: [PHONE], occurredBetween: { startsAt: $since, endsAt: null } }) { totalCount }
        c: visits(where: { occurredBetween: {} }) { totalCount }
        d: visits(where: { attempt: true }) { totalCount nodes { id isAttempt spokeWith household { address } } } }""",
        lambda pools: {
            "where": {"attempt": False, "worker": pools.ids["account"][0], "mode": ["HOME_VISIT", "PHONE"]},
            "since": "2023-11-05T08:30:00+08:00",
        },
    ),
    Case(
        "appeals, open and not",
        """{ a: appeals(where: { open: true }) { totalCount nodes { status } }
        b: appeals(where: { open: false }) { totalCount nodes { status rating } } }""",
    ),
    Case(
        "appeals by everything they have",
        """query($source: [AppealSource!], $one: AppealStatus!) {
        a: appeals(where: { kind: [PROBLEM, HELP], category: [HEATING, WATER], source: $source }) { totalCount }
        b: appeals(where: { level: [COMMUNITY, FARM], status: [$one, ACCEPTED] }) { nodes { issuingBody } }
        c: appeals(where: { openedBetween: { startsAt: "2023-01-01T00:00:00Z", endsAt: "2023-12-01T00:00:00+08:00" } })
            { totalCount } }""",
        lambda _: {"source": ["VISIT", "PHONE", "DESK"], "one": "CLOSED"},
    ),
    Case(
        "appeals of a place",
        """query($b: ID, $h: ID, $g: ID!) { a: appeals(where: { building: $b }) { totalCount }
        b: appeals(where: { household: $h, open: null }) { totalCount }
        c: appeals(where: { grid: $g }) { totalCount } }""",
        lambda pools: {"b": pools.ids["building"][0], "h": pools.ids["household"][0], "g": pools.ids["grid"][0]},
    ),
    Case(
        "a search that takes wildcards for letters",
        """{ a: appeals(where: { text: "%" }) { totalCount }
        b: appeals(where: { text: "_" }) { totalCount } c: appeals(where: { text: "\\\\" }) { totalCount }
        d: disputes(where: { text: " 的 " }) { totalCount } }""",
    ),
    Case(
        "appeals, oldest and newest first",
        """query($o: CaseOrder = OLDEST) { a: appeals(first: 4, orderBy: $o) {
        edges { cursor node { openedAt } } } b: appeals(last: 4, orderBy: NEWEST) { edges { cursor node { openedAt } } }
        c: appeals(first: 2, orderBy: null) { nodes { openedAt } } }""",
    ),
    Case(
        "disputes, pending and not",
        """{ a: disputes(where: { pending: true }, orderBy: OLDEST) { nodes { title status } }
        b: disputes(where: { pending: false, type: [NEIGHBOUR, WAGE_ARREARS], level: [GRID, COMMUNITY] }) { totalCount }
        c: disputes(where: { status: AGREED }) { nodes { agreement { form content effectiveOn } } } }""",
    ),
    Case(
        "a dispute with all it has",
        """{ disputes(first: 100) { nodes { id type typeLabel origin originLabel referredBy
        level levelLabel status statusLabel title facts openedAt recordedAt closedAt grid { name } registeredBy { name }
        mediator { name roleLabel } visit { id } allowedActions agreement { id form content facts performance dueOn
        reachedAt partiesSignedOn mediatorSignedOn sealedOn effectiveOn recordedBy { name } dispute { id } }
        timeline(first: 5) { totalCount nodes { kind kindLabel note } } } } }""",
    ),
    Case(
        "an appeal with all it has",
        """{ appeals(first: 100) { nodes { id kind kindLabel category categoryLabel source
        sourceLabel level levelLabel issuingBody status statusLabel body answer rating unit reporterName reporterPhone
        openedAt recordedAt acceptedAt answeredAt closedAt grid { name } building { name } household { address }
        resident { name phone phoneMasked colours } organisation { name kind phone community { name } }
        registeredBy { name } handledBy { name } visit { id } allowedActions } } }""",
    ),
    Case(
        "timelines with who did what",
        """{ appeals(first: 20) { nodes { timeline { edges { cursor node { cursor kind
        kindLabel fromStatus toStatus note occurredAt recordedAt actor { name role } visit { mode } appeal { id }
        dispute { id } } } pageInfo { hasNextPage endCursor } } } } }""",
    ),
    Case(
        "the last of a timeline",
        "{ disputes { nodes { timeline(last: 1) { nodes { kind } pageInfo { hasPreviousPage } } } } }",
    ),
    Case(
        "colleagues by what they are looked for",
        """query($grid: ID, $estate: ID, $building: ID, $body: ID, $here: ID!) {
        a: accounts(first: 100) { totalCount nodes { id username name phone role isActive invitationEndsAt
            assignments { startsOn endsOn endedAt organisation { name } } } }
        b: accounts(where: { role: [LEGAL_COUNSEL, JUDICIAL_OFFICE], active: true }) { nodes { name } }
        c: accounts(where: { text: "网格", active: false }) { totalCount nodes { username } }
        d: accounts(where: { grid: $grid }) { nodes { name } } e: accounts(where: { estate: $estate }) { totalCount }
        f: accounts(where: { building: $building }) { nodes { name } }
        g: accounts(where: { organisation: $body }) { nodes { name role } }
        h: accounts(where: { community: $here, role: GRID_WORKER }) { totalCount } }""",
        lambda pools: {
            **{name: pools.ids[name][0] for name in ("grid", "estate", "building")},
            "body": pools.ids["organisation"][0],
            "here": pools.ids["community"][0],
        },
    ),
    Case(
        "who looks after a place",
        """{ grids(first: 50) { nodes { name workers { username name phone } } }
        buildings(first: 50) { nodes { number head { name phone } } }
        estates { nodes { name leader { name } partyBranch { id } } }
        partyBranches(first: 3) { totalCount nodes { id name estate { name } } } }""",
    ),
    Case(
        "organisations of a kind, and of a community",
        """query($here: ID) { a: organisations(where: { kind: [HEATING_COMPANY, DISPUTE_CENTRE] }) { nodes { name } }
        b: organisations(where: { community: $here }) { totalCount } }""",
        lambda pools: {"here": pools.ids["community"][0]},
    ),
    Case(
        "who reached whom",
        """{ visits(first: 10) { nodes { occurredAt recordedAt modeLabel note household { address
        visits(first: 1) { totalCount } } grid { name } residents { name visits(first: 2) { nodes { id } totalCount } }
        appeals { body } disputes { title } } } }""",
    ),
    Case(
        "visits to premises, with whom the worker spoke",
        """query($premises: ID) { visits(where: { premises: $premises }) { totalCount }
        premises(first: 20) { nodes { name visits { totalCount nodes { id isAttempt spokeWith note residents { name }
        household { address } premises { name } } } } } }""",
        lambda pools: {"premises": pools.ids["premises"][0]},
    ),
    Case(
        "what was corrected and withdrawn, and what it had said",
        """{ withdrawnVisits(first: 10) { totalCount nodes { id withdrawnAt residents { name } ...Said } }
        visits(where: { occurredBetween: { startsAt: "2023-12-26T00:00:00Z" } }) { nodes { id withdrawnAt ...Said } } }
        fragment Said on Visit { photos { id } removedPhotos { attachedAt attachedBy { name } removedAt
        removedBy { name } removedReason } corrections { withdraws reason correctedAt correctedBy { name } mode
        modeLabel household { address } premises { name } residents { name } spokeWith note occurredAt } }""",
    ),
    Case(
        "removed photos of appeals",
        "{ appeals(first: 50, orderBy: OLDEST) { nodes { photos { id } removedPhotos { removedReason } } } }",
    ),
    Case(
        "homes and who lives there",
        """{ households(first: 30) { nodes { address unit floor room grid { name }
        building { name appeals(first: 1) { totalCount } } residents { id name sex bornOn phone phoneMasked colours
        household { id } appeals(first: 3) { nodes { body } } } } } }""",
    ),
    Case(
        "from the farm down",
        """{ communities { nodes { id name timeZone farm { id name communities { nodes { name } } }
        estates { nodes { name partyBranch { name phone estate { name } } buildings(first: 2) { nodes { floors } } } }
        grids(first: 2) { nodes { residents(first: 2) { nodes { name } } premises(where: { kind: SHOP }) { totalCount }
        appeals(first: 1) { totalCount } } } organisations(last: 2) { nodes { name } } } } }""",
    ),
    Case(
        "estates and organisations",
        """{ estates(first: 1) { nodes { name community { name } grids { nodes { name } } }
        pageInfo { hasNextPage } } organisations { edges { cursor node { name phone kindLabel } } } }""",
    ),
    Case(
        "every kind of node",
        filled("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id <types> } }", types=_ALL_TYPES),
        _ids,
    ),
    Case(
        "a list of nodes from variables and literals",
        filled(
            'query($id: ID!) { nodes(ids: [$id, "grid_<x>", $id]) { id __typename } none: nodes(ids: []) { id } }',
            x=UNKNOWN,
        ),
        lambda pools: {"id": pools.ids["grid"][0]},
    ),
    Case(
        "a single id for a list of them",
        "query($id: ID!) { nodes(ids: [$id]) { id ... on Account { name } } }",
        lambda pools: {"id": pools.ids["account"][0]},
    ),
    Case(
        "unknown ids",
        filled(
            '{ a: node(id: "appeal_<x>") { id } b: node(id: "nothing_<x>") { id } appeal(id: "appeal_<x>") { id } }',
            x=UNKNOWN,
        ),
    ),
    Case(
        "one of each kind by its id",
        """query($c: ID!, $b: ID!, $h: ID!, $r: ID!, $v: ID!, $a: ID!, $d: ID!) {
        community(id: $c) { name } building(id: $b) { name } household(id: $h) { address } resident(id: $r) { name }
        visit(id: $v) { occurredAt } appeal(id: $a) { body } dispute(id: $d) { title } }""",
        lambda pools: {
            name[0]: pools.ids[name][0]
            for name in ("community", "building", "household", "resident", "visit", "appeal", "dispute")
        },
    ),
    Case(
        "pages within a node",
        """query($id: ID!) { node(id: $id) { ... on Grid { households(first: 2) { edges { cursor }
        pageInfo { endCursor } } } ... on Building { households(last: 1) { nodes { room } } } } }""",
        lambda pools: {"id": pools.ids["grid"][0]},
    ),
    Case(
        "a receipt by its code",
        """query($code: String!) { receipt(code: $code) { appealId body categoryLabel status
        statusLabel issuingBody answer rating openedAt closedAt steps { label occurredAt } } other: receipt(code: "x")
        { body } }""",
        lambda pools: {"code": pools.codes[0]},
    ),
    Case(
        "a receipt by its code in small letters",
        "query($code: String!) { receipt(code: $code) { __typename } }",
        lambda pools: {"code": pools.codes[1].lower()},
    ),
    Case(
        "the schema together with data",
        """query($name: String! = "Appeal") { __schema { queryType { name } }
        __type(name: $name) { kind fields { name } } me { name } none: __type(name: "Nothing") { name } }""",
    ),
    Case(
        "the schema alone", '{ __schema { queryType { name } } __type(name: "ResidentColour") { enumValues { name } } }'
    ),
    Case(
        "default values of variables",
        """query($n: Int = 2, $o: CaseOrder! = OLDEST, $w: AppealFilter = { open: true },
        $unused: String) { appeals(first: $n, orderBy: $o, where: $w, after: $unused) {
        nodes { status openedAt } } }""",
    ),
    Case(
        "a null in place of a default",
        "query($n: Int = 2) { residents(first: $n) { nodes { id } } }",
        lambda _: {"n": None},
    ),
    Case(
        "variables in a filter that are not given",
        """query($grid: ID, $text: String, $open: Boolean) {
        appeals(where: { grid: $grid, text: $text, open: $open }) { totalCount nodes { id } } }""",
    ),
]
"""What must be answered."""
