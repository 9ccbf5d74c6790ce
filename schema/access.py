"""Compares the schema with the tables of roles (rules/access.py)."""

from collections.abc import Iterator

import graphql

from rules.access import ACTS, READERS
from schema.mutations.parts import MUTATION

_ROOTS = {"Query", "Mutation", "Subscription"}
_OPEN = {"PageInfo", "Problem", "TimeRange", "DayRange"}
"""Parts of pages, refusals and filters, which hold nothing of a case."""
_PERSONAL = {"String", "ResidentColour", "HouseholdRelation", "ResidencyTenure", "AccountReach"}
"""The types of fields that need a row of their own. Other enums, numbers, times and links go with their object."""


def check(schema: graphql.GraphQLSchema) -> None:
    """Raises LookupError for mutations, types and fields without a row, and for rows without any of these."""
    assert schema.mutation_type is not None
    mutations, known = schema.mutation_type.fields, set(_known(schema))
    missing = [
        *(f"Mutation.{name}" for name, field in mutations.items() if not _has_act(name, field)),
        *sorted(known - READERS.keys()),
    ]
    stale = [*(ACTS.keys() - mutations.keys()), *(READERS.keys() - known)]
    unequal = [] if missing else [name for name in known & READERS.keys() if not _can_hide(schema, name)]
    if missing or stale or unequal:
        raise LookupError(f"rules/access.py: no row for {missing}, nothing for rows {stale}, cannot be null: {unequal}")


def _has_act(name: str, field: graphql.GraphQLField) -> bool:
    """True if the table has the mutation's act. Acts on cases leave the check to the rules of their moves."""
    checked = getattr(field.extensions["strawberry-definition"].metadata[MUTATION].act, "allowed", None)
    return name in ACTS and checked in {None, ACTS[name]}


def _known(schema: graphql.GraphQLSchema) -> Iterator[str]:
    """The types that need a row, and their fields that need one."""
    for name, type_ in schema.type_map.items():
        if graphql.is_object_type(type_) and _is_read(type_):
            yield name
        elif not (graphql.is_input_object_type(type_) and _is_filter(type_)):
            continue
        for each, field in type_.fields.items():
            if graphql.get_named_type(field.type).name in _PERSONAL and not each.endswith("Label"):
                yield from {name, f"{name}.{each}"}


def _is_read(type_: graphql.GraphQLObjectType) -> bool:
    """False for roots, pages, and what an act returns to whom may do it."""
    return not (
        type_.name in _ROOTS | _OPEN
        or type_.name.startswith("__")
        or type_.name.endswith("Payload")
        or {"pageInfo", "node"} & type_.fields.keys()
    )


def _is_filter(type_: graphql.GraphQLInputObjectType) -> bool:
    return type_.name.endswith("Filter")


def _can_hide(schema: graphql.GraphQLSchema, name: str) -> bool:
    """True if whoever reads the object reads the field, or the field can be null or empty for the others."""
    type_name, _, field = name.partition(".")
    type_ = schema.type_map[type_name]
    if READERS[name] == READERS[type_name] or not graphql.is_object_type(type_):
        return True
    shown: graphql.GraphQLOutputType = type_.fields[field].type
    empty = graphql.is_nullable_type(shown) or graphql.is_list_type(graphql.get_nullable_type(shown))
    return bool(empty) and READERS[name] < READERS[type_name]
