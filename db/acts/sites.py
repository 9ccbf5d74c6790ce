"""Acts on construction sites: site posts, and patrols whose arrears open a dispute at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.accounts import Account, Assignment
from db.acts.acting import Acting
from db.acts.calendar import today_in
from db.acts.dispute_moves import zone_of
from db.acts.disputes import NewDispute, NewParty, open_dispute
from db.acts.journal import append, digest_of, is_replay
from db.acts.places import community_of_grid
from db.places import Community, Premises
from db.sites import SiteArrears, SitePatrol, SitePatrolWorker, SitePost
from rules.access import Act, Role, require
from rules.disputes import DisputeLevel, DisputeType, PartyRole
from rules.journal import EntryKind
from rules.money import check_amount
from rules.places import PremisesKind
from rules.refusals import Refusal, invalid
from rules.sites import (
    SITE_WORKERS,
    Team,
    check_arrears,
    check_headcount,
    check_team,
    facts_of,
    title_of,
)
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.visits import check_occurred


@dataclass(frozen=True, slots=True)
class NewSitePost:
    """Who looks after a community's sites from a day on, today by default."""

    id: UUID
    account: UUID
    community: UUID
    starts_on: date | None = None


async def give_site_post(acting: Acting, new: NewSitePost) -> UUID:
    """Gives a grid worker a site post; a community has two at a time."""
    require(acting.viewer, Act.KEEP_SITE_POSTS)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    community = await acting.find(Community, new.community, "community", lock=True)
    account = await acting.find(Account, new.account, "account")
    if account.role != Role.GRID_WORKER or account.disabled_at is not None:
        raise invalid("工地岗由网格员担任", "a grid worker holds it", "account")
    await _check_here(acting, account.id, community.id)
    starts_on = new.starts_on or await today_in(acting, community.id)
    held = await _posted(acting, community.id, starts_on)
    if account.id in held:
        raise invalid("已在工地岗", "holds it already", "account")
    if len(held) >= SITE_WORKERS:
        raise invalid("工地岗已有两人", "two workers hold the posts already", "account")
    by: dict[str, Any] = {"given_by": acting.viewer.account_id, "starts_on": starts_on}
    acting.session.add(SitePost(id=new.id, community_id=community.id, account_id=account.id, **by))
    said = f"工地岗 {account.name}:{starts_on} 起"
    append(acting, EntryKind.SITE_POST_GIVEN, community_id=community.id, note=said, act_id=new.id, digest=digest)
    return new.id


async def _check_here(acting: Acting, account: UUID, community: UUID) -> None:
    post = select(Assignment.id).where(Assignment.account_id == account, Assignment.community_id == community)
    if (await acting.session.exec(post.limit(1))).first() is None:
        raise invalid("不是本社区的网格员", "works in another community", "account")


async def end_site_post(acting: Acting, uuid: UUID, last_day: date | None, act: UUID | None) -> UUID:
    """The post is held until the end of a day, today by default."""
    require(acting.viewer, Act.KEEP_SITE_POSTS)
    digest = digest_of(["end_site_post", uuid, last_day])
    if act is not None and await is_replay(acting, act, digest, "act"):
        return uuid
    post = await acting.find(SitePost, uuid, "post", lock=True)
    ends_on = last_day or await today_in(acting, post.community_id)
    if ends_on < post.starts_on:
        raise invalid("结束日期早于开始日期", "the end is before the beginning", "lastDay")
    post.ends_on = ends_on
    acting.session.add(post)
    told = {"act_id": act, "digest": digest} if act else {}
    append(acting, EntryKind.SITE_POST_ENDED, community_id=post.community_id, note=f"工地岗 {ends_on} 止", **told)
    return uuid


async def _posted(acting: Acting, community: UUID, day: date) -> Sequence[UUID]:
    """Who holds the site posts on a day, or will from then on."""
    ends = col(SitePost.ends_on)
    held = select(SitePost.account_id).where(SitePost.community_id == community, sa.or_(ends.is_(None), ends >= day))
    return (await acting.session.exec(held)).all()


@dataclass(frozen=True, slots=True)
class Arrears:
    """Wages owed: to whom, how many people, for which time, how much."""

    name: str
    amount: Decimal
    period: str
    people: int = 1
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class NewPatrol:
    """A patrol's visit to a site and its checklist."""

    id: UUID
    premises: UUID
    led_by: UUID
    workers: tuple[UUID, ...]
    headcount: int
    has_ledger: bool
    has_account: bool
    has_notice: bool
    note: str | None = None
    patrolled_at: datetime | None = None
    arrears: tuple[Arrears, ...] = ()
    called_for: datetime | None = None
    dispute: UUID | None = None


