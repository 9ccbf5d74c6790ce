"""Plain resolvers: labels, addresses, relations."""

import json
import re
from datetime import date
from typing import Any

from rules import access, alerts, appeal_moves, appeals, disputes, duty, journal, people, places, roster, visits
from rules.permissions import permissions_of
from rules.text import receipt_code
from rules.vocabulary import Word
from tests.oracle import clocks
from tests.oracle.activities import ACTIVITIES
from tests.oracle.branches import BRANCHES
from tests.oracle.colleagues import COLLEAGUES
from tests.oracle.connections import CONNECTIONS, Given, Resolver, Tie, living, mine, reached
from tests.oracle.devices import DEVICES
from tests.oracle.duties import DUTIES
from tests.oracle.figures import DIRECT_LINE, period
from tests.oracle.findings import FINDINGS
from tests.oracle.homes import HOMES
from tests.oracle.mediation import MEDIATION
from tests.oracle.moments import MOMENTS
from tests.oracle.phases import CASE_VIEWS
from tests.oracle.photos import PHOTOS
from tests.oracle.published import PUBLISHED
from tests.oracle.rows import TABLE_OF_PREFIX, Row, label, read_id, read_id_of, shown
from tests.oracle.setups import SETUPS
from tests.oracle.sight import Sight
from tests.oracle.sites import SITES
from tests.oracle.spots import place_suggestions
from tests.oracle.weeks import WEEKS
from tests.oracle.wishes import WISHES, phone_of_community


def snake(name: str) -> str:
    """The column behind a field."""
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def plain(row: Row, name: str) -> Any:
    """The value of the column with the field's name."""
    return shown(row[snake(name)])


def _label(column: str, words: type[Word]) -> Resolver:
    return lambda _, row, __: label(words, row[column])


def _cursor(sight: Sight, row: Row, _: Given) -> str:
    epoch = max(sight.world["feed_epoch"], key=lambda each: int(each["number"]))
    positions = (each["position"] for each in sight.world["feed_position"] if each["entry_id"] == row["id"])
    return f"{epoch['name']}.{next(positions)}"


