"""Declarations of types and fields: their descriptions, and the sources of their values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar, get_args

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_snake_case

from db import sql
from db.base import Row as TableRow
from db.base import alias
from db.scope import Condition, Rule, Scope, visible
from rules.journal import EntryKind, kinds_of_feed
from rules.vocabulary import Word
from schema.compiler import registry, sources
from schema.compiler.expressions import label, typed_id
from schema.compiler.registry import described
from schema.scalars import Cursor

Class = TypeVar("Class", bound=type)
Visibility: TypeAlias = Callable[[sql.From, Scope], Condition]

SOURCE, PREDICATE, WEIGHT, SECRET, LIVE = "source", "predicate", "weight", "secret", "live"
_WEIGHTS: Mapping[type, int] = {sources.Value: 0, sources.Many: 5, sources.Page: 20, sources.Aggregate: 200}
"""The usual cost of a source, and 2 for any other."""


@dataclass(frozen=True, slots=True)
class Entity:
    """The rows of a GraphQL type, their visibility, and the prefix of their ids."""

    rows: sources.Rows
    visible: Visibility
    prefix: str | None = None
    model: type[TableRow] | None = None
    counted: Callable[[], sql.From] | None = None
    """The rows of the viewer's grids, for counting all of them."""


def entity(
    model: type[TableRow],
    prefix: str | None = None,
    *,
    visible_to: Visibility | None = None,
    rows: sources.Rows | None = None,
    counted: Callable[[], sql.From] | None = None,
    main: bool = True,
) -> Callable[[Class], Class]:
    """Declares a GraphQL type over a table. With a prefix, ``node`` returns its objects.

    The ``main`` type of a table is the type of foreign keys to it. ``rows`` is a view of the table instead of itself,
    and ``counted`` one for counting the rows of the viewer's grids.
    """

    def default(t: sql.From, scope: Scope) -> Condition:
        return visible(model, t, scope)

    def declare(cls: Class) -> Class:
        if main:
            registry.MAIN[model] = cls
        return _declared(cls, Entity(rows or (lambda _: alias(model)), visible_to or default, prefix, model, counted))

    return declare


def derived(cls: Class) -> Class:
    """Declares a GraphQL type without a table. Each field of this type has a SELECT, which must apply visibility."""

    def no_table(_: sources.Row) -> sql.From:
        raise LookupError(f"a field of type {cls.__name__} has to say where its rows come from")

    return _declared(cls, Entity(no_table, lambda _, __: sql.TRUE))


def _declared(cls: Class, entity: Entity) -> Class:
    made: Any = part(cls)
    made.__entity__ = entity
    if entity.prefix is not None:
        registry.PREFIXES[entity.prefix] = cls
    return cls


def part(cls: Class) -> Class:
    """Declares a GraphQL type without a table."""
    registry.TYPES.append(cls)
    return cls


def extend(cls: type, **fields: tuple[Any, Any]) -> None:
    """Adds fields, each as (GraphQL type, field), to the type of another noun."""
    for name, (type_, field) in fields.items():
        cls.__annotations__[name] = type_
        setattr(cls, name, field)


def roots(cls: Class) -> Class:
    """Declares root fields of queries."""
    registry.ROOTS["Query"].append(cls)
    return cls


def mutations(cls: Class) -> Class:
    """Declares root fields of mutations."""
    registry.ROOTS["Mutation"].append(cls)
    return cls


def event(feed: str, description: str, *, every: bool = False, at_once: bool = False) -> Callable[[Class], Class]:
    """Declares a subscription and the type of its events, which are journal entries of the feed's kinds.

    With ``every``, they are those of all kinds, of which the client chooses some. With ``at_once`` they are of all
    kinds, and the subscription itself is the first.
    """

    def declare(cls: Class) -> Class:
        kinds = ALL if every or at_once else kinds_of_feed(feed)
        chosen = [KINDS, AFTER] if every else [AFTER]
        name, made = to_snake_case(feed), field(sources.Feed(kinds, at_once), description, chosen)
        registry.ROOTS["Subscription"].append(type(feed, (), {"__annotations__": {name: cls}, name: made}))
        return part(cls)

    return declare


