"""Acts on small wishes: proposed, published without who and where, claimed, and fulfilled before everybody's eyes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.journal import append, digest_of, is_replay
from db.acts.places import Place, place_of_building, place_of_code, place_of_household
from db.acts.receipts import new_receipt_code
from db.base import table
from db.people import Resident
from db.places import Grid, Organisation, PartyBranch
from db.wishes import Wish
from rules import wishes as rules
from rules.access import Act, Role, require
from rules.journal import WISH_PROGRESS, EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.wishes import Claimant, Move, WishStatus, check_public

Change = Callable[[Wish], None]
_NAMES_ELSEWHERE = 3
"""Characters: shorter names of people elsewhere in the community occur in texts by chance."""


@dataclass(frozen=True, slots=True)
class NewWish:
    """What somebody wishes for, and for whom: by a QR code, a household or a building."""

    id: UUID
    body: str
    code: str | None = None
    household: UUID | None = None
    building: UUID | None = None
    unit: int | None = None
    resident: UUID | None = None
    wisher_name: str | None = None
    wisher_phone: str | None = None


@dataclass(frozen=True, slots=True)
class WishStep:
    """A move of a wish; ``act`` is the phone's id for it, which makes a retry harmless."""

    wish: UUID
    act: UUID | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """Who takes a wish upon themselves: a volunteer, an organisation or a Party branch."""

    volunteer_name: str | None = None
    volunteer_phone: str | None = None
    organisation: UUID | None = None
    party_branch: UUID | None = None


async def propose_wish(acting: Acting, new: NewWish) -> Wish:
    """Writes down a wish. Nothing of it is public yet."""
    require(acting.viewer, Act.PROPOSE_WISH)
    digest = digest_of(new)
    acting.check_flood(new.code, new.id)
    if await is_replay(acting, new.id, digest):
        return await acting.session.get_one(Wish, new.id)
    body = check_text(new.body, "body")
    place = await _place_of(acting, new)
    wish = Wish(
        id=new.id,
        **place.columns(),
        resident_id=await _resident(acting, new, place),
        wisher_name=check_optional(new.wisher_name, "wisherName", limit=LINE_LIMIT),
        wisher_phone=check_optional(new.wisher_phone, "wisherPhone", limit=LINE_LIMIT),
        receipt_code=new_receipt_code(),
        body=body,
        proposed_by=acting.viewer.account_id,
        proposed_at=acting.now,
    )
    acting.session.add(wish)
    await acting.session.flush()
    _note(acting, EntryKind.WISH_PROPOSED, wish, act_id=new.id, digest=digest)
    return wish


async def _place_of(acting: Acting, new: NewWish) -> Place:
    if acting.viewer.role is None or new.code is not None:
        return await place_of_code(acting, new.code, new.body, new.building, new.unit)
    if new.household is not None:
        return await place_of_household(acting, new.household, "household")
    if new.building is not None:
        return await place_of_building(acting, new.building, new.unit, "building")
    raise invalid("请写明是哪一户", "say whose wish it is", "household")


async def _resident(acting: Acting, new: NewWish, place: Place) -> UUID | None:
    """The resident on the register whose wish it is; one who lives elsewhere is refused."""
    if new.resident is None:
        return None
    resident = await acting.find(Resident, new.resident, "resident")
    if place.household_id is not None and resident.household_id != place.household_id:
        raise invalid("该居民不住在这一户", "the resident does not live in that household", "resident")
    return resident.id


async def publish_wish(acting: Acting, step: WishStep) -> Wish:
    """Puts it on the wall, in words that tell neither who nor where."""
    said = check_text(step.note or "", "publishedText", limit=rules.PUBLISHED_LIMIT)

    def change(wish: Wish) -> None:
        wish.published_text, wish.published_by, wish.published_at = said, acting.viewer.account_id, acting.now

    return await _move(acting, step, rules.PUBLISH, change, public=("publishedText", said))


async def decline_wish(acting: Acting, step: WishStep) -> Wish:
    """It cannot be fulfilled; the wisher reads why. A published one comes off the wall."""
    reason = check_text(step.note or "", "reason")

    def change(wish: Wish) -> None:
        wish.declined_at, wish.decline_reason = acting.now, reason

    return await _move(acting, step, rules.DECLINE, change, said=reason)


async def claim_wish(acting: Acting, step: WishStep, claim: Claim) -> Wish:
    """Somebody takes it upon themselves. A volunteer's name is not public, an organisation's and a branch's are."""
    given = await _claimed(acting, claim)

    def change(wish: Wish) -> None:
        for name, value in given.items():
            setattr(wish, name, value)
        wish.claimed_by, wish.claimed_at = acting.viewer.account_id, acting.now

    return await _move(acting, step, rules.CLAIM, change, extra=claim)


