"""Writes the generated documents anew: of many, those that between them show every field, with and without a value."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLResolveInfo
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from schema.schema import sdl
from tests import databases
from tests.oracle.answer import Oracle, resolve
from tests.oracle.documents import Document, asked, write
from tests.oracle.generated import SUBJECTS, Query, generated_queries
from tests.oracle.sides import Sides
from tests.oracle.sight import Sight

EXAMPLES = 300
"""Of each subject; with more, hardly a field is found that was not there before."""
VIEWERS = 2
"""Of each document: the first costs most, for the document is planned then."""


@dataclass
class Witness:
    """Resolves fields, and notes those that have a value, with their arguments."""

    seen: set[str] = field(default_factory=set)

    def __call__(self, source: Any, info: GraphQLResolveInfo[Sight], **given: Any) -> Any:
        value = resolve(source, info, **given)
        if value is not None and value != []:
            name = f"{info.parent_type.name}.{info.field_name} has a value"
            self.seen.update({name, *(f"{name} for {each}" for each in _named(given))})
        return value


def _named(given: dict[str, Any]) -> Iterator[str]:
    """The arguments with a value, and the fields of a filter."""
    for name, value in given.items():
        if isinstance(value, dict):
            yield from _named(value)
        elif value is not None:
            yield name


def main() -> None:
    """Needs no database of its own: an embedded one is started for it."""
    with tempfile.TemporaryDirectory() as folder, databases.server(Path(folder)) as url:
        sides = Sides.open(databases.clone(url, "small"))
        witness = Witness()
        sides.oracle = Oracle(sdl(), witness)
        for subject in SUBJECTS:
            write(subject, _chosen(_tried(sides, witness, subject)))
        sides.close()


def _generated(sides: Sides, subject: str) -> list[tuple[Query, list[str]]]:
    """The same with every call."""
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


def _tried(sides: Sides, witness: Witness, subject: str) -> dict[str, tuple[Document, set[str]]]:
    """Each document by its query, and what it shows: fields, fields with a value, who asks, and a refusal."""
    schema = sides.oracle.schema
    found: dict[str, tuple[Document, set[str]]] = {}
    for (query, variables), viewers in _generated(sides, subject):
        witness.seen = set()
        refused = sides.check(query, variables, viewers[0]) is None
        for viewer in viewers[1:]:
            assert (sides.check(query, variables, viewer) is None) is refused
        shown = {"refused"} if refused else {*asked(schema, query), *viewers, *witness.seen}
        found.setdefault(query, (Document(query, variables, viewers, refused), shown))
    return found


def _chosen(tried: dict[str, tuple[Document, set[str]]]) -> Iterator[Document]:
    """One after the other that shows most that is new for its length, until nothing new is left."""
    left = set().union(*(shown for _, shown in tried.values()))
    while left:
        document, shown = max(tried.values(), key=lambda each: len(each[1] & left) / (_FIXED + len(each[0].query)))
        left -= shown
        yield document


_FIXED = 200
"""What a document costs however short it is, in characters."""


if __name__ == "__main__":
    main()