def filters(cls: Class) -> Class:
    """Declares an input type with fields made by :func:`where`."""
    return strawberry.input(cls, description=described(cls))


def field(
    source: sources.Source,
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
    *,
    weight: int | None = None,
    **facts: Any,
) -> Any:
    """A field with a source. Its type is annotated, or derived from ``facts`` (:mod:`registry`).

    ``weight`` is its cost for each object, in units of 10 µs of PostgreSQL over a community of 2,000 homes. By default
    it is that of a source of its kind over rows with an index.
    """
    cost = _WEIGHTS.get(type(source), 2) if weight is None else weight
    made = StrawberryField(description=description, metadata={SOURCE: source, WEIGHT: cost, **facts})
    made.arguments = list(arguments)
    return made


def argument(name: str, type_: Any, description: str) -> StrawberryArgument:
    """An argument of a field, optional if its type is nullable."""
    return StrawberryArgument(name, None, StrawberryAnnotation(type_), description=description)


def object_id(prefix: str, column: str = "id") -> Any:
    """The global id of the row."""
    return field(sources.Value(lambda row: typed_id(prefix, row.c[column])), "Global id, `" + prefix + "_<uuid>`.")


def column(name: str, description: str) -> Any:
    return field(sources.Value(lambda row: row.c[name]), description)


def value(sql: sources.Expression, description: str) -> Any:
    return field(sources.Value(sql), description)


def position(sql: sources.Expression, description: str) -> Any:
    """A position in the live feed (``LIVE``). What was committed before the query gets its position first."""
    return field(sources.Value(sql), description, live=True)


def labelled(name: str | sources.Expression, words: type[Word], description: str, **facts: Any) -> Any:
    """The label of an enum column, or of an expression, in the language of the answer."""
    made = _expression(name)
    return field(sources.Value(lambda row: label(made(row), words)), description, **facts)


def word(name: str | sources.Expression, type_: Any, description: str, label_name: str | None = None) -> Any:
    """An enum column, or an expression, and a second field with its label.

    That field is ``<field>_label``, unless another name is given.
    """
    words, *null = get_args(type_) or (type_,)
    labels = labelled(
        name,
        words,
        f"{description.removesuffix('.')}, as a label.",
        type=str | None if null else str,
    )
    return field(sources.Value(_expression(name)), description, type=type_, label=(label_name, labels))


def _expression(name: str | sources.Expression) -> sources.Expression:
    return (lambda row: row.c[name]) if isinstance(name, str) else name


def to_one(foreign_key: str, description: str) -> Any:
    """The object that a foreign key of this row points to. Its type is that of the key's table, unless annotated.

    In derived rows, ``<table>_id`` is a key of that table.
    """
    return field(sources.One(lambda row, target: target.id == row.c[foreign_key]), description, foreign_key=foreign_key)


def by_link(link: sources.Link | str, description: str, arguments: Sequence[StrawberryArgument] = ()) -> Any:
    """At most one object, by a condition, or by the name of its foreign key to the row."""
    return field(sources.One(_link(link)), description, arguments)


def by_secret(link: sources.Link, description: str, arguments: Sequence[StrawberryArgument]) -> Any:
    """A root field that finds an object by a code that only some know. Unknown codes count as guesses."""
    return field(sources.One(link), description, arguments, **{SECRET: True})


def _link(link: sources.Link | str) -> sources.Link:
    return pointing(link) if isinstance(link, str) else link


def pointing(foreign_key: str) -> sources.Link:
    """Rows with a foreign key to the enclosing row."""
    return lambda row, target: target[foreign_key] == row.c.id


def through(table: type[TableRow], own_key: str, target_key: str) -> sources.Link:
    """Rows related to the enclosing row by a join table with a foreign key to each."""

    def link(row: sources.Row, target: Any) -> Condition:
        between = alias(table)
        return sql.exists(between).where(between.c[own_key] == row.c.id, between.c[target_key] == target.id)

    return link


def one_row(
    rows: sources.Rows,
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
    *,
    weight: int | None = None,
) -> Any:
    """At most one row, from a SELECT."""
    return field(sources.One(_any, rows), description, arguments, weight=weight)