async def record_patrol(acting: Acting, new: NewPatrol) -> UUID:
    """Writes a patrol down; arrears open a dispute with the firm in the same act, or nothing is written."""
    require(acting.viewer, Act.PATROL_SITES)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    site = await acting.find(Premises, new.premises, "premises")
    if site.kind is not PremisesKind.CONSTRUCTION_SITE:
        raise invalid("巡查的是工地", "patrols go to construction sites", "premises")
    community = await community_of_grid(acting, site.grid_id)
    at = new.patrolled_at or acting.now
    check_occurred(at, acting.now, "patrolledAt")
    await _check(acting, new, community, at)
    dispute = await _open(acting, new, site, at) if new.arrears else None
    acting.session.add(_patrol(acting, new, at, dispute))
    await acting.session.flush()
    for worker in new.workers:
        acting.session.add(SitePatrolWorker(patrol_id=new.id, account_id=worker))
    for each in new.arrears:
        owed: dict[str, Any] = {"name": each.name, "people": each.people, "amount": each.amount}
        acting.session.add(SiteArrears(patrol_id=new.id, period=each.period, **owed))
    told: dict[str, Any] = {"act_id": new.id, "digest": digest, "dispute_id": dispute, "occurred_at": at}
    place = {"community_id": community, "grid_id": site.grid_id}
    append(acting, EntryKind.SITE_PATROLLED, note=site.name, **place, **told)
    return new.id


async def _check(acting: Acting, new: NewPatrol, community: UUID, at: datetime) -> None:
    leader = await acting.find(Account, new.led_by, "ledBy")
    for index, worker in enumerate(new.workers):
        await acting.find(Account, worker, "workers", index)
    day = at.astimezone(await zone_of(acting, community)).date()
    begun = select(SitePost.account_id).where(SitePost.community_id == community, col(SitePost.starts_on) <= day)
    on_duty = set((await acting.session.exec(begun)).all()) & set(await _posted(acting, community, day))
    check_team(Team(leader.id, Role(leader.role), new.workers), on_duty, acting.viewer.account_id)
    check_headcount(new.headcount)
    amounts = [_amount(each, index) for index, each in enumerate(new.arrears)]
    check_arrears(amounts, called=new.called_for is not None, named=new.dispute is not None)
    if new.called_for is not None and new.called_for < at:
        raise invalid("通知的时间早于巡查", "before the patrol itself", "calledFor")


def _amount(owed: Arrears, index: int) -> Decimal:
    if owed.people < 1:
        raise invalid("人数至少为 1", "one person at least", "arrears", index, "people")
    amount = check_amount(owed.amount, "arrears", index, "amount")
    assert amount is not None
    return amount


async def _open(acting: Acting, new: NewPatrol, site: Premises, at: datetime) -> UUID:
    """The dispute of those whose wages are owed with the firm, at the mediation studio."""
    assert new.dispute is not None
    parties = [_claimant(each, index) for index, each in enumerate(new.arrears)]
    whole = sum((each.amount for each in new.arrears), Decimal("0.00"))
    dispute = NewDispute(
        id=new.dispute,
        type=DisputeType.WAGE_ARREARS,
        title=title_of(site.name)[:LINE_LIMIT],
        facts=facts_of(site.name, [party.outsider_name or "" for party in parties], whole),
        parties=[*parties, NewParty(PartyRole.RESPONDENT, premises=site.id)],
        grid=site.grid_id,
        opened_at=at,
        level=DisputeLevel.COMMUNITY,
    )
    try:
        return await open_dispute(acting, dispute)
    except Refusal as refusal:
        raise refusal.under("dispute") from None


def _claimant(owed: Arrears, index: int) -> NewParty:
    path = ("arrears", index)
    name = check_text(owed.name, *path, "name", limit=LINE_LIMIT)
    period = check_text(owed.period, *path, "period", limit=LINE_LIMIT)
    many = f"({owed.people}人)" if owed.people > 1 else ""
    return NewParty(
        PartyRole.APPLICANT,
        claim=f"支付{period}工资{owed.amount}元",
        claim_amount=owed.amount,
        outsider_name=f"{name}{many}",
        outsider_phone=check_optional(owed.phone, *path, "phone", limit=LINE_LIMIT),
    )


def _patrol(acting: Acting, new: NewPatrol, at: datetime, dispute: UUID | None) -> SitePatrol:
    return SitePatrol(
        id=new.id,
        premises_id=new.premises,
        patrolled_at=at,
        led_by=new.led_by,
        headcount=new.headcount,
        has_ledger=new.has_ledger,
        has_account=new.has_account,
        has_notice=new.has_notice,
        note=check_optional(new.note, "note"),
        called_for=new.called_for,
        dispute_id=dispute,
        recorded_by=acting.viewer.account_id,
        recorded_at=acting.now,
    )
