"""Writes objects related to a row, and objects by id."""

from collections.abc import Sequence

from graphql import GraphQLObjectType

from db import sql
from db.sql import Column
from rules.refusals import invalid
from schema.compiler.arguments import Fixed, Getter
from schema.compiler.build import Asked, ToPrepare
from schema.compiler.expressions import constant, json_list
from schema.compiler.sources import (
    Alternative,
    Either,
    Link,
    Many,
    NodeById,
    NodesByIds,
    One,
    Prepared,
    Row,
    Rows,
    Size,
)
from schema.ids import meant_by, parse_id, split_id

FEW = 7
"""The length of a short list in the estimate of the cost: the days of a week. Families are smaller."""
MOST_IDS = 100
"""As many as the largest page."""
_NULL: Column = sql.raw("null::json")


def write_namespace(asked: Asked, _: object, row: Row) -> Column:
    return asked.object(row)


def write_prepared(asked: Asked, source: Prepared, row: Row) -> Column:
    """The value of a root field that was made before."""
    (key,) = asked.path
    fields = asked.build.selections.of(asked.type, asked.sets)
    asked.build.prepared.append(ToPrepare(str(key), source.name, asked.type.name, row.arguments, fields))
    return sql.cast(row.bind(sql.TEXT, lambda run: run.prepared[str(key)]), sql.JSON)


def write_one(asked: Asked, source: One, row: Row) -> Column:
    return write_linked(asked, asked.type, source.link, row, source.rows)


def write_linked(asked: Asked, type_: GraphQLObjectType, link: Link, row: Row, rows: Rows | None = None) -> Column:
    """The object that ``link`` joins to the row; null if there is none that the viewer may see."""
    entity = asked.build.entity(type_)
    t = (rows or entity.rows)(row)
    found = asked.object(asked.build.row(t.c, row.within), type_)
    return sql.select(found).from_(t).where(link(row, t.c), entity.visible(t, row.scope)).scalar()


def write_many(asked: Asked, source: Many, row: Row) -> Column:
    entity = asked.build.entity(asked.type)
    t = (source.rows or entity.rows)(row)
    within = Size(Fixed(1), row.within, FEW)
    found = asked.object(asked.build.row(t.c, within))
    return (
        sql.select(json_list(found, order_by=source.order(t.c)))
        .from_(t)
        .where(source.link(row, t.c), entity.visible(t, row.scope))
        .scalar()
    )


def write_either(asked: Asked, source: Either, row: Row) -> Column:
    whens = [(each.when(row), _alternative(asked, each, row)) for each in source.alternatives]
    return sql.case(*whens, else_=_NULL)


def _alternative(asked: Asked, alternative: Alternative, row: Row) -> Column:
    type_ = asked.build.schema.get_type(alternative.type_name)
    assert isinstance(type_, GraphQLObjectType)
    if alternative.link is None:
        return asked.object(row, type_)
    return write_linked(asked, type_, alternative.link, row)


def write_node(asked: Asked, source: NodeById, row: Row) -> Column:
    """The object with the id in the argument ``id``, of one type or of any."""
    given = row.arguments["id"]
    if source.prefix is not None:
        prefix = source.prefix
        wanted = meant_by(prefix, row.bind(sql.UUID, given.convert(lambda text: parse_id(prefix, text))))
        return write_linked(asked, asked.type, _named_by(wanted), row)
    named = row.bind(sql.TEXT, given.convert(lambda text: split_id(text)[0]))
    uuid = row.bind(sql.UUID, given.convert(lambda text: split_id(text)[1]))
    return _any_type(asked, row, named, uuid)


def _any_type(asked: Asked, row: Row, prefix: Column, uuid: Column) -> Column:
    """The object of the type with this prefix; null for an unknown prefix."""
    whens = []
    for type_ in asked.build.schema.get_possible_types(asked.type):
        own = asked.build.entity(type_).prefix
        if own is not None:
            found = write_linked(asked, type_, _named_by(meant_by(own, uuid)), row)
            whens.append((prefix == constant(own), found))
    return sql.case(*whens, else_=_NULL)


def _named_by(wanted: Column) -> Link:
    return lambda _, target: target.id == wanted


def write_nodes(asked: Asked, _: NodesByIds, row: Row) -> Column:
    """The objects with the ids in the argument ``ids``, in that order, null for each that does not exist."""
    given = row.arguments["ids"]

    def column(index: int) -> Getter:
        return given.convert(lambda ids: [split_id(each, at)[index] for at, each in enumerate(_few(ids))])

    prefixes = row.bind(sql.array_of(sql.TEXT), column(0))
    uuids = row.bind(sql.array_of(sql.UUID), column(1))
    within = asked.build.size(lambda run: len(given.get(run)), row.within)
    named = {"prefix": sql.TEXT, "uuid": sql.UUID}
    wanted = sql.rows_of(sql.func.unnest(prefixes, uuids), "wanted", named, ordinality="place")
    inner = asked.build.row(None, within)
    found = _any_type(asked, inner, wanted.c.prefix, wanted.c.uuid)
    listed = json_list(found, order_by=[wanted.c.place])
    return sql.select(listed).from_(wanted).scalar()


def _few(ids: Sequence[str]) -> Sequence[str]:
    if len(ids) > MOST_IDS:
        raise invalid("最多 {most} 个编号", most=MOST_IDS)
    return ids