def _any(_: sources.Row, __: Any) -> Condition:
    return sql.TRUE


def to_many(link: sources.Link | str, order: Callable[[Any], Sequence[Any]], description: str) -> Any:
    """A short list in a fixed order, by a condition, or by the name of a foreign key to the row."""
    return field(sources.Many(_link(link), order), description)


def few_rows(
    rows: sources.Rows,
    order: Callable[[Any], Sequence[Any]],
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
    *,
    weight: int | None = None,
) -> Any:
    """A short list from a SELECT, in a fixed order."""
    return field(sources.Many(_any, order, rows), description, arguments, weight=weight)


def by_id(prefix: str, description: str) -> Any:
    """The object with the id in the argument ``id``; null if it does not exist, or the viewer may not see it."""
    by = [argument("id", strawberry.ID, f"Global id, `{prefix}_<uuid>`.")]
    return field(sources.NodeById(prefix), description, by, prefix=prefix)


def either(alternatives: Sequence[sources.Alternative], description: str) -> Any:
    return field(sources.Either(alternatives), description)


def aggregate(
    model: type[TableRow],
    only: Callable[[sources.Row], Sequence[Condition]],
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
    *,
    weight: int | None = None,
) -> Any:
    return field(sources.Aggregate(model, only), description, arguments, weight=weight)


def groups(key: str, description: str, *, made: sources.Expression | None = None, by_size: bool = True) -> Any:
    return field(sources.Groups(key, made, by_size), description)


def composed(columns: Callable[[sources.Row], Mapping[str, Any]], description: str) -> Any:
    return field(sources.Composed(columns), description)


def namespace(description: str, arguments: Sequence[StrawberryArgument]) -> Any:
    return field(sources.Namespace(), description, arguments)


def node(description: str, of: str = "any object") -> Any:
    """An object by its id, of any of the types that the field can have."""
    return field(sources.NodeById(None), description, [argument("id", strawberry.ID, f"Global id of {of}.")])


def nodes(description: str) -> Any:
    """Objects by their ids."""
    ids = argument("ids", list[strawberry.ID], "Global ids, at most 100.")
    return field(sources.NodesByIds(), description, [ids])


ALL = frozenset(EntryKind)
KINDS = argument("kinds", list[EntryKind] | None, "The kinds to send; all by default.")
AFTER = argument("after", Cursor | None, "Resume after this cursor; without it only what happens from now on is sent.")
PAGING = (
    argument("first", int | None, "Items from the start."),
    argument("after", str | None, "After this cursor."),
    argument("last", int | None, "Items from the end."),
    argument("before", str | None, "Before this cursor."),
)
"""`PageInfo` says once what they mean."""


def paged(
    description: str,
    order: sources.Order | Mapping[Any, sources.Order],
    *,
    link: sources.Link | str | None = None,
    where: Any = None,
    order_by: Any = None,
    rows: sources.Rows | None = None,
    also: Sequence[StrawberryArgument] = (),
    weight: int | None = None,
    rule: Rule | None = None,
) -> Any:
    """A connection. The enum ``order_by`` selects one of several orders; the first is the default.

    ``rows`` is a SELECT instead of the type's table; ``also`` are arguments that it uses. ``rule`` is the visibility
    rule for the linked rows, if it is shorter than the table's.
    """
    orders: dict[Any, sources.Order] = {None: order} if isinstance(order, sources.Order) else dict(order)
    orders.setdefault(None, next(iter(orders.values())))
    arguments = [*also, *PAGING]
    if where is not None:
        arguments.append(argument("where", where | None, "Which of them; every given field narrows."))
    if order_by is not None:
        default = next(iter(orders))
        arguments.append(argument("order_by", order_by | None, f"In which order; `{default}` by default."))
    source = sources.Page(orders, None if link is None else _link(link), rows, rule)
    return field(source, description, arguments, weight=weight)


def where(predicate: sources.Predicate, description: str) -> Any:
    """A field of a filter."""
    return strawberry.field(default=strawberry.UNSET, description=description, metadata={PREDICATE: predicate})
