"""What makes a request refused as a whole, whatever the rows: looked for in everything that is selected."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
)
from graphql.execution.collect_fields import (
    FieldDetailsList,
    FragmentDetails,
    GroupedFieldSet,
    collect_fields,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from tests.oracle.connections import CONNECTIONS
from tests.oracle.counts import MOST_GROUPS, check_dimensions
from tests.oracle.duties import read_between
from tests.oracle.figures import read_days
from tests.oracle.filters import check_filter
from tests.oracle.paging import read_size
from tests.oracle.rows import Refused, read_id, read_id_of
from tests.oracle.weeks import read_days as read_days_open
from tests.oracle.weeks import read_week

MOST_ROWS = 5_000
MOST_FIELDS = 2_000
MOST_IDS = 100


class Checks:
    """One pass over an operation; raises what it finds."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        operation: OperationDefinitionNode,
        variables: VariableValues,
    ) -> None:
        self._schema = schema
        self._fragments = {name: FragmentDetails(each) for name, each in fragments.items()}
        self._operation = operation
        self._variables = variables
        self._fields = 0
        self._rows = 0

    def run(self) -> None:
        """Refuses malformed arguments, too many fields and pages that allow too many rows."""
        root = self._schema.query_type
        assert root is not None
        found = collect_fields(self._schema, self._fragments, self._variables, root, self._operation)
        self._object(root, found.grouped_field_set, 1, 1)
        if self._fields > MOST_FIELDS or self._rows > MOST_ROWS:
            raise Refused("too large")

    def _object(self, type_: GraphQLObjectType, fields: GroupedFieldSet, times: int, around: int) -> None:
        """``times`` counts the objects. A count of a connection is there once, ``around`` its page."""
        for nodes in fields.values():
            self._fields += len(nodes)
            name = nodes[0].node.name.value
            if not name.startswith("__"):
                self._field(type_, name, nodes, around if name == "countsBy" else times)

    def _field(self, type_: GraphQLObjectType, name: str, nodes: FieldDetailsList, times: int) -> None:
        field = type_.fields[name]
        target = get_named_type(field.type)
        given = get_argument_values(field, nodes[0].node, self._variables)
        if is_leaf_type(target):
            return
        below = [self._below(each, nodes) for each in self._concrete(target)]
        selected = {each[0].node.name.value for _, fields in below for each in fields.values()}
        size = self._rows_of(type_.name, name, given, selected, times)
        for each, fields in below:
            self._object(each, fields, times * size, times)

    def _below(self, type_: GraphQLObjectType, nodes: FieldDetailsList) -> tuple[GraphQLObjectType, GroupedFieldSet]:
        found = collect_subfields(self._schema, self._fragments, self._variables, self._operation, type_, nodes)
        return type_, found.grouped_field_set

    def _concrete(self, type_: Any) -> list[GraphQLObjectType]:
        return [type_] if isinstance(type_, GraphQLObjectType) else self._schema.get_possible_types(type_)

    def _rows_of(self, type_name: str, name: str, given: Mapping[str, Any], selected: set[str], times: int) -> int:
        """How many objects the field allows for each of its parents; its arguments are checked on the way."""
        if (type_name, name) in CONNECTIONS:
            size = _check_page(type_name, name, given, selected)
        elif name == "nodes" and type_name == "Query":
            size = _check_ids(given["ids"])
        elif name == "countsBy":
            check_dimensions(given["dimensions"])
            return MOST_GROUPS
        else:
            _CHECKS.get((type_name, name), _nothing)(given, selected)
            return 1
        self._rows += size * times
        return size


def _check_page(type_name: str, name: str, given: Mapping[str, Any], selected: set[str]) -> int:
    """Cursors and filters are read when something that depends on them is selected."""
    order = CONNECTIONS[type_name, name].order_for(given)
    reads_page = not selected.isdisjoint({"nodes", "edges", "pageInfo"})
    for cursor in (given.get("after"), given.get("before")):
        if cursor is not None and reads_page:
            order.read(cursor)
    if reads_page or not selected.isdisjoint({"totalCount", "countsBy"}):
        check_filter(given.get("where"))
        if "between" in given:
            read_between(given["between"])
        read_days_open(given)
    return read_size(given.get("first"), given.get("last"))


def _check_ids(ids: list[str]) -> int:
    if len(ids) > MOST_IDS:
        raise Refused("too many ids")
    for each in ids:
        read_id(each)
    return len(ids)


def _check_statistics(given: Mapping[str, Any], selected: set[str]) -> None:
    figures = selected - {"__typename"}
    if figures and given.get("community") is not None:
        read_id_of("community", given["community"])
    if figures - {"constructionSites"}:
        read_days(given["between"])


def _check_compliance(given: Mapping[str, Any], _: set[str]) -> None:
    read_between(given["between"])
    if given.get("grid") is not None:
        read_id_of("grid", given["grid"])


def _check_week(given: Mapping[str, Any], _: set[str]) -> None:
    read_week(given)


def _check_door(given: Mapping[str, Any], _: set[str]) -> None:
    read_id_of("household", given["household"])


def _check_node(given: Mapping[str, Any], _: set[str]) -> None:
    read_id(given["id"])


def _check_id_of(prefix: str) -> Callable[[Mapping[str, Any], set[str]], None]:
    def check(given: Mapping[str, Any], _: set[str]) -> None:
        read_id_of(prefix, given["id"])

    return check


def _check_search(given: Mapping[str, Any], selected: set[str]) -> None:
    if selected - {"__typename"}:
        check_filter({"text": given["text"]})


def _check_code(given: Mapping[str, Any], _: set[str]) -> None:
    if "\0" in given["code"]:
        raise Refused(given)


def _nothing(_: Mapping[str, Any], __: set[str]) -> None:
    """Nothing to check."""


_CHECKS: dict[tuple[str, str], Callable[[Mapping[str, Any], set[str]], None]] = {
    ("Query", "node"): _check_node,
    ("Query", "case"): _check_node,
    ("Query", "receipt"): _check_code,
    ("Query", "search"): _check_search,
    ("Query", "statistics"): _check_statistics,
    ("Query", "compliance"): _check_compliance,
    ("Query", "doorstep"): _check_door,
    ("Query", "weeklyAnalysis"): _check_week,
    **{
        ("Query", prefix): _check_id_of(prefix)
        for prefix in (
            "alert",
            "community",
            "grid",
            "organisation",
            "incident",
            "building",
            "household",
            "resident",
            "visit",
            "appeal",
            "dispute",
        )
    },
}
