"""All parts of mediations in every variant: meetings, invitations, looks, referrals, terms, checks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from db import agreements as agreement_tables
from db import disputes as tables
from db import looks as look_tables
from db import referrals as referral_tables
from db.access_notices import AccessNotice
from rules.access import Role
from rules.access_notices import AccessKind
from rules.agreements import AgreementForm, ConfirmationResult, MarkKind, Outcome
from rules.disputes import MEDIATION_DAYS, Consent, DisputeStatus, GuestKind
from rules.journal import DISPUTE_CHANGES, EntryKind
from rules.places import OrganisationKind
from rules.referrals import ReferralStatus
from seeds.clock import DAY, SET_UP
from seeds.journal import enter
from seeds.odd import ODD_NAMES, ODD_TEXTS
from seeds.world import World

_HOUR = timedelta(hours=1)
Cells = dict[str, Any]


def add(world: World) -> None:
    _limits(world)
    disputes: list[Cells] = list(world.book.rows(tables.Dispute))
    for number, row in enumerate(disputes):
        if row["status"] is DisputeStatus.MEDIATING:
            begin(row, row["opened_at"] + _HOUR)
            _meet(world, row, number)
    _invite(world, disputes)
    _look(world, disputes)
    _refer(world, disputes)
    _propose(world, disputes)
    _settle(world)
    grid = world.town.grids[0]
    for kind, row in zip(sorted(DISPUTE_CHANGES), cycle(disputes), strict=False):
        at: datetime = row["opened_at"] + 3 * _HOUR
        enter(world.book, kind, grid, at, dispute_id=row["id"], note=ODD_TEXTS[1])


def begin(row: Cells, at: datetime) -> None:
    """Marks a dispute as being mediated from then on."""
    row |= {"begun_at": at, "mediation_days": MEDIATION_DAYS, "mediate_by": at.date() + MEDIATION_DAYS * DAY}


def _limits(world: World) -> None:
    community, grid = world.town.community_id, world.town.grids[0]
    for days, at in ((45, SET_UP), (20, SET_UP + DAY)):
        policy = {"community_id": community, "days": days, "set_at": at}
        world.book.add(tables.MediationPolicy, id=world.book.new_id(at), **policy)
    enter(world.book, EntryKind.MEDIATION_LIMIT_SET, grid, SET_UP + DAY, grid_id=None, note="20天")


def _parties(world: World, dispute: UUID) -> list[Cells]:
    return [row for row in world.book.rows(tables.DisputeParty) if row["dispute_id"] == dispute]


def _meet(world: World, row: Cells, number: int) -> None:
    at = row["opened_at"] + 2 * _HOUR
    meeting = world.book.new_id(at)
    known = {"held_at": at, "place": ODD_NAMES[number % len(ODD_NAMES)], "minutes": ODD_TEXTS[number % len(ODD_TEXTS)]}
    by = {"recorded_by": row["mediator_id"], "recorded_at": at + _HOUR}
    world.book.add(tables.Meeting, id=meeting, dispute_id=row["id"], **known, **by)
    for party in _parties(world, row["id"])[: 1 + number % 2]:
        world.book.add(tables.MeetingParty, id=world.book.new_id(at), meeting_id=meeting, party_id=party["id"])
    for kind in GuestKind:
        guest = {"meeting_id": meeting, "name": ODD_NAMES[0], "kind": kind}
        world.book.add(tables.MeetingGuest, id=world.book.new_id(at), **guest)
    visit = {"dispute_id": row["id"], "at": at + DAY, "place": ODD_NAMES[1], "planned_at": at}
    purpose = {"purpose": ODD_TEXTS[0] if number % 2 else None, "planned_by": row["mediator_id"]}
    world.book.add(tables.SiteVisit, id=world.book.new_id(at), **visit, **purpose)


def _invite(world: World, disputes: list[Cells]) -> None:
    """Invites counsel and the judicial office to some cases, and releases them from others."""
    guests = [world.staff.office[role][0].id for role in (Role.LEGAL_COUNSEL, Role.JUDICIAL_OFFICE)]
    for number, (row, account) in enumerate(zip(disputes[:6], cycle(guests), strict=False)):
        at = row["opened_at"] + _HOUR
        seat = {"dispute_id": row["id"], "account_id": account, "invited_by": _secretary(world), "invited_at": at}
        released = at + DAY if number % 3 else None
        world.book.add(tables.DisputeMediator, id=world.book.new_id(at), released_at=released, **seat)


def _look(world: World, disputes: list[Cells]) -> None:
    counsel = world.staff.office[Role.LEGAL_COUNSEL][0].id
    for number, operation in enumerate(ODD_NAMES):
        row = disputes[number // 2]
        at = row["opened_at"] + number * _HOUR
        look = {"dispute_id": row["id"], "account_id": counsel, "operation": operation, "looked_at": at}
        world.book.add(look_tables.Look, id=world.book.new_id(at), **look)
    for kind in AccessKind:
        until = disputes[0]["opened_at"] + DAY
        notice = {
            "community_id": world.town.community_id,
            "account_id": counsel,
            "kind": kind,
            "count": 120,
            "usual": 4,
        }
        times = {"since": until - _HOUR, "until": until, "noticed_at": until}
        world.book.add(AccessNotice, id=world.book.new_id(until), **notice, **times)


def _secretary(world: World) -> UUID:
    return world.staff.office[Role.SECRETARY][0].id


def _refer(world: World, disputes: list[Cells]) -> None:
    centre = world.bodies[OrganisationKind.DISPUTE_CENTRE]
    fates: dict[ReferralStatus, Callable[[datetime], Cells]] = {
        ReferralStatus.PENDING: lambda _: {},
        ReferralStatus.ACCEPTED: lambda at: {"answered_at": at},
        ReferralStatus.REJECTED: lambda at: {"answered_at": at, "answer": ODD_TEXTS[0]},
        ReferralStatus.RECALLED: lambda at: {"answered_at": at, "answered_by": _secretary(world)},
        ReferralStatus.DONE: lambda at: {"answered_at": at, "done_at": at + DAY, "result": ODD_TEXTS[1]},
    }
    own = [row for row in disputes[1:] if row["community_id"] == world.town.community_id]
    for row, (status, fate) in zip(own, fates.items(), strict=False):
        at = row["opened_at"] + _HOUR
        sent = {"dispute_id": row["id"], "organisation_id": centre, "status": status, "reason": ODD_TEXTS[2]}
        by = {"referred_by": _secretary(world), "referred_at": at}
        world.book.add(referral_tables.Referral, id=world.book.new_id(at), **sent, **by, **fate(at + _HOUR))
        for party in _parties(world, row["id"]):
            party |= {"consent": Consent.GIVEN, "consented_at": at, "referral_consent_at": at}


def _propose(world: World, disputes: list[Cells]) -> None:
    """Proposes terms in some cases, twice in each. One proposal becomes the agreement."""
    counsel = world.staff.office[Role.LEGAL_COUNSEL][0].id
    for number, row in enumerate([*disputes[:3], *disputes[:3]]):
        at = row["opened_at"] + 2 * _HOUR
        said = {"dispute_id": row["id"], "content": ODD_TEXTS[number % len(ODD_TEXTS)], "proposed_at": at}
        more = {"performance": ODD_TEXTS[0], "due_on": at.date(), "proposed_by": counsel} if number % 2 else {}
        world.book.add(agreement_tables.Proposal, id=world.book.new_id(at), **said, **more)
    made: list[Cells] = list(world.book.rows(agreement_tables.Proposal))
    for row in world.book.rows(agreement_tables.Agreement):
        row["proposal_id"] = next((each["id"] for each in made if each["dispute_id"] == row["dispute_id"]), None)


def _settle(world: World) -> None:
    results = cycle([None, *ConfirmationResult])
    kinds, outcomes = cycle(MarkKind), cycle(Outcome)
    agreements: list[Cells] = list(world.book.rows(agreement_tables.Agreement))
    for number, row in enumerate(agreements):
        parties, at = _parties(world, row["dispute_id"]), row["reached_at"]
        term = _owe(world, row, parties[0], number)
        if row["form"] is AgreementForm.WRITTEN:
            for party in parties[: len(parties) if number % 2 else 1]:
                mark = {"agreement_id": row["id"], "party_id": party["id"], "kind": next(kinds)}
                world.book.add(agreement_tables.AgreementMark, id=world.book.new_id(at), marked_on=at.date(), **mark)
        check = {"agreement_id": row["id"], "term_id": term if number % 2 else None, "outcome": next(outcomes)}
        when = {"checked_on": at.date() + DAY, "recorded_at": at + DAY, "note": ODD_TEXTS[0] if number % 3 else None}
        world.book.add(agreement_tables.PerformanceCheck, id=world.book.new_id(at), **check, **when)
        if row["effective_on"] is not None:
            row["confirmation_applied_on"], row["confirmation_result"] = row["effective_on"], next(results)
            row["confirmation_number"] = ODD_NAMES[0] if row["confirmation_result"] else None


def _owe(world: World, row: Cells, party: Cells, number: int) -> UUID:
    uuid, at = world.book.new_id(row["reached_at"]), row["reached_at"].date()
    term = {"agreement_id": row["id"], "party_id": party["id"], "what": ODD_NAMES[number % len(ODD_NAMES)]}
    due = {"due_on": at + number * DAY, "performed_on": at if number % 2 else None}
    amount = {"amount": number * 100 if number % 2 else None}
    world.book.add(agreement_tables.AgreementTerm, id=uuid, **term, **due, **amount)
    return uuid
