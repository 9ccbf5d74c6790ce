"""The complete schema and its SDL."""

import re

import graphql
import strawberry
from strawberry.schema.config import StrawberryConfig

import schema
import schema.mutations
from schema.access import check
from schema.compiler import registry
from schema.scalars import SCALARS

SHORT = 260
"""Characters of arguments that share a line of the SDL: those of a page, or a few."""
NARROW = 80
"""Characters of a field, other than one with arguments, that shares a line with its description."""

registry.import_all(schema)
registry.import_all(schema.mutations)
registry.complete()
SCHEMA = strawberry.Schema(
    query=registry.root("Query", "Queries, within the scope of the viewer."),
    mutation=registry.root(
        "Mutation", "Mutations. Refusals are in `errors` of the payload, and leave everything unchanged."
    ),
    subscription=registry.root("Subscription", "Live events in order, within the viewer's scope."),
    config=StrawberryConfig(scalar_map=SCALARS),
)
for type_ in SCHEMA._schema.type_map.values():
    # Strawberry only checks the values of variables. graphql-core then checks literals too.
    if isinstance(type_, graphql.GraphQLInputObjectType):
        type_.is_one_of = type_.extensions["strawberry-definition"].is_one_of
check(SCHEMA._schema)

_DESCRIBED = re.compile(r'(?m)^ {2}(""".*""")\n {2}([a-z]\w*: .*)$')


def sdl() -> str:
    """The schema as text. Each description has one line, which enum values and whatever is short share."""
    text = re.sub(r'(?m)^( *)"""\n *(\S.*[^"\\\n])\n *"""$', r'\1"""\2"""', SCHEMA.as_str())
    text = re.sub(r"\n\n(?= )", "\n", text)
    text = re.sub(r'\n( {4}|  )(""".*""")\n(?: {4}|  (?=[A-Z]))', r"\n\1\2 ", text)
    text = re.sub(r"\(\n((?: {4}.*\n)+) {2}\)", _one_line, text)
    return _DESCRIBED.sub(_narrow, text) + "\n"


def _narrow(described: re.Match[str]) -> str:
    """A field in one line with its description, unless it would be long."""
    joined = f"  {described[1]} {described[2]}"
    return joined if len(joined) <= NARROW else described[0]


def _one_line(arguments: re.Match[str]) -> str:
    """The arguments of a field in one line, unless it would be long."""
    joined = f"({', '.join(each.strip() for each in arguments[1].splitlines())})"
    return joined if len(joined) <= SHORT else arguments[0]
