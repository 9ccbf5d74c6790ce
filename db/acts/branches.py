"""Acts on grid Party branches: opening hours, and the members whom others can turn to."""

from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID

from db.accounts import Account, Assignment
from db.acts.announcing import Where, check_held, led, one_of
from db.acts.journal import act, entry
from db.branches import BranchHours, BranchMember
from db.journal import Journal
from db.places import Community, Estate, PartyBranch
from db.transaction import Transaction
from rules.access import Act
from rules.branches import MEMBER_ROLES, Hours, check_hours, hours_in_words
from rules.journal import EntryKind
from rules.phones import check_optional_phone
from rules.refusals import Refusal, invalid
from rules.text import LINE_LIMIT, check_name, check_optional, check_text


@dataclass(frozen=True, slots=True)
class HoursGiven:
    """A span of opening hours as written: hours like ``09:30``, and the day of the week, Monday being 1."""

    weekday: int
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """All opening hours of a branch, instead of those so far."""

    party_branch: UUID
    hours: list[HoursGiven] = field(default_factory=list)
    act: UUID | None = None


@act(Act.KEEP_BRANCHES, key="act", again="party_branch")
async def set_opening_hours(tx: Transaction, given: OpeningHours) -> UUID:
    """Sets the opening hours of a Party branch."""
    hours = check_hours([_read(index, each) for index, each in enumerate(given.hours)])
    branch, estate = await _locked(tx, given.party_branch)
    for row in await tx.all(BranchHours, party_branch_id=branch.id):
        await tx.delete(row)
    rows = [BranchHours(party_branch_id=branch.id, **each._asdict()) for each in hours]
    note = f"{branch.name}：{hours_in_words(hours)}"
    await tx.save(*rows, _entry(tx, EntryKind.BRANCH_HOURS_SET, estate, note))
    return branch.id


def _read(index: int, given: HoursGiven) -> Hours:
    return Hours(given.weekday, *(_hour(getattr(given, name), index, name) for name in ("opens", "closes")))


def _hour(text: str, index: int, field: str) -> time:
    try:
        found = time.fromisoformat(text)
    except ValueError:
        found = time.max
    if found != found.replace(second=0, microsecond=0, tzinfo=None):
        raise invalid("时间写作 09:30", "hours", index, field)
    return found


async def _locked(tx: Transaction, uuid: UUID) -> tuple[PartyBranch, Estate]:
    """A branch of an estate that the viewer leads, with the community locked."""
    branch = await tx.find(PartyBranch, uuid, "partyBranch")
    estate = await tx.get(Estate, id=branch.estate_id)
    await tx.find(Community, estate.community_id, "partyBranch", lock=True)
    await check_held(tx, led, Where(estate.community_id, estate.id), "partyBranch")
    return branch, estate


def _entry(tx: Transaction, kind: EntryKind, estate: Estate, note: str) -> Journal:
    """An entry about a branch, which names no member."""
    return entry(tx, kind, community_id=estate.community_id, note=note)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """A colleague by ``account``, or a contact by ``name`` with a ``post``, who agreed to be named."""

    id: UUID
    party_branch: UUID
    account: UUID | None = None
    name: str | None = None
    post: str | None = None
    phone: str | None = None


@act(Act.KEEP_BRANCHES)
async def add_branch_member(tx: Transaction, new: NewMember) -> UUID:
    """Adds a member to a Party branch. A colleague organises the activities of the estate from then on."""
    name = check_optional(new.name, "name", limit=LINE_LIMIT)
    one_of(new.account, name, "请写明同事或联系人，只写一个", "account")
    contact = _contact(new) if new.account is None else None
    branch, estate = await _locked(tx, new.party_branch)
    who = contact or await _colleague(tx, new, branch, estate)
    member = BranchMember(id=new.id, party_branch_id=branch.id, **who, **tx.stamp("added"))
    await tx.save(member, _entry(tx, EntryKind.BRANCH_MEMBER_ADDED, estate, branch.name))
    return new.id


def _contact(new: NewMember) -> dict[str, Any]:
    return {
        "name": check_name(new.name or "", "name"),
        "post": check_text(new.post or "", "post", limit=LINE_LIMIT),
        "phone": check_optional_phone(new.phone, "phone"),
    }


async def _colleague(tx: Transaction, new: NewMember, branch: PartyBranch, estate: Estate) -> dict[str, Any]:
    assert new.account is not None
    post = check_optional(new.post, "post", limit=LINE_LIMIT)
    if new.phone is not None:
        raise invalid("同事的电话在账号里", "phone")
    account = await tx.find(Account, new.account, "account")
    here = await tx.first(Assignment, account_id=account.id, community_id=estate.community_id)
    if account.role not in MEMBER_ROLES or account.disabled_at is not None or here is None:
        raise invalid("只能添加本社区的工作人员和联户长", "account")
    if await tx.first(BranchMember, party_branch_id=branch.id, account_id=account.id, removed_at=None):
        raise invalid("已是该支部成员", "account")
    return {"account_id": account.id, "post": post}


@dataclass(frozen=True, slots=True)
class MemberRemoval:
    member: UUID
    act: UUID | None = None


@act(Act.KEEP_BRANCHES, key="act", again="member")
async def remove_branch_member(tx: Transaction, given: MemberRemoval) -> UUID:
    """Removes a member from a Party branch, who organises nothing more in its name."""
    found = await tx.find(BranchMember, given.member, "member")
    branch, estate = await _locked_of(tx, found)
    member = await tx.get(BranchMember, lock=True, id=found.id)
    if member.removed_at is not None:
        raise invalid("已不是该支部成员", "member")
    member.change(tx.stamp("removed"))
    await tx.save(member, _entry(tx, EntryKind.BRANCH_MEMBER_REMOVED, estate, branch.name))
    return member.id


async def _locked_of(tx: Transaction, member: BranchMember) -> tuple[PartyBranch, Estate]:
    try:
        return await _locked(tx, member.party_branch_id)
    except Refusal as refusal:
        raise Refusal(refusal.code, "member") from None
