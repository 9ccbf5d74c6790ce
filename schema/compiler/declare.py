"""How types and fields are declared: what a client reads about them, and where their values come from."""

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
from db.scope import Condition, Scope, visible
from rules.journal import kinds_of_feed
from rules.vocabulary import Word
from schema.compiler import registry, sources
from schema.compiler.expressions import label, typed_id
from schema.compiler.registry import described
from schema.scalars import Cursor

Class = TypeVar("Class", bound=type)
Visibility: TypeAlias = Callable[[sql.From, Scope], Condition]

SOURCE, PREDICATE = "source", "predicate"


@dataclass(frozen=True, slots=True)
class Entity:
    """The rows behind a GraphQL type, who sees them, and the prefix of their ids."""

    rows: sources.Rows
    visible: Visibility
    prefix: str | None = None
    model: type[TableRow] | None = None


def entity(
    model: type[TableRow], prefix: str | None = None, *, visible_to: Visibility | None = None, main: bool = True
) -> Callable[[Class], Class]:
    """A GraphQL type over a table. With a prefix its objects can be fetched by ``node``.

    What points to the table points to this type, unless it is not the ``main`` one.
    """

    def default(t: sql.From, scope: Scope) -> Condition:
        return visible(model, t, scope)

    def declare(cls: Class) -> Class:
        if main:
            registry.MAIN[model] = cls
        return _declared(cls, Entity(lambda _: alias(model), visible_to or default, prefix, model))

    return declare


def derived(cls: Class) -> Class:
    """A GraphQL type over rows that each field derives by a SELECT of its own, which keeps to the viewer's scope."""

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
    """A GraphQL type without a table of its own."""
    registry.TYPES.append(cls)
    return cls


def extend(cls: type, **fields: tuple[Any, Any]) -> None:
    """Adds fields to another noun's type, each with its GraphQL type: what points to a noun says so itself."""
    for name, (type_, field) in fields.items():
        cls.__annotations__[name] = type_
        setattr(cls, name, field)


def roots(cls: Class) -> Class:
    """Root fields of queries."""
    registry.ROOTS["Query"].append(cls)
    return cls


def mutations(cls: Class) -> Class:
    """Root fields of mutations."""
    registry.ROOTS["Mutation"].append(cls)
    return cls


def event(feed: str, description: str) -> Callable[[Class], Class]:
    """The type of a subscription's events, which are journal entries of the kinds that the feed tells."""

    def declare(cls: Class) -> Class:
        name, made = to_snake_case(feed), field(sources.Feed(kinds_of_feed(feed)), description, [AFTER])
        registry.ROOTS["Subscription"].append(type(feed, (), {"__annotations__": {name: cls}, name: made}))
        return part(cls)

    return declare


def filters(cls: Class) -> Class:
    """An input type whose fields are made by :func:`where`."""
    return strawberry.input(cls, description=described(cls))


def field(source: sources.Source, description: str, arguments: Sequence[StrawberryArgument] = (), **facts: Any) -> Any:
    """A field whose value the compiler selects; ``facts`` say what its type follows from (:mod:`registry`)."""
    made = StrawberryField(description=description, metadata={SOURCE: source, **facts})
    made.arguments = list(arguments)
    return made


def argument(name: str, type_: Any, description: str) -> StrawberryArgument:
    """An argument of a field; optional where its type allows null."""
    return StrawberryArgument(name, None, StrawberryAnnotation(type_), description=description)


def object_id(prefix: str, column: str = "id") -> Any:
    """The global id of the row."""
    return field(sources.Value(lambda row: typed_id(prefix, row.c[column])), "Global id, `" + prefix + "_<uuid>`.")


def column(name: str, description: str) -> Any:
    """The value of a column as it is."""
    return field(sources.Value(lambda row: row.c[name]), description)


def value(sql: sources.Expression, description: str) -> Any:
    """The value of an expression."""
    return field(sources.Value(sql), description)


def labelled(name: str, words: type[Word], description: str, **facts: Any) -> Any:
    """The Chinese label of an enum column."""
    return field(sources.Value(lambda row: label(row.c[name], words)), description, **facts)


def word(name: str, type_: Any, description: str, label_name: str | None = None) -> Any:
    """An enum column, and a second field with its Chinese label: ``<field>_label``, unless another name is given."""
    words, *nothing = get_args(type_) or (type_,)
    labels = labelled(name, words, f"{description.removesuffix('.')}, in Chinese.", type=str | None if nothing else str)
    return field(sources.Value(lambda row: row.c[name]), description, type=type_, label=(label_name, labels))


def to_one(foreign_key: str, description: str) -> Any:
    """The object that a foreign key of this row points to; its type is that of the key's table, unless it is told.

    In rows that are no table's, ``<table>_id`` is taken for a key to the table.
    """
    return field(sources.One(lambda row, target: target.id == row.c[foreign_key]), description, foreign_key=foreign_key)


