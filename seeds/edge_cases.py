"""Appeals and disputes in which every value of their enums occurs."""

from datetime import datetime, timedelta
from itertools import cycle
from uuid import UUID

from db import agreements as agreement_tables
from db import appeals as appeal_tables
from db import disputes as dispute_tables
from rules.agreements import AgreementForm, effective_on
from rules.appeals import AppealCategory, AppealKind, AppealLevel, AppealSource, AppealStatus, ReportKind
from rules.disputes import (
    PENDING,
    SETTLED,
    Consent,
    DisputeLevel,
    DisputeOrigin,
    DisputeStatus,
    DisputeType,
    PartyRole,
)
from rules.journal import EntryKind
from rules.places import OrganisationKind, PremisesKind
from seeds import appeals, disputes
from seeds.clock import ZONE
from seeds.disputes import Matter
from seeds.journal import enter
from seeds.lives import SENT_BACK, TWICE, UPSTAIRS
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.parties import Party, of_home, of_organisation, of_premises, of_resident
from seeds.people import Person
from seeds.places import Grid, Home
from seeds.reports import WAYS, Report, topic
from seeds.visits import Visit
from seeds.world import World

_BASE = datetime(2023, 11, 6, 10, 0, 0, 123_456, tzinfo=ZONE)
_HOUR = timedelta(hours=1)
_APPEALS = 20
_REPORTS = list(ReportKind)
_UNTOUCHED = frozenset({AppealStatus.SUBMITTED, AppealStatus.WITHDRAWN})
_ANSWERED = frozenset({AppealStatus.AWAITING_CONFIRMATION, AppealStatus.CLOSED})


def add(world: World, home: Home, residents: list[Person]) -> None:
    _paths(world)
    _appeals(world)
    _dispute_cases(world, [of_home(home, residents[1]), of_resident(residents[0]), *_others(world)])


def _others(world: World) -> list[Party]:
    """Two sites, an outsider and a company. The sites are neighbours in the list, so that one dispute has both."""
    name = ODD_NAMES[2]
    company = world.bodies[OrganisationKind.PROPERTY_COMPANY]
    sites = [each for each in world.premises if each.kind is PremisesKind.CONSTRUCTION_SITE]
    return [
        *(of_premises(site) for site in sites[:2]),
        Party(name, outsider_name=name),
        of_organisation(name, company, name, "13900000009"),
    ]


def _paths(world: World) -> None:
    """Adds appeals with rare moves."""
    random = world.random("edge paths")
    day = _BASE.date()
    for path in (TWICE, UPSTAIRS, SENT_BACK):
        subject = topic(random, AppealKind.PROBLEM, AppealCategory.WATER, day)
        appeals.add(world, random, WAYS[AppealSource.PHONE](world, random, subject), path)


def _appeals(world: World) -> None:
    words = zip(cycle(AppealKind), cycle(AppealCategory), cycle(AppealSource), strict=False)
    states = zip(cycle(AppealStatus), cycle(AppealLevel), strict=False)
    for number, (word, state) in zip(range(_APPEALS), zip(words, states, strict=False), strict=False):
        _appeal(world, number, _report(world, number, *word), *state)


def _report(world: World, number: int, kind: AppealKind, category: AppealCategory, source: AppealSource) -> Report:
    """Pairs of reports have the same instant, and the place is known more or less precisely."""
    visit = world.visits[number] if source is AppealSource.VISIT else None
    home = visit.home if visit else world.some_home(world.random(f"edge {number}"))
    known, opened_at = number % 3, visit.occurred_at if visit else _BASE + number // 2 * _HOUR
    return Report(
        kind,
        category,
        source,
        ODD_TEXTS[number % len(ODD_TEXTS)],
        ODD_TEXTS[0],
        home.building,
        home.unit if known or visit else None,
        home if known == 1 or visit else None,
        None,
        ODD_NAMES[0] if known else None,
        None,
        visit.worker if visit else None,
        visit.id if visit else None,
        opened_at,
        opened_at + number % 2 * _HOUR,
    )


