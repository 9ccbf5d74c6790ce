"""QR codes with a history: a replaced one, a revoked one, and a second counter."""

from datetime import datetime, timedelta
from uuid import UUID

from db.places import QrCode
from rules.codes import CODE_LENGTH
from rules.journal import EntryKind
from rules.places import QrTarget
from seeds.clock import DAY, ZONE
from seeds.ids import code
from seeds.journal import enter_at
from seeds.places import Home
from seeds.world import World

_AT = datetime(2023, 12, 22, 10, tzinfo=ZONE)
_WORN = "雨淋坏了"


def add(world: World) -> None:
    printed = {row.get("household_id") for row in world.book.rows(QrCode)}
    bare = [home for home in world.town.homes if home.id not in printed]
    first = _print(world, bare[0], _AT, revoked_at=_AT + DAY, reason=_WORN)
    _print(world, bare[0], _AT + DAY, replaces_id=first)
    _print(world, bare[1], _AT, revoked_at=_AT + DAY, reason="房屋拆除")
    _write(world, _AT, target=QrTarget.COUNTER, label="二号柜台")
    _write(world, _AT, target=QrTarget.PREMISES, label=world.premises[0].name, premises_id=world.premises[0].id)
    kinds = (EntryKind.QR_CODE_ISSUED, EntryKind.QR_CODE_REPLACED, EntryKind.QR_CODE_REVOKED)
    for number, kind in enumerate(kinds):
        home, at = bare[number // 2], _AT + number * timedelta(hours=1)
        enter_at(world.book, kind, home, at, world.staff.workers[home.grid].id, note=home.label)


def _print(world: World, home: Home, at: datetime, **facts: object) -> UUID:
    if "revoked_at" in facts:
        facts["revoked_by"] = world.staff.workers[home.grid].id
    return _write(world, at, target=QrTarget.HOUSEHOLD, label=home.label, household_id=home.id, **facts)


def _write(world: World, at: datetime, **facts: object) -> UUID:
    uuid = world.book.new_id(at)
    printed = code(world.random(f"print {uuid}"), CODE_LENGTH)
    by = world.staff.workers[world.town.grids[0]].id
    held = {"community_id": world.town.community_id, "issued_at": at, "issued_by": by}
    world.book.add(QrCode, id=uuid, code=printed, **held, **facts)
    return uuid
