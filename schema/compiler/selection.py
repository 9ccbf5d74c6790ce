"""Flattens a selection set for one concrete type: fragments, @include and @skip, equal response keys merged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import graphql

from schema.compiler.refused import null_variable, too_large

FIELD_BUDGET = 2_000
"""Most fields of one operation, with the fields of a fragment counted for each spread."""
TOO_MANY_FIELDS = "一次操作最多选择 {most} 个字段。"


@dataclass(slots=True)
class Selected:
    """A field of the answer: its response key and all nodes that select it."""

    key: str
    nodes: list[graphql.FieldNode]

    @property
    def node(self) -> graphql.FieldNode:
        """The first node. Validation ensures that the others have the same name and arguments."""
        return self.nodes[0]

    @property
    def selections(self) -> list[graphql.SelectionSetNode]:
        return [node.selection_set for node in self.nodes if node.selection_set]


class Selections:
    """The selections of one document. The variables decide on @include and @skip."""

    def __init__(
        self,
        schema: graphql.GraphQLSchema,
        fragments: Mapping[str, graphql.FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._budget = FIELD_BUDGET

    def of(self, type_: graphql.GraphQLObjectType, sets: Sequence[graphql.SelectionSetNode]) -> list[Selected]:
        """The selected fields of an object of ``type_``, in order. Raises RequestError above the field budget."""
        fields: dict[str, Selected] = {}
        seen: set[str] = set()
        for selection_set in sets:
            for node in self._walk(type_, selection_set.selections, seen):
                key = (node.alias or node.name).value
                fields.setdefault(key, Selected(key, [])).nodes.append(node)
        return list(fields.values())

    def _walk(
        self, type_: graphql.GraphQLObjectType, selections: Sequence[graphql.SelectionNode], seen: set[str]
    ) -> Iterator[graphql.FieldNode]:
        for node in selections:
            if node.directives and not self._wanted(node):
                continue
            if isinstance(node, graphql.FieldNode):
                self._budget -= 1
                if self._budget < 0:
                    raise too_large(TOO_MANY_FIELDS, most=FIELD_BUDGET)
                yield node
            else:
                yield from self._fragment(type_, node, seen)

    def _fragment(
        self, type_: graphql.GraphQLObjectType, node: graphql.SelectionNode, seen: set[str]
    ) -> Iterator[graphql.FieldNode]:
        if isinstance(node, graphql.InlineFragmentNode):
            condition = node.type_condition
            if condition is None or self._applies(condition.name.value, type_):
                yield from self._walk(type_, node.selection_set.selections, seen)
        elif isinstance(node, graphql.FragmentSpreadNode) and node.name.value not in seen:
            seen.add(node.name.value)
            fragment = self._fragments[node.name.value]
            if self._applies(fragment.type_condition.name.value, type_):
                yield from self._walk(type_, fragment.selection_set.selections, seen)

    def _applies(self, condition: str, type_: graphql.GraphQLObjectType) -> bool:
        if condition == type_.name:
            return True
        named: graphql.GraphQLNamedType | None = self._schema.get_type(condition)
        return named is not None and graphql.is_abstract_type(named) and self._schema.is_sub_type(named, type_)

    def _wanted(self, node: graphql.SelectionNode) -> bool:
        return all(
            self._condition(directive) is (directive.name.value == "include")
            for directive in node.directives or ()
            if directive.name.value in {"include", "skip"}
        )

    def _condition(self, directive: Any) -> bool:
        given = directive.arguments[0].value
        if isinstance(given, graphql.VariableNode):
            name = given.name.value
            if self._variables[name] is None:
                raise null_variable(name)
            return bool(self._variables[name])
        return bool(given.value)
