"""Corrections of a dispute and of its parties, each with a reason. The journal keeps what was there before.

They are moves of a dispute (db/acts/dispute_moves.py), possible until there is an agreement. Afterwards only the
speaker of a party is corrected.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import sql
from db.acts.dispute_moves import Case, Step, begin
from db.acts.disputes import NewParty, checked_names, known_party, who_columns, with_speaker
from db.acts.findings import add_piece
from db.acts.journal import act, entry
from db.disputes import Dispute, DisputeParty, MeetingParty, subjects
from db.findings import Finding
from db.places import Grid
from db.scope import Scope
from db.transaction import Transaction
from rules import dispute_moves as moves
from rules.access import Act
from rules.corrections import nothing_to_correct
from rules.disputes import Consent, DisputeType, PartyRole, check_removable, status_after_consent
from rules.evidence import EvidenceKind, digest_of_statement, entry_of
from rules.journal import EntryKind
from rules.refusals import Code, Refusal, invalid
from rules.text import BODY_LIMIT, LINE_LIMIT, check_text


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeCorrection(Step):
    """New values of a dispute. What is not given stays; ``note`` is the reason."""

    type: DisputeType | None = None
    title: str | None = None
    facts: str | None = None
    grid: UUID | None = None


@act(Act.CORRECT_DISPUTE, key="act", again="dispute")
async def correct_dispute(tx: Transaction, given: DisputeCorrection) -> UUID:
    """Corrects type, title, facts and grid of a dispute. Its journal entries keep their grid."""
    reason = check_text(given.note or "", "reason", limit=LINE_LIMIT)
    title, facts = _text(given.title, "title", LINE_LIMIT), _text(given.facts, "facts", BODY_LIMIT)
    case = await begin(tx, given.dispute, moves.CORRECT)
    dispute = case.dispute
    values: dict[str, Any] = {"type": given.type, "title": title, "facts": facts, "grid_id": given.grid}
    changes = {name: value for name, value in values.items() if value not in {None, getattr(dispute, name)}}
    if not changes:
        raise nothing_to_correct("dispute")
    lines = [f"原因：{reason}", *_differences(dispute, changes)]
    if "grid_id" not in changes:
        dispute.change(changes)
        return await case.save("\n".join(lines))
    old, new = await _grids(tx, dispute, changes["grid_id"])
    lines.append(f"网格：{old.name} → {new.name}")
    # The workers of the former grid are told as well, since they no longer see the dispute.
    left = entry(tx, moves.CORRECT.entry, dispute, from_status=case.before, note="\n".join([lines[0], lines[-1]]))
    dispute.change(changes)
    return await case.save("\n".join(lines), left)


def _text(value: str | None, name: str, limit: int) -> str | None:
    return None if value is None else check_text(value, name, limit=limit)


def _differences(dispute: Dispute, changes: Mapping[str, Any]) -> Iterator[str]:
    """The corrections as lines with the former content. The dispute has the present content."""
    if "type" in changes:
        yield f"类型：{dispute.type.label} → {changes['type'].label}"
    if "title" in changes:
        yield f"标题：{dispute.title} → {changes['title']}"
    if "facts" in changes:
        yield f"原事实经过：{dispute.facts}"


async def _grids(tx: Transaction, dispute: Dispute, uuid: UUID) -> tuple[Grid, Grid]:
    """The grid of a dispute and the right one, which is in the same community and in the viewer's scope."""
    new = await tx.find(Grid, uuid, "grid")
    if new.community_id != dispute.community_id or not await tx.works_in(new.id):
        raise Refusal(Code.NOT_FOUND, "grid")
    return await tx.get(Grid, id=dispute.grid_id), new


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyCorrection(Step):
    """New values of a party. What is not given stays; ``note`` is the reason.

    With another subject, its telephone and its speaker are those that are given with it. An outsider whose name is
    corrected keeps the telephone.
    """

    party: UUID
    role: PartyRole | None = None
    resident: UUID | None = None
    household: UUID | None = None
    premises: UUID | None = None
    organisation: UUID | None = None
    outsider_name: str | None = None
    outsider_phone: str | None = None
    speaker: UUID | None = None
    speaker_name: str | None = None
    speaker_phone: str | None = None


_SUBJECTS = ("resident", "household", "premises", "organisation", "outsider_name")
_SPEAKER = ("speaker", "speaker_name", "speaker_phone")
_WHO = (*_SUBJECTS, *_SPEAKER, "outsider_phone")


@act(Act.CORRECT_PARTY, key="act", again="dispute")
async def correct_party(tx: Transaction, given: PartyCorrection) -> UUID:
    """Corrects the side of a party, who it is, who speaks for it, and the telephone.

    If it turns out to be somebody else, the answer of the former party does not stand for the new one. If findings name
    the party, the chain of evidence gets a statement about who it was before.
    """
    reason = check_text(given.note or "", "reason", limit=LINE_LIMIT)
    checked_names(given)
    only_speaker = all(getattr(given, name) is None for name in ("role", "outsider_phone", *_SUBJECTS))
    case = await begin(tx, given.dispute, moves.CORRECT_SPEAKER if only_speaker else moves.CORRECT_PARTY)
    party = case.party(given.party, "party")
    columns = {"role": given.role or party.role, **await _who(tx, party, given)}
    changes = {name: value for name, value in columns.items() if value != getattr(party, name)}
    if not changes:
        raise nothing_to_correct("party")
    former = await _known_of(tx, party)
    before = _described(party, former)
    is_other = _is_other(party, changes)
    party.change(changes)
    await tx.save(party)
    present = await _known_of(tx, party)
    lines = [f"更正前：{before}", f"更正后：{_described(party, present)}", f"原因：{reason}"]
    if is_other and present["name"] != former["name"]:
        lines += _ask_again(case, party)
    await case.save("\n".join(lines), party)
    if any(name.removesuffix("_id") in _SUBJECTS for name in changes):
        await _prove(case, party, "更正当事人。" + "；".join(lines[:2]))
    return given.dispute


