"""What all tables share: naming of constraints, column types, and the keys."""

from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Xid8(UserDefinedType[str]):
    """A transaction's number, 64 bits wide, never reused in the life of a cluster."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


# Reflection should know the type too, when migrations are compared with the tables.
ischema_names["xid8"] = Xid8


def key() -> Any:
    """A primary key: UUIDv7, made by the phone or else by the database."""
    return Field(default=None, primary_key=True, sa_column_kwargs={"server_default": sa.text("uuidv7()")})


def ref(target: str, *, index: bool = False, optional: bool = False) -> Any:
    """A foreign key to ``table.column``."""
    default = None if optional else ...
    return Field(default, foreign_key=target, index=index, nullable=optional)


def choice(enum: type[StrEnum], default: Any = ..., *, nullable: bool = False) -> Any:
    """A text column that holds the values of ``enum`` and nothing else, by a check in the database."""
    stored = sa.Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [member.value for member in members],
        name=_snake(enum.__name__),
    )
    return Field(default, sa_type=stored, nullable=nullable)


def moment(*, optional: bool = False, now: bool = False) -> Any:
    """An instant, always with its zone; ``now``: the database's clock fills it in."""
    extra: dict[str, Any] = {"server_default": sa.text("now()")} if now else {}
    default = None if optional or now else ...
    zoned = sa.DateTime(timezone=True)
    return Field(default, sa_type=zoned, nullable=optional, sa_column_kwargs=extra)


def text(*, optional: bool = False, default: Any = ...) -> Any:
    """Text that sorts by code point, alike on every server."""
    first = None if optional and default is ... else default
    return Field(first, sa_type=sa.Text(collation="C"), nullable=optional)


def money(*, optional: bool = False) -> Any:
    """An amount in yuan, to the fen."""
    return Field(None if optional else ..., sa_type=sa.Numeric(14, 2), nullable=optional)


def at_home(name: str) -> sa.ForeignKeyConstraint:
    """Keeps a row's building and grid true to its household, also when a building changes its grid."""
    return sa.ForeignKeyConstraint(
        ["household_id", "building_id", "grid_id"],
        ["household.id", "household.building_id", "household.grid_id"],
        onupdate="CASCADE",
        name=f"fk_{name}_home",
    )


def _snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


class Identified(SQLModel):
    """A row with a UUIDv7 of its own."""

    id: UUID = key()
