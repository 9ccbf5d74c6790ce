"""Disputes with their parties, agreements and journal entries."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from db import agreements as agreement_tables
from db import disputes as tables
from rules.access import Role
from rules.agreements import AgreementForm, effective_on
from rules.dispute_moves import AGREE, DisputeState, check_move
from rules.disputes import (
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
)
from rules.journal import EntryKind
from seeds.accounts import Officer
from seeds.clock import DAY, in_office, later, moment, some_day
from seeds.dispute_texts import QUARRELS, REFERRERS
from seeds.journal import enter
from seeds.parties import PAIRS, Ground, Party
from seeds.places import Grid, Home
from seeds.quarrels import Quarrel
from seeds.world import World

_LAST_OPENED = date(2023, 12, 8)
_SUMS = (60, 80, 120, 150, 200, 260, 300, 400, 500, 600, 800, 1000, 1200)
_HOURS_OF_MEDIATION = (3.0, 400.0)
_DAYS_TO_PERFORM = (1, 15)
_CHECKED_UNTIL = date(2023, 11, 20)
_AT_DOOR = 0.4
"""The share of proactive disputes that are found on a visit."""
_ORIGINS = (*[DisputeOrigin.PROACTIVE] * 9, *[DisputeOrigin.APPLIED] * 9, *[DisputeOrigin.REFERRED] * 2)
_STUDIO: dict[DisputeLevel, Sequence[Role]] = {
    DisputeLevel.COMMUNITY: (Role.COMMUNITY_STAFF, Role.DEPUTY_DIRECTOR),
    DisputeLevel.JOINT: (Role.DEPUTY_DIRECTOR, Role.SECRETARY),
}


@dataclass(frozen=True, slots=True)
class Side:
    """A party with its role and claim."""

    party: Party
    role: PartyRole
    claim: str | None = None
    claim_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """A reported dispute."""

    type: DisputeType
    title: str
    facts: str
    origin: DisputeOrigin
    referred_by: str | None
    level: DisputeLevel
    grid: Grid
    sides: list[Side]
    registered_by: Officer
    opened_at: datetime
    recorded_at: datetime
    visit_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """An agreement. A written one has the days of three marks: the parties', the mediator's and the seal's."""

    reached_at: datetime
    content: str
    due_on: date
    performed: bool
    facts: str | None = None
    performance: str | None = None
    marks: tuple[date, date, date] | None = None

    @property
    def form(self) -> AgreementForm:
        return AgreementForm.WRITTEN if self.marks else AgreementForm.ORAL

    def recorded_at(self, random: Random) -> datetime:
        """Shortly after it was reached, or for a written one after it was sealed."""
        sealed_at = moment(max(self.marks), time(18)) if self.marks else self.reached_at
        return max(self.reached_at, sealed_at) + timedelta(minutes=random.randint(5, 50))


def add_planned(world: World) -> None:
    """Adds the disputes of the plan, all of them settled orally."""
    random = world.random("disputes")
    types = [kind for kind, count in world.plan.disputes.items() for _ in range(count)]
    levels = [level for level, count in world.plan.levels.items() for _ in range(count)]
    random.shuffle(levels)
    told: dict[DisputeType, Iterator[Quarrel]] = {}
    for kind, level in zip(types, levels, strict=True):
        quarrel = next(told.setdefault(kind, _in_turn(random, kind)))
        _settle(world, random, kind, level, quarrel)


def _in_turn(random: Random, kind: DisputeType) -> Iterator[Quarrel]:
    """The templates of a type, in rounds of changing order."""
    while True:
        yield from random.sample(QUARRELS[kind], len(QUARRELS[kind]))


def _settle(world: World, random: Random, kind: DisputeType, level: DisputeLevel, quarrel: Quarrel) -> None:
    matter, words = arise(world, random, kind, level, quarrel, _occasion(world, random))
    reached_at = later(random, matter.recorded_at, _HOURS_OF_MEDIATION)
    due_on = reached_at.date() + random.randint(*_DAYS_TO_PERFORM) * DAY
    content = quarrel.content.format(**words)
    write(world, random, matter, Terms(reached_at, content, due_on, due_on <= _CHECKED_UNTIL))


