"""Generates the documents that the tests replay: of many, few that together cover all fields, arguments and viewers.

The result is the same in each run.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from graphql import GraphQLResolveInfo
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from schema.schema import sdl
from tests import databases
from tests.oracle.answer import Oracle, resolve
from tests.oracle.documents import WHOLE, Document, asked, write
from tests.oracle.generated import SUBJECTS, Query, generated_queries, whole_queries
from tests.oracle.sides import Sides
from tests.oracle.sight import Sight

EXAMPLES = 200
"""Documents generated for each subject. More of them cover hardly any field that was not covered before."""
VIEWERS = 2
"""Viewers of each document. The second costs little, because the document is planned for the first."""
COSTLY = {"duties": 16, "weeks_of_duty": 10}
"""The most documents of subjects that cost several times as much, because they go through days."""
_FIXED = 200
"""The cost of replaying a document however short it is, in characters."""


@dataclass
class Witness:
    """A resolver that records which fields had a value, with which arguments."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, source: Any, info: GraphQLResolveInfo[Sight], **given: Any) -> Any:
        value = resolve(source, info, **given)
        if value is not None and value != []:
            name = f"{info.parent_type.name}.{info.field_name} has a value"
            self.seen.update({name, *(f"{name} for {each}" for each in _named(given))})
        return value


def _named(given: dict[str, Any]) -> Iterator[str]:
    """The names of the arguments that are given, and of the fields of filters."""
    for name, value in given.items():
        if isinstance(value, dict):
            yield from _named(value)
        elif value is not None:
            yield name


def main() -> None:
    """Writes the documents of all subjects, with an embedded database that runs meanwhile."""
    with (
        tempfile.TemporaryDirectory() as folder,
        databases.server(Path(folder)) as server,
        databases.copied(server, "small") as url,
        closing(Sides.open(url)) as sides,
    ):
        witness = Witness()
        sides.oracle = Oracle(sdl(), witness)
        for subject in SUBJECTS:
            chosen = _chosen(_tried(sides, witness, _generated(sides, subject)))
            write(subject, islice(chosen, COSTLY.get(subject)))
        write(WHOLE, _chosen(_tried(sides, witness, _whole(sides))))


def _generated(sides: Sides, subject: str) -> list[tuple[Query, list[str]]]:
    """The same documents and viewers in each run."""
    found: list[tuple[Query, list[str]]] = []
    viewers = st.lists(st.sampled_from(sorted(sides.viewers)), min_size=VIEWERS, max_size=VIEWERS, unique=True)

    @seed(list(SUBJECTS).index(subject))
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(generated_queries(sdl(), sides.world, subject), viewers)
    def note(query: Query, viewers: list[str]) -> None:
        found.append((query, viewers))

    note()
    return found


def _whole(sides: Sides) -> list[tuple[Query, list[str]]]:
    """Queries for all fields of each type, by a viewer who sees much and by another."""
    viewers = cycle(sorted(sides.viewers.keys() - {"secretary"}))
    return [(query, ["secretary", next(viewers)]) for query in whole_queries(sdl(), sides.world)]


def _tried(
    sides: Sides, witness: Witness, generated: list[tuple[Query, list[str]]]
) -> dict[str, tuple[Document, set[str]]]:
    """The documents by their queries, each with what it covers: fields, fields with a value, viewers, or a refusal."""
    schema = sides.oracle.schema
    found: dict[str, tuple[Document, set[str]]] = {}
    for (query, variables), viewers in generated:
        witness.seen = set()
        refused = sides.check(query, variables, viewers[0]) is None
        for viewer in viewers[1:]:
            assert (sides.check(query, variables, viewer) is None) is refused
        shown = {"refused"} if refused else {*asked(schema, query), *viewers, *witness.seen}
        found.setdefault(query, (Document(query, variables, viewers, refused), shown))
    return found


def _chosen(tried: dict[str, tuple[Document, set[str]]]) -> Iterator[Document]:
    """Greedily the document that covers most that is not covered yet for its cost, until all is covered."""
    left = set().union(*(shown for _, shown in tried.values()))
    while left:
        document, shown = max(tried.values(), key=lambda each: len(each[1] & left) / (_FIXED + len(each[0].query)))
        left -= shown
        yield document


if __name__ == "__main__":
    main()
