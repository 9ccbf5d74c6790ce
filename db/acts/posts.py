"""Acts on posts: grids of workers, estates of leaders and buildings of building heads, each for a span of days."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from db.accounts import Account, Assignment
from db.acts.accounts import HOLDS_IN, PlaceKind
from db.acts.calendar import today_in
from db.acts.journal import act, entry
from db.base import model_of
from db.transaction import Transaction
from rules.access import FIELD_ROLES, Act, Role
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid

GIVEN = FIELD_ROLES | {Role.BUILDING_HEAD}
"""The roles whose posts are given here. Those of other roles come with the account."""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post in exactly one place. ``starts_on`` is today by default, ``ends_on`` the last day if it is known."""

    id: UUID
    account: UUID
    grid: UUID | None = None
    estate: UUID | None = None
    building: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@act(Act.GIVE_POST)
async def give_post(tx: Transaction, new: NewPost) -> UUID:
    """Gives an account a post: a worker a grid, a leader an estate, a building head a building."""
    named = {PlaceKind.GRID: new.grid, PlaceKind.ESTATE: new.estate, PlaceKind.BUILDING: new.building}
    places = [(kind, uuid) for kind, uuid in named.items() if uuid is not None]
    if len(places) != 1:
        raise invalid("请写明一个地点", "name exactly one place", "grid")
    ((kind, uuid),) = places
    account = await tx.find(Account, new.account, "account", lock=True)
    _check_fits(account, kind)
    place: Any = await tx.find(model_of(kind), uuid, kind.value)
    there: dict[str, Any] = {f"{kind}_id": place.id}
    post = Assignment(
        id=new.id,
        account_id=account.id,
        community_id=place.community_id,
        starts_on=new.starts_on or await today_in(tx, place.community_id),
        ends_on=new.ends_on,
        **there,
    )
    if post.ends_on is not None and post.ends_on < post.starts_on:
        raise invalid("结束日期早于开始日期", "the end is before the beginning", "endsOn")
    held = await tx.all(Assignment, account_id=account.id, stands_in_for=None, **there)
    if any(_overlap(each, post) for each in held):
        raise invalid("这段时间已任此岗", "holds the place on some of the days already", "startsOn")
    note = f"{account.role.label} {account.name}：{post.starts_on} 起"
    await tx.save(post, entry(tx, EntryKind.POST_GIVEN, post, note=note))
    return new.id


def _check_fits(account: Account, kind: PlaceKind) -> None:
    role = account.role
    if role not in GIVEN or account.disabled_at is not None:
        raise invalid(f"{role.label}的岗位不在此设定", f"posts of {role} are not given here", "account")
    fitting = HOLDS_IN[role]
    if kind is not fitting:
        assert fitting is not None
        raise invalid(f"{role.label}须指定{fitting.label}", f"{role} needs a {fitting}", kind.value)


def _overlap(one: Assignment, other: Assignment) -> bool:
    """True if two posts share a day."""
    return one.starts_on <= (other.ends_on or date.max) and other.starts_on <= (one.ends_on or date.max)


@dataclass(frozen=True, slots=True)
class PostEnd:
    post: UUID
    last_day: date | None = None
    act: UUID | None = None


@act(Act.GIVE_POST, key="act", again="post")
async def end_post(tx: Transaction, given: PostEnd) -> UUID:
    """Ends a post with a day, yesterday by default. The post stays on record."""
    post = await tx.find(Assignment, given.post, "post", lock=True)
    account = await tx.get(Account, id=post.account_id)
    if account.role not in GIVEN or post.stands_in_for is not None:
        raise Refusal(Code.NOT_ALLOWED, "post")
    yesterday = await today_in(tx, post.community_id) - timedelta(1)
    ends_on = given.last_day or max(yesterday, post.starts_on)
    if ends_on < post.starts_on or (post.ends_on is not None and post.ends_on <= ends_on):
        until = f"{post.starts_on} – {post.ends_on or ''}"
        raise invalid(f"任职期为 {until}", f"the post is held {until}", "lastDay")
    post.ends_on = ends_on
    note = f"{account.role.label} {account.name}：至 {ends_on}"
    await tx.save(post, entry(tx, EntryKind.POST_ENDED, post, note=note))
    return post.id
