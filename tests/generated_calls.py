"""Values for calls made up from the SDL, which occur in the data or are hostile."""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    get_nullable_type,
    is_required_input_field,
)
from strawberry.utils.str_converters import to_camel_case

from rules.access import ACTS, Act
from rules.actions import CaseAction
from tests.oracle.rows import TYPES

DIGITS = "<200,000 digits>"
"""Stands for a number that Python does not write."""
TEXTS: tuple[Any, ...] = (
    *(
        "",
        " ",
        "\n\t\u3000",
        "\x00",
        "a\x00b",
        "\x7f\x1b[31m",
        "\ufeff",
        "\ufeff3号楼",
        "\u202e\u200f楼",
        "\u2028",
        "\ufffe",
    ),
    *("\ud800", "x\udfff", "\U0001f469\u200d\U0001f469", "e\u0301" * 1_000, "字" * 2_000, "字" * 2_001, "x" * 20_000),
    *("'; drop table appeal; --", "%_\\", "{value}{0}{named!r}", "%(a)s$1", "<script>", "../../etc/passwd", "null"),
    *("0", "-1", "1e999", "NaN", "sNaN", "-Infinity", "-0.00", "0.001", "1_000", "9" * 400, "0x10", "１２", "²", "٣"),
    *("0000-01-01", "0001-01-01", "1800-01-01", "2999-12-31", "9999-12-31", "10000-01-01", "2023-02-30", "20231105"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2999-12-31T23:59:59.999999-23:59", "2023-11-05"),
    *("1800-01-01T00:00:00+23:59", "2023-11-05T24:00:00Z", "2023-11-05T08:30:60Z", "2023-11-05T08:30:00"),
    *("2023-W54", "0001-W01", "9999-W52", "2023-W48\n", "２０２３-W48", "24:00", "11:00:00+08:00", "T11", "11:60"),
    *("AAAA", "====", "eyJ", "bnVsbA", "W10", "WzFd", "e30", "IiI", "0" * 64, "g" * 64, "A" * 2_001),
    *("00000000-0000-0000-0000-000000000000", "appeal_", "_", "appeal_{0199f0c2-0000-7000-8000-000000000000}"),
)
NUMBERS: tuple[Any, ...] = (
    *(-1, 0, 1, 2, 50, 51, 100, 101, 366, 2**15 - 1, 2**15, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1),
    *(2**53, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**30, -0.0, 0.5, 1.0, 1e15, 1e308, 5e-324),
    *(float("nan"), float("inf"), DIGITS),
)
OTHERS: tuple[Any, ...] = (
    *(None, True, False, [], {}, [[]], [None], [{}], {"a": 1}, {"": None}, {"\x00": 1}, [1] * 1_000, ["x"] * 1_000),
    *([[[[[[]]]]]], {"a": {"a": {"a": {}}}}),
)
WORDS: dict[str, tuple[str, ...]] = {
    "body": ("3号楼2单元 暖气不热", "5号楼漏水", "路灯不亮", "1栋和2栋都没水"),
    "text": ("暖气", "3号楼2单元501", "王", "漏水"),
    "reporterPhone wisherPhone volunteerPhone outsiderPhone phone": ("13900000000",),
    "reachBy": ("11:00", "09:30"),
    "opens": ("09:30", "10:00"),
    "closes": ("13:30", "19:00"),
    "week": ("2023-W48", "2023-W52"),
    "room": ("101", "502"),
    "idNumber": ("110101199001011237", "11010119900307393X"),
    "publishedText": ("想要一个轮椅", "想学用手机"),
    "photos photo": ("a" * 64,),
    "locale": ("zh",),
}
"""Valid texts for the arguments with these names. All other text arguments get common words."""
PREFIXES = {"worker": "account"}
"""Prefixes of ids, where they are not the name of the argument."""
ONE_OF = {
    "PauseDutyInput": ("resident", "household"),
    "CallForHelpInput": ("household", "building", "grid", "estate", "community"),
    "ReportAlertInput": ("alert", "code"),
    "AddEvidenceInput": ("statement",),
    "ClaimWishInput": ("organisation", "partyBranch", "volunteerName"),
    "MarkAgreementInput": ("party", "mediator"),
    "IssueQrCodeInput": ("household", "building", "premises"),
    "GivePostInput": ("grid", "estate", "building"),
    "AddBranchMemberInput": ("account", "name"),
    "JoinActivityInput": ("resident", "name"),
}
"""Fields of which an act wants exactly one."""
COMING = {"at", "endsOn", "beginsAt", "endsAt"}
"""Moments that have to be in the future."""
SEVERAL = {"parties"}
"""Lists that have two members at least."""
FEW = {"first": 20, "last": 20, "most": 20, "rating": 5, "unit": 4, "floor": 6, "number": 8, "days": 40}
ALLOWED = "{ %s }" % " ".join(  # noqa: UP031  braces
    f"{each}(first: 100) {{ nodes {{ id allowedActions }} }}" for each in ("appeals", "disputes", "incidents", "wishes")
)
"""A query for what the viewer may do now."""
MUTATIONS: dict[Act, list[str]] = {act: [name for name, other in ACTS.items() if other is act] for act in Act}
OWN = "made by the client"
_ID = re.compile(r'"([a-z]+)_([0-9a-f]{8}-[0-9a-f-]{27})"')
_CURSOR = re.compile(r'"(?:cursor|endCursor|startCursor)":"([^"]+)"')
_PREFIXES = sorted(["act", *(prefix for _, prefix in TYPES.values())])
_KEPT = 400
"""Values of each kind that are remembered, the latest ones."""


@dataclass
class Known:
    """Ids, codes and cursors that occur in the data, and those that answers told."""

    ids: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT)))
    cursors: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    codes: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT))
    allowed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """The ids on which each mutation is allowed, by its name."""

    async def read(self, url: str) -> None:
        """Reads some of each table."""
        connection = await asyncpg.connect(url)
        for table, (_, prefix) in TYPES.items():
            for row in await connection.fetch(f"select id from {table} order by id desc limit {_KEPT}"):
                self.ids[prefix].append(f"{prefix}_{row['id']}")
        codes = "select code from qr_code union select receipt_code from appeal union select receipt_code from wish"
        sign_ups = "select receipt_code from sign_up where receipt_code is not null"
        answers = f"select answer_code from invitation union {sign_ups}"
        self.codes.extend(row[0] for row in await connection.fetch(f"{codes} union {answers} limit {_KEPT}"))
        await connection.close()

    def learn_allowed(self, data: Any) -> None:
        """Remembers the answer of ``ALLOWED``."""
        for node in (node for each in data.values() for node in each["nodes"]):
            for act in (act for action in node["allowedActions"] for act in CaseAction[action].acts):
                for mutation in MUTATIONS[act]:
                    self.allowed[mutation].append(node["id"])

    def learn(self, answer: str) -> None:
        """Remembers what an answer tells."""
        for prefix, uuid in _ID.findall(answer):
            self.ids[prefix].append(f"{prefix}_{uuid}")
        self.cursors.extend(_CURSOR.findall(answer))
        self.codes.extend(re.findall(r'"(?:receiptCode|code)":"([0-9A-Z]{8,14})"', answer))