def _appeal(world: World, number: int, report: Report, status: AppealStatus, level: AppealLevel) -> None:
    uuid = world.book.new_id(report.opened_at)
    touched, answered, closed = status not in _UNTOUCHED, status in _ANSWERED, status is AppealStatus.CLOSED
    place = {} if report.home or report.unit else {"building_id": None}
    seen = {"report_kind": _REPORTS[number // len(AppealKind)]} if report.kind is AppealKind.REPORT else {}
    world.book.add(
        appeal_tables.Appeal,
        id=uuid,
        **{**appeals.columns(world, report), **place, **seen},
        level=level,
        status=status,
        answer=report.answer if answered else None,
        rating=1 if closed and number % 2 else None,
        organisation_id=world.responsible[report.category],
        handled_by=world.staff.workers[report.grid].id if touched else None,
        receipt_code=f"EDGE{number:06}",
        accepted_at=report.recorded_at + _HOUR if touched else None,
        answered_at=report.recorded_at + 2 * _HOUR if answered else None,
        closed_at=report.recorded_at + 3 * _HOUR if closed else None,
        rejected_at=report.recorded_at + _HOUR if status is AppealStatus.REJECTED else None,
        withdrawn_at=report.recorded_at + _HOUR if status is AppealStatus.WITHDRAWN else None,
        turn_to=ODD_NAMES[0] if status is AppealStatus.REJECTED else None,
        reopen_until=report.recorded_at + appeals.REOPEN if closed else None,
    )
    appeals.enter_opened(world, uuid, report)


def _dispute_cases(world: World, parties: list[Party]) -> None:
    forms = list(AgreementForm)
    words = zip(DisputeType, cycle(DisputeOrigin), cycle(DisputeLevel), cycle(DisputeStatus), strict=False)
    for number, (kind, origin, level, status) in enumerate(words):
        visit = world.visits[number] if origin is DisputeOrigin.PROACTIVE else None
        matter = _matter(world, number, kind, origin, level, visit)
        uuid = world.book.new_id(matter.opened_at)
        _write(world, uuid, matter, status)
        _sides(world, uuid, matter.grid, number, parties)
        disputes.enter_opened(world, uuid, matter)
        if status in SETTLED:
            _agree(world, uuid, matter, status, forms[(number + number // len(DisputeStatus)) % 2])


def _matter(
    world: World,
    number: int,
    kind: DisputeType,
    origin: DisputeOrigin,
    level: DisputeLevel,
    visit: Visit | None,
) -> Matter:
    grid = visit.home.grid if visit else world.town.grids[number % len(world.town.grids)]
    opened_at = visit.occurred_at if visit else _BASE + number // 3 * _HOUR
    return Matter(
        kind,
        ODD_NAMES[number % len(ODD_NAMES)],
        ODD_TEXTS[number % len(ODD_TEXTS)],
        origin,
        ODD_NAMES[1] if origin is DisputeOrigin.REFERRED else None,
        level,
        grid,
        [],
        world.staff.workers[grid],
        opened_at,
        opened_at,
        visit.id if visit else None,
    )


def _write(world: World, uuid: UUID, matter: Matter, status: DisputeStatus) -> None:
    closed_at = None if status in PENDING else matter.opened_at + 5 * _HOUR
    leader = None if status is DisputeStatus.REPORTED else world.staff.leaders[matter.grid.estate].id
    facts = {**disputes.columns(matter), "status": status, "closed_at": closed_at, "mediator_id": leader}
    if status is DisputeStatus.FAILED:
        facts |= {"end_reason": ODD_TEXTS[1], "told_court": True, "told_arbitration": True, "told_administrative": True}
    world.book.add(dispute_tables.Dispute, id=uuid, **facts)


def _sides(world: World, dispute_id: UUID, grid: Grid, number: int, parties: list[Party]) -> None:
    """Adds two or three parties, every kind of party against every other in turn."""
    for place, (role, consent) in enumerate(zip(cycle(PartyRole), Consent, strict=False)):
        if place < 2 + number % 2:
            party = parties[(number + place) % len(parties)]
            claim = ODD_TEXTS[place] if place else None
            columns = party.columns(role, consent, claim)
            of = {"dispute_id": dispute_id, "grid_id": grid.id}
            world.book.add(dispute_tables.DisputeParty, id=world.book.new_id(_BASE), **of, **columns)


def _agree(world: World, uuid: UUID, matter: Matter, status: DisputeStatus, form: AgreementForm) -> None:
    """Adds an agreement. A written one in status AGREED lacks the seal, so it is not in force."""
    reached_at, oral = matter.opened_at + 4 * _HOUR, form is AgreementForm.ORAL
    signed_on = None if oral else reached_at.date()
    sealed_on = None if status is DisputeStatus.AGREED else signed_on
    world.book.add(
        agreement_tables.Agreement,
        id=world.book.new_id(reached_at),
        dispute_id=uuid,
        form=form,
        content=ODD_TEXTS[0],
        facts=None if oral else ODD_TEXTS[1],
        performance=None if oral else ODD_TEXTS[2],
        due_on=signed_on,
        reached_at=reached_at,
        parties_signed_on=signed_on,
        mediator_signed_on=signed_on,
        sealed_on=sealed_on,
        effective_on=effective_on(form, reached_at.date(), (signed_on, signed_on, sealed_on)),
        recorded_at=reached_at + _HOUR,
    )
    facts = {"dispute_id": uuid, "visit_id": matter.visit_id, "note": ODD_TEXTS[0]}
    enter(world.book, EntryKind.AGREEMENT_RECORDED, matter.grid, reached_at + _HOUR, **facts)
