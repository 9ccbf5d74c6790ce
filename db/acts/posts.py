"""Acts on posts: the place where an account's role holds, for a span of days."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from db.accounts import Account, Assignment, Post
from db.acts.accounts import HOLDS_IN, PlaceKind, end_at_once, new_post, over, told_of
from db.acts.calendar import today_in
from db.acts.journal import act, entry
from db.base import model_of
from db.transaction import Transaction
from rules.access import Act, Role
from rules.accounts import check_keeps
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.times import check_not_old

PLACES = tuple(f"{kind}_id" for kind in PlaceKind)


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post in exactly one place. ``starts_on`` is today by default, ``ends_on`` the last day if it is known."""

    id: UUID
    account: UUID
    community: UUID | None = None
    estate: UUID | None = None
    grid: UUID | None = None
    building: UUID | None = None
    organisation: UUID | None = None
    starts_on: date | None = None
    ends_on: date | None = None


@act(Act.GIVE_POST)
async def give_post(tx: Transaction, new: NewPost) -> UUID:
    """Gives an account a post: a worker a grid, a leader an estate, a building head a building, and so on."""
    named = {kind: uuid for kind in PlaceKind if (uuid := getattr(new, kind.value)) is not None}
    if len(named) != 1:
        raise invalid("请写明一个地点", "grid")
    ((kind, uuid),) = named.items()
    account = await tx.find(Account, new.account, "account", lock=True)
    check_keeps(tx.viewer.role, account.role, "account")
    if account.disabled_at is not None:
        raise invalid("账号已停用", "account")
    check_place(account.role, kind, kind.value)
    place: Any = await tx.find(model_of(kind), uuid, kind.value)
    post = await new_post(tx, account, place)
    post.change({"id": new.id, "starts_on": new.starts_on or post.starts_on, "ends_on": new.ends_on})
    check_not_old(post.starts_on, await today_in(tx, post.community_id), tx.viewer.role, "startsOn")
    if post.ends_on is not None and post.ends_on < post.starts_on:
        raise invalid("结束日期早于开始日期", "endsOn")
    there = {name: post.__dict__[name] for name in PLACES}
    held = await tx.all(Assignment, account_id=account.id, stands_in_for=None, **there)
    if any(_overlap(each, post) for each in held):
        raise invalid("这段时间已任此岗", "startsOn")
    await tx.save(post, *told_of(tx, account, [post]))
    return new.id


def check_place(role: Role, kind: PlaceKind, *path: str | int) -> None:
    """Raises INVALID_INPUT unless the role holds in places of the kind."""
    fitting = HOLDS_IN[role]
    if kind is not fitting:
        assert fitting is not None
        raise invalid("{role}须指定{fitting}", *path, role=role, fitting=fitting)


def _overlap(one: Assignment, other: Assignment) -> bool:
    """True if two posts share a day."""
    first, last = max(one.starts_on, other.starts_on), min(one.ends_on or date.max, other.ends_on or date.max)
    return first <= last


@dataclass(frozen=True, slots=True)
class PostEnd:
    """The end of a post: with a last day, or at once."""

    post: UUID
    ends_on: date | None = None
    act: UUID | None = None


@act(Act.GIVE_POST, key="act", again="post")
async def end_post(tx: Transaction, given: PostEnd) -> UUID:
    """Ends a post with a day, or at once. The post stays on record."""
    post = await tx.find(Assignment, given.post, "post", lock=True)
    account = await tx.get(Account, id=post.account_id)
    check_keeps(tx.viewer.role, account.role, "post")
    if post.stands_in_for is not None:
        raise Refusal(Code.NOT_ALLOWED, "post")
    await end(tx, post, given.ends_on)
    await tx.save(post, entry(tx, EntryKind.POST_ENDED, post, note=over(account, post)))
    return post.id


async def end(tx: Transaction, post: Post, last_day: date | None) -> None:
    """Ends a post, to be saved. Raises INVALID_INPUT if it has ended before, or begins later."""
    until = f"{post.starts_on} – {post.ends_on or ''}"
    refusal = invalid("任职期为 {until}", "endsOn", until=until)
    if last_day is None:
        if not await end_at_once(tx, post):
            raise refusal
        return
    if last_day < post.starts_on or (post.ends_on is not None and post.ends_on <= last_day):
        raise refusal
    post.ends_on = last_day