async def _claimed(acting: Acting, claim: Claim) -> dict[str, Any]:
    name = check_optional(claim.volunteer_name, "volunteerName", limit=LINE_LIMIT)
    phone = check_optional(claim.volunteer_phone, "volunteerPhone", limit=LINE_LIMIT)
    if sum(each is not None for each in (name, claim.organisation, claim.party_branch)) != 1:
        raise invalid("请写明由谁认领,只写一个", "say who claims it, just one", "volunteerName")
    if name is not None and acting.viewer.role is not Role.PARTNER:
        return {"claimant": Claimant.VOLUNTEER, "volunteer_name": name, "volunteer_phone": phone}
    if claim.organisation is not None:
        organisation = await acting.find(Organisation, claim.organisation, "organisation")
        if acting.viewer.role is not Role.PARTNER or await _is_own(acting, organisation.id):
            return {"claimant": Claimant.ORGANISATION, "organisation_id": organisation.id}
    if claim.party_branch is not None and acting.viewer.role is not Role.PARTNER:
        branch = await acting.find(PartyBranch, claim.party_branch, "partyBranch")
        return {"claimant": Claimant.PARTY_BRANCH, "party_branch_id": branch.id}
    raise Refusal(Code.NOT_ALLOWED, "organisation")


async def _is_own(acting: Acting, organisation: UUID) -> bool:
    own = sa.literal(organisation, sa.Uuid()) == sa.any_(acting.scope.organisations)
    return bool(await acting.session.scalar(sa.select(own)))


async def note_wish_progress(acting: Acting, step: WishStep) -> Wish:
    """Tells everybody how far it is."""
    said = check_text(step.note or "", "note", limit=rules.PUBLISHED_LIMIT)
    return await _move(acting, step, rules.PROGRESS, said=said, public=("note", said))


async def release_wish(acting: Acting, step: WishStep) -> Wish:
    """Whoever took it upon themselves cannot do it after all; it waits for somebody else."""
    reason = check_optional(step.note, "reason", limit=rules.PUBLISHED_LIMIT)

    def change(wish: Wish) -> None:
        for name in ("claimant", "volunteer_name", "volunteer_phone", "organisation_id", "party_branch_id"):
            setattr(wish, name, None)
        wish.claimed_by = wish.claimed_at = None

    return await _move(acting, step, rules.RELEASE, change, said=reason, public=("reason", reason))


async def fulfil_wish(acting: Acting, step: WishStep) -> Wish:
    """It has come true."""
    said = check_optional(step.note, "note", limit=rules.PUBLISHED_LIMIT)

    def change(wish: Wish) -> None:
        wish.fulfilled_at = acting.now

    return await _move(acting, step, rules.FULFIL, change, said=said, public=("note", said))


async def _move(
    acting: Acting,
    step: WishStep,
    move: Move,
    change: Change = lambda _: None,
    *,
    said: str | None = None,
    public: tuple[str, str | None] | None = None,
    extra: object = None,
) -> Wish:
    """Makes a move; ``public`` is the field and the text that everybody will read."""
    require(acting.viewer, move.act)
    digest = digest_of([move.entry, step, extra])
    if step.act is not None and await is_replay(acting, step.act, digest, "act"):
        return await acting.session.get_one(Wish, step.wish)
    wish = await _locked(acting, step.wish, move)
    before = WishStatus(wish.status)
    after = rules.check_move(acting.viewer, move, before)
    field, text = public or ("", None)
    if text is not None:
        check_public(text, await _names(acting, wish, text), field)
    wish.status = after
    change(wish)
    acting.session.add(wish)
    act: dict[str, Any] = {"act_id": step.act, "digest": digest} if step.act else {}
    _note(acting, move.entry, wish, from_status=before, note=said, **act)
    return wish


async def _locked(acting: Acting, uuid: UUID, move: Move) -> Wish:
    """The wish, locked; an organisation finds those on the wall, and beyond claiming those that it claimed."""
    if acting.viewer.role is not Role.PARTNER:
        return await acting.find(Wish, uuid, "wish", lock=True)
    w, scope = table(Wish).c, acting.scope
    mine = [] if move is rules.CLAIM else [w.organisation_id == sa.any_(scope.organisations)]
    here = (w.id == uuid, w.published_at.is_not(None), w.community_id == sa.any_(scope.communities))
    found = (await acting.session.exec(select(Wish).where(*here, *mine).with_for_update(of=Wish))).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "wish")
    return found


async def _names(acting: Acting, wish: Wish, said: str) -> list[str]:
    """Names that would tell whose wish it is, and who fulfils it: of the home, and of others who are named in full."""
    name = col(Resident.name)
    here = select(Grid.id).where(Grid.community_id == wish.community_id)
    told = (sa.func.length(name) >= _NAMES_ELSEWHERE, sa.func.strpos(said, name) > 0, col(Resident.grid_id).in_(here))
    home = (col(Resident.household_id) == wish.household_id, col(Resident.id) == wish.resident_id)
    found = await acting.session.exec(select(Resident.name).where(sa.or_(*home, sa.and_(*told))))
    return [*found.all(), *(each for each in (wish.wisher_name, wish.volunteer_name) if each)]


def _note(acting: Acting, kind: EntryKind, wish: Wish, **facts: Any) -> None:
    """A journal entry about a wish; of what everybody may know it names no place."""
    if kind not in WISH_PROGRESS:
        facts |= {"grid_id": wish.grid_id, "building_id": wish.building_id, "household_id": wish.household_id}
    append(acting, kind, community_id=wish.community_id, wish_id=wish.id, to_status=wish.status, **facts)
