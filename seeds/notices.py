"""Notices (通知) to every audience, current, past and withdrawn, and who has read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db import notices as tables
from rules.access import Role
from rules.journal import EntryKind
from rules.notices import Audience
from seeds.clock import DAY, ZONE
from seeds.journal import enter
from seeds.odd import ODD_TEXTS
from seeds.places import Estate
from seeds.world import World

_AT = datetime(2023, 12, 11, 11, 0, tzinfo=ZONE)
_FOR_EVER = datetime(2998, 12, 31, tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Text:
    """A notice."""

    audience: Audience
    title: str
    body: str
    estate: Estate | None = None
    until: datetime | None = None
    reason: str | None = None
    """The reason for withdrawing it."""
    readers: Sequence[UUID] = ()


def add_demo(world: World) -> None:
    """Adds a notice to the workers, one to the building heads, and two to everybody."""
    workers, heads = world.staff.workers.values(), world.staff.heads.values()
    for number, notice in enumerate(
        (
            Text(
                Audience.WORKERS,
                "降温降雪期间的走访安排",
                "本周气温将降到零下二十度。请各位网格员每天上午十一点前联系独居老人，查看取暖情况，有困难及时上报。",
                readers=[each.id for each in list(workers)[:9]],
            ),
            Text(
                Audience.HEADS,
                "请留意楼道堆物",
                "请各位联户长看看楼道和安全出口有没有堆放杂物，发现后在手机上报一下，由网格员上门劝说。",
                readers=[each.id for each in list(heads)[:3]],
            ),
            Text(
                Audience.PUBLIC,
                "冬季用火用电安全提醒",
                "请不要在楼道里给电动车充电，用电暖器时身边不要离人。家里暖气不热，请扫门口的二维码告诉我们。",
            ),
            Text(
                Audience.PUBLIC,
                "养老保险待遇资格认证",
                "请领取养老金的居民在年底前办理认证。可以用手机办，也可以带身份证到服务大厅，工作人员帮您办。",
                until=datetime(2024, 1, 1, tzinfo=ZONE),
            ),
        )
    ):
        write(world, notice, _AT + number * DAY)


def add(world: World) -> None:
    """Adds notices of the community and of an estate to each audience, past ones, and withdrawn ones."""
    estate = world.town.grids[0].estate
    worker, head = next(iter(world.staff.workers.values())), next(iter(world.staff.heads.values()))
    readers = [worker.id, head.id, world.staff.office[Role.SECRETARY][0].id]
    for number, audience in enumerate(Audience):
        at, (one, other, third) = _AT + number * DAY, ODD_TEXTS
        for notice in (
            Text(audience, one, other, readers=readers),
            Text(audience, other, third, estate, _FOR_EVER, readers=readers[:1]),
            Text(audience, third, one, until=at + 5 * DAY),
            Text(audience, one, third, estate, reason=other),
        ):
            write(world, notice, at)


def write(world: World, notice: Text, at: datetime) -> None:
    """Adds a notice with its readers and its journal entries."""
    uuid, sender = world.book.new_id(at), _sender(world, notice.estate)
    place = {"community_id": world.town.community_id, "estate_id": notice.estate.id if notice.estate else None}
    said = {"audience": notice.audience, "title": notice.title, "body": notice.body, "until": notice.until}
    by = {"published_by": sender, "published_at": at}
    gone = {"withdrawn_by": sender, "withdrawn_at": at + DAY, "withdraw_reason": notice.reason} if notice.reason else {}
    world.book.add(tables.Notice, id=uuid, **place, **said, **by, **gone)
    for reader in notice.readers:
        world.book.add(tables.NoticeReading, notice_id=uuid, account_id=reader, read_at=at + DAY / 24)
    _enter(world, EntryKind.NOTICE_PUBLISHED, uuid, sender, at)
    if notice.reason:
        _enter(world, EntryKind.NOTICE_WITHDRAWN, uuid, sender, at + DAY, notice.reason)


def _sender(world: World, estate: Estate | None) -> UUID:
    leader = world.staff.leaders.get(estate) if estate else None
    return (leader or world.staff.office[Role.SECRETARY][0]).id


def _enter(world: World, kind: EntryKind, uuid: UUID, sender: UUID, at: datetime, note: str | None = None) -> None:
    facts = {"grid_id": None, "notice_id": uuid, "actor_id": sender, "note": note}
    enter(world.book, kind, world.town.grids[0], at, **facts)
