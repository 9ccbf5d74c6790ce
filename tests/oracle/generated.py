"""Queries made up from the SDL, with values that occur in the data."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldDefinitionNode,
    FieldNode,
    GraphQLInputObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    InterfaceTypeDefinitionNode,
    IntValueNode,
    ListValueNode,
    NamedTypeNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectTypeDefinitionNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    UnionTypeDefinitionNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    build_ast_schema,
    get_named_type,
    get_nullable_type,
    parse,
    parse_type,
    print_ast,
    value_from_ast_untyped,
)
from hypothesis import strategies as st
from hypothesis_graphql import queries

from tests.oracle.answer import plain_schema
from tests.oracle.connections import CONNECTIONS
from tests.oracle.rows import CASES, TYPES, World, global_id
from tests.oracle.ways import Way, ways

MODES = ("literals", "variables", "variables within objects")
COMPOSITE = InterfaceTypeDefinitionNode | ObjectTypeDefinitionNode | UnionTypeDefinitionNode
SUBJECTS: dict[str, frozenset[str]] = {
    name: frozenset(types.split())
    for name, types in {
        "places": "Node Farm Community Estate PartyBranch Organisation CategoryPolicy SetupCheck SafetyLadder",
        "homes": "Grid Building Household Resident Premises",
        "visits": "Household Resident Visit VisitCorrection Premises RemovedPhoto Account Assignment Appeal Dispute",
        "appeals": "Appeal Grid Building Household Resident Organisation Account",
        "incidents": "Incident IncidentCandidate Dispatch Deadline TimeLimitPolicy Appeal Organisation Account",
        "timelines": "Appeal Dispute JournalEntry Account Visit",
        "receipts": "Appeal Receipt ReceiptStep Account Assignment Grid Estate PartyBranch",
        "disputes": "Dispute DisputeParty PartySubject UnregisteredParty Resident Household Premises Organisation"
        " Agreement",
        "mediation": "Dispute DisputeParty MediationMeeting MeetingGuest SiteVisit JointMediator Referral"
        " MediationPolicy Agreement SettlementProposal AgreementTerm AgreementMark PerformanceCheck DayDeadline"
        " Organisation Account AccessRecord AccessNotice",
        "sites": "Premises SitePatrol SitePost SiteArrears Dispute Account Grid",
        "findings": "Dispute DisputeParty DisputeWorkspace PartyWorkspace DamageFinding Evidence Photo Household"
        " Account",
        "rosters": "Community DutyRoster RosterWeek Shift PartyBranch Account JournalEntry",
        "people": "Resident Residency ColourRecord DuplicateSuggestion ResidentMerge Household Account JournalEntry",
        "alerts": "Alert AlertRung HelpCallInvitation HelpCall SafetyLadder Community Resident Account",
        "codes": "QrCode PlaceSuggestion Building Household Community Account",
        "wishes": "Wish WishOnWall WishReceipt WishStep DoorstepSummary Household Resident Organisation Account",
        "activities": "Activity ActivityOnWall SignUp Notice NoticeOnWall Community Estate Resident Account"
        " JournalEntry",
        "branches": "PartyBranch BranchMember OpeningHours Shift RosterWeek Wish Appeal Estate Community Account",
        "duties": "VisitDuty DutyCompliance VisitPolicy DutyPause DoorstepSummary Household Resident Visit",
        "weeks": "WeeklyAnalysis WeekCategoryFigures WeekKindFigures WeekBuildingFigures"
        " WeekDisputeTypeFigures WeekLevelFigures WeekWorkerFigures DailyLog"
        " Appeal Dispute Household Premises Visit Account",
        "weeks_of_duty": "WeeklyAnalysis WeekDutyFigures VisitDuty Household",
        "figures": "Statistics DisputeStatistics DisputeTypeFigures DisputeLevelFigures DisputeOriginFigures"
        " DisputeMonthFigures DirectLineStatistics AppealKindFigures AppealCategoryFigures AppealGridFigures"
        " AppealOrganisationFigures AppealMonthFigures Rate VisitStatistics VisitModeCount SiteStatistics Appeal"
        " Dispute",
        "counts": "AppealCount VisitCount DisputeCount WishCount AlertCount HelpCallCount IncidentCount ResidentCount"
        " HouseholdCount Appeal Visit Dispute Wish Alert HelpCall Incident Resident Household Grid Account",
    }.items()
}
"""What the queries of one share are about: few objects, so that their relations are gone through often."""

Query: TypeAlias = tuple[str, dict[str, Any]]

_ID_ARGUMENTS = {"handledBy": "account", "mediator": "account", "party": "resident", "worker": "account", "id": ""}
_UNKNOWN = "01990000-0000-7000-8000-000000000000"
_RARELY = 30
_FEW_DIMENSIONS = 3
_NUMBERS = (1, 2, 4, 7, 11)
SEALED = frozenset({"idNumber"})
"""Filters whose values are sealed in the database, so that the reference cannot read them."""
VARYING = frozenset({"liveCursor", "countedAt", "changes", "pullDocuments"})
"""Fields that differ between two statements, as the position of the feed does, or of which the oracle knows nothing."""


@dataclass(frozen=True)
class Pools:
    """Values to choose from by number; now and then one that is unknown or malformed."""

    ids: dict[str, list[str]]
    cursors: dict[str, list[str]]
    codes: list[str]
    wish_codes: list[str]
    scanned: dict[str, list[str]]
    """Codes of QR codes that work, by what they are for."""
    texts: tuple[str, ...] = ("暖气", "漏水", "王", "a_b", "100%", "\\", "已", "没有这样的内容")

    @classmethod
    def of(cls, world: World) -> "Pools":
        """What occurs in the data."""
        ids = {prefix: [global_id(row) for row in world[table]] for table, (_, prefix) in TYPES.items()}
        cursors: dict[str, list[str]] = {}
        for paged in CONNECTIONS.values():
            found = [paged.order.cursor(row) for row in world.get(paged.table, [])]
            cursors.setdefault(paged.table, found)
        scanned: dict[str, list[str]] = {}
        for row in world["qr_code"]:
            if row["revoked_at"] is None:
                scanned.setdefault(row["target"], []).append(row["code"])
        receipts, of_wishes = ([row["receipt_code"] for row in world[name]] for name in ("appeal", "wish"))
        return cls(ids, cursors, receipts, of_wishes, scanned)

    def id(self, prefix: str, number: int) -> str:
        """The id of some object; of any type without a prefix."""
        if number % _RARELY == 0:
            return (f"{prefix or 'grid'}_{_UNKNOWN}", "nothing", "other_" + _UNKNOWN)[number // _RARELY % 3]
        prefixes = CASES if prefix == "case" else [prefix] if prefix else sorted(self.ids)
        pool = self.ids[prefixes[number % len(prefixes)]]
        return _one_of(pool, number) or f"{prefix}_{_UNKNOWN}"

    def cursor(self, table: str, number: int) -> str:
        """A cursor of some row of the table."""
        return "bm90aGluZw" if number % _RARELY == 0 else _one_of(self.cursors[table], number) or ""

    def place(self, name: str, number: int) -> str:
        """A text that names places, or the code of a QR code."""
        if name == "code":
            return _one_of(self.scanned[("COUNTER", "BUILDING", "HOUSEHOLD")[number % 3]], number // 3) or ""
        unit, room = number % 4 + 1, number % 5 * 100 + 101
        forms = ("{n}号楼{u}单元{r}漏水", "{n}栋、{m}栋", "{u}单元{r}没水", "{n}-{u}-{r}", "不是{n}号楼", "{n}号楼{r}")
        return forms[number % len(forms)].format(n=number % 7 + 1, m=number % 3 + 1, u=unit, r=room)

    def text(self, name: str, number: int) -> str:
        """A receipt code, a week, the name of a building, or something to search for."""
        if number % _RARELY == 0:
            return " "
        if name == "name":
            return f"{number % 7 + 1}栋"
        if name == "week":
            return f"2023-W{40 + number % 14}"
        return _one_of(self.codes if name == "code" else self.texts, number) or ""


def _one_of(pool: Any, number: int) -> Any:
    return pool[number * 7 % len(pool)] if pool else None


def generated_queries(sdl: str, world: World, subject: str) -> st.SearchStrategy[Query]:
    """Queries about a subject, with their variables."""
    schema = _about(sdl, SUBJECTS[subject])
    chosen = st.integers(1, 5_000).map(lambda number: StringValueNode(value=str(number)))
    days = st.integers(0, 91).map(_day)
    scalars: dict[str, st.SearchStrategy[ValueNode]] = {
        "ID": chosen,
        "String": chosen,
        "Int": st.integers(1, 9).map(lambda number: IntValueNode(value=str(number))),
        "Date": days.map(lambda each: StringValueNode(value=each)),
        "DateTime": days.map(lambda each: StringValueNode(value=f"{each}T08:30:00+08:00")),
        "Cursor": chosen,
    }
    pools = Pools.of(world)

    @cache
    def led(way: Way) -> st.SearchStrategy[DocumentNode]:
        """Queries that begin at a type, with the way there in front."""
        begun: st.SearchStrategy[Any] = queries(
            GraphQLSchema(way.type), custom_scalars=scalars, print_ast=lambda document: document
        )
        return st.builds(way.led, begun, st.integers(1, 5_000))

    whole, *deeper = ways(schema)
    documents = led(whole) | st.sampled_from(deeper).flatmap(led)
    modes = st.sampled_from(MODES)
    return st.builds(lambda document, mode: Fitting(schema, pools, mode).fit(document), documents, modes)


def whole_queries(sdl: str, world: World) -> Iterator[Query]:
    """For each type, a few queries for all its fields, each about other objects."""
    schema, pools = plain_schema(sdl), Pools.of(world)
    for way in ways(schema, VARYING):
        for number in _NUMBERS:
            yield Fitting(schema, pools, MODES[number % len(MODES)]).fit(way.whole(VARYING, number))


def _day(number: int) -> str:
    return f"2023-{10 + number // 31}-{1 + number % 30:02}"


def _about(sdl: str, subject: frozenset[str]) -> GraphQLSchema:
    """The schema with the objects of one subject alone, so that queries stay small and go deep."""
    document = parse(sdl, no_location=True)
    definitions: Any = document.definitions
    composite = (each for each in definitions if isinstance(each, COMPOSITE))
    hidden = {each.name.value for each in composite if not _is_about(each.name.value, subject)}
    kept = [_narrow(each, hidden) for each in definitions if each.name.value not in hidden]
    return build_ast_schema(DocumentNode(definitions=tuple(kept)))


def _is_about(name: str, subject: frozenset[str]) -> bool:
    noun = name.removesuffix("Connection").removesuffix("Edge")
    return name in {"Query", "PageInfo"} or noun in subject


def _narrow(definition: Any, hidden: set[str]) -> Any:
    """A type without what leads to hidden ones."""
    if isinstance(definition, UnionTypeDefinitionNode):
        types = tuple(each for each in definition.types or () if each.name.value not in hidden)
        return UnionTypeDefinitionNode(name=definition.name, types=types)
    if not isinstance(definition, ObjectTypeDefinitionNode):
        return definition
    fields = tuple(each for each in definition.fields or () if _is_shown(each, hidden))
    interfaces = tuple(each for each in definition.interfaces or () if each.name.value not in hidden)
    return ObjectTypeDefinitionNode(name=definition.name, interfaces=interfaces, fields=fields)


def _is_shown(definition: FieldDefinitionNode, hidden: set[str]) -> bool:
    type_: Any = definition.type
    while not isinstance(type_, NamedTypeNode):
        type_ = type_.type
    return type_.name.value not in hidden and definition.name.value not in VARYING


@dataclass
class Fitting:
    """Puts values that fit into a generated query; lifts them into variables if wanted."""

    schema: GraphQLSchema
    pools: Pools
    mode: str
    variables: dict[str, Any] = field(default_factory=dict)
    definitions: list[VariableDefinitionNode] = field(default_factory=list)

    def fit(self, document: DocumentNode) -> Query:
        """The query's text and its variables."""
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        assert self.schema.query_type is not None
        selected = self._set(self.schema.query_type, operation.selection_set)
        fitted = OperationDefinitionNode(
            operation=operation.operation,
            variable_definitions=tuple(self.definitions),
            selection_set=selected,
        )
        return print_ast(fitted), self.variables

    def _set(self, type_: Any, selected: SelectionSetNode) -> SelectionSetNode:
        named = FieldNode(name=NameNode(value="__typename"))
        fitted = [self._selection(type_, each) for each in selected.selections]
        return SelectionSetNode(selections=(named, *fitted) if len(fitted) % 2 else tuple(fitted))

    def _selection(self, type_: Any, node: SelectionNode) -> SelectionNode:
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition is not None
            inner = self.schema.get_type(node.type_condition.name.value)
            return InlineFragmentNode(
                type_condition=node.type_condition, selection_set=self._set(inner, node.selection_set)
            )
        assert isinstance(node, FieldNode)
        if node.name.value == "__typename":
            return node
        below = node.selection_set
        target = get_named_type(type_.fields[node.name.value].type)
        return FieldNode(
            alias=node.alias,
            name=node.name,
            arguments=self._arguments(type_, node),
            selection_set=self._set(target, below) if below else None,
        )

    def _arguments(self, type_: Any, node: FieldNode) -> tuple[ArgumentNode, ...]:
        definition = type_.fields[node.name.value]
        given = {each.name.value: each.value for each in node.arguments or ()}
        paged = CONNECTIONS.get((type_.name, node.name.value))
        if paged is not None:
            _one_direction(given)
            if not self.pools.cursors[paged.table]:
                given.pop("after", None)
                given.pop("before", None)
        if isinstance(by := given.get("dimensions"), ListValueNode):
            given["dimensions"] = ListValueNode(values=by.values[:_FEW_DIMENSIONS])
        if isinstance(between := given.get("between"), ObjectValueNode):
            given["between"] = _in_order(between)
        fit = self._fitter(type_.name, node.name.value)
        return tuple(
            ArgumentNode(name=NameNode(value=name), value=self._lifted(definition.args[name].type, fit(name, value)))
            for name, value in given.items()
        )

    def _fitter(self, type_name: str, field_name: str) -> Callable[[str, ValueNode], ValueNode]:
        paged = CONNECTIONS.get((type_name, field_name))

        def fit(name: str, value: ValueNode) -> ValueNode:
            if isinstance(value, ObjectValueNode):
                parts = [
                    ObjectFieldNode(name=each.name, value=fit(each.name.value, each.value))
                    for each in value.fields
                    if each.name.value not in SEALED
                ]
                return ObjectValueNode(fields=tuple(parts))
            if isinstance(value, ListValueNode):
                return ListValueNode(values=tuple(fit(name, each) for each in value.values))
            if not isinstance(value, StringValueNode) or not value.value.isdigit():
                return value
            return StringValueNode(value=choose(name, int(value.value)))

        def choose(name: str, number: int) -> str:
            if name in {"after", "before"}:
                assert paged is not None
                return self.pools.cursor(paged.table, number)
            if field_name == "placeSuggestions":
                return self.pools.place(name, number)
            if field_name == "wishReceipt":
                return _one_of(self.pools.wish_codes, number) or ""
            if name in {"text", "code", "week", "name", "reporter"}:
                return self.pools.text(name, number)
            prefix = _ID_ARGUMENTS.get(name, name)
            own = field_name.lower() if name == "id" and field_name != "node" else prefix
            return self.pools.id("" if name == "ids" else own, number)

        return fit

    def _lifted(self, type_: Any, value: ValueNode) -> ValueNode:
        if self.mode == "literals":
            return value
        nullable = get_nullable_type(type_)
        inner = self.mode != "variables" and isinstance(value, ObjectValueNode)
        if not (inner and isinstance(nullable, GraphQLInputObjectType)):
            return self._variable(type_, value)
        assert isinstance(value, ObjectValueNode)
        parts = [
            ObjectFieldNode(name=each.name, value=self._lifted(nullable.fields[each.name.value].type, each.value))
            for each in value.fields
        ]
        return ObjectValueNode(fields=tuple(parts))

    def _variable(self, type_: Any, value: ValueNode) -> ValueNode:
        variable = VariableNode(name=NameNode(value=f"v{len(self.definitions)}"))
        self.variables[variable.name.value] = value_from_ast_untyped(value)
        self.definitions.append(VariableDefinitionNode(variable=variable, type=parse_type(str(type_))))
        return variable


def _one_direction(given: dict[str, ValueNode]) -> None:
    """Mostly a small page, read in one direction; nine in the other is left as the mistake it is."""
    first, last = given.get("first"), given.get("last")
    if isinstance(first, IntValueNode) and isinstance(last, IntValueNode) and first.value != "9":
        del given["first" if int(last.value) % 2 else "last"]
    if isinstance(first, NullValueNode) and isinstance(last, NullValueNode):
        given["first"] = IntValueNode(value="7")


def _in_order(between: ObjectValueNode) -> ObjectValueNode:
    """Mostly the earlier day first."""
    days = [each.value for each in between.fields]
    first, last = sorted(days, key=lambda day: day.value if isinstance(day, StringValueNode) else "")
    values = {"startsOn": first, "endsOn": last}
    if first == days[-1] and first != last and str(getattr(first, "value", "")).endswith("13"):
        values = {"startsOn": last, "endsOn": first}
    return ObjectValueNode(
        fields=tuple(ObjectFieldNode(name=each.name, value=values[each.name.value]) for each in between.fields)
    )