@dataclass
class Values:
    """Values of arguments. Each is hostile with the given probability."""

    random: Random
    known: Known
    seen: Known
    """The ids from the answers to this client. They are chosen more often, so that more calls succeed."""
    now: datetime
    hostility: float
    mutation: str = ""
    last: UUID | None = None
    """The latest new id. It is used twice now and then."""
    long: bool = False
    """Within a long list. A list of long lists would take gigabytes."""

    def of(self, type_: GraphQLInputType, name: str, prefix: str | None = None, *, own: bool = False) -> Any:
        """A value for an argument or a field."""
        nullable: Any = get_nullable_type(type_)
        if self._now_and_then(self.hostility / 4):
            return self.random.choice((*TEXTS, *NUMBERS, *OTHERS))
        if isinstance(nullable, GraphQLList):
            few = (2, 3) if name in SEVERAL and not self._now_and_then(self.hostility) else (0, 1, 1, 2, 3)
            outer, long = self.long, not self.long and self._now_and_then(self.hostility / 8)
            self.long = outer or long
            made = [self.of(nullable.of_type, name, prefix) for _ in range(1_000 if long else self.random.choice(few))]
            self.long = outer
            return made
        if isinstance(nullable, GraphQLInputObjectType):
            return self._object(nullable)
        if isinstance(nullable, GraphQLEnumType):
            return self.random.choice(list(nullable.values))
        if self._now_and_then(self.hostility):
            return self._hostile(nullable.name, prefix)
        return self._usual(nullable.name, name, prefix, own=own)

    def _object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        declared = type_.extensions["strawberry-definition"].fields
        prefixes = {to_camel_case(each.python_name): each.metadata.get("prefix") for each in declared}
        often = self.random.choice((0, 0.2, 0.5, 0.9))
        named = tuple(type_.fields) if type_.is_one_of else ONE_OF.get(type_.name, ())
        group = () if self._now_and_then(self.hostility) else named
        one = self.random.choice(group) if group else None
        made = {
            name: self.of(
                each.type, name, prefixes[name] or PREFIXES.get(name, name), own=OWN in (each.description or "")
            )
            for name, each in type_.fields.items()
            if name == one
            or is_required_input_field(each)
            or (name not in group and self._now_and_then(often / 8 if name == "receiptCode" else often))
        }
        if type_.name == "DayRange" and not self._now_and_then(self.hostility):
            made["startsOn"], made["endsOn"] = sorted(made.values(), key=str)
        return made

    def _now_and_then(self, probability: float) -> bool:
        return self.random.random() < probability

    def _hostile(self, kind: str, prefix: str | None) -> Any:
        if kind == "Int":
            return self.random.choice(NUMBERS)
        if kind == "Boolean":
            return self.random.choice(OTHERS)
        if kind == "ID" and self._now_and_then(0.7):
            return self._wrong_id(prefix)
        if kind == "String" and self.known.cursors and self._now_and_then(0.2):
            return self._forged(self.random.choice(self.known.cursors))
        return self.random.choice(TEXTS if self._now_and_then(0.9) else NUMBERS)

    def _wrong_id(self, prefix: str | None) -> str:
        """An id of another type, or with a part that is wrong."""
        other = self._id(self.random.choice(sorted(self.known.ids)))
        uuid = other.rpartition("_")[2]
        forms = (
            other,
            f"{prefix}_{uuid}",
            f"{prefix}_{uuid[:-1]}",
            f"{prefix}_{uuid.upper()}",
            uuid,
            f"{prefix}_{other}",
        )
        return self.random.choice(forms)

    def _forged(self, cursor: str) -> str:
        """A cursor with other keys, or a part of one."""
        try:
            name, *keys = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        except ValueError:  # A position in the live feed.
            return cursor[: self.random.randrange(len(cursor))]
        hostile = [self.random.choice((*TEXTS, *NUMBERS, *OTHERS)) for _ in keys[self.random.randrange(2) :]]
        forged = self.random.choice(([name, *hostile], [name, *keys, *hostile], [name], keys, {name: 1}))
        return urlsafe_b64encode(written(forged)).decode().rstrip("=")[: self.random.choice((7, 3_000, 3_000))]

    def _usual(self, kind: str, name: str, prefix: str | None, *, own: bool) -> Any:
        if kind == "ID":
            return self._new_id(prefix) if own and not self._now_and_then(0.1) else self._id(prefix)
        if kind == "Int":
            return self.random.randint(1, FEW.get(name, 60))
        if kind == "Boolean":
            return self._now_and_then(0.5)
        if kind in {"Date", "DateTime"}:
            days = self.random.choice((1, 2, 7) if name in COMING else (0, 0, 0, -1, -1, -3, 1, 7, 30, -30, -300))
            moment = self.now + timedelta(days=days) - timedelta(minutes=5)
            if name == "startsOn" and self.mutation == "planRoster":
                moment += timedelta(7 - moment.weekday())
            return (moment.date() if kind == "Date" else moment).isoformat()
        return "1200.00" if kind == "Decimal" else self._text(name)

    def _text(self, name: str) -> str:
        if name in {"after", "before"} and self.known.cursors:
            return self.random.choice(self.known.cursors)
        if name in {"code", "receiptCode"}:
            return self.random.choice(self.known.codes)
        fitting = next((words for names, words in WORDS.items() if name in names.split()), ("已处理", "邻里纠纷"))
        return self.random.choice(fitting)

    def _id(self, prefix: str | None) -> str:
        """The id of an object with this prefix; of any object where that is none."""
        found = prefix if prefix in _PREFIXES else self.random.choice(_PREFIXES)
        allowed = [each for each in self.seen.allowed[self.mutation] if each.startswith(f"{prefix}_")]
        if allowed and self._now_and_then(0.8 - self.hostility):
            return self.random.choice(allowed)
        pool = (self._now_and_then(1 - self.hostility) and self.seen.ids[found]) or self.known.ids[found]
        # The latest ones are taken more often, because old cases are closed.
        return pool[-1 - int(len(pool) * self.random.random() ** 2)] if pool else self._new_id(prefix)

    def _new_id(self, prefix: str | None) -> str:
        if self.last is None or not self._now_and_then(0.05):
            self.last = UUID(int=self.random.getrandbits(128), version=4)
        return f"{prefix}_{self.last}"


def written(content: Any) -> bytes:
    """JSON with all that people send as JSON, such as NaN and lone surrogates."""
    return json.dumps(content).replace(json.dumps(DIGITS), "9" * 200_000).encode()
