"""Mediation worked out row by row: moves, days, marks, names of parties."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rules import agreements, disputes
from rules.access_notices import AccessKind
from rules.agreements import AgreementForm
from rules.clocks import DeadlineState
from rules.dispute_moves import DisputeState
from rules.disputes import Consent, DisputeLevel, DisputeStatus, DisputeType, Route
from rules.referrals import OPEN_REFERRALS, ReferralStatus
from rules.vocabulary import Word
from tests.oracle.clocks import building_name
from tests.oracle.duties import PagedRows
from tests.oracle.paging import Order
from tests.oracle.rows import Row, label, shown
from tests.oracle.sight import Sight
from tests.reference import actions, dispute_acts

Given = Mapping[str, Any]
Resolver = Callable[[Sight, Row, Given], Any]
_LOOKED = Order(("looked_at", "id"), descending=True)
_NOTICED = Order(("noticed_at", "id"), descending=True)
_SENT = Order(("referred_at", "id"), descending=True)


def _of(sight: Sight, table: str, key: str, row: Row) -> list[Row]:
    return [each for each in sight.rows(table) if each[key] == row["id"]]


def _listed(table: str, key: str, *by: str) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> list[Row]:
        return sorted(_of(sight, table, key, row), key=lambda each: [each[name] for name in by])

    return resolve


def _label(column: str, words: type[Word]) -> Resolver:
    return lambda _, row, __: label(words, row[column])


def _standing(sight: Sight, row: Row) -> DisputeState:
    consents = [each["consent"] for each in sight.world["dispute_party"] if each["dispute_id"] == row["id"]]
    sent = [each["status"] for each in sight.world["referral"] if each["dispute_id"] == row["id"]]
    open_one = next((each for each in sent if each in OPEN_REFERRALS), None)
    return DisputeState(
        DisputeStatus(row["status"]),
        DisputeLevel(row["level"]),
        refused=Consent.REFUSED in consents,
        unanswered=any(each != Consent.GIVEN for each in consents),
        referral=ReferralStatus(open_one) if open_one else None,
    )


def _acts(sight: Sight, row: Row, _: Given) -> list[str]:
    return list(actions(dispute_acts(sight.viewer.role, _standing(sight, row))))


def _routes(_: Sight, row: Row, __: Given) -> list[str]:
    return [route.value for route in Route if row[f"told_{route.value.lower()}"]]


def _day(sight: Sight, moment: datetime | None, community: UUID) -> date | None:
    known = sight.anyhow("community", community)
    assert known is not None
    return moment and moment.astimezone(ZoneInfo(known["time_zone"])).date()


def _deadline(sight: Sight, due: date | None, met: date | None, community: UUID, why: str) -> Row | None:
    if due is None:
        return None
    today = _day(sight, datetime.now(UTC), community)
    assert today is not None
    if met is not None:
        state = DeadlineState.MET if met <= due else DeadlineState.MET_LATE
    elif due < today:
        state = DeadlineState.OVERDUE
    else:
        state = DeadlineState.DUE_SOON if due - today <= timedelta(days=3) else DeadlineState.ON_TIME
    return Row("", "DayDeadline", {"due_on": due, "state": state, "met_on": met, "why": why})


def mediate_by(sight: Sight, row: Row, _: Given) -> Row | None:
    """The limit of mediation."""
    ended = _day(sight, row["closed_at"], row["community_id"])
    begun = row["begun_at"]
    policies = [each for each in sight.rows("mediation_policy") if each["community_id"] == row["community_id"]]
    own = begun and any(each["set_at"] <= begun and each["days"] == row["mediation_days"] for each in policies)
    why = f"{'本社区规定的调解期限' if own else '默认的调解期限（社区尚未规定）'}：{row['mediation_days']}天"
    return _deadline(sight, row["mediate_by"], ended, row["community_id"], why)


def _is_labour(row: Row) -> bool:
    return row["type"] in disputes.LABOUR


def arbitration(sight: Sight, row: Row, _: Given) -> Row | None:
    """The day from which arbitration is open."""
    if not _is_labour(row):
        return None
    received, ended = (_day(sight, row[name], row["community_id"]) for name in ("opened_at", "closed_at"))
    assert received is not None
    last = received + timedelta(days=disputes.ARBITRATION_DAYS)
    return _deadline(sight, last, ended, row["community_id"], disputes.ARBITRATION_WHY)


def _dispute_of(sight: Sight, row: Row) -> Row:
    found = sight.anyhow("dispute", row["dispute_id"])
    assert found is not None
    return found


def _performance(sight: Sight, row: Row, _: Given) -> Row | None:
    dispute = _dispute_of(sight, row)
    checked = [each["checked_on"] for each in sight.world["performance_check"] if each["agreement_id"] == row["id"]]
    recorded = _day(sight, row["recorded_at"], dispute["community_id"])
    met = max(checked, default=None) or row["due_on"] or recorded
    performed = met if dispute["status"] == DisputeStatus.PERFORMED else None
    return _deadline(sight, row["due_on"], performed, dispute["community_id"], "调解协议约定的履行期限")


def _confirmable(sight: Sight, row: Row) -> bool:
    return DisputeType(_dispute_of(sight, row)["type"]) not in agreements.UNCONFIRMABLE


def _confirmation(sight: Sight, row: Row, _: Given) -> Row | None:
    if row["effective_on"] is None or not _confirmable(sight, row):
        return None
    last = agreements.confirm_by(row["effective_on"])
    community = _dispute_of(sight, row)["community_id"]
    return _deadline(sight, last, row["confirmation_applied_on"], community, agreements.CONFIRMATION_WHY)


def _unmarked(sight: Sight, row: Row, _: Given) -> list[Row]:
    if row["form"] == AgreementForm.ORAL or row["parties_signed_on"] is not None:
        return []
    marked = {each["party_id"] for each in sight.world["agreement_mark"] if each["agreement_id"] == row["id"]}
    own = [each for each in sight.rows("dispute_party") if each["dispute_id"] == row["dispute_id"]]
    return sorted((each for each in own if each["id"] not in marked), key=lambda each: each["id"])


def _term_deadline(sight: Sight, row: Row, _: Given) -> Row | None:
    agreement = sight.anyhow("agreement", row["agreement_id"])
    assert agreement is not None
    community = _dispute_of(sight, agreement)["community_id"]
    return _deadline(sight, row["due_on"], row["performed_on"], community, "调解协议约定的履行期限")


def _present(sight: Sight, row: Row, _: Given) -> list[Row]:
    there = {each["party_id"] for each in sight.world["meeting_party"] if each["meeting_id"] == row["id"]}
    return sorted((each for each in sight.rows("dispute_party") if each["id"] in there), key=lambda each: each["id"])


def _home(sight: Sight, key: UUID | None) -> str | None:
    home = sight.anyhow("household", key)
    if home is None:
        return None
    building = sight.anyhow("building", home["building_id"])
    assert building is not None
    return f"{building_name(sight, building)}{home['unit']}单元{home['room']}"


def _name(sight: Sight, row: Row, _: Given) -> Any:
    resident, firm = sight.anyhow("resident", row["resident_id"]), sight.anyhow("premises", row["premises_id"])
    known = resident or firm or sight.anyhow("organisation", row["organisation_id"])
    return known["name"] if known else _home(sight, row["household_id"]) or row["outsider_name"]


def _speaker(sight: Sight, row: Row, _: Given) -> Any:
    resident = sight.anyhow("resident", row["speaker_id"])
    return resident["name"] if resident else row["speaker_name"]


def _phone(sight: Sight, row: Row, _: Given) -> Any:
    known = [sight.anyhow("resident", row[f"{who}_id"]) for who in ("resident", "speaker")]
    body = sight.anyhow("organisation", row["organisation_id"])
    own = [*(each and each["phone"] for each in known), row["speaker_phone"], row["outsider_phone"]]
    return next((each for each in [*own, body and body["phone"]] if each), None)


def _kind(_: Sight, row: Row, __: Given) -> str:
    ids = ("resident", "household", "premises", "organisation")
    return next((each.upper() for each in ids if row[f"{each}_id"]), "OUTSIDER")


def _address(sight: Sight, row: Row, _: Given) -> Any:
    resident, firm = sight.anyhow("resident", row["resident_id"]), sight.anyhow("premises", row["premises_id"])
    home = row["household_id"] or (resident["household_id"] if resident else None)
    return _home(sight, home) or (firm and firm["address"])


def _policies(sight: Sight, _: Any, __: Given) -> list[Row]:
    return sorted(sight.rows("mediation_policy"), key=lambda row: (-row["set_at"].timestamp(), row["id"]))


MEDIATION_PAGES: dict[tuple[str, str], PagedRows] = {
    ("Dispute", "accessRecords"): PagedRows(
        _LOOKED, lambda sight, row, _: _of(sight, "look", "dispute_id", row), "look"
    ),
    ("Query", "accessNotices"): PagedRows(_NOTICED, lambda sight, _, __: sight.rows("access_notice"), "access_notice"),
    ("Appeal", "accessRecords"): PagedRows(_LOOKED, lambda sight, row, _: _of(sight, "look", "appeal_id", row), "look"),
    ("Query", "referrals"): PagedRows(_SENT, lambda sight, _, __: sight.rows("referral"), "referral"),
}
MEDIATION: dict[tuple[str, str], Any] = {
    ("Query", "mediationPolicies"): _policies,
    ("Dispute", "allowedActions"): _acts,
    ("Dispute", "routesTold"): _routes,
    ("Dispute", "jointMediators"): _listed("dispute_mediator", "dispute_id", "id"),
    ("Dispute", "proposals"): _listed("proposal", "dispute_id", "proposed_at", "id"),
    ("Dispute", "meetings"): _listed("meeting", "dispute_id", "held_at", "id"),
    ("Dispute", "siteVisits"): _listed("site_visit", "dispute_id", "at", "id"),
    ("Dispute", "referrals"): _listed("referral", "dispute_id", "referred_at", "id"),
    ("Dispute", "mediationDeadline"): mediate_by,
    ("Dispute", "arbitrationOpenFrom"): arbitration,
    ("Dispute", "shouldBeWritten"): lambda _, row, __: _is_labour(row),
    ("DisputeParty", "name"): _name,
    ("DisputeParty", "kind"): _kind,
    ("DisputeParty", "speakerName"): _speaker,
    ("DisputeParty", "phone"): _phone,
    ("DisputeParty", "address"): _address,
    ("DisputeParty", "consentedToReferralAt"): lambda _, row, __: shown(row["referral_consent_at"]),
    ("JointMediator", "account"): lambda sight, row, _: sight.find("account", row["account_id"]),
    ("MediationMeeting", "parties"): _present,
    ("MediationMeeting", "guests"): _listed("meeting_guest", "meeting_id", "id"),
    ("AccessNotice", "kindLabel"): _label("kind", AccessKind),
    ("MeetingGuest", "kindLabel"): _label("kind", disputes.GuestKind),
    ("Referral", "statusLabel"): _label("status", ReferralStatus),
    ("DayDeadline", "stateLabel"): _label("state", DeadlineState),
    ("Agreement", "formLabel"): _label("form", agreements.AgreementForm),
    ("Agreement", "terms"): _listed("agreement_term", "agreement_id", "due_on", "id"),
    ("Agreement", "marks"): _listed("agreement_mark", "agreement_id", "marked_on", "id"),
    ("Agreement", "marksMissing"): _unmarked,
    ("Agreement", "checks"): _listed("performance_check", "agreement_id", "checked_on", "id"),
    ("Agreement", "performanceDeadline"): _performance,
    ("Agreement", "confirmationDeadline"): _confirmation,
    ("Agreement", "notConfirmable"): lambda sight, row, _: (
        None if _confirmable(sight, row) else agreements.NOT_CONFIRMED
    ),
    ("Agreement", "confirmationResultLabel"): _label("confirmation_result", agreements.ConfirmationResult),
    ("AgreementTerm", "deadline"): _term_deadline,
    ("AgreementMark", "kindLabel"): _label("kind", agreements.MarkKind),
    ("PerformanceCheck", "outcomeLabel"): _label("outcome", agreements.Outcome),
}
