"""Acts on wishes: propose, publish, decline, claim, release, report progress, fulfil.

A move locks the wish and asks the rule, changes further columns, and is saved with its journal entry (:func:`_moving`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from db import sql
from db.acts.appeal_places import place_named
from db.acts.journal import act, check_account_rate, entry, limited_by_account
from db.acts.places import NewCase, branch_in, case_columns, organisation_in, place_of_code, place_of_text
from db.base import alias
from db.journal import Journal
from db.people import Resident
from db.places import Grid
from db.scope import Condition, Scope
from db.transaction import Transaction
from db.wishes import Wish
from rules import wishes as rules
from rules.access import WORKERS, Act, Role
from rules.folding import name_parts
from rules.journal import WISH_PROGRESS, EntryKind
from rules.phones import check_contact
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.wishes import Claimant, WishMove, as_searched, check_doubts, check_public

_SURE_ELSEWHERE = 3
"""Characters of the shortest name that is surely one outside the home. Shorter ones occur in texts by chance."""
_NOWHERE = {"grid_id": None, "building_id": None, "household_id": None}
"""The place columns of a public entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWish(NewCase):
    """A wish may be for an estate or a community as a whole, such as a bench in front of the hall."""

    wisher_name: str | None = None
    wisher_phone: str | None = None


