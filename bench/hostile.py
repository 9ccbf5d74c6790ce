"""Requests of an attacker: documents, bodies, frames and forms that are expensive or broken."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import orjson

STANDARD = "queryType { name } types { name fields { name args { name type { name } } type { name ofType { name } } } }"
ID = "0199f0c2-0000-7000-8000-000000000000"
COUNTER = "HALL7Q4M2X9K"


class Body(NamedTuple):
    """A request to a path, with its headers and its content."""

    name: str
    method: str
    path: str
    content: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def _repeated(template: str, times: int) -> str:
    """Copies of a text, in which ``{n}`` is their number."""
    return " ".join(template.replace("{n}", str(n)) for n in range(times))


def documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Documents with their names and variables."""
    for name, text in _DOCUMENTS.items():
        yield name, text, {}
    for name, (text, variables) in _WITH_VARIABLES.items():
        yield name, text, variables


def _bomb(levels: int, width: int) -> str:
    """Fragments each of which spreads the next one several times, under other names."""
    inner = " ".join(f"a{n}: grid {{ ...N }}" for n in range(width))
    spread = (
        f"fragment F{n} on Building {{ {inner.replace('grid', 'estate').replace('...N', f'...G{n}')} }} "
        f"fragment G{n} on Estate {{ buildings {{ nodes {{ ...F{n + 1} }} }} }}"
        for n in range(levels)
    )
    return f"{{ buildings {{ nodes {{ ...F0 }} }} }} {' '.join(spread)} fragment F{levels} on Building {{ id }}"


def _deep(levels: int) -> str:
    opened = "building { grid { buildings { nodes { "
    return "{ households { nodes { " + opened * levels + "id " + "} } } } " * levels + "} } }"


