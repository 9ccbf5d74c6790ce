"""The schema: its SDL is checked in and described, every field compiles, and no files import each other in a circle."""

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    print_schema,
)

import schema
from rules import access
from schema.access import check
from schema.compiler.declare import PREDICATE, SOURCE, column
from schema.compiler.sources import Order, Page
from schema.engine.every_field import problems
from schema.orders import DISPUTE_ORDERS, NEWEST, CaseOrder
from schema.relay import KEYLESS
from schema.schema import SCHEMA, sdl

CHECKED_IN = Path(__file__).parents[1] / "schema" / "schema.graphql"
MOST_LINES = 8_000
OF_THE_PROTOCOL = {"Query", "Mutation", "Subscription", "PageInfo", "Problem"}
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType


def undescribed(schema: GraphQLSchema) -> list[str]:
    """Everything that lacks a description."""
    found = []
    for name, type_ in schema.type_map.items():
        if name.startswith("__") or name in {"ID", "Int", "Float", "String", "Boolean"}:
            continue
        if not type_.description:
            found.append(name)
        if isinstance(type_, GraphQLEnumType):
            found += [f"{name}.{key}" for key, value in type_.values.items() if not value.description]
        if isinstance(type_, Composite):
            found += _fields(name, type_)
    return found


def _fields(name: str, type_: Composite) -> list[str]:
    found = []
    for key, field in type_.fields.items():
        if not field.description:
            found.append(f"{name}.{key}")
        arguments = getattr(field, "args", {})
        found += [f"{name}.{key}({each})" for each, given in arguments.items() if not given.description]
    return found


DAYS_AND_INSTANTS = {
    "AbsenceInput.days": "a list of days",
    "ActAnswer.basedOn": "a version, which is neither a day nor an instant",
    "SubmittedAct.basedOn": "a version, which is neither a day nor an instant",
    "PlanRosterInput.days": "a list of days",
    "SwapShiftsInput.days": "a list of days",
}
"""Exceptions from the names of days (`on`, `…On`) and instants (`at`, `…At`), with the reason."""


_COUNTED_BY = re.compile(r"\w+Count\.(?:day|week|month)")
"""The keys of counts, which are named by their dimensions."""


def test_days_end_in_on_and_instants_in_at() -> None:
    endings = {"Date": r"on|\w+On", "DateTime": r"at|\w+At"}
    wrong = []
    for place, name, type_ in _typed(SCHEMA._schema):
        if _COUNTED_BY.fullmatch(place):
            continue
        ending = next((each for each, pattern in endings.items() if re.fullmatch(pattern, name)), None)
        if ending != (type_ if type_ in endings else None):
            wrong.append(place)
    assert sorted(wrong) == sorted(DAYS_AND_INSTANTS)


def _typed(schema: GraphQLSchema) -> Iterator[tuple[str, str, str]]:
    """Each field, argument and field of an input: its place, its name, and the name of its type."""
    for type_name, type_ in schema.type_map.items():
        if not isinstance(type_, Composite) or type_name.startswith("__"):
            continue
        for name, field in type_.fields.items():
            yield f"{type_name}.{name}", name, get_named_type(field.type).name
            for argument, given in getattr(field, "args", {}).items():
                yield f"{type_name}.{name}.{argument}", argument, get_named_type(given.type).name