@dataclass(frozen=True, slots=True)
class WishStep:
    """A move of a wish. ``act`` is its idempotency key."""

    wish: UUID
    act: UUID | None = None
    note: str | None = None
    confirmed: list[str] | None = None
    """Words of the text that may be names, and are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(WishStep):
    """A claim by exactly one of a volunteer, an organisation and a Party branch."""

    volunteer_name: str | None = None
    volunteer_phone: str | None = None
    organisation: UUID | None = None
    party_branch: UUID | None = None


@act(Act.PROPOSE_WISH, row=Wish, limited="code")
async def propose_wish(tx: Transaction, new: NewWish) -> Wish:
    """Records a wish, which is not public yet."""
    new = replace(new, body=check_text(new.body, "body"))
    wisher = {
        "wisher_name": check_optional(new.wisher_name, "wisherName", limit=LINE_LIMIT),
        "wisher_phone": check_contact(new.wisher_phone, "wisherPhone"),
    }
    by_code = tx.viewer.role is None or new.code is not None
    place = await (place_of_code(tx, new) if by_code else place_named(tx, new)) or await place_of_text(tx, new)
    wish = Wish(
        **await case_columns(tx, new, place),
        **tx.stamp("proposed"),
        body=new.body,
        **wisher,
    )
    await tx.save(wish, _entry(tx, EntryKind.WISH_PROPOSED, wish))
    return wish


_move = partial(act, key="act", again="wish", row=Wish)


@_move(Act.PUBLISH_WISH)
async def publish_wish(tx: Transaction, step: WishStep) -> Wish:
    """Puts a wish on the wall, in a text that reveals neither the wisher nor the home."""
    text = check_text(step.note or "", "publishedText", limit=rules.PUBLISHED_LIMIT)
    async with _moving(tx, step, rules.PUBLISH, None) as wish:
        await _check_public(tx, wish, step, text, "publishedText")
        wish.published_text, wish.published_by, wish.published_at = text, tx.viewer.account_id, tx.now
    return wish


@_move(Act.DECLINE_WISH)
async def decline_wish(tx: Transaction, step: WishStep) -> Wish:
    """Declines a wish, with a reason that the wisher reads. A published wish leaves the wall."""
    reason = check_text(step.note or "", "reason")
    async with _moving(tx, step, rules.DECLINE, reason) as wish:
        wish.declined_at, wish.decline_reason = tx.now, reason
    return wish


@_move(Act.CLAIM_WISH)
async def claim_wish(tx: Transaction, claim: Claim) -> Wish:
    """Claims a wish for a volunteer, an organisation or a Party branch.

    The name of a volunteer is not public. An organisation's account claims only for its own organisation.
    """
    name = check_optional(claim.volunteer_name, "volunteerName", limit=LINE_LIMIT)
    phone = check_contact(claim.volunteer_phone, "volunteerPhone")
    if sum(each is not None for each in (name, claim.organisation, claim.party_branch)) != 1:
        raise invalid("请写明由谁认领，只写一个", "volunteerName")
    async with _moving(tx, claim, rules.CLAIM, None) as wish:
        if claim.organisation is not None:
            await organisation_in(tx, wish.community_id, claim.organisation)
        if claim.party_branch is not None:
            await branch_in(tx, wish.community_id, claim.party_branch)
        if tx.viewer.role is Role.PARTNER and not await tx.value(_works_for, organisation=claim.organisation):
            raise Refusal(Code.NOT_ALLOWED, "organisation")
        if name is not None:
            wish.claimant, wish.volunteer_name, wish.volunteer_phone = Claimant.VOLUNTEER, name, phone
        elif claim.organisation is not None:
            wish.claimant, wish.organisation_id = Claimant.ORGANISATION, claim.organisation
        else:
            wish.claimant, wish.party_branch_id = Claimant.PARTY_BRANCH, claim.party_branch
        wish.claimed_by, wish.claimed_at = tx.viewer.account_id, tx.now
    return wish


def _works_for(scope: Scope) -> sql.Select:
    return sql.select(sql.parameter("organisation", sql.UUID) == sql.any_(scope.organisations))


@limited_by_account(Role.PARTNER)
@_move(Act.NOTE_WISH_PROGRESS)
async def note_wish_progress(tx: Transaction, step: WishStep) -> Wish:
    """Publishes the progress of a claimed wish."""
    note = check_text(step.note or "", "note", limit=rules.PUBLISHED_LIMIT)
    async with _moving(tx, step, rules.PROGRESS, note) as wish:
        await _check_public(tx, wish, step, note, "note")
    return wish


@limited_by_account(Role.PARTNER)
@_move(Act.RELEASE_WISH)
async def release_wish(tx: Transaction, step: WishStep) -> Wish:
    """Gives up a claim. The wish can be claimed again."""
    reason = check_optional(step.note, "reason", limit=rules.PUBLISHED_LIMIT)
    async with _moving(tx, step, rules.RELEASE, reason) as wish:
        await _check_public(tx, wish, step, reason, "reason")
        wish.claimant = wish.volunteer_name = wish.volunteer_phone = wish.organisation_id = wish.party_branch_id = None
        wish.claimed_by = wish.claimed_at = None
    return wish


@_move(Act.FULFIL_WISH)
async def fulfil_wish(tx: Transaction, step: WishStep) -> Wish:
    note = check_optional(step.note, "note", limit=rules.PUBLISHED_LIMIT)
    async with _moving(tx, step, rules.FULFIL, note) as wish:
        await _check_public(tx, wish, step, note, "note")
        wish.fulfilled_at = tx.now
    return wish


@asynccontextmanager
async def _moving(tx: Transaction, step: WishStep, move: WishMove, said: str | None) -> AsyncIterator[Wish]:
    """Locks a wish and asks the rule; saves the move and the changes of the block with a journal entry."""
    wish = await _locked(tx, step.wish, move)
    before, wish.status = wish.status, rules.check_move(tx.viewer, move, wish.status)
    yield wish
    await tx.save(wish, _entry(tx, move.entry, wish, from_status=before, note=said))


def _entry(tx: Transaction, kind: EntryKind, wish: Wish, **facts: Any) -> Journal:
    """An entry about a wish. A public one names no place."""
    return entry(tx, kind, wish, **facts, **(_NOWHERE if kind in WISH_PROGRESS else {}))


async def _locked(tx: Transaction, uuid: UUID, move: WishMove) -> Wish:
    """The wish, locked. An organisation finds the wishes that it claimed, and to claim one those on the wall."""
    if tx.viewer.role is not Role.PARTNER:
        return await tx.find(Wish, uuid, "wish", lock=True)
    found = await tx.matching(Wish, _on_wall, lock=True, wish=uuid, claims=move is rules.CLAIM)
    if not found:
        raise Refusal(Code.NOT_FOUND, "wish")
    return found[0]


def _on_wall(wish: sql.From, scope: Scope) -> Condition:
    """A published wish of the viewer's communities, claimed by their organisation unless it is to be claimed now."""
    here = wish.c.published_at.is_not(None), wish.c.community_id == sql.any_(scope.communities)
    own = wish.c.organisation_id == sql.any_(scope.organisations)
    wanted = wish.c.id == sql.parameter("wish", sql.UUID), sql.or_(sql.parameter("claims", sql.BOOLEAN), own)
    return sql.and_(*wanted, *here)