_LISTS = ("residents", "households", "buildings", "grids", "visits", "appeals", "disputes", "premises", "estates")
_DERIVED = {
    "weekly": "weeklyAnalysis { duty { owed { totalCount } done { totalCount } } workers { visits { totalCount } } }",
    "duties": 'duties(between: {startsOn: "2023-01-01", endsOn: "2023-12-31"}, first: 100) { totalCount nodes { id } }',
    "day": "myDay(first: 100) { totalCount nodes { resident { name timeline(first: 100) { nodes { kind } } } } }",
    "compliance": 'compliance(between: {startsOn: "2023-01-01", endsOn: "2023-12-31"}) { owed done missed }',
    "duplicates": "duplicateSuggestions(first: 100) { totalCount nodes { __typename } }",
    "statistics": 'statistics(between: {startsOn: "2023-01-01", endsOn: "2023-12-31"}) { visits { total } }',
    "candidates": "incidentCandidates(first: 100) { totalCount nodes { appeals(first: 100) { nodes { id } } } }",
    "previous": "weeklyAnalysis { " + "previous { " * 15 + "householdsVisited { totalCount } " + "} " * 15 + "}",
    "roster": "rosterWeeks(first: 100) { nodes { shifts { worker { name } } } }",
    "suggestions": 'placeSuggestions(text: "3号楼2单元501") { __typename }',
}
_DOCUMENTS = {
    "one field often": "{ " + "__typename " * 900 + "}",
    "one object often": "{ " + "me { name } " * 160 + "}",
    "aliases": "{ " + _repeated("a{n}: __typename", 330) + " }",
    "aliased objects": "{ " + _repeated("a{n}: me { id name role }", 140) + " }",
    "unknown fields": "{ " + _repeated("unknown{n}", 300) + " }",
    "unknown arguments": "{ appeals(" + _repeated("x{n}: 1", 240) + ") { totalCount } }",
    "unknown filter fields": "{ appeals(where: {" + _repeated("x{n}: 1", 240) + "}) { totalCount } }",
    "unknown types": _repeated("fragment F{n} on Unknown{n} { id }", 120),
    "similar names": "{ " + _repeated("appeal{n} { id } appealsss{n} { id }", 90) + " }",
    "chain of fragments": "{ ...F0 } " + _repeated("fragment F{n} on Query { a{n}: __typename ...F{n} }", 100),
    "cycle of fragments": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "cycle through an object": "{ me { ...A } } fragment A on Account { assignments { account { ...A } } }",
    "many spreads": "{ "
    + _repeated("...F{n}", 110)
    + " } "
    + _repeated("fragment F{n} on Query { a{n}: __typename }", 110),
    "spreads of one fragment": "{ " + "...F " * 400 + "} fragment F on Query { me { id name } }",
    "unused fragments": "{ __typename } " + _repeated("fragment F{n} on Query { a: __typename }", 110),
    "wide bomb": _bomb(8, 6),
    "deep bomb": _bomb(16, 2),
    "longest bomb": _bomb(20, 1),
    "inline fragments": "{ " + "... { " * 190 + "__typename" + " }" * 190 + " }",
    "deep inline fragments": "{ " + "... on Query { " * 240 + "__typename" + " }" * 240 + " }",
    "deep objects": _deep(2),
    "deeper objects": _deep(5),
    "deepest objects": _deep(30),
    "deep list": "{ nodes(ids: " + "[" * 400 + "]" * 400 + ") { id } }",
    "deep input": "{ appeals(where: " + "{and: " * 300 + "}" * 300 + ") { totalCount } }",
    "many operations": _repeated("query q{n} { __typename }", 190),
    "many variables": "query(" + _repeated("$v{n}: Int", 240) + ") { __typename }",
    "one variable often": "query(" + "$v: Int " * 240 + ") { __typename }",
    "many directives": "{ __typename " + "@skip(if: false) " * 160 + "}",
    "unknown directives": "{ __typename " + _repeated("@d{n}", 400) + " }",
    "long name": "{ " + "a" * 31_000 + " }",
    "long alias": "{ " + "a" * 31_000 + ": __typename }",
    "long text": '{ placeSuggestions(text: "' + "三" * 30_000 + '") { __typename } }',
    "block text": '{ placeSuggestions(text: """' + "\n \n" * 9_000 + '""") { __typename } }',
    "escapes": '{ placeSuggestions(text: "' + "\\u0041" * 5_000 + '") { __typename } }',
    "broken escape": '{ placeSuggestions(text: "\\uD800") { __typename } }',
    "NUL": '{ placeSuggestions(text: "\\u0000") { __typename } }',
    "comments": "{ __typename } " + "# x\n" * 60_000,
    "spaces": " " * 250_000 + "{ __typename }",
    "commas": "{ __typename" + "," * 31_000 + " }",
    "byte order marks": "\ufeff" * 10_000 + "{ __typename }",
    "long number": "{ grids(first: " + "9" * 31_000 + ") { totalCount } }",
    "large number": "{ grids(first: 99999999999999999999) { totalCount } }",
    "negative number": "{ grids(first: -1) { totalCount } }",
    "long float": "{ grids(first: 1e400) { totalCount } }",
    "zero": "{ grids(first: 0) { totalCount } }",
    "wide pages": "{ grids(first: 100) { nodes { households(first: 100) { nodes { id } } } } }",
    "widest pages": "{ " + _repeated("a{n}: residents(first: 100) { nodes { id name } }", 60) + " }",
    "totals": "{ " + _repeated("a{n}: visits { totalCount }", 130) + " }",
    "timelines": "{ residents(first: 40) { nodes { timeline(first: 100) { totalCount nodes { kind } } } } }",
    "ids": "{ nodes(ids: [" + f'"grid_{ID}" ' * 240 + "]) { id } }",
    "id of nothing": f'{{ node(id: "unicorn_{ID}") {{ id }} }}',
    "broken id": '{ node(id: "grid_' + "x" * 5_000 + '") { id } }',
    "broken cursor": '{ appeals(after: "' + "A" * 20_000 + '") { nodes { id } } }',
    "codes": "{ " + _repeated('a{n}: receipt(code: "AAAAAAAA{n}") { __typename }', 70) + " }",
    "codes of wishes": "{ " + _repeated('a{n}: wishReceipt(code: "AAAAAAAA{n}") { __typename }', 70) + " }",
    "every type by name": "{ " + _repeated('a{n}: __type(name: "Appeal") { fields { name } }', 60) + " }",
    "the schema often": "{ " + _repeated(f"a{{n}}: __schema {{ {STANDARD} }}", 20) + " }",
    "the schema": f"{{ __schema {{ {STANDARD} }} }}",
    "the schema in depth": "{ __schema { types { " + "fields { type { " * 3 + "name" + " } }" * 3 + " } } }",
    "possible types": '{ __type(name: "Node") { possibleTypes { fields { type { possibleTypes { name } } } } } }',
    "two kinds at once": "{ me { id } __schema { types { name } } }",
    "mutation by accident": "mutation { __typename }",
    "six mutations": "mutation { "
    + _repeated(f'm{{n}}: acceptAppeal(input: {{appeal: "appeal_{ID}"}}) {{ errors {{ code }} }}', 6)
    + " }",
    "mutation of nothing": f'mutation {{ acceptAppeal(input: {{appeal: "appeal_{ID}"}}) {{ errors {{ code }} }} }}',
    "mutation without input": "mutation { acceptAppeal { errors { code } } }",
    "large payload": f'mutation {{ acceptAppeal(input: {{appeal: "appeal_{ID}"}}) {{ appeal {{ '
    + _repeated("a{n}: timeline(first: 100) { nodes { actor { name } } }", 50)
    + " } errors { code } } }",
    "subscription by post": "subscription { appealOpened { cursor } }",
    "two subscriptions": "subscription { a: appealOpened { cursor } b: appealOpened { cursor } }",
    "empty": "",
    "only a comment": "# nothing",
    "only a fragment": "fragment F on Query { me { id } }",
    "unclosed": "{ me { id ",
    "unopened": "} } }",
    "not a document": "select * from resident",
    "a type": "type A { b: Int }",
    "an extension": "extend type Query { b: Int }",
    "control characters": "{ \u0001\u0002 me { id } }",
    "line separators": "{\u2028me\u2029{ id } }",
    "emoji": "{ 😀 }",
    **{f"ten times {name}": "{ " + _repeated(f"a{{n}}: {text}", 10) + " }" for name, text in _DERIVED.items()},
    **{f"once {name}": f"{{ {text} }}" for name, text in _DERIVED.items()},
    **{
        f"fifteen lists of {name}": "{ "
        + _repeated(f"a{{n}}: {name}(first: 3) {{ totalCount nodes {{ id }} }}", 15)
        + " }"
        for name in _LISTS
    },
    **{
        f"backwards through {name}": f"{{ {name}(last: 100) {{ pageInfo {{ hasPreviousPage }} nodes {{ id }} }} }}"
        for name in _LISTS
    },
}
_IDS = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
_WHERE = "query($w: AppealFilter) { appeals(where: $w) { totalCount } }"
_TEXT = "query($t: String!) { placeSuggestions(text: $t) { __typename } }"
_DAYS = "query($b: DayRange!) { duties(between: $b, first: 1) { totalCount } }"
_WITH_VARIABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "many nulls": (_IDS, {"ids": [None] * 50_000}),
    "many ids": (_IDS, {"ids": [f"grid_{ID}"] * 4_000}),
    "objects for ids": (_IDS, {"ids": [{"a": 1}] * 2_000}),
    "many unknown inputs": (_WHERE, {"w": {f"x{n}": n for n in range(4_000)}}),
    "deep variables": (_WHERE, {"w": {"and": [{"and": [{}]}]}}),
    "wrong types": (_WHERE, {"w": {"status": ["NOTHING"] * 1_000}}),
    "unused variables": ("{ __typename }", {f"v{n}": n for n in range(4_000)}),
    "large integer": ("query($n: Int) { grids(first: $n) { totalCount } }", {"n": 2**53}),
    "boolean for a number": ("query($n: Int) { grids(first: $n) { totalCount } }", {"n": True}),
    "hostile place": (_TEXT, {"t": "-".join(["十十十十"] * 8) + "\n" * 1_900 + "x"}),
    "long place": (_TEXT, {"t": "3号楼" * 660}),
    "too long place": (_TEXT, {"t": "三" * 80_000}),
    "NUL in a text": (_TEXT, {"t": "3号楼\0"}),
    "lone surrogate": (_TEXT, {"t": "3号楼"}),
    "all days": (_DAYS, {"b": {"startsOn": "0001-01-01", "endsOn": "9999-12-31"}}),
    "no days": (_DAYS, {"b": {"startsOn": "2023-13-45", "endsOn": "x"}}),
    "reversed days": (_DAYS, {"b": {"startsOn": "2023-12-31", "endsOn": "2023-01-01"}}),
}


