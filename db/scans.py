"""What a printed QR code says of itself to whoever scans it, without an account."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from db.places import Building, Community, Estate, QrCode
from rules.places import QrTarget


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that works: where it hangs, as is printed on it, and in which community."""

    code: str
    label: str
    community: str
    community_id: UUID
    at_counter: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A building to choose."""

    id: UUID
    label: str


async def scan_of(session: Any, code: str) -> Scan | None:
    """The code, if it works; one that was revoked looks like one that never was."""
    own = col(Community.id) == QrCode.community_id
    statement = select(QrCode, Community.name).join(Community, own)
    found = (await session.exec(statement.where(QrCode.code == code, col(QrCode.revoked_at).is_(None)))).first()
    if found is None:
        return None
    qr, community = found
    return Scan(qr.code, qr.label, community, qr.community_id, qr.target == QrTarget.COUNTER)


async def buildings_of(session: Any, community_id: UUID) -> list[Choice]:
    """The community's buildings, by estate and number."""
    statement = (
        select(Building.id, Building.number, Estate.name)
        .join(Estate, col(Estate.id) == Building.estate_id)
        .where(Building.community_id == community_id)
        .order_by(col(Estate.name), col(Building.number))
    )
    return [Choice(uuid, f"{estate}{number}号楼") for uuid, number, estate in await session.exec(statement)]
