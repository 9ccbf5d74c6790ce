"""Patrols of the construction sites (domain.md section 7)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from db import sites as tables
from rules.access import Role
from rules.journal import EntryKind
from rules.places import PremisesKind
from rules.sites import SITE_WORKERS
from seeds.accounts import Officer
from seeds.clock import DAY, ZONE
from seeds.journal import enter
from seeds.odd import ODD_TEXTS
from seeds.premises import Premises
from seeds.world import World

_BEGINS = datetime(2023, 12, 4, 9, 30, tzinfo=ZONE)
_POSTED = date(2023, 11, 1)
ONE_SITE = timedelta(minutes=70)
_LAST = 16
"""The hour after which the patrol continues the next morning."""
Cells = dict[str, Any]


def sites_of(world: World) -> list[Premises]:
    return [premises for premises in world.premises if premises.kind is PremisesKind.CONSTRUCTION_SITE]


def add_demo(world: World, found: Premises, dispute: Cells, arrears: Sequence[tuple[str, Decimal]]) -> None:
    """Adds a patrol of every site within a week, which finds arrears on one of them."""
    random = world.random("patrols")
    workers = hold_posts(world)
    at = _BEGINS
    for site in [found, *(each for each in sites_of(world) if each is not found)]:
        owed = arrears if site is found else ()
        when = dispute["opened_at"] if site is found else at
        patrol = inspect(world, random, site, when, workers, dispute if site is found else None)
        for name, amount in owed:
            row = {"patrol_id": patrol, "name": name, "people": 1, "amount": amount, "period": "十月、十一月"}
            world.book.add(tables.SiteArrears, id=world.book.new_id(when), **row)
        at = at + ONE_SITE if at.hour < _LAST else _BEGINS + (at.date() - _BEGINS.date() + DAY)


def hold_posts(world: World) -> list[Officer]:
    """Gives the site posts to two grid workers."""
    workers = posted(world)
    for worker in workers:
        post = {"community_id": world.town.community_id, "account_id": worker.id, "starts_on": _POSTED}
        world.book.add(tables.SitePost, id=world.book.new_id(_BEGINS), given_by=_leader(world).id, **post)
    return workers


def posted(world: World) -> list[Officer]:
    """The grid workers who hold the site posts."""
    return list(dict.fromkeys(world.staff.workers[site.grid] for site in sites_of(world)))[:SITE_WORKERS]


def _leader(world: World) -> Officer:
    return world.staff.office[Role.DEPUTY_DIRECTOR][0]


def inspect(
    world: World, random: Random, site: Premises, at: datetime, workers: Sequence[Officer], dispute: Cells | None = None
) -> UUID:
    """Adds a patrol of one site."""
    patrol, leader = world.book.new_id(at), _leader(world)
    seen: Cells = {"headcount": random.randrange(8, 64), "has_account": True, "has_notice": dispute is None}
    called = {"called_for": at + DAY, "dispute_id": dispute["id"]} if dispute else {}
    by = {"recorded_by": leader.id, "recorded_at": at + timedelta(minutes=20), "led_by": leader.id}
    seen |= {"has_ledger": dispute is None, "note": "工资台账缺十月以后的签字。" if dispute else None}
    world.book.add(tables.SitePatrol, id=patrol, premises_id=site.id, patrolled_at=at, **seen, **called, **by)
    for worker in workers:
        world.book.add(tables.SitePatrolWorker, id=world.book.new_id(at), patrol_id=patrol, account_id=worker.id)
    facts = {"recorded_at": by["recorded_at"], "actor_id": leader.id, "note": site.name}
    enter(world.book, EntryKind.SITE_PATROLLED, site.grid, at, dispute_id=dispute["id"] if dispute else None, **facts)
    return patrol


def add(world: World) -> None:
    """Adds current and past site posts, and patrols with arrears, in a small community."""
    workers = hold_posts(world)
    over = {"community_id": world.town.community_id, "account_id": workers[0].id, "starts_on": _POSTED}
    ended = {"ends_on": _POSTED + DAY, "given_by": None}
    world.book.add(tables.SitePost, id=world.book.new_id(_BEGINS), **over, **ended)
    for number, site in enumerate(sites_of(world)):
        patrol = inspect(world, world.random("patrols"), site, _BEGINS + number * DAY, workers, None)
        owed = {"patrol_id": patrol, "name": ODD_TEXTS[0], "people": 3, "period": ODD_TEXTS[1]}
        world.book.add(tables.SiteArrears, id=world.book.new_id(_BEGINS), amount=Decimal("12.30"), **owed)
    for kind in (EntryKind.SITE_POST_GIVEN, EntryKind.SITE_POST_ENDED):
        enter(world.book, kind, world.town.grids[0], _BEGINS, grid_id=None, actor_id=workers[0].id)