def test_every_object_has_an_id_or_is_declared_keyless() -> None:
    keyless = set()
    for name, type_ in SCHEMA._schema.type_map.items():
        if not isinstance(type_, GraphQLObjectType) or name.startswith("__") or name in OF_THE_PROTOCOL:
            continue
        held = {each.name for each in type_.interfaces}
        if "Node" in held:
            assert type_.extensions["strawberry-definition"].origin.__entity__.prefix, f"node(id:) does not find {name}"
        elif not held & {"Payload", "Event", "Figures"} and not {"pageInfo", "node"} & type_.fields.keys():
            keyless.add(name)
    assert keyless == KEYLESS
    told = (CHECKED_IN.parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
    assert [name for name in sorted(KEYLESS) if f"`{name}`" not in told] == []


def test_the_checked_in_sdl_is_the_schemas() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == sdl()


def test_the_sdl_is_short_and_says_what_the_schema_says() -> None:
    assert print_schema(build_schema(sdl())) == print_schema(build_schema(SCHEMA.as_str()))
    assert len(sdl().splitlines()) <= MOST_LINES


def test_everything_is_described() -> None:
    assert undescribed(build_schema(sdl())) == []


def test_every_mutation_has_an_id_for_retries_or_says_what_a_repetition_does() -> None:
    root = SCHEMA._schema.mutation_type
    assert root is not None
    for name, field in root.fields.items():
        given: Any = get_named_type(field.args["input"].type) if "input" in field.args else None
        assert (given and {"id", "act"} & given.fields.keys()) or "A repetition " in (field.description or ""), name


def test_every_description_starts_like_a_sentence_and_no_placeholder_is_left() -> None:
    assert "See the description" not in sdl()


def test_the_schema_has_the_roots_that_clients_think_in() -> None:
    query = SCHEMA._schema.query_type
    assert query is not None
    roots = {
        "me",
        "residents",
        "households",
        "buildings",
        "grids",
        "visits",
        "appeals",
        "disputes",
        "statistics",
    }
    assert roots <= set(query.fields)


@pytest.mark.long
def test_what_is_misspelt_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field, one of several fields of a filter, and one of several orders of a connection."""
    types: Any = SCHEMA._schema.type_map

    def declare(type_: str, name: str, kind: str, instead: Any) -> None:
        declared = types[type_].fields[name].extensions["strawberry-definition"]
        monkeypatch.setattr(declared, "metadata", {**declared.metadata, kind: instead})

    declare("Visit", "note", SOURCE, column("note_too", "A column that the table does not have.").metadata[SOURCE])
    declare("AppealFilter", "grid", PREDICATE, lambda row, _: row.c.grid_too == 1)
    misspelt = Order(("opened_too", "id"))
    declare("Query", "disputes", SOURCE, Page({None: NEWEST, **DISPUTE_ORDERS, CaseOrder.OLDEST: misspelt}))
    found = {each.field: each.reason for each in problems(SCHEMA._schema)}
    assert "'note_too'" in found.pop("Visit.note")
    assert "'opened_too'" in found.pop("Query.disputes(orderBy: OLDEST)")
    assert 'Query.appeals(where: {grid: "x"})' in found
    assert {"'grid_too'" in reason for reason in found.values()} == {True}


def _imports(path: Path) -> set[str]:
    """What a file imports, also inside functions and for types only."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{each.name}" for each in node.names)}
    return found


def test_the_files_of_the_schema_do_not_import_each_other_in_a_circle() -> None:
    root = Path(schema.__file__).parents[1]
    files = {".".join(path.relative_to(root).with_suffix("").parts): path for path in (root / "schema").rglob("*.py")}
    modules = {name.removesuffix(".__init__"): path for name, path in files.items()}
    imports = {name: (_imports(path) & modules.keys()) - {name} for name, path in modules.items()}
    # static_order raises CycleError, which names the files.
    assert len(list(TopologicalSorter(imports).static_order())) == len(modules) > 50


@pytest.mark.parametrize("name", ["Resident.phone", "Dispute", "ResidentFilter.colour"])
def test_what_has_no_row_in_the_table_of_readers_is_not_built(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delitem(access.READERS, name)
    with pytest.raises(LookupError, match=f"no row for .*'{name}'"):
        check(SCHEMA._schema)


def test_a_mutation_without_an_act_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(access.ACTS, "openAppeal")
    with pytest.raises(LookupError, match=r"no row for .*'Mutation\.openAppeal'"):
        check(SCHEMA._schema)


def test_a_row_for_nothing_is_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(access.READERS, "Resident.religion", frozenset({access.Role.ADMIN}))
    with pytest.raises(LookupError, match=r"nothing for rows .*Resident\.religion"):
        check(SCHEMA._schema)


def test_what_only_some_readers_of_an_object_read_can_be_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(access.READERS, "Resident.name", access.READERS["Resident.phone"])
    with pytest.raises(LookupError, match=r"cannot be null: .*Resident\.name"):
        check(SCHEMA._schema)


def test_a_row_with_a_role_in_the_wrong_column_is_refused() -> None:
    with pytest.raises(ValueError, match="not a row of roles"):
        access.roles_of("L W . S D Y . . . . . .")
