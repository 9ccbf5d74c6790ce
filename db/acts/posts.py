"""Acts on posts: which worker holds which grids, who leads an estate and who heads a building, from when to when."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.accounts import HOLDS_IN, KIND_LABELS, Account, Assignment, PlaceKind
from db.acts.acting import Acting
from db.acts.calendar import today_in
from db.acts.journal import append, digest_of, is_replay
from db.places import Building, Estate, Grid
from rules.access import FIELD_ROLES, ROLE_LABELS, Act, Role, require
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid

GIVEN = FIELD_ROLES | {Role.BUILDING_HEAD}
"""The roles whose posts a community gives; others are given with the account."""
_MODELS: dict[PlaceKind, type[Estate] | type[Grid] | type[Building]] = {
    PlaceKind.ESTATE: Estate,
    PlaceKind.GRID: Grid,
    PlaceKind.BUILDING: Building,
}


@dataclass(frozen=True, slots=True)
class NewPost:
    """Who holds which place from a day on, today by default, until a last day if it is known."""

    id: UUID
    account: UUID
    kind: PlaceKind
    place: UUID
    starts_on: date | None = None
    ends_on: date | None = None


async def give_post(acting: Acting, new: NewPost) -> UUID:
    """Gives an account a place: a worker a grid, a leader an estate, a building head a building."""
    require(acting.viewer, Act.GIVE_POST)
    digest = digest_of(new)
    if await is_replay(acting, new.id, digest):
        return new.id
    account = await acting.find(Account, new.account, "account", lock=True)
    _check_fits(account, new.kind)
    place = await acting.find(_MODELS[new.kind], new.place, new.kind.value)
    post = Assignment(
        id=new.id,
        account_id=account.id,
        community_id=place.community_id,
        starts_on=new.starts_on or await today_in(acting, place.community_id),
        ends_on=new.ends_on,
        **{f"{new.kind}_id": place.id},
    )
    if post.ends_on is not None and post.ends_on < post.starts_on:
        raise invalid("结束日期早于开始日期", "the end is before the beginning", "endsOn")
    await _check_free(acting, post, new)
    acting.session.add(post)
    await acting.session.flush()
    said = f"{ROLE_LABELS[Role(account.role)]} {account.name}:{post.starts_on} 起"
    _note(acting, EntryKind.POST_GIVEN, post, note=said, act_id=new.id, digest=digest)
    return new.id


def _check_fits(account: Account, kind: PlaceKind) -> None:
    role = Role(account.role)
    if role not in GIVEN or account.disabled_at is not None:
        raise invalid(f"{ROLE_LABELS[role]}的岗位不在此设定", f"posts of {role} are not given here", "account")
    fitting = HOLDS_IN[role]
    if kind is not fitting:
        assert fitting is not None
        raise invalid(f"{ROLE_LABELS[role]}须指定{KIND_LABELS[fitting]}", f"{role} needs a {fitting}", kind.value)


async def _check_free(acting: Acting, post: Assignment, new: NewPost) -> None:
    """Nobody holds one place twice at a time."""
    same = (
        col(Assignment.account_id) == post.account_id,
        getattr(Assignment, f"{new.kind}_id") == new.place,
        col(Assignment.stands_in_for).is_(None),
    )
    begins = sa.true() if post.ends_on is None else col(Assignment.starts_on) <= post.ends_on
    shares = sa.and_(begins, sa.or_(col(Assignment.ends_on).is_(None), col(Assignment.ends_on) >= post.starts_on))
    if (await acting.session.exec(select(Assignment).where(*same, shares))).first() is not None:
        raise invalid("这段时间已任此岗", "holds the place on some of the days already", "startsOn")


async def end_post(acting: Acting, uuid: UUID, last_day: date | None, act: UUID | None) -> UUID:
    """The post is held until the end of a day, yesterday by default; that it was held stays on the record."""
    require(acting.viewer, Act.GIVE_POST)
    digest = digest_of(["end_post", uuid, last_day])
    if act is not None and await is_replay(acting, act, digest, "act"):
        return uuid
    post = await acting.find(Assignment, uuid, "post", lock=True)
    account = await acting.session.get_one(Account, post.account_id)
    if account.role not in GIVEN or post.stands_in_for is not None:
        raise Refusal(Code.NOT_ALLOWED, "post")
    yesterday = await today_in(acting, post.community_id) - timedelta(1)
    ends_on = last_day or max(yesterday, post.starts_on)
    if ends_on < post.starts_on or (post.ends_on is not None and post.ends_on <= ends_on):
        until = f"{post.starts_on} – {post.ends_on or ''}"
        raise invalid(f"任职期为 {until}", f"the post is held {until}", "lastDay")
    post.ends_on = ends_on
    acting.session.add(post)
    said = f"{ROLE_LABELS[Role(account.role)]} {account.name}:至 {ends_on}"
    _note(acting, EntryKind.POST_ENDED, post, note=said, act_id=act, digest=digest if act else None)
    return uuid


def _note(acting: Acting, kind: EntryKind, post: Assignment, **facts: Any) -> None:
    place = {"grid_id": post.grid_id, "building_id": post.building_id}
    append(acting, kind, community_id=post.community_id, **place, **facts)
