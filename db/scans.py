"""The facts that residents' pages show without an account: of QR codes, of receipts, and of the notice board."""

from dataclasses import dataclass
from uuid import UUID

from db import sql
from db.activities import Activity, SignUp
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
    phone: str | None
    """The community's."""
    community_id: UUID
    at_counter: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A building, an estate or the community, which the reporter can choose."""

    id: UUID
    label: str
    wide: str = ""
    """``estate`` or ``community``, for these."""

    @property
    def value(self) -> str:
        """The value in a form."""
        return f"{self.wide}_{self.id}" if self.wide else str(self.id)


async def scan_of(tx: Transaction, code: str) -> Scan | None:
    """The live code, or None: alike for revoked codes and for codes that were never issued."""
    await tx.show(code)
    live = await tx.first(QrCode, code=code, revoked_at=None)
    if live is None:
        return None
    community = await tx.get(Community, id=live.community_id)
    at_counter = live.target is QrTarget.COUNTER
    return Scan(live.code, live.label, community.name, community.phone, community.id, at_counter)


@dataclass(frozen=True, slots=True)
class Board:
    """The community of a notice board."""

    name: str
    phone: str | None


async def board_of(tx: Transaction, community_id: UUID | None) -> Board | None:
    """The community with this id, or the only one of the installation; None if there is none, or are several."""
    found = await tx.rows(_boards, community=community_id)
    return Board(**found[0]) if len(found) == 1 else None


def _boards(_: Scope) -> sql.Select:
    board = sql.named("board", {"id": sql.UUID, "name": sql.TEXT, "phone": sql.TEXT})
    asked = sql.parameter("community", sql.UUID)
    found = sql.select(board.c.name, board.c.phone).from_(board)
    return found.where(sql.or_(asked.is_(None), board.c.id == asked)).limit(2)


async def choices_of(tx: Transaction, community_id: UUID) -> list[Choice]:
    """The community as a whole, its estates, and its buildings by estate and name."""
    estates = {each.id: each.name for each in await tx.all(Estate, order=("name_key", "id"), community_id=community_id)}
    buildings = await tx.all(Building, community_id=community_id)
    buildings.sort(key=lambda each: (estates[each.estate_id], each.name_key or ""))
    return [
        Choice(community_id, "整个社区，或者说不清是哪里", "community"),
        *(Choice(uuid, f"{name}（整个小区）", "estate") for uuid, name in estates.items()),
        *(Choice(each.id, each.label) for each in buildings),
    ]


@dataclass(frozen=True, slots=True)
class JoinedActivity:
    """A sign-up by its receipt, with its activity and the community."""

    sign_up: SignUp
    activity: Activity
    community: Community


async def activity_of(tx: Transaction, scan: Scan, uuid: UUID) -> tuple[Activity, Community] | None:
    """An activity in the community of a code, with that community."""
    await tx.show(scan.code)
    found = await tx.first(Activity, id=uuid, community_id=scan.community_id)
    return None if found is None else (found, await tx.get(Community, id=scan.community_id))


async def sign_up_of(tx: Transaction, receipt: str) -> JoinedActivity | None:
    """The sign-up with this receipt code."""
    await tx.show(receipt)
    found = await tx.first(SignUp, receipt_code=receipt)
    if found is None:
        return None
    activity = await tx.get(Activity, id=found.activity_id)
    return JoinedActivity(found, activity, await tx.get(Community, id=activity.community_id))
