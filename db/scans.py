"""The facts that the page of a QR code shows without an account."""

from dataclasses import dataclass
from uuid import UUID

from db import sql
from db.base import alias
from db.places import Building, Community, Estate, QrCode
from db.scope import Scope
from db.transaction import Transaction
from rules.places import QrTarget


@dataclass(frozen=True, slots=True)
class Scan:
    """A live code: the label that is printed on it, and its community."""

    code: str
    label: str
    community: str
    community_id: UUID
    at_counter: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A building that the reporter can choose."""

    id: UUID
    label: str


async def scan_of(tx: Transaction, code: str) -> Scan | None:
    """The live code, or None: alike for revoked codes and for codes that were never issued."""
    for row in await tx.rows(_live, code=code):
        return Scan(*row)
    return None


def _live(_: Scope) -> sql.Select:
    code, community = alias(QrCode), alias(Community)
    return (
        sql.select(code.c.code, code.c.label, community.c.name, code.c.community_id, code.c.target == QrTarget.COUNTER)
        .from_(code.join(community, community.c.id == code.c.community_id))
        .where(code.c.code == sql.parameter("code", sql.TEXT), code.c.revoked_at.is_(None))
    )


async def buildings_of(tx: Transaction, community_id: UUID) -> list[Choice]:
    """The community's buildings, by estate and number."""
    found = await tx.rows(_buildings, community=community_id)
    return [Choice(uuid, f"{estate}{number}号楼") for uuid, number, estate in found]


def _buildings(_: Scope) -> sql.Select:
    building, estate = alias(Building), alias(Estate)
    return (
        sql.select(building.c.id, building.c.number, estate.c.name)
        .from_(building.join(estate, estate.c.id == building.c.estate_id))
        .where(building.c.community_id == sql.parameter("community", sql.UUID))
        .order_by(estate.c.name, building.c.number)
    )
