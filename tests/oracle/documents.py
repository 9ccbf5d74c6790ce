"""The generated documents, checked in as files: each with its variables and the viewers who send it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    parse,
)

FOLDER = Path(__file__).parent / "documents"
WHOLE = "types"
"""The documents that select all fields of a type, beside those of each subject."""
STALE = "the schema or the seeds have changed since this document was generated: run make oracle-documents"


@dataclass(frozen=True, slots=True)
class Document:
    """A query, its variables, and the names of the viewers who send it. Either all get data or all are refused."""

    query: str
    variables: dict[str, Any]
    viewers: Sequence[str]
    refused: bool = False

    def __str__(self) -> str:
        head = f"# {'refused' if self.refused else 'answered'}: {' '.join(self.viewers)}\n"
        if self.variables:
            head += f"# variables: {json.dumps(self.variables, ensure_ascii=False)}\n"
        return f"{head}{self.query}\n"

    @classmethod
    def of(cls, text: str) -> "Document":
        """Parses the text of one document in a file."""
        lines = text.splitlines()
        kind, _, viewers = lines.pop(0).removeprefix("# ").partition(": ")
        given = lines.pop(0).removeprefix("# variables: ") if lines[0].startswith("#") else "{}"
        return cls("\n".join(lines), json.loads(given), viewers.split(), kind == "refused")


def write(subject: str, documents: Iterable[Document]) -> None:
    """Replaces the documents of a subject."""
    FOLDER.mkdir(exist_ok=True)
    _file(subject).write_text("\n".join(map(str, documents)), encoding="utf-8")


def read(subject: str) -> list[Document]:
    """The documents of a subject."""
    return [Document.of(each) for each in _file(subject).read_text(encoding="utf-8").split("\n\n")]


def _file(subject: str) -> Path:
    return FOLDER / f"{subject}.graphql"


def asked(schema: GraphQLSchema, query: str) -> Iterator[str]:
    """Each field that a query selects, as ``Type.field``."""
    (operation,) = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return _selected(schema, schema.query_type, operation.selection_set)


def _selected(schema: GraphQLSchema, type_: Any, selected: SelectionSetNode) -> Iterator[str]:
    for node in selected.selections:
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            yield from _selected(schema, schema.type_map[node.type_condition.name.value], node.selection_set)
        elif isinstance(node, FieldNode) and (name := node.name.value) != "__typename":
            yield f"{type_.name}.{name}"
            if node.selection_set:
                yield from _selected(schema, get_named_type(type_.fields[name].type), node.selection_set)