def by_link(link: sources.Link | str, description: str, arguments: Sequence[StrawberryArgument] = ()) -> Any:
    """At most one object, by a condition, or by its foreign key to the row."""
    return field(sources.One(_link(link)), description, arguments)


def _link(link: sources.Link | str) -> sources.Link:
    """A condition; a name is that of a foreign key of the target."""
    return pointing(link) if isinstance(link, str) else link


def pointing(foreign_key: str) -> sources.Link:
    """Rows whose foreign key points to the row that asks."""
    return lambda row, target: target[foreign_key] == row.c.id


def through(table: type[TableRow], own_key: str, target_key: str) -> sources.Link:
    """Rows related to the row that asks by a table between them, which has a foreign key to each."""

    def link(row: sources.Row, target: Any) -> Condition:
        between = alias(table)
        return sql.exists(between).where(between.c[own_key] == row.c.id, between.c[target_key] == target.id)

    return link


def one_row(rows: sources.Rows, description: str, arguments: Sequence[StrawberryArgument] = ()) -> Any:
    """The one row that a SELECT derives."""
    return field(sources.One(_any, rows), description, arguments)


def _any(_: sources.Row, __: Any) -> Condition:
    return sql.TRUE


def to_many(link: sources.Link | str, order: Callable[[Any], Sequence[Any]], description: str) -> Any:
    """A short list in a fixed order."""
    return field(sources.Many(_link(link), order), description)


def few_rows(
    rows: sources.Rows,
    order: Callable[[Any], Sequence[Any]],
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
) -> Any:
    """The few rows that a SELECT derives, in a fixed order."""
    return field(sources.Many(_any, order, rows), description, arguments)


def by_id(prefix: str, description: str) -> Any:
    """The object with the id in the argument ``id``; null when it does not exist or is not the viewer's to see."""
    by = [argument("id", strawberry.ID, f"Global id, `{prefix}_<uuid>`.")]
    return field(sources.NodeById(prefix), description, by, prefix=prefix)


def either(alternatives: Sequence[sources.Alternative], description: str) -> Any:
    """A union: the first alternative that applies."""
    return field(sources.Either(alternatives), description)


def aggregate(
    model: type[TableRow],
    only: Callable[[sources.Row], Sequence[Condition]],
    description: str,
    arguments: Sequence[StrawberryArgument] = (),
) -> Any:
    """Figures over all rows of a table that the viewer sees and ``only`` keeps."""
    return field(sources.Aggregate(model, only), description, arguments)


def groups(key: str, description: str, *, made: sources.Expression | None = None, by_size: bool = True) -> Any:
    """The rows of the enclosing aggregate by a column, or by what is ``made`` of the columns: largest group first."""
    return field(sources.Groups(key, made, by_size), description)


def composed(columns: Callable[[sources.Row], Mapping[str, Any]], description: str) -> Any:
    """An object whose columns are expressions of the row around it."""
    return field(sources.Composed(columns), description)


def namespace(description: str, arguments: Sequence[StrawberryArgument]) -> Any:
    """An object without a row, whose arguments its fields share."""
    return field(sources.Namespace(), description, arguments)


def node(description: str) -> Any:
    """Any object by its id."""
    return field(sources.NodeById(None), description, [argument("id", strawberry.ID, "Global id of any object.")])


def nodes(description: str) -> Any:
    """Objects by their ids."""
    ids = argument("ids", list[strawberry.ID], "Global ids, at most 100.")
    return field(sources.NodesByIds(), description, [ids])


AFTER = argument("after", Cursor | None, "Resume after this cursor; without it only what happens from now on is sent.")
PAGING = (
    argument("first", int | None, "How many from the start, 1 to 100; 20 when neither this nor `last` is given."),
    argument("after", str | None, "Only what comes after this cursor."),
    argument("last", int | None, "How many from the end, 1 to 100; not together with `first`."),
    argument("before", str | None, "Only what comes before this cursor."),
)


def paged(
    description: str,
    order: sources.Order | Mapping[Any, sources.Order],
    *,
    link: sources.Link | str | None = None,
    where: Any = None,
    order_by: Any = None,
    rows: sources.Rows | None = None,
    also: Sequence[StrawberryArgument] = (),
) -> Any:
    """A connection. Several orders are chosen by the enum ``order_by``; the first is the default.

    ``rows`` derives what is paged through, where that is not a table; ``also`` are arguments that it reads.
    """
    orders: dict[Any, sources.Order] = {None: order} if isinstance(order, sources.Order) else dict(order)
    orders.setdefault(None, next(iter(orders.values())))
    arguments = [*also, *PAGING]
    if where is not None:
        arguments.append(argument("where", where | None, "Which of them; every given field narrows."))
    if order_by is not None:
        default = next(iter(orders))
        arguments.append(argument("order_by", order_by | None, f"In which order; `{default}` by default."))
    return field(sources.Page(orders, None if link is None else _link(link), rows), description, arguments)


def where(predicate: sources.Predicate, description: str) -> Any:
    """A field of a filter."""
    return strawberry.field(default=strawberry.UNSET, description=description, metadata={PREDICATE: predicate})