async def _check_public(tx: Transaction, wish: Wish, step: WishStep, text: str | None, field: str) -> None:
    """Refuses a public text that reveals the wisher, or the volunteer.

    A refusal tells an organisation that somebody of a name is known, so its texts are limited by account, and it is not
    asked about words that may be names.
    """
    if text is None:
        return
    hidden = tx.viewer.role not in WORKERS
    if hidden:
        check_account_rate(tx, field)
    names = await names_told(tx, text, wish.community_id, wish.household_id, wish.resident_id)
    home = [*names.home, *(each for each in (wish.wisher_name, wish.volunteer_name) if each)]
    check_public(text, [*home, *names.elsewhere], field, hidden=hidden)
    if not hidden:
        check_doubts(text, home, names.doubtful, step.confirmed or [], field)


class NamesTold(NamedTuple):
    """The names of residents that a text may tell."""

    home: list[str]
    """The names of everybody in the home, and of the wisher."""
    elsewhere: list[str]
    """Full names of other residents of the community that are in the text."""
    doubtful: list[str]
    """Short names of other residents, and parts of their names, that are in the text."""


async def names_told(
    tx: Transaction, text: str, community: UUID, household: UUID | None = None, resident: UUID | None = None
) -> NamesTold:
    """The names of a home, and those of other residents of the community that are in a text, in folded form."""
    said = as_searched(text)
    rows = await tx.rows(_names, text=said, community=community, household=household, resident=resident)
    told = NamesTold([], [], [])
    for row in rows:
        whole = as_searched(row["name"])
        if row["at_home"]:
            told.home.append(row["name"])
        elif whole in said and len(whole) >= _SURE_ELSEWHERE:
            told.elsewhere.append(row["name"])
        else:
            parts = [as_searched(each) for each in (row["name"], *name_parts(row["name"]))]
            told.doubtful.extend(each for each in parts if len(each) > 1 and each in said)
    return told


def _names(_: Scope) -> sql.Select:
    """The folded names of the home, and of others of whom the text has the name or a part of it."""
    resident, grid = alias(Resident), alias(Grid)
    name, said = resident.c.name_folded, sql.parameter("text", sql.TEXT)
    here = sql.select(grid.c.id).from_(grid).where(grid.c.community_id == sql.parameter("community", sql.UUID))
    spaced, dot, none = sql.func.translate(name, sql.raw("' '"), sql.raw("'·'")), sql.raw("'·'"), sql.raw("''")
    whole = sql.func.translate(spaced, dot, none)
    part = sql.rows_of(sql.func.unnest(sql.func.string_to_array(spaced, dot)), "part", {"text": sql.TEXT})
    half = sql.exists(part).where(sql.func.length(part.c.text) > 1, sql.func.strpos(said, part.c.text) > 0)
    full = sql.and_(sql.func.length(whole) > 1, sql.func.strpos(said, whole) > 0)
    named = sql.or_(full, sql.and_(sql.func.strpos(spaced, dot) > 0, half))
    elsewhere = sql.and_(resident.c.grid_id.in_(here), named)
    home = resident.c.household_id == sql.parameter("household", sql.UUID)
    wisher = resident.c.id == sql.parameter("resident", sql.UUID)
    at_home = sql.func.coalesce(sql.or_(home, wisher), sql.FALSE)
    return sql.select(name.label("name"), at_home.label("at_home")).from_(resident).where(sql.or_(at_home, elsewhere))