def bodies() -> Iterator[Body]:
    """Requests whose form is broken, and requests to pages."""
    json, form = (("content-type", "application/json"),), (("content-type", "application/x-www-form-urlencoded"),)
    deep = b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 1_500 + b"1" + b"}" * 1_500 + b"}"
    for name, content in {
        "no body": b"",
        "an array": b"[]",
        "a batch": orjson.dumps([{"query": "{ __typename }"}] * 100),
        "a string": b'"x"',
        "null": b"null",
        "broken JSON": b'{"query": ',
        "broken UTF-8": b'{"query": "\xff"}',
        "deep JSON": deep,
        "query of a number": b'{"query": 1}',
        "query of null": b'{"query": null}',
        "variables as text": b'{"query": "{ __typename }", "variables": "x"}',
        "extensions as text": b'{"query": "{ __typename }", "extensions": "x"}',
        "names twice": b'{"query": "{ me { id } }", "query": "{ __typename }"}',
        "a megabyte": b'{"query": "' + b"x" * 1_000_000 + b'"}',
        "not a number": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    }.items():
        yield Body(name, "POST", "/graphql", content, json)
    ask = orjson.dumps({"query": "{ __typename }"})
    yield Body("a form", "POST", "/graphql", b"query=x", form)
    yield Body("no type", "POST", "/graphql", ask)
    yield Body("many accepted types", "POST", "/graphql", ask, (*json, ("accept", "a/b;q=0.1," * 2_000)))
    yield Body("broken token", "POST", "/graphql", ask, (*json, ("authorization", "Bearer " + "x." * 3_000)))
    yield Body("other scheme", "POST", "/graphql", ask, (*json, ("authorization", "Basic eDp4")))
    yield Body("languages", "POST", "/graphql", ask, (*json, ("accept-language", "zh-CN;q=0.1," * 2_000)))
    yield Body("mutation by GET", "GET", "/graphql?query=mutation%7B__typename%7D")
    yield Body("broken variables by GET", "GET", "/graphql?query=%7B__typename%7D&variables=%7B")
    yield Body("no query by GET", "GET", "/graphql")
    yield Body("other method", "DELETE", "/graphql")
    for grant in ("password", "refresh_token", "client_credentials", "x" * 4_000):
        yield Body(f"grant {grant[:20]}", "POST", "/auth/token", f"grant_type={grant}".encode(), form)
    yield Body("no grant", "POST", "/auth/token", b"", form)
    yield Body("many fields", "POST", "/auth/token", b"&".join(b"a%d=1" % n for n in range(1_500)), form)
    yield Body("long password", "POST", "/auth/token", b"grant_type=password&username=x&password=" + b"x" * 7_000, form)
    yield Body("NUL in a name", "POST", "/auth/token", b"grant_type=password&username=%00&password=x", form)
    yield Body("broken refresh", "POST", "/auth/token", b"grant_type=refresh_token&refresh_token=" + b"A" * 5_000, form)
    yield Body("revoke nothing", "POST", "/auth/revoke", b"token=" + b"A" * 5_000, form)
    hostile = "-".join(["十十十十"] * 8) + "\n" * 1_900 + "x"
    page = (("content-type", "application/x-www-form-urlencoded"), ("accept", "text/html"))
    for name, text in {"hostile": hostile, "long": "3号楼" * 660, "longest": "三" * 20_000, "NUL": "\0"}.items():
        yield Body(f"page with a {name} text", "POST", f"/q/{COUNTER}", b"body=" + _quoted(text), page)
    for path in (
        "/q/",
        "/q/x",
        f"/q/{'A' * 4_000}",
        "/r/x",
        f"/r/{'A' * 4_000}",
        "/wishes?page=x",
        "/wishes/x",
        "/nothing",
    ):
        yield Body(f"page {path[:12]}", "GET", path)
    yield Body("photo of nothing", "GET", f"/photos/{ID}/whole?until=9&signature=x")
    yield Body("photo without a digest", "PUT", "/photos/x", b"x")
    yield Body("photo with another digest", "PUT", f"/photos/{'0' * 64}", b"x", (("x-tunping-code", COUNTER),))
    yield Body("paper of nothing", "GET", f"/papers/agreement/dispute_{ID}.docx")


