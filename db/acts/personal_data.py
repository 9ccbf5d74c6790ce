"""What is held about a resident: the rows that lead from one table to the next, for exporting and erasing a person."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from db.activities import SignUp
from db.agreements import Agreement, AgreementMark, AgreementTerm
from db.alerts import Alert, AlertRung
from db.appeals import Appeal, Dispatch
from db.base import Row, table
from db.call_backs import CallBack
from db.calls import Invitation, Message
from db.disputes import Dispute, DisputeParty, MeetingParty
from db.duty import DutyPause
from db.findings import Finding
from db.journal import Journal
from db.people import Residency, Resident, ResidentColour, ResidentMerge
from db.photos import Photo
from db.transaction import Transaction
from db.visits import Visit, VisitCorrection, VisitCorrectionResident, VisitResident
from db.wishes import Wish

Model = TypeVar("Model", bound=Row)


class Link(NamedTuple):
    """Rows of ``model`` belong to the person if ``column`` has the value of ``key`` in a row of ``to`` that does."""

    model: type[Row]
    column: str
    to: type[Row] = Resident
    key: str = "id"


LINKS = (
    *(Link(each, "resident_id") for each in (Residency, ResidentColour, DutyPause, VisitResident, Invitation)),
    *(Link(each, "resident_id") for each in (Alert, Appeal, Wish, DisputeParty, SignUp, Journal)),
    Link(DisputeParty, "speaker_id"),
    Link(ResidentMerge, "kept_id"),
    Link(ResidentMerge, "merged_id"),
    Link(VisitCorrectionResident, "resident_id"),
    Link(VisitCorrection, "id", VisitCorrectionResident, "visit_correction_id"),
    Link(Visit, "id", VisitResident, "visit_id"),
    Link(Visit, "id", VisitCorrection, "visit_id"),
    # Also the corrections of their visits that were not about them, because the texts may be.
    Link(VisitCorrection, "visit_id", Visit),
    Link(AlertRung, "alert_id", Alert),
    Link(Dispatch, "appeal_id", Appeal),
    Link(CallBack, "appeal_id", Appeal),
    Link(Message, "invitation_id", Invitation),
    Link(Message, "alert_id", Alert),
    Link(Message, "sign_up_id", SignUp),
    Link(Message, "appeal_id", Appeal),
    Link(Message, "wish_id", Wish),
    Link(Dispute, "id", DisputeParty, "dispute_id"),
    *(Link(each, "party_id", DisputeParty) for each in (AgreementTerm, AgreementMark, Finding, MeetingParty)),
    Link(Agreement, "dispute_id", Dispute),
    Link(Photo, "visit_id", Visit),
    Link(Photo, "appeal_id", Appeal),
    Link(Photo, "finding_id", Finding),
    *(Link(Journal, f"{table(each).name}_id", each) for each in (Visit, Appeal, Wish, Alert)),
)
"""In an order in which what a link leads from is known. The key of a resident is no data about them."""
FILE = frozenset({Dispute, Agreement, AgreementTerm, AgreementMark, Finding, MeetingParty})
"""The file of a mediation, which is kept (People's Mediation Law, article 27). It names its parties itself."""
TEXTS: dict[type[Row], tuple[str, ...]] = {
    ResidentColour: ("reason", "removed_reason"),
    DutyPause: ("reason",),
    Visit: ("note", "spoke_with"),
    VisitCorrection: ("reason", "note", "spoke_with"),
    Photo: ("removed_reason",),
    Alert: ("note", "reason", "found_note"),
    Appeal: ("reporter_name", "reporter_phone", "body", "answer", "turn_to", "pause_reason"),
    Dispatch: ("note", "reason"),
    CallBack: ("said",),
    Wish: ("wisher_name", "wisher_phone", "body", "volunteer_name", "volunteer_phone", "decline_reason"),
    Message: ("to_phone", "body", "last_error"),
    SignUp: ("name", "phone"),
}
"""The texts that go when a person is erased, beside those of their own row and of the journal."""
KEPT_TEXTS: dict[type[Row], tuple[str, ...]] = {
    Appeal: ("receipt_code",),
    Wish: ("receipt_code", "published_text"),  # The public text names neither the wisher nor the home.
    Invitation: ("answer_code",),
    SignUp: ("receipt_code",),
    Journal: ("from_status", "to_status"),
    DisputeParty: ("claim", "outsider_name", "outsider_phone", "speaker_name", "speaker_phone"),
}
"""The other texts of these tables: random codes, states, what was public, and what is part of a mediation's file."""
_COMPARED = frozenset({"name_folded", "found_by"})
"""Other forms of a name, by which it is compared and found."""
Held: TypeAlias = dict[type[Row], list[Any]]


def rows_of(held: Mapping[type[Row], Sequence[Any]], model: type[Model]) -> Sequence[Model]:
    """The rows of a table that belong to the person."""
    return held.get(model, ())


async def held_about(tx: Transaction, resident: Resident) -> Held:
    """All rows about a resident and about the records that were merged into theirs."""
    held: Held = {Resident: await records_of(tx, resident)}
    for link in LINKS:
        wanted: dict[str, Any] = {link.column: {getattr(row, link.key) for row in held.get(link.to, ())}}
        found = await tx.all(link.model, **wanted) if wanted[link.column] else []
        known = {_identity(row): row for row in (*held.get(link.model, ()), *found)}
        held[link.model] = list(known.values())
    return held


async def records_of(tx: Transaction, resident: Resident) -> list[Resident]:
    """The records of a person: theirs, and those that were merged into it."""
    records, merged = [resident], [resident.id]
    while found := await tx.all(Resident, order=("id",), lock=True, merged_into=merged):
        records += found
        merged = [each.id for each in found]
    return records


def _identity(row: Row) -> tuple[Any, ...]:
    return tuple(getattr(row, column.name) for column in table(type(row)).primary_key)


def as_told(held: Held) -> dict[str, list[dict[str, Any]]]:
    """The rows by table, without digests, sealed values and other forms of a name."""
    return {str(table(model).name): [_plain(row) for row in rows] for model, rows in held.items() if rows}


def _plain(row: Row) -> dict[str, Any]:
    values = {str(column.name): getattr(row, column.name) for column in table(type(row)).c}
    told = {name: value for name, value in values.items() if value is not None and not isinstance(value, bytes)}
    return {name: value for name, value in told.items() if name not in _COMPARED}
