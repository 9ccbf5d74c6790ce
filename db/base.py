"""The base of all tables: rows, column types, keys, indexes and constraint names."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast
from uuid import UUID

import sqlalchemy as sa
from pydantic_core import PydanticUndefined
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel
from sqlmodel.main import SQLModelMetaclass

from db import sql
from rules.ids import uuid7

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def ref(target: str, *, index: bool = False, optional: bool = False) -> Any:
    """A foreign key to ``table.column``."""
    default = None if optional else ...
    return Field(default, foreign_key=target, index=index, nullable=optional)


def choice(enum: type[StrEnum], default: Any = ..., *, optional: bool = False) -> Any:
    """A text column with a check constraint that allows only the values of ``enum``."""
    first = None if optional else default
    return Field(first, sa_type=enum_type(enum, checked=True), nullable=optional)


def enum_type(enum: type[StrEnum], *, checked: bool = False) -> Any:
    """The type of a text column for the values of ``enum``, with a check constraint if ``checked``."""
    return sa.Enum(
        enum,
        native_enum=False,
        create_constraint=checked,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=_snake_case(enum.__name__),
    )


def moment(*, optional: bool = False, now: bool = False) -> Any:
    """A timestamp with time zone. With ``now``, the database fills in its own time."""
    extra: dict[str, Any] = {"server_default": sa.text("now()")} if now else {}
    default = None if optional or now else ...
    zoned = sa.DateTime(timezone=True)
    return Field(default, sa_type=zoned, nullable=optional, sa_column_kwargs=extra)


def text(*, optional: bool = False, default: Any = ...) -> Any:
    """Text that sorts by code point, so that the order does not depend on the server's locale."""
    first = None if optional and default is ... else default
    return Field(first, sa_type=sa.Text(collation="C"), nullable=optional)


def sort_key(of: str) -> Any:
    """A generated text by which another text is sorted or compared: in one width and case, with numbers as numbers."""
    return Field(None, sa_column=sa.Column(sa.Text(collation="C"), sa.Computed(f"sort_key({of})", persisted=True)))


def generated(type_: type[Any], of: str) -> Any:
    """A column that the database computes from others of its row."""
    return Field(None, sa_column=sa.Column(type_, sa.Computed(of, persisted=True)))


def money(*, optional: bool = False) -> Any:
    """An amount in yuan with two decimal places."""
    return Field(None if optional else ..., sa_type=sa.Numeric(14, 2), nullable=optional)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> sa.Index:
    """An index of the rows that meet a condition."""
    return sa.Index(name, *columns, unique=unique, postgresql_where=sa.text(where))


def check(name: str, condition: str) -> sa.CheckConstraint:
    """A check constraint. The table's name is put before its name."""
    return sa.CheckConstraint(condition, name=name)


def composite_key(name: str, target: str, *copied: str, cascade: bool = False) -> sa.ForeignKeyConstraint:
    """A foreign key that also keeps copies of the target's columns equal, with ``cascade`` when these change."""
    columns, targets = [f"{target}_id", *copied], [f"{target}.{column}" for column in ("id", *copied)]
    return sa.ForeignKeyConstraint(columns, targets, name=name, onupdate="CASCADE" if cascade else None)


def at_home(name: str) -> sa.ForeignKeyConstraint:
    """The composite key of a row that copies the building and the grid of its household."""
    return composite_key(f"fk_{name}_home", "household", "building_id", "grid_id", cascade=True)


@cache
def _snake_case(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


_MODELS: dict[str, type["Row"]] = {}
_DIALECT = PGDialect()  # type: ignore[no-untyped-call]


class _RowType(SQLModelMetaclass):
    """Declares tables as SQLModel does, but without the ORM, whose instances cost 45 to 260 microseconds each."""

    def __init__(cls, name: str, bases: Any, namespace: Any, **options: Any) -> None:  # noqa: N805  a metaclass
        super().__init__(name, bases, namespace, **options)
        if "__table__" in cls.__dict__:
            table = cls.__dict__["__table__"]
            cls._sa_registry.dispose()
            type.__setattr__(cls, "__table__", table)
            _MODELS[table.name] = cast(type[Row], cls)

    def __call__(cls, **values: Any) -> Any:  # noqa: N805
        model = cast(type[Row], cls)
        if not values.keys() <= model._defaults.keys():
            raise TypeError(f"{model.__name__} has no {', '.join(values.keys() - model._defaults.keys())}")
        row = object.__new__(model)
        row.__dict__.update(model._defaults)
        for name, make in model._factories:
            if name not in values:
                row.__dict__[name] = make()
        row.__dict__.update(values)
        return row


class Row(SQLModel, metaclass=_RowType):
    """A row of a table: plain attributes, written by :meth:`Transaction.save`."""

    _defaults: ClassVar[Mapping[str, Any]] = {}
    _factories: ClassVar[list[tuple[str, Callable[[], Any]]]] = []
    secrets: ClassVar[frozenset[str]] = frozenset()
    """Columns that the application's login cannot read. Rows that it reads are without them (db/wall_two.sql)."""

    @declared_attr  # type: ignore[arg-type]
    def __tablename__(cls) -> str:  # noqa: N805
        return _snake_case(cls.__name__)

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        super().__pydantic_init_subclass__(**options)
        fields = cls.model_fields.items()
        made = [(name, field.default_factory) for name, field in fields if field.default_factory is not None]
        cls._factories = cast(list[tuple[str, Callable[[], Any]]], made)
        cls._defaults = {n: None if field.default is PydanticUndefined else field.default for n, field in fields}

    def __setattr__(self, name: str, value: Any) -> None:
        self.__dict__[name] = value

    def change(self, values: Mapping[str, Any]) -> None:
        """Sets the columns that are given by name."""
        self.__dict__.update(values)

    def derive(self, stored: Mapping[str, Any]) -> None:
        """Brings the columns that follow from others up to date, before the row is written over ``stored``."""

    def __repr__(self) -> str:
        """The table and the id. Other columns may hold personal data, which must not reach logs."""
        return f"{type(self).__name__}({self.__dict__.get('id')})"

    __str__ = __repr__


def table(model: type[Row]) -> sa.Table:
    """The SQLAlchemy table of a model."""
    return model.__table__  # type: ignore[attr-defined,no-any-return]


def model_of(name: str) -> type[Row]:
    """The model of a table."""
    return _MODELS[name]


def alias(model: type[Row]) -> sql.From:
    """The table of a model under a new alias."""
    return sql.named(table(model).name, column_types(model))


@cache
def column_types(model: type[Row]) -> dict[str, str]:
    """The SQL type of each column, by name."""
    return {column.name: column.type.compile(_DIALECT).partition(" COLLATE")[0] for column in table(model).c}


def all_tables() -> sa.MetaData:
    """The metadata of all tables. Imports every module of this package, because each declares its own."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], "db."):
        if not module.ispkg:
            importlib.import_module(module.name)
    return SQLModel.metadata


class Identified(Row):
    """A row with a UUIDv7 as its primary key, made by the client or by this process."""

    id: UUID = Field(default_factory=uuid7, primary_key=True, sa_column_kwargs={"server_default": sa.text("uuidv7()")})