def _quoted(text: str) -> bytes:
    return b"".join(b"%%%02X" % each for each in text.encode())


def frames() -> Iterator[tuple[str, list[str | bytes]]]:
    """Messages on a socket, after its initialisation unless the first one says otherwise."""
    start = orjson.dumps({"type": "connection_init"}).decode()
    messages: dict[str, str | bytes] = {
        "not JSON": "{",
        "an array": "[]",
        "unknown type": '{"type": "start"}',
        "initialised twice": start,
        "no id": '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
        "no payload": '{"type": "subscribe", "id": "1"}',
        "deep": '{"type": "ping", "payload": ' + "[" * 900 + "]" * 900 + "}",
        "long": '{"type": "ping", "payload": "' + "x" * 60_000 + '"}',
        "bytes": b"\x00\xff",
        "a query": '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}',
        "complete nothing": '{"type": "complete", "id": {}}',
    }
    for name, message in messages.items():
        yield name, [start, message]
    yield "no initialisation", ['{"type": "ping"}']
    yield "broken token", ['{"type": "connection_init", "payload": {"authorization": "Bearer x"}}']
    yield "many pings", [start, *['{"type": "ping"}'] * 500]
    for name, text, _ in documents():
        if len(text) < 30_000 and name.split()[0] in {"one", "wide", "chain", "many", "unknown", "two"}:
            payload = {"type": "subscribe", "id": name, "payload": {"query": text}}
            yield f"subscribe {name}", [start, orjson.dumps(payload).decode()]


def count() -> int:
    """The number of all requests."""
    return sum(1 for _ in chain(documents(), bodies(), frames()))
