"""What mutations take, and how it reads as the arguments of an act."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

import strawberry

from db.acts.appeals import NewAppeal, Step
from db.acts.disputes import NewAgreement, NewDispute, NewParty
from db.acts.visits import NewVisit
from rules.appeals import AppealCategory, AppealKind, AppealSource
from rules.disputes import AgreementForm, Consent, DisputeOrigin, DisputeType, PartyRole
from rules.refusals import invalid, refusals_under
from rules.visits import VisitMode
from schema.compiler.declare import described
from schema.ids import parse_id

MOST_IN_A_LIST = 50
Class = TypeVar("Class", bound=type)
Item = TypeVar("Item")


def takes(cls: Class) -> Class:
    """An input type described by its docstring."""
    return strawberry.input(cls, description=described(cls))


def needs(description: str) -> Any:
    """A required field."""
    return strawberry.field(description=description)


def may(description: str) -> Any:
    """A field that can be left out."""
    return strawberry.field(default=strawberry.UNSET, description=description)


def own_id(prefix: str) -> Any:
    """The id that the client made."""
    return needs(f"`{prefix}_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")


def act_id() -> Any:
    """The id of the act itself."""
    return may("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.")


def given(value: Item | None) -> Item | None:
    """The value, or nothing where the field was left out."""
    return None if value is strawberry.UNSET else value


def optional_id(prefix: str, value: str | None, *path: str | int) -> UUID | None:
    """A given id."""
    text = given(value)
    return None if text is None else parse_id(prefix, text, *path)


def few(items: list[Item] | None, *path: str | int) -> list[Item]:
    """A given list, refused when it is too long."""
    found = given(items) or []
    if len(found) > MOST_IN_A_LIST:
        raise invalid(f"最多 {MOST_IN_A_LIST} 项", f"at most {MOST_IN_A_LIST} items", *path)
    return found


@takes
class OpenAppealInput:
    """An appeal to open. Where it is about: by a QR code, a household, a building, or else what the text says."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    source: AppealSource | None = may("By which way it came to the worker; `APP` by default.")
    code: str | None = may("The QR code that was scanned; needed without an account.")
    household: strawberry.ID | None = may("The household it comes from.")
    building: strawberry.ID | None = may("The building it is about.")
    unit: int | None = may("The unit (单元) of that building.")
    resident: strawberry.ID | None = may("The resident on the register who makes it.")
    reporter_name: str | None = may("The name of a reporter who is not on the register.")
    reporter_phone: str | None = may("The number to call back.")
    opened_at: datetime | None = may("When it was said; now by default.")

    def read(self) -> NewAppeal:
        """As the act takes it."""
        return NewAppeal(
            id=parse_id("appeal", self.id, "id"),
            body=self.body,
            kind=given(self.kind) or AppealKind.PROBLEM,
            category=given(self.category),
            source=given(self.source),
            code=given(self.code),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            unit=given(self.unit),
            resident=optional_id("resident", self.resident, "resident"),
            reporter_name=given(self.reporter_name),
            reporter_phone=given(self.reporter_phone),
            opened_at=given(self.opened_at),
        )


@takes
class FoundAppealInput:
    """An appeal found at a door; household, time and source are the visit's."""

    id: strawberry.ID = own_id("appeal")
    body: str = needs("What is said, up to 2,000 characters.")
    kind: AppealKind | None = may("What is wanted; a problem by default.")
    category: AppealCategory | None = may("What it is about; by default what the words suggest.")
    resident: strawberry.ID | None = may("The resident who makes it.")

    def read(self) -> NewAppeal:
        """As the act takes it."""
        return NewAppeal(
            id=parse_id("appeal", self.id, "id"),
            body=self.body,
            kind=given(self.kind) or AppealKind.PROBLEM,
            category=given(self.category),
            resident=optional_id("resident", self.resident, "resident"),
        )


