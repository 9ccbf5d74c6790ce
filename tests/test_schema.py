"""The SDL: checked in, and every part of it described."""

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
)

from schema.schema import SCHEMA, sdl

CHECKED_IN = Path(__file__).parents[1] / "schema" / "schema.graphql"
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


def test_the_checked_in_sdl_is_the_schemas() -> None:
    assert CHECKED_IN.read_text(encoding="utf-8") == sdl()


def test_everything_is_described() -> None:
    assert undescribed(build_schema(sdl())) == []


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
