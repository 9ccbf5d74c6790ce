"""All rows of a database in memory, and how their values look in an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from db.base import all_tables
from rules.vocabulary import Word

CASES = ("appeal", "dispute", "wish", "incident")
"""The tables of cases. An entry about an appeal of an incident has the ids of both."""
TYPES: dict[str, tuple[str, str]] = {
    "farm": ("Farm", "farm"),
    "community": ("Community", "community"),
    "estate": ("Estate", "estate"),
    "party_branch": ("PartyBranch", "partybranch"),
    "grid": ("Grid", "grid"),
    "building": ("Building", "building"),
    "household": ("Household", "household"),
    "premises": ("Premises", "premises"),
    "organisation": ("Organisation", "organisation"),
    "account": ("Account", "account"),
    "device": ("Device", "device"),
    "resident": ("Resident", "resident"),
    "visit": ("Visit", "visit"),
    "appeal": ("Appeal", "appeal"),
    "call_back": ("CallBack", "callback"),
    "dispute": ("Dispute", "dispute"),
    "dispatch": ("Dispatch", "dispatch"),
    "incident": ("Incident", "incident"),
    "photo": ("Photo", "photo"),
    "dispute_party": ("DisputeParty", "party"),
    "meeting": ("MediationMeeting", "meeting"),
    "site_visit": ("SiteVisit", "sitevisit"),
    "referral": ("Referral", "referral"),
    "site_post": ("SitePost", "sitepost"),
    "site_patrol": ("SitePatrol", "patrol"),
    "finding": ("DamageFinding", "finding"),
    "evidence": ("Evidence", "evidence"),
    "agreement_term": ("AgreementTerm", "term"),
    "agreement_mark": ("AgreementMark", "mark"),
    "performance_check": ("PerformanceCheck", "check"),
    "agreement": ("Agreement", "agreement"),
    "proposal": ("SettlementProposal", "proposal"),
    "duty_pause": ("DutyPause", "pause"),
    "roster_week": ("RosterWeek", "roster"),
    "roster_shift": ("Shift", "shift"),
    "assignment": ("Assignment", "post"),
    "alert": ("Alert", "alert"),
    "help_call": ("HelpCall", "call"),
    "invitation": ("HelpCallInvitation", "invitation"),
    "resident_merge": ("ResidentMerge", "merge"),
    "qr_code": ("QrCode", "qrcode"),
    "wish": ("Wish", "wish"),
    "activity": ("Activity", "activity"),
    "sign_up": ("SignUp", "signup"),
    "notice": ("Notice", "notice"),
    "branch_member": ("BranchMember", "branchmember"),
}
"""By table: the GraphQL type, and the prefix of its ids."""
TABLE_OF_TYPE = {type_name: name for name, (type_name, _) in TYPES.items()}
TABLE_OF_PREFIX = {prefix: name for name, (_, prefix) in TYPES.items()}

_CANONICAL = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def label(words: type[Word], value: str | None) -> str | None:
    """The Chinese text of a value."""
    return words(value).label if value is not None else None


class Refused(Exception):
    """The request cannot be answered."""


@dataclass(frozen=True, eq=False, slots=True)
class Row:
    """A row, and the GraphQL type that an interface or a union shows it as."""

    table: str
    type_name: str
    values: Mapping[str, Any]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def __contains__(self, column: str) -> bool:
        return column in self.values


World: TypeAlias = Mapping[str, list[Row]]
"""All rows, by table."""


async def load_world(url: str) -> World:
    """Every row of every table."""
    connection = await asyncpg.connect(url)
    try:
        return {name: await _load(connection, name) for name in all_tables().tables}
    finally:
        await connection.close()


async def _load(connection: Any, name: str) -> list[Row]:
    type_name, _ = TYPES.get(name, ("", ""))
    return [Row(name, type_name, dict(each)) for each in await connection.fetch(f"select * from {name}")]


def shown(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%S}.{value.microsecond // 1000:03}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def kept(value: Any) -> Any:
    """A value as a cursor has it: an instant with all digits."""
    return value.isoformat() if isinstance(value, datetime) else shown(value)


def global_id(row: Row) -> str:
    """``<prefix>_<uuid>``."""
    return f"{TYPES[row.table][1]}_{row['id']}"


def read_id(text: str) -> tuple[str, UUID]:
    """The prefix and the UUID of a global id."""
    prefix, _, rest = text.rpartition("_")
    if not _CANONICAL.fullmatch(rest):
        raise Refused(text)
    return prefix, UUID(rest)


def read_id_of(prefix: str, text: str) -> UUID:
    """The UUID of a global id of one type."""
    found, uuid = read_id(text)
    if found != prefix:
        raise Refused(text)
    return uuid
