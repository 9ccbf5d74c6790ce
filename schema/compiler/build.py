"""State shared by the parts of one statement: parameters, scope, and the writer of each kind of source."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import graphql

from db import sql
from db.holding import looking_scope
from db.scope import Condition, Rule, Scope
from db.sql import Column
from rules.access import Role, may_read
from schema.compiler import introspection
from schema.compiler.arguments import Argument, Getter, Path, Run, read_argument
from schema.compiler.declare import LIVE, SECRET, SOURCE, WEIGHT, Entity
from schema.compiler.expressions import constant, instant, json_object, nothing
from schema.compiler.refused import refuse_costly
from schema.compiler.selection import Selected, Selections
from schema.compiler.sources import Row, Size, Value
from schema.languages import CHINESE


@dataclass(frozen=True, slots=True)
class Asked:
    """A field to write: its named type, the selections below it, and its path in the answer."""

    build: "Build"
    type: Any
    sets: Sequence[graphql.SelectionSetNode]
    path: Path

    def object(self, row: Row, type_: graphql.GraphQLObjectType | None = None) -> Column:
        """The JSON of one object on ``row``."""
        return self.build.object(type_ or self.type, self.sets, row, self.path)


Writer: TypeAlias = Callable[[Asked, Any, Row], Column]


def _invisible(_: sql.From, __: Scope) -> Condition:
    return sql.FALSE


@dataclass(frozen=True, slots=True)
class ToPrepare:
    """A selected field that is prepared: its response key, function and arguments, and the fields of its value."""

    key: str
    name: str
    type: str
    arguments: Mapping[str, Argument]
    fields: Sequence[Selected]


@dataclass
class Build:
    """State shared by the parts of one statement."""

    schema: graphql.GraphQLSchema
    selections: Selections
    variables: Mapping[str, Any]
    role: Role | None
    writers: Mapping[type, Writer]
    acting: bool = False
    """True for a statement of an act."""
    language: str = CHINESE
    """The language of labels and reasons."""
    getters: list[Getter] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    charges: Counter[Size | None] = field(default_factory=Counter)
    """The cost of the fields for each row of a list; None for those outside of lists."""
    charged: int = 0
    introspected: list[Selected] = field(default_factory=list)
    prepared: list[ToPrepare] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    """The response keys of root fields that find an object by a secret code."""
    live: bool = False
    """True if the statement reads positions in the live feed."""
    codes: list[Column] = field(default_factory=list)
    """The codes that open cases to the statement."""

    def __post_init__(self) -> None:
        self.scope: Scope = looking_scope(self.role, acting=self.acting)

    def bind(self, type_: str, get: Getter, *, opens: bool = False) -> Column:
        """A parameter, read by ``get`` at each run: a code, if it ``opens`` a case."""
        self.getters.append(get)
        bound = sql.parameter(get, type_)
        if opens:
            self.codes.append(bound)
        return bound

    def row(self, columns: Any, within: Size | None = None) -> Row:
        return Row(columns, self.scope, self.bind, within=within)

    def size(self, get: Callable[[Run], int], within: Size | None) -> Size:
        """Registers the maximum number of rows of a list, for the estimate of the whole answer."""
        self.sizes.append(Size(get, within))
        return self.sizes[-1]

    def charge(self, cost: int, within: Size | None) -> None:
        """Adds to the estimated cost, for each row of the enclosing list ``within``.

        Raises RequestError as soon as the limit is passed, so that planning does not go on.
        """
        self.charges[within] += cost
        self.charged += cost
        refuse_costly(self.charged)

    def entity(self, type_: graphql.GraphQLObjectType, rule: Rule | None = None) -> Entity:
        """The table behind a type, without visible rows if the role may not read the type (rules/access.py).

        ``rule`` is used instead of the table's visibility rule.
        """
        entity: Entity = type_.extensions["strawberry-definition"].origin.__entity__
        visible = (rule or entity.visible) if may_read(self.role, type_.name) else _invisible
        return entity if visible is entity.visible else replace(entity, visible=visible)

    def object(
        self, type_: graphql.GraphQLObjectType, sets: Sequence[graphql.SelectionSetNode], row: Row, path: Path
    ) -> Column:
        """The JSON of one object of a concrete type."""
        fields = self.selections.of(type_, sets)
        return json_object([(each.key, self.field(type_, each, row, (*path, each.key))) for each in fields])

    def field(self, type_: graphql.GraphQLObjectType, selected: Selected, row: Row, path: Path) -> Column:
        name = selected.node.name.value
        if name == "__typename":
            return constant(type_.name)
        if name in introspection.ROOTS:
            self.introspected.append(selected)
            self.charge(introspection.WEIGHT, None)
            return sql.cast(self.bind(sql.TEXT, lambda run: run.introspected[selected.key]), sql.JSON)
        written = self._written(type_, selected, row, path)
        # What is not shown is written all the same, so that all roles get the same refusals.
        return written if may_read(self.role, type_.name, name) else nothing(type_.fields[name].type)

    def _written(self, type_: graphql.GraphQLObjectType, selected: Selected, row: Row, path: Path) -> Column:
        definition = type_.fields[selected.node.name.value]
        metadata = definition.extensions["strawberry-definition"].metadata
        source = metadata[SOURCE]
        self.charge(metadata[WEIGHT], row.within)
        if SECRET in metadata:
            self.secrets.append(selected.key)
        self.live = self.live or LIVE in metadata
        if isinstance(source, Value):
            found = source.sql(row)
            return instant(found) if graphql.get_named_type(definition.type).name == "DateTime" else found
        if selected.node.arguments:
            given = self.arguments(definition, selected.node, path)
            row = replace(row, arguments={**row.arguments, **given})
        asked = Asked(self, graphql.get_named_type(definition.type), selected.selections, path)
        return self.writers[type(source)](asked, source, row)

    def arguments(self, definition: graphql.GraphQLField, node: graphql.FieldNode, path: Path) -> dict[str, Argument]:
        """The arguments that are given and not null."""
        given = {}
        for each in node.arguments or ():
            name = each.name.value
            argument = read_argument(definition.args[name].type, each.value, self.variables, path, (name,))
            if argument is not None:
                given[name] = argument
        return given