def _is_other(party: DisputeParty, changes: Mapping[str, Any]) -> bool:
    """True if a party becomes another subject. An outsider whose name is corrected stays the same."""
    renamed = party.outsider_name is not None and changes.get("outsider_name") is not None
    return not renamed and any(name.removesuffix("_id") in _SUBJECTS for name in changes)


def _ask_again(case: Case, party: DisputeParty) -> list[str]:
    """Takes back what the former party answered, as a line for the journal. The claim of the side stays."""
    if case.referral is not None and party.referral_consent_at is not None:
        raise invalid("原当事人同意过移交，请先撤回移交，再更正当事人", "party")
    former, party.consent, party.consented_at = party.consent, Consent.PENDING, None
    party.referral_consent_at = None
    case.dispute.status = status_after_consent(case.dispute.status, case.consents)
    return [] if former is Consent.PENDING else [f"原当事人「{former.label}」，须重新征求意愿"]


async def _who(tx: Transaction, party: DisputeParty, given: PartyCorrection) -> dict[str, Any]:
    """The columns that say who a party is and who speaks for it, after a correction."""
    said = {name: getattr(given, name) for name in _WHO}
    role = given.role or party.role
    if any(said[name] is not None for name in _SUBJECTS):
        if given.outsider_name is not None and given.outsider_phone is None:
            said["outsider_phone"] = party.outsider_phone
        corrected = NewParty(role, **said)
        known, _ = await known_party(tx, corrected)
        return who_columns(known)
    if all(said[name] is None for name in _SPEAKER):
        said |= {"speaker": party.speaker_id, "speaker_name": party.speaker_name, "speaker_phone": party.speaker_phone}
    elif said["speaker"] is None and said["speaker_name"] is None:
        said["speaker_name"] = party.speaker_name
    present = {name: getattr(party, name if name == "outsider_name" else f"{name}_id") for name in _SUBJECTS}
    phone = party.outsider_phone if said["outsider_phone"] is None else said["outsider_phone"]
    corrected = NewParty(role, **said | present | {"outsider_phone": phone})
    if any(getattr(given, name) is not None for name in _SPEAKER):
        corrected = await with_speaker(tx, corrected)
    return who_columns(corrected)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyRemoval(Step):
    party: UUID


@act(Act.CORRECT_DISPUTE, key="act", again="dispute")
async def remove_party(tx: Transaction, given: PartyRemoval) -> UUID:
    """Removes a party that was added by mistake. If it had refused mediation, this may go on (article 17)."""
    reason = check_text(given.note or "", "reason", limit=LINE_LIMIT)
    case = await begin(tx, given.dispute, moves.REMOVE_PARTY)
    party = case.party(given.party, "party")
    findings = await tx.all(Finding, party_id=party.id)
    meetings = await tx.all(MeetingParty, party_id=party.id)
    check_removable(len(case.parties), findings=len(findings), meetings=len(meetings))
    said = [f"移除：{_described(party, await _known_of(tx, party))}，{party.consent.label}"]
    said += [f"请求：{party.claim}"] if party.claim else []
    case.parties[:] = [each for each in case.parties if each is not party]
    case.dispute.status = status_after_consent(case.dispute.status, case.consents)
    await tx.delete(party)
    return await case.save("\n".join([*said, f"原因：{reason}"]))


def _described(party: DisputeParty, known: Mapping[str, Any]) -> str:
    """A party with its side, name, speaker and telephone, for the journal."""
    speaker = f"（代表人：{known['speaker_name']}）" if known["speaker_name"] else ""
    return "，".join(filter(None, [f"{party.role.label}{known['name']}{speaker}", known["phone"]]))


async def _known_of(tx: Transaction, party: DisputeParty) -> Mapping[str, Any]:
    """The name, speaker and telephone of a party, as they are saved."""
    known: Mapping[str, Any]
    (known,) = await tx.rows(_known, party=party.id)
    return known


def _known(_: Scope) -> sql.Select:
    who = subjects()
    names = (who.c.name, who.c.speaker_name, who.c.phone)
    return sql.select(*names).from_(who).where(who.c.id == sql.parameter("party", sql.UUID))


async def _prove(case: Case, party: DisputeParty, statement: str) -> None:
    """Adds to the evidence that a party was corrected whom findings name."""
    tx, dispute = case.tx, case.dispute
    if await tx.first(Finding, party_id=party.id) is None:
        return
    digest = digest_of_statement(statement)
    piece = add_piece(tx, dispute, EvidenceKind.STATEMENT, digest, statement=statement, note="更正当事人")
    told = entry(tx, EntryKind.EVIDENCE_ADDED, dispute, note=entry_of(piece.number, piece.hash))
    await tx.save(dispute, piece, told)