@takes
class AcceptAppealInput:
    """The reporter was called back, or somebody went there."""

    appeal: strawberry.ID = needs("The appeal.")
    note: str | None = may("What was said.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.note)


@takes
class AnswerAppealInput:
    """The result, told to the reporter."""

    appeal: strawberry.ID = needs("The appeal.")
    answer: str = needs("What was done, or the answer to the question.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.answer)


@takes
class EscalateAppealInput:
    """What cannot be solved here."""

    appeal: strawberry.ID = needs("The appeal.")
    reason: str = needs("Why it must go up.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.reason)


@takes
class ConfirmAppealInput:
    """What the reporter says about the answer; a worker says it for them, or they do with the receipt code."""

    appeal: strawberry.ID = needs("The appeal.")
    satisfied: bool = needs("Whether it is solved; if not, the appeal goes on.")
    rating: int | None = may("1 to 5; only when satisfied.")
    note: str | None = may("What they say.")
    receipt_code: str | None = may("The receipt code; needed without an account.")
    act: strawberry.ID | None = act_id()

    def read(self) -> Step:
        """As the act takes it."""
        return _step(self.appeal, self.act, self.note)


def _step(appeal: str, act: str | None, note: str | None) -> Step:
    return Step(parse_id("appeal", appeal, "appeal"), optional_id("act", act, "act"), given(note))


@takes
class PartyInput:
    """A party: exactly one of resident, household, premises, or an outsider's name."""

    role: PartyRole = needs("On which side.")
    consent: Consent | None = may("Whether they agree to be mediated; pending by default.")
    claim: str | None = may("What they want.")
    resident: strawberry.ID | None = may("A resident.")
    household: strawberry.ID | None = may("A household as a whole.")
    premises: strawberry.ID | None = may("A firm, a shop or a site.")
    outsider_name: str | None = may("The name of somebody who is not on the register.")
    outsider_phone: str | None = may("Their telephone.")

    def read(self, index: int) -> NewParty:
        """As the act takes it."""
        path = ("parties", index)
        return NewParty(
            role=self.role,
            consent=given(self.consent) or Consent.PENDING,
            claim=given(self.claim),
            resident=optional_id("resident", self.resident, *path, "resident"),
            household=optional_id("household", self.household, *path, "household"),
            premises=optional_id("premises", self.premises, *path, "premises"),
            outsider_name=given(self.outsider_name),
            outsider_phone=given(self.outsider_phone),
        )


@takes
class OpenDisputeInput:
    """A dispute to report."""

    id: strawberry.ID = own_id("dispute")
    type: DisputeType = needs("Its type on the reporting form.")
    title: str = needs("What it is about, in a line.")
    facts: str = needs("What happened, up to 2,000 characters.")
    parties: list[PartyInput] = needs("At least two.")
    origin: DisputeOrigin | None = may("How it came up; found by the workers by default.")
    referred_by: str | None = may("The body that referred it; with `REFERRED` only.")
    grid: strawberry.ID | None = may("The grid it belongs to; by default that of the first party on the register.")
    opened_at: datetime | None = may("When it was reported; now by default.")

    def read(self) -> NewDispute:
        """As the act takes it."""
        return NewDispute(
            id=parse_id("dispute", self.id, "id"),
            type=self.type,
            title=self.title,
            facts=self.facts,
            parties=[party.read(index) for index, party in enumerate(few(self.parties, "parties"))],
            origin=given(self.origin) or DisputeOrigin.PROACTIVE,
            referred_by=given(self.referred_by),
            grid=optional_id("grid", self.grid, "grid"),
            opened_at=given(self.opened_at),
        )


@takes
class RecordAgreementInput:
    """What the parties agreed. Oral: the content is enough (article 28). Written: see article 29."""

    id: strawberry.ID = own_id("agreement")
    dispute: strawberry.ID = needs("The dispute.")
    form: AgreementForm = needs("Oral or written.")
    content: str = needs("What was agreed, up to 2,000 characters.")
    facts: str | None = may("Facts, issues and responsibility; required when written.")
    performance: str | None = may("Manner and time of performance; required when written.")
    due_on: date | None = may("By when it is to be performed.")
    reached_at: datetime | None = may("When they agreed; now by default.")
    parties_signed_on: date | None = may("When the last party signed.")
    mediator_signed_on: date | None = may("When the mediator signed.")
    sealed_on: date | None = may("When the committee sealed it.")

    def read(self) -> NewAgreement:
        """As the act takes it."""
        return NewAgreement(
            id=parse_id("agreement", self.id, "id"),
            dispute=parse_id("dispute", self.dispute, "dispute"),
            form=self.form,
            content=self.content,
            facts=given(self.facts),
            performance=given(self.performance),
            due_on=given(self.due_on),
            reached_at=given(self.reached_at),
            parties_signed_on=given(self.parties_signed_on),
            mediator_signed_on=given(self.mediator_signed_on),
            sealed_on=given(self.sealed_on),
        )


@takes
class RecordVisitInput:
    """A visit, and what was found at the door: record once."""

    id: strawberry.ID = own_id("visit")
    household: strawberry.ID = needs("The household.")
    mode: VisitMode = needs("How they were reached.")
    occurred_at: datetime = needs("When, by the phone's clock; it may be days ago.")
    residents: list[strawberry.ID] | None = may("Who was reached; each lives there.")
    note: str | None = may("What there is to note.")
    appeals: list[FoundAppealInput] | None = may("Appeals found there.")
    disputes: list[OpenDisputeInput] | None = may("Disputes found there.")

    def read(self) -> NewVisit:
        """As the act takes it."""
        return NewVisit(
            id=parse_id("visit", self.id, "id"),
            household=parse_id("household", self.household, "household"),
            mode=self.mode,
            occurred_at=self.occurred_at,
            residents=[
                parse_id("resident", each, "residents", index)
                for index, each in enumerate(few(self.residents, "residents"))
            ],
            note=given(self.note),
            appeals=[_at("appeals", index, each) for index, each in enumerate(few(self.appeals, "appeals"))],
            disputes=[_at("disputes", index, each) for index, each in enumerate(few(self.disputes, "disputes"))],
        )


def _at(name: str, index: int, item: Any) -> Any:
    """An item of a list as the act takes it; a refusal tells which one."""
    with refusals_under(name, index):
        return item.read()
