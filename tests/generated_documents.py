"""Documents made up from the SDL by hypothesis-graphql, and their arguments as variables."""

import re
from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLInputType,
    GraphQLSchema,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    build_ast_schema,
    get_named_type,
    is_required_argument,
    parse,
    parse_type,
    print_ast,
    visit,
)
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries

from schema.schema import SCHEMA
from tests.generated_calls import PREFIXES, TEXTS, Values


@dataclass(frozen=True)
class Lifted:
    """A document whose arguments are variables."""

    text: str
    arguments: tuple[tuple[str, str, GraphQLInputType, str | None, bool], ...]
    """Of each variable: its name, the argument's name, its type, the prefix of its ids, whether it is required."""

    def variables(self, values: Values) -> dict[str, Any]:
        """Values for one call. Most optional arguments are left out."""
        return {
            variable: values.of(type_, name, prefix)
            for variable, name, type_, prefix, required in self.arguments
            if required or values.random.random() < (0.1 if name in {"last", "before"} else 0.4)
        }


_PROBLEMS = FieldNode(
    alias=NameNode(value="problems"),
    name=NameNode(value="errors"),
    selection_set=SelectionSetNode(selections=(FieldNode(name=NameNode(value="code")),)),
)


class _Lifting(Visitor):
    """Puts a variable in the place of each argument."""

    def __init__(self, types: TypeInfo) -> None:
        super().__init__()
        self._types = types
        self.found: list[tuple[str, str, GraphQLInputType, str | None, bool]] = []

    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
        argument, definition = self._types.get_argument(), self._types.get_field_def()
        assert argument is not None
        assert definition is not None
        variable, name = f"v{len(self.found)}", node.name.value
        prefix = get_named_type(definition.type).name.lower() if name == "id" else PREFIXES.get(name, name)
        self.found.append((variable, name, argument.type, prefix, is_required_argument(argument)))
        return ArgumentNode(name=node.name, value=VariableNode(name=NameNode(value=variable)))


def lifted(document: DocumentNode) -> Lifted:
    """The same document with variables."""
    types = TypeInfo(SCHEMA._schema)
    lifting = _Lifting(types)
    changed = visit(document, TypeInfoVisitor(types, lifting))
    (operation,) = changed.definitions
    variables = [
        VariableDefinitionNode(variable=VariableNode(name=NameNode(value=name)), type=parse_type(str(type_)))
        for name, _, type_, _, _ in lifting.found
    ]
    selected = operation.selection_set
    if operation.operation is OperationType.MUTATION:
        selected = SelectionSetNode(selections=tuple(map(_with_problems, selected.selections)))
    made = OperationDefinitionNode(
        operation=operation.operation, variable_definitions=tuple(variables), selection_set=selected
    )
    return Lifted(print_ast(made), tuple(lifting.found))


def _with_problems(node: Any) -> FieldNode:
    """The root field of a mutation with its refusals, whatever else it selects; that of pushed acts has none."""
    if node.selection_set is None:
        return FieldNode(name=node.name, arguments=node.arguments)
    selections = (*node.selection_set.selections, _PROBLEMS)
    return FieldNode(name=node.name, arguments=node.arguments, selection_set=SelectionSetNode(selections=selections))


def all_lists(schema: GraphQLSchema) -> str:
    """A query for the ids of all lists."""
    assert schema.query_type is not None
    lists = [
        f"{name}(first: 50) {{ nodes {{ id }} }}"
        for name, each in schema.query_type.fields.items()
        if "nodes" in (fields := getattr(get_named_type(each.type), "fields", {}))
        if "id" in getattr(get_named_type(fields["nodes"].type), "fields", {})
        if not any(map(is_required_argument, each.args.values()))
    ]
    return f"{{ {' '.join(lists)} }}"


def documents(schema: GraphQLSchema, field_name: str) -> st.SearchStrategy[DocumentNode]:
    """Documents that call one root field, with hostile values in the places of their arguments."""
    texts = st.sampled_from([each for each in TEXTS if "\ud800" not in each and "\udfff" not in each])
    text = texts.map(nodes.String)
    number = st.sampled_from([-1, 0, 1, 100, 101, 2**31, 2**63, 10**300]).map(nodes.Int)
    scalars = {"ID": text | number, "String": text, "Int": number, "Boolean": st.booleans().map(nodes.Boolean)}
    scalars |= {"Float": number, "Date": text, "DateTime": text, "Decimal": text | number, "Cursor": text}
    scalars |= {"JSON": text | number}
    assert schema.query_type is not None
    make = queries if field_name in schema.query_type.fields else mutations
    made: st.SearchStrategy[DocumentNode] = make(
        schema, fields=[field_name], custom_scalars=scalars, print_ast=lambda document: document
    )
    return made


def flat_schema(sdl: str) -> GraphQLSchema:
    """The schema with objects that lead to no others, so that documents are small."""
    document = parse(sdl, no_location=True)
    objects = {each.name.value for each in document.definitions if isinstance(each, ObjectTypeDefinitionNode)}
    leads = re.compile("Query|Mutation|.*(Payload|Connection|Edge)")

    def leaf(each: FieldDefinitionNode) -> bool:
        type_: Any = each.type
        while not isinstance(type_, NamedTypeNode):
            type_ = type_.type
        return type_.name.value not in objects | {"Node", "PartySubject"}

    def flat(each: Any) -> Any:
        if not isinstance(each, ObjectTypeDefinitionNode) or leads.fullmatch(each.name.value):
            return each
        fields = tuple(filter(leaf, each.fields or ())) or each.fields
        return ObjectTypeDefinitionNode(name=each.name, interfaces=each.interfaces, fields=fields)

    return build_ast_schema(DocumentNode(definitions=tuple(map(flat, document.definitions))))