def arise(
    world: World, random: Random, kind: DisputeType, level: DisputeLevel, quarrel: Quarrel, occasion: "Occasion"
) -> tuple[Matter, dict[str, object]]:
    """A dispute of a template on an occasion, and the words that fill the template."""
    first, second = PAIRS[quarrel.sides](Ground(world, random, occasion.home, quarrel.other))
    grid = first.grid or occasion.home.grid
    words: dict[str, object] = {"a": first.label, "b": second.label, "n": random.choice(_SUMS) * quarrel.scale}
    matter = Matter(
        type=kind,
        title=quarrel.title,
        facts=quarrel.facts.format(**words),
        origin=occasion.origin,
        referred_by=random.choice(REFERRERS) if occasion.origin is DisputeOrigin.REFERRED else None,
        level=level,
        grid=grid,
        sides=[Side(first, PartyRole.APPLICANT, quarrel.claim), Side(second, PartyRole.RESPONDENT)],
        registered_by=world.staff.workers[grid],
        opened_at=occasion.opened_at,
        recorded_at=occasion.recorded_at,
        visit_id=occasion.visit_id if occasion.home.grid is grid else None,
    )
    return matter, words


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where a dispute is reported."""

    origin: DisputeOrigin
    home: Home
    opened_at: datetime
    recorded_at: datetime
    visit_id: UUID | None = None


def _occasion(world: World, random: Random) -> Occasion:
    """When and where a dispute is reported, now and then on a visit."""
    day = some_day(random, world.plan.first_day, max(world.plan.first_day, _LAST_OPENED))
    origin = random.choice(_ORIGINS)
    if origin is DisputeOrigin.PROACTIVE and random.random() < _AT_DOOR:
        visit = world.doorstep(random, day)
        return Occasion(origin, visit.home, visit.occurred_at, visit.recorded_at, visit.id)
    opened_at = in_office(random, day)
    return Occasion(origin, world.some_home(random), opened_at, opened_at)


def write(world: World, random: Random, matter: Matter, terms: Terms | None) -> dict[str, Any]:
    """Adds a dispute and returns its row; without terms it is still being mediated."""
    uuid = world.book.new_id(matter.opened_at)
    mediator = _mediator(world, random, matter)
    recorded_at = terms.recorded_at(random) if terms else None
    more = {"mediator_id": mediator.id, "status": _status(terms), "closed_at": recorded_at}
    world.book.add(tables.Dispute, id=uuid, **columns(matter), **more)
    row = world.book.rows(tables.Dispute)[-1]
    for side in matter.sides:
        party = side.party.columns(side.role, Consent.GIVEN, side.claim, side.claim_amount)
        party_id = world.book.new_id(matter.opened_at)
        world.book.add(tables.DisputeParty, id=party_id, dispute_id=uuid, grid_id=matter.grid.id, **party)
    if terms and recorded_at:
        check_move(mediator.viewer, AGREE, DisputeState(DisputeStatus.REPORTED, matter.level))
        write_agreement(world, uuid, terms, mediator, recorded_at)
    _enter(world, uuid, matter, mediator, recorded_at)
    return row


def _mediator(world: World, random: Random, matter: Matter) -> Officer:
    if matter.level is DisputeLevel.GRID:
        return world.staff.leaders[matter.grid.estate]
    return random.choice(world.staff.office[random.choice(_STUDIO[matter.level])])


def _status(terms: Terms | None) -> DisputeStatus:
    if terms is None:
        return DisputeStatus.MEDIATING
    return DisputeStatus.PERFORMED if terms.performed else DisputeStatus.AGREED


def columns(matter: Matter) -> dict[str, object]:
    """The columns of a dispute that its report determines."""
    return {
        "community_id": matter.grid.estate.community_id,
        "grid_id": matter.grid.id,
        "type": matter.type,
        "origin": matter.origin,
        "referred_by": matter.referred_by,
        "level": matter.level,
        "title": matter.title,
        "facts": matter.facts,
        "registered_by": matter.registered_by.id,
        "visit_id": matter.visit_id,
        "opened_at": matter.opened_at,
        "recorded_at": matter.recorded_at,
        "evidence_count": 0,
        **dict.fromkeys(("told_court", "told_arbitration", "told_administrative"), False),
    }


def write_agreement(world: World, dispute_id: UUID, terms: Terms, mediator: Officer, recorded_at: datetime) -> None:
    """Adds the agreement of a dispute."""
    parties_signed_on, mediator_signed_on, sealed_on = terms.marks or (None, None, None)
    reached = terms.reached_at.astimezone(ZoneInfo(world.plan.time_zone))
    world.book.add(
        agreement_tables.Agreement,
        id=world.book.new_id(terms.reached_at),
        dispute_id=dispute_id,
        form=terms.form,
        content=terms.content,
        facts=terms.facts,
        performance=terms.performance,
        due_on=terms.due_on,
        reached_at=terms.reached_at,
        parties_signed_on=parties_signed_on,
        mediator_signed_on=mediator_signed_on,
        sealed_on=sealed_on,
        effective_on=effective_on(terms.form, reached.date(), (parties_signed_on, mediator_signed_on, sealed_on)),
        recorded_by=mediator.id,
        recorded_at=recorded_at,
    )


def _enter(world: World, uuid: UUID, matter: Matter, mediator: Officer, settled_at: datetime | None) -> None:
    enter_opened(world, uuid, matter)
    if settled_at:
        enter(
            world.book,
            EntryKind.AGREEMENT_RECORDED,
            matter.grid,
            settled_at,
            dispute_id=uuid,
            visit_id=matter.visit_id,
            actor_id=mediator.id,
            from_status=DisputeStatus.REPORTED,
            to_status=DisputeStatus.AGREED,
        )


def enter_opened(world: World, uuid: UUID, matter: Matter) -> None:
    """Adds the first entry of a dispute."""
    enter(
        world.book,
        EntryKind.DISPUTE_OPENED,
        matter.grid,
        matter.opened_at,
        dispute_id=uuid,
        visit_id=matter.visit_id,
        actor_id=matter.registered_by.id,
        to_status=DisputeStatus.REPORTED,
        recorded_at=matter.recorded_at,
    )