def _stays(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [each for each in sight.rows("residency") if each["resident_id"] == row["id"]]
    return sorted(found, key=lambda each: (each["moved_in_on"], each["moved_out_on"] or date.max, each["id"]))


def _alert_status(_: Sight, row: Row, __: Given) -> alerts.AlertStatus:
    return alerts.status_of(row["acknowledged_at"], row["ended_at"])


def _sent_at(sight: Sight, row: Row, _: Given) -> Any:
    sent = [each["sent_at"] for each in sight.world["message"] if each["invitation_id"] == row["id"]]
    return shown(min(filter(None, sent), default=None))


def _rungs(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [each for each in sight.rows("alert_rung") if each["alert_id"] == row["id"]]
    return sorted(found, key=lambda each: alerts.LADDER.index(alerts.Rung[each["rung"]]))


def _responsible(sight: Sight, row: Row, _: Given) -> list[Row]:
    """The grid's workers today, without those whose round somebody else has."""
    posts = [each for each in sight.rows("assignment") if each["grid_id"] == row["grid_id"] and sight.is_current(each)]
    away = {each["stands_in_for"] for each in posts}
    held = {each["account_id"] for each in posts} - away
    found = [each for each in sight.rows("account") if each["id"] in held and each["disabled_at"] is None]
    return sorted((each for each in found if each["role"] == "GRID_WORKER"), key=lambda each: str(each["username"]))


def _listed(table: str, tie: Tie) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> list[Row]:
        found = [other for other in sight.rows(table) if tie(sight, row, other)]
        return sorted(found, key=lambda other: other["id"])

    return resolve


def _only(table: str, tie: Tie) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> Row | None:
        return next((other for other in sight.rows(table) if tie(sight, row, other)), None)

    return resolve


def _me(sight: Sight, _: Any, __: Given) -> Row | None:
    return sight.find("account", sight.viewer.account_id)


def _any_node(sight: Sight, text: str) -> Row | None:
    prefix, key = read_id(text)
    table = TABLE_OF_PREFIX.get(prefix)
    return sight.find(table, sight.meant(table, key)) if table else None


def _by_id(prefix: str) -> Resolver:
    table = TABLE_OF_PREFIX[prefix]
    return lambda sight, _, given: sight.find(table, sight.meant(table, read_id_of(prefix, given["id"])))


def _receipt(sight: Sight, _: Any, given: Given) -> Row | None:
    code = receipt_code(given["code"])
    return next((row for row in sight.world["appeal"] if row["receipt_code"] == code), None)


def _steps(sight: Sight, row: Row, _: Given) -> list[Row]:
    steps = [each for each in sight.world["journal"] if each["appeal_id"] == row["id"]]
    return sorted(steps, key=lambda each: each["id"])


def _doing(sight: Sight, row: Row, _: Given) -> Any:
    dispatch = sight.anyhow("dispatch", row["dispatch_id"])
    body = dispatch and sight.anyhow("organisation", dispatch["organisation_id"])
    return body and body["name"]


def _zone(sight: Sight, row: Row, _: Given) -> Any:
    community = sight.anyhow("community", row["community_id"])
    assert community is not None
    return community["time_zone"]


def _told(_: Sight, row: Row, __: Given) -> Any:
    own = row["actor_id"] is None and row["kind"] in appeal_moves.FROM_REPORTER
    return row["note"] if own or row["kind"] in journal.TO_REPORTER else None


def _issuing_body(sight: Sight, row: Row, _: Given) -> Any:
    community = sight.anyhow("community", row["community_id"])
    assert community is not None
    farm = sight.anyhow("farm", community["farm_id"])
    assert farm is not None
    names = {"GRID": clocks.area_name(sight, row), "COMMUNITY": community["name"], "FARM": farm["name"]}
    return names[row["level"]]


def _before(sight: Sight, row: Row, _: Given) -> list[Row]:
    """What a correction replaced. It is not for those who are outside of the grids."""
    told = json.loads(row["before"]) if row["before"] and sight.viewer.role in access.WORKERS else []
    return [Row("earlier", "EarlierValue", each) for each in told]


def _call_backs(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [each for each in sight.rows("call_back") if each["appeal_id"] == row["id"]]
    return sorted(found, key=lambda each: (each["called_at"], each["id"]))


def _address(sight: Sight, row: Row, _: Given) -> str:
    building = sight.anyhow("building", row["building_id"])
    assert building is not None
    return f"{clocks.building_name(sight, building)}{row['unit']}单元{row['room']}"


def _phone(sight: Sight, row: Row, _: Given) -> Any:
    return row["phone"] if sight.viewer.role in access.WORKERS else None


def _masked(_: Sight, row: Row, __: Given) -> str | None:
    phone = row["phone"]
    if phone is None:
        return None
    digits = "".join(filter(str.isdigit, phone))
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 11 else "****" + (digits[-2:] if len(digits) >= 7 else "")


def _masked_id_number(sight: Sight, row: Row, _: Given) -> str | None:
    tail = row["id_number_tail"] if sight.viewer.role in access.WORKERS else None
    return None if tail is None else "*" * 14 + tail


def _colours(sight: Sight, row: Row, _: Given) -> list[str] | None:
    if sight.viewer.role not in access.WORKERS:
        return None
    held = sight.world["resident_colour"]
    return sorted(each["colour"] for each in held if each["resident_id"] == row["id"] and each["removed_at"] is None)


def _subject(sight: Sight, row: Row, _: Given) -> Row | None:
    if row["outsider_name"] is not None:
        return Row(row.table, "UnregisteredParty", row.values)
    table = next(
        each for each in ("resident", "household", "premises", "organisation") if row[f"{each}_id"] is not None
    )
    return sight.find(table, row[f"{table}_id"])


def _duty_roster(sight: Sight, _: Any, given: Given) -> list[Row]:
    """One for each community whose roster has the day."""
    wanted = given.get("community")
    community_id = None if wanted is None else read_id_of("community", wanted)
    planned = {shift["week_id"] for shift in sight.world["roster_shift"] if shift["day"] == given["on"]}
    weeks = [week for week in sight.rows("roster_week") if week["id"] in planned]
    found = [week for week in weeks if community_id in {None, week["community_id"]}]
    return [
        Row("of_day", "DutyRoster", {**week.values, "day": given["on"]})
        for week in sorted(found, key=lambda week: week["community_id"])
    ]


def _serving(post: roster.DutyPost) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> list[Row]:
        shifts = [shift for shift in sight.rows("roster_shift") if shift["week_id"] == row["id"]]
        found = [shift for shift in shifts if shift["day"] == row["day"] and shift["post"] == post]
        return sorted(found, key=lambda shift: shift["id"])

    return resolve


def _reception(sight: Sight, row: Row, given: Given) -> Row | None:
    return next(iter(_serving(roster.DutyPost.RECEPTION)(sight, row, given)), None)


def _week_shifts(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = [shift for shift in sight.rows("roster_shift") if shift["week_id"] == row["id"]]
    return sorted(found, key=lambda shift: (shift["day"], shift["post"], shift["id"]))


def _corrections(sight: Sight, row: Row, _: Given) -> list[Row]:
    found = (each for each in sight.rows("visit_correction") if each["visit_id"] == row["id"])
    return sorted(found, key=lambda each: (each["corrected_at"], each["id"]))


def _had_reached(sight: Sight, correction: Row, resident: Row) -> bool:
    return any(
        each["visit_correction_id"] == correction["id"] and each["resident_id"] == resident["id"]
        for each in sight.world["visit_correction_resident"]
    )


def _dispatched(foreign_key: str) -> Resolver:
    def resolve(sight: Sight, row: Row, _: Given) -> list[Row]:
        found = [each for each in sight.rows("dispatch") if each[foreign_key] == row["id"]]
        return sorted(found, key=lambda each: (each["dispatched_at"], each["id"]))

    return resolve


def _may_join(sight: Sight, row: Row, _: Given) -> Row | None:
    found = [each for each in sight.world["incident"] if clocks.alike(row, each) and each["closed_at"] is None]
    return sight.find("incident", max(each["id"] for each in found)) if found else None


def _clock_policies(sight: Sight, _: Any, __: Given) -> list[Row]:
    found = [each for each in sight.rows("clock_policy") if each["replaced_at"] is None]
    last = "\U0010ffff"
    names = ("kind", "category", "urgency")
    return sorted(found, key=lambda row: (row["community_id"], *(row[name] or last for name in names), row["id"]))


RESOLVERS: dict[tuple[str, str], Resolver] = {
    **CONNECTIONS,
    **COLLEAGUES,
    ("Query", "me"): _me,
    ("Query", "node"): lambda sight, _, given: _any_node(sight, given["id"]),
    ("Query", "nodes"): lambda sight, _, given: [_any_node(sight, each) for each in given["ids"]],
    ("Query", "receipt"): _receipt,
    ("Query", "placeSuggestions"): place_suggestions,
    ("QrCode", "url"): lambda _, __, ___: None,
    ("QrCode", "place"): lambda _, row, __: row["label"],
    ("QrCode", "targetLabel"): _label("target", places.QrTarget),
    ("QrCode", "replacedBy"): _only("qr_code", mine("replaces_id")),
    **PUBLISHED,
    ("Query", "search"): lambda _, __, given: given["text"],
    ("Query", "qrCode"): _by_id("qrcode"),
    ("Query", "statistics"): period,
    **DIRECT_LINE,
    **{
        ("Query", prefix): _by_id(prefix)
        for prefix in (
            *(
                "alert",
                "community",
                "grid",
                "organisation",
                "incident",
                "building",
                "household",
                "resident",
                "visit",
                "appeal",
                "dispute",
                "wish",
            ),
            *("activity", "notice"),
        )
    },
    ("Query", "partyBranch"): _by_id("partybranch"),
    ("Account", "roleLabel"): _label("role", access.Role),
    ("Account", "permissions"): lambda _, row, __: (
        [] if row["disabled_at"] else [*permissions_of(access.Role(row["role"]))]
    ),
    ("Account", "assignments"): lambda sight, row, _: sorted(
        (post for post in sight.rows("assignment") if post["account_id"] == row["id"]),
        key=lambda post: (post["starts_on"], post["id"]),
    ),
    ("Estate", "partyBranch"): _only("party_branch", mine("estate_id")),
    ("Building", "address"): lambda sight, row, _: clocks.building_name(sight, row),
    ("Household", "address"): _address,
    ("Household", "residents"): _listed("resident", living("household_id")),
    **HOMES,
    ("Resident", "residencies"): _stays,
    ("Resident", "colourHistory"): lambda sight, row, _: sorted(
        (each for each in sight.rows("resident_colour") if each["resident_id"] == row["id"]),
        key=lambda each: (each["set_at"], each["id"]),
    ),
    ("ColourRecord", "colourLabel"): _label("colour", people.Colour),
    ("DuplicateSuggestion", "whyLabel"): _label("why", people.Likeness),
    ("Premises", "kindLabel"): _label("kind", places.PremisesKind),
    ("Organisation", "kindLabel"): _label("kind", places.OrganisationKind),
    ("Appeal", "answer"): lambda sight, row, _: sight.answer(row),
    ("Resident", "phone"): _phone,
    ("Resident", "phoneMasked"): _masked,
    ("Resident", "idNumberMasked"): _masked_id_number,
    ("Resident", "colours"): _colours,
    ("Visit", "modeLabel"): _label("mode", visits.VisitMode),
    ("Visit", "residents"): _listed("resident", reached),
    ("Visit", "appeals"): _listed("appeal", mine("visit_id")),
    ("Visit", "disputes"): _listed("dispute", mine("visit_id")),
    ("Appeal", "reportKindLabel"): lambda _, row, __: label(appeals.ReportKind, row["report_kind"]),
    ("Appeal", "becameAppeal"): _only("appeal", mine("from_report_id")),
    ("Appeal", "becameDispute"): _only("dispute", mine("from_report_id")),
    ("Query", "dutyRoster"): _duty_roster,
    ("DutyRoster", "week"): lambda sight, row, _: sight.find("roster_week", row["id"]),
    ("DutyRoster", "hall"): _serving(roster.DutyPost.HALL),
    ("DutyRoster", "reception"): _reception,
    ("DutyRoster", "outreach"): _serving(roster.DutyPost.OUTREACH),
    ("DutyRoster", "absent"): _serving(roster.DutyPost.ABSENT),
    ("RosterWeek", "shifts"): _week_shifts,
    ("Shift", "postLabel"): _label("post", roster.DutyPost),
    ("Shift", "worker"): lambda sight, row, _: sight.find("account", row["account_id"]),
    ("Appeal", "kindLabel"): _label("kind", appeals.AppealKind),
    ("Appeal", "categoryLabel"): _label("category", appeals.AppealCategory),
    ("Appeal", "sourceLabel"): _label("source", appeals.AppealSource),
    ("Appeal", "levelLabel"): _label("level", appeals.AppealLevel),
    ("Appeal", "statusLabel"): _label("status", appeals.AppealStatus),
    ("Appeal", "issuingBody"): _issuing_body,
    ("Appeal", "allowedActions"): clocks.acts,
    ("Appeal", "address"): clocks.address,
    ("Appeal", "placeKind"): lambda _, row, __: clocks.place_kind(row),
    ("Appeal", "grid"): lambda sight, row, _: sight.find("grid", row["grid_id"]),
    ("Appeal", "callBacks"): _call_backs,
    ("JournalEntry", "before"): _before,
    ("Visit", "corrections"): _corrections,
    ("VisitCorrection", "residents"): _listed("resident", _had_reached),
    ("VisitCorrection", "modeLabel"): _label("mode", visits.VisitMode),
    ("Appeal", "urgencyLabel"): _label("urgency", appeals.AppealUrgency),
    ("Receipt", "urgencyLabel"): _label("urgency", appeals.AppealUrgency),
    ("Appeal", "deadlines"): clocks.deadlines,
    ("Appeal", "overdue"): lambda sight, row, _: clocks.is_overdue(sight, row),
    ("Appeal", "dispatches"): _dispatched("appeal_id"),
    ("Incident", "dispatches"): _dispatched("incident_id"),
    ("Incident", "categoryLabel"): _label("category", appeals.AppealCategory),
    ("IncidentCandidate", "categoryLabel"): _label("category", appeals.AppealCategory),
    ("IncidentCandidate", "incident"): _may_join,
    ("Dispatch", "statusLabel"): _label("status", appeals.DispatchStatus),
    ("Receipt", "deadlines"): clocks.deadlines,
    ("Receipt", "allowedActions"): clocks.acts,
    ("Query", "timeLimitPolicies"): _clock_policies,
    ("Receipt", "appealId"): lambda _, row, __: f"appeal_{row['id']}",
    ("Receipt", "categoryLabel"): _label("category", appeals.AppealCategory),
    ("Receipt", "statusLabel"): _label("status", appeals.AppealStatus),
    ("Receipt", "issuingBody"): _issuing_body,
    ("Receipt", "organisation"): _doing,
    ("Receipt", "address"): clocks.address,
    ("Receipt", "pauseEndsAt"): clocks.paused_until,
    ("Receipt", "lapsesAt"): clocks.lapses_at,
    ("Receipt", "timeZone"): _zone,
    ("Receipt", "communityPhone"): phone_of_community,
    ("Receipt", "steps"): _steps,
    ("ReceiptStep", "said"): _told,
    ("ReceiptStep", "label"): _label("kind", journal.EntryKind),
    ("JournalEntry", "cursor"): _cursor,
    ("JournalEntry", "kindLabel"): _label("kind", journal.EntryKind),
    **DUTIES,
    ("Community", "safetyLadder"): _only("ladder_policy", lambda _, row, other: other["community_id"] == row["id"]),
    ("SafetyLadder", "reachBy"): lambda _, row, __: f"{row['reach_by']:%H:%M}",
    ("Alert", "status"): _alert_status,
    ("Alert", "statusLabel"): lambda sight, row, given: alerts.AlertStatus[_alert_status(sight, row, given)].label,
    ("Alert", "rungs"): _rungs,
    ("Alert", "workers"): _responsible,
    ("Alert", "findingLabel"): lambda _, row, __: label(alerts.AlertFinding, row["finding"]),
    ("AlertRung", "rungLabel"): _label("rung", alerts.Rung),
    ("HelpCallInvitation", "messageSentAt"): _sent_at,
    ("HelpCallInvitation", "answerLabel"): lambda _, row, __: label(alerts.CallAnswer, row["answer"]),
    **WEEKS,
    **WISHES,
    ("VisitDuty", "colourLabel"): _label("colour", people.Colour),
    ("VisitDuty", "periodLabel"): _label("period", duty.Period),
    ("VisitDuty", "stateLabel"): _label("state", duty.DutyState),
    ("DutyCompliance", "colourLabel"): _label("colour", people.Colour),
    ("VisitPolicy", "colourLabel"): _label("colour", people.Colour),
    ("Dispute", "typeLabel"): _label("type", disputes.DisputeType),
    ("Dispute", "originLabel"): _label("origin", disputes.DisputeOrigin),
    ("Dispute", "levelLabel"): _label("level", disputes.DisputeLevel),
    ("Dispute", "statusLabel"): _label("status", disputes.DisputeStatus),
    ("Dispute", "parties"): _listed("dispute_party", mine("dispute_id")),
    ("Dispute", "agreement"): _only("agreement", mine("dispute_id")),
    **MEDIATION,
    **FINDINGS,
    **SITES,
    **DEVICES,
    **PHOTOS,
    **ACTIVITIES,
    **BRANCHES,
    **MOMENTS,
    **CASE_VIEWS,
    **SETUPS,
    ("DisputeParty", "subject"): _subject,
    ("UnregisteredParty", "name"): lambda _, row, __: row["outsider_name"],
    ("UnregisteredParty", "phone"): lambda _, row, __: row["outsider_phone"],
}
"""By type and field; what is not here is a column or a foreign key of the row."""
