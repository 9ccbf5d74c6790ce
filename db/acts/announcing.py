"""Checks of announcements: for which place the author may speak, and that public texts name nobody."""

from typing import NamedTuple
from uuid import UUID

from db import sql
from db.acts.places import chosen_community
from db.acts.wishes import names_told
from db.branches import leads, organises
from db.places import Estate
from db.scope import Scope
from db.statements import Query
from db.transaction import Transaction
from rules.notices import check_announced
from rules.refusals import Code, Refusal, invalid
from rules.text import check_text

_PLACE = sql.parameter("community", sql.UUID), sql.parameter("estate", sql.UUID)


class Where(NamedTuple):
    """A community as a whole, or one of its estates."""

    community_id: UUID
    estate_id: UUID | None


def led(scope: Scope) -> sql.Select:
    """Whether the viewer speaks for a place."""
    return sql.select(leads(*_PLACE, scope))


def organised(scope: Scope) -> sql.Select:
    """Whether the viewer organises activities of a place."""
    return sql.select(organises(*_PLACE, scope))


async def place_to_tell(tx: Transaction, held: Query, community: UUID | None, estate: UUID | None) -> Where:
    """The given place, by default the viewer's only community. Raises NOT_ALLOWED if it is not ``held``."""
    if estate is None:
        where, path = Where((await chosen_community(tx, community)).id, None), "community"
    else:
        found = await tx.find(Estate, estate, "estate")
        if community not in {None, found.community_id}:
            raise Refusal(Code.NOT_FOUND, "community")
        where, path = Where(found.community_id, found.id), "estate"
    await check_held(tx, held, where, path)
    return where


async def check_held(tx: Transaction, held: Query, where: Where, *path: str | int) -> None:
    """Raises NOT_ALLOWED if the viewer may not speak for a place."""
    if not await tx.value(held, community=where.community_id, estate=where.estate_id):
        raise Refusal(Code.NOT_ALLOWED, *path)


async def check_told(tx: Transaction, community_id: UUID, text: str, field: str, limit: int) -> str:
    """A text that everybody may read. Raises INVALID_INPUT if it names a person, a home or a colour."""
    said = check_text(text, field, limit=limit)
    names = await names_told(tx, said, community_id)
    return check_announced(said, names.elsewhere, field)


def one_of(one: object, other: object, reason: str, field: str) -> None:
    """Raises INVALID_INPUT unless exactly one of two values is given."""
    if (one is None) is (other is None):
        raise invalid(reason, field)
