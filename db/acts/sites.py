"""Acts on construction sites: site posts, and patrols whose arrears open a dispute."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from db.accounts import Account, Assignment
from db.acts.accounts import over
from db.acts.calendar import community_of, local_day
from db.acts.disputes import NewDispute, NewParty, open_dispute
from db.acts.journal import act, entry
from db.acts.posts import PostEnd, end
from db.places import Community, Premises
from db.sites import SiteArrears, SitePatrol, SitePatrolWorker, SitePost
from db.transaction import Transaction
from rules import sites as rules
from rules.access import Act, Role, Viewer
from rules.disputes import DisputeLevel, DisputeType, PartyRole
from rules.gathering import is_noted, refusals_under, refuse_noted
from rules.journal import EntryKind
from rules.money import check_amount
from rules.phones import check_contact
from rules.places import PremisesKind
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_name, check_optional, check_text
from rules.times import check_not_old, check_occurred, check_planned


@dataclass(frozen=True, slots=True)
class NewSitePost:
    """A site post. ``starts_on`` is today by default."""

    id: UUID
    account: UUID
    community: UUID
    starts_on: date | None = None


@act(Act.KEEP_SITE_POSTS)
async def give_site_post(tx: Transaction, new: NewSitePost) -> UUID:
    """Gives a grid worker a site post. A community has two at a time."""
    community = await tx.find(Community, new.community, "community", lock=True)
    account = await tx.find(Account, new.account, "account", lock=True)
    if account.role is not Role.GRID_WORKER or account.disabled_at is not None:
        raise invalid("工地岗由网格员担任", "account")
    if not await tx.first(Assignment, account_id=account.id, community_id=community.id):
        raise invalid("不是本社区的网格员", "account")
    today = local_day(community, tx.now)
    starts_on = new.starts_on or today
    check_not_old(starts_on, today, tx.viewer.role, "startsOn")
    held = [post.account_id for post in await _posts(tx, community, starts_on)]
    if account.id in held:
        raise invalid("已在工地岗", "account")
    if len(held) >= rules.SITE_WORKERS:
        raise invalid("工地岗已有两人", "account")
    by = tx.viewer.account_id
    post = SitePost(id=new.id, community_id=community.id, account_id=account.id, starts_on=starts_on, given_by=by)
    await tx.save(post, entry(tx, EntryKind.SITE_POST_GIVEN, post, note=f"工地岗 {account.name}：{starts_on} 起"))
    return new.id


async def _posts(tx: Transaction, community: Community, day: date) -> list[SitePost]:
    """The site posts that have not ended before a day, without those that held on no day."""
    posts = await tx.all(SitePost, community_id=community.id)
    return [post for post in posts if post.ends_on is None or post.ends_on >= max(day, post.starts_on)]


@act(Act.KEEP_SITE_POSTS, key="act", again="post")
async def end_site_post(tx: Transaction, given: PostEnd) -> UUID:
    """Ends a site post with a day, or at once."""
    post = await tx.find(SitePost, given.post, "post", lock=True)
    await end(tx, post, given.ends_on)
    account = await tx.get(Account, id=post.account_id)
    await tx.save(post, entry(tx, EntryKind.SITE_POST_ENDED, post, note=over(account, post)))
    return post.id


@dataclass(frozen=True, slots=True)
class Arrears:
    """Wages owed to a person, or to a work gang of several people under one name."""

    name: str
    amount: Decimal
    period: str
    people: int = 1
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class NewPatrol:
    """A patrol with its checklist. Arrears come with the time for mediation and the id of the dispute to open."""

    id: UUID
    premises: UUID
    led_by: UUID
    workers: list[UUID]
    headcount: int
    has_ledger: bool
    has_account: bool
    has_notice: bool
    note: str | None = None
    patrolled_at: datetime | None = None
    arrears: list[Arrears] = field(default_factory=list)
    meeting_at: datetime | None = None
    dispute: UUID | None = None


@act(Act.PATROL_SITES)
async def record_patrol(tx: Transaction, new: NewPatrol) -> UUID:
    """Records a patrol. Arrears open a dispute with the firm in the same act."""
    at = new.patrolled_at or tx.now
    check_occurred(at, tx.now, tx.viewer.role, "patrolledAt")
    note = check_optional(new.note, "note")
    _check(new, at, tx.now)
    site = await tx.find(Premises, new.premises, "premises")
    if site.kind is not PremisesKind.CONSTRUCTION_SITE:
        raise invalid("巡查的是工地", "premises")
    if not is_noted("patrolledAt"):
        await _check_team(tx, new, site, at)
    patrol = SitePatrol(
        id=new.id,
        premises_id=new.premises,
        patrolled_at=at,
        led_by=new.led_by,
        headcount=new.headcount,
        has_ledger=new.has_ledger,
        has_account=new.has_account,
        has_notice=new.has_notice,
        note=note,
        called_for=new.meeting_at,
        dispute_id=new.dispute,
        **tx.stamp("recorded"),
    )
    if new.dispute is not None:
        dispute = _dispute(new, new.dispute, site, at)
        refuse_noted()
        with refusals_under("dispute"):
            await open_dispute(tx, dispute)
    workers = [SitePatrolWorker(patrol_id=new.id, account_id=worker) for worker in new.workers]
    arrears = [
        SiteArrears(patrol_id=new.id, name=each.name, people=each.people, amount=each.amount, period=each.period)
        for each in new.arrears
    ]
    facts: dict[str, Any] = {"note": site.name, "dispute_id": new.dispute, "occurred_at": at}
    await tx.save(patrol, *workers, *arrears, entry(tx, EntryKind.SITE_PATROLLED, site, **facts))
    return new.id


def _check(new: NewPatrol, at: datetime, now: datetime) -> None:
    rules.check_headcount(new.headcount)
    for index, each in enumerate(new.arrears):
        if each.people < 1:
            raise invalid("人数至少为 1", "arrears", index, "people")
        check_amount(each.amount, "arrears", index, "amount")
    amounts = [each.amount for each in new.arrears]
    rules.check_arrears(amounts, called=new.meeting_at is not None, named=new.dispute is not None)
    if new.meeting_at is not None and new.meeting_at < at:
        raise invalid("通知的时间早于巡查", "meetingAt")
    if new.meeting_at is not None:
        check_planned(new.meeting_at, now, "meetingAt")


async def _check_team(tx: Transaction, new: NewPatrol, site: Premises, at: datetime) -> None:
    leader = await tx.find(Account, new.led_by, "ledBy")
    await tx.find_all(Account, new.workers, "workers")
    community = await community_of(tx, site.grid_id)
    day = local_day(community, at)
    on_duty = {post.account_id for post in await _posts(tx, community, day) if post.starts_on <= day}
    rules.check_team(Viewer(leader.id, leader.role), new.workers, on_duty, tx.viewer.account_id)


def _dispute(new: NewPatrol, uuid: UUID, site: Premises, at: datetime) -> NewDispute:
    """The dispute about the arrears, at the community's mediation studio, with the firm as the respondent."""
    claimants = [_claimant(each, index) for index, each in enumerate(new.arrears)]
    whole = sum((each.amount for each in new.arrears), Decimal("0.00"))
    return NewDispute(
        id=uuid,
        type=DisputeType.WAGE_ARREARS,
        title=rules.title_of(site.name)[:LINE_LIMIT],
        facts=rules.facts_of(site.name, [each.outsider_name or "" for each in claimants], whole),
        parties=[*claimants, NewParty(PartyRole.RESPONDENT, premises=site.id)],
        grid=site.grid_id,
        opened_at=at,
        level=DisputeLevel.COMMUNITY,
    )


def _claimant(owed: Arrears, index: int) -> NewParty:
    path = ("arrears", index)
    name = check_name(owed.name, *path, "name")
    period = check_text(owed.period, *path, "period", limit=LINE_LIMIT)
    many = f"（{owed.people}人）" if owed.people > 1 else ""
    return NewParty(
        PartyRole.APPLICANT,
        claim=f"支付{period}工资{owed.amount:.2f}元",
        claim_amount=owed.amount,
        outsider_name=f"{name}{many}",
        outsider_phone=check_contact(owed.phone, *path, "phone"),
    )
