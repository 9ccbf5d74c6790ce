"""Acts on communities: a new one, which has policies from its first minute, and corrections."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from db import sql
from db.acts.calendar import local_day
from db.acts.corrections import save_corrected
from db.acts.journal import act, entry
from db.alerts import LadderPolicy
from db.appeals import ClockPolicy
from db.base import Row
from db.disputes import MediationPolicy
from db.duty import VisitPolicy
from db.places import Community, Farm
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act
from rules.communities import CADENCES, CLOCKS, TIME_ZONE, check_zone_name, no_such_zone
from rules.corrections import nothing_to_correct
from rules.disputes import MEDIATION_DAYS
from rules.journal import EntryKind
from rules.phones import check_optional_phone
from rules.places import checked_facts
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_name, check_text

FOUNDING = UUID("018c0000-0000-7000-8000-7365742d7570")
"""The lock of those who add a community: two of one name at once would each find nothing on record."""


def starting_policies(tx: Transaction, community_id: UUID, today: date) -> Iterator[Row]:
    """The policies of a new community. Nobody has set them, which shows that they are starting values."""
    for colour, cadence in CADENCES.items():
        facts = {"period": cadence.period, "modes": sorted(cadence.modes), "grace_days": cadence.grace_days}
        yield VisitPolicy(community_id=community_id, colour=colour, starts_on=today, set_at=tx.now, **facts)
    for urgency, times in CLOCKS.items():
        yield ClockPolicy(community_id=community_id, urgency=urgency, set_at=tx.now, **asdict(times))
    yield LadderPolicy(community_id=community_id)
    yield MediationPolicy(community_id=community_id, days=MEDIATION_DAYS, set_at=tx.now)


async def check_zone(tx: Transaction, name: str, *path: str | int) -> str:
    """The name of a time zone that this process and PostgreSQL know, because both count days."""
    zone = check_zone_name(name, *path)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        raise no_such_zone(*path) from None
    if not await tx.value(_knows_zone, zone=zone):
        raise no_such_zone(*path)
    return zone


def _knows_zone(_: Scope) -> sql.Select:
    zones = sql.named("pg_timezone_names", {"name": sql.TEXT})
    return sql.select(sql.exists(zones).where(zones.c.name == sql.parameter("zone", sql.TEXT)))


@dataclass(frozen=True, slots=True)
class NewCommunity:
    """A community of a farm, which is added if there is none of its name."""

    id: UUID
    farm: str
    name: str
    phone: str | None = None
    time_zone: str | None = None


@act(Act.FOUND_COMMUNITY)
async def add_community(tx: Transaction, new: NewCommunity) -> UUID:
    """Adds a community with the policies that each starts with."""
    farm_name, name = (check_text(getattr(new, each), each, limit=LINE_LIMIT) for each in ("farm", "name"))
    phone = check_optional_phone(new.phone, "phone")
    zone = await check_zone(tx, new.time_zone or TIME_ZONE, "timeZone")
    await tx.lock_id(FOUNDING)
    farm = await tx.first(Farm, order=("id",), name=farm_name) or Farm(name=farm_name)
    await _check_name(tx, farm.id, name)
    community = Community(id=new.id, farm_id=farm.id, name=name, time_zone=zone, phone=phone)
    await tx.save(farm, community)
    await tx.act_again()
    policies = starting_policies(tx, community.id, local_day(community, tx.now))
    await tx.save(*policies, entry(tx, EntryKind.PLACE_ADDED, community, note=f"社区「{name}」"))
    return community.id


async def _check_name(tx: Transaction, farm_id: UUID, name: str) -> None:
    if await tx.first(Community, farm_id=farm_id, name=name) is not None:
        raise invalid("农场里已有同名的社区", "name")


@dataclass(frozen=True, slots=True)
class CommunityCorrection:
    """New facts by column. Null changes nothing, but for the telephone, which it removes."""

    community: UUID
    changes: dict[str, Any] = field(default_factory=dict)
    act: UUID | None = None


@act(Act.KEEP_PLACES, key="act", again="community")
async def correct_community(tx: Transaction, given: CommunityCorrection) -> UUID:
    changes = checked_facts(given.changes)
    if "time_zone" in changes:
        changes["time_zone"] = await check_zone(tx, changes["time_zone"], "timeZone")
    if "name" in changes:
        await tx.lock_id(FOUNDING)
    community = await tx.find(Community, given.community, "community", lock=True)
    if changes.get("name", community.name) != community.name:
        await _check_name(tx, community.farm_id, changes["name"])
    await save_corrected(tx, community, changes, f"社区「{community.name}」", "community")
    return community.id


@dataclass(frozen=True, slots=True)
class FarmCorrection:
    farm: UUID
    name: str
    act: UUID | None = None


@act(Act.FOUND_COMMUNITY, key="act", again="farm")
async def correct_farm(tx: Transaction, given: FarmCorrection) -> UUID:
    """Corrects the name of a farm. Each of its communities is told."""
    name = check_name(given.name, "name")
    farm = await tx.find(Farm, given.farm, "farm", lock=True)
    if farm.name == name:
        raise nothing_to_correct("name")
    note, farm.name = f"农场「{farm.name}」：名称 {farm.name} → {name}", name
    communities = await tx.all(Community, order=("id",), farm_id=farm.id)
    entries = [entry(tx, EntryKind.PLACE_CORRECTED, community_id=each.id, note=note) for each in communities]
    await tx.save(farm, *entries)
    return farm.id
