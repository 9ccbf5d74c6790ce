"""Finds what an answer shows that its viewer may not read, by the marks of texts and by ids."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import Any
from unittest.mock import patch

import graphql
import orjson

from rules.access import Role, Viewer, may_read
from schema.compiler.arguments import Run, Window
from schema.compiler.plan import Operation, Plan, plan_feed, plan_query
from schema.schema import SCHEMA
from tests.oracle.devices import keeps
from tests.oracle.guarded import Guarded
from tests.oracle.marks import Mark, ids_in, marks_in, plain
from tests.oracle.reads import Reading
from tests.oracle.rows import TABLE_OF_PREFIX, TYPES, Row, global_id
from tests.oracle.sides import Sides
from tests.oracle.sight import Sight, of_seen_case

_CURSOR = re.compile(r'"(?:cursor|startCursor|endCursor)":"([\w-]+)"')
_LENT = {
    *("household.room", "resident.name", "resident.phone", "premises.name", "premises.address", "journal.note"),
    "photo.removed_reason",
    "device.name",
}
_PUBLIC = {"published_text", "name", "title", "body", "what", "place", "skill", "cancel_reason"}
"""The columns of rows that are on a wall, or named there."""
_ALL = Window(0, 2**40)
"""The whole journal."""


@dataclass
class Reader:
    """Reads as one viewer, and checks every text and id of the answers."""

    sides: Sides
    guarded: Guarded
    name: str
    numbers: dict[str, Mark]
    _ids: dict[str, set[Any]] = field(default_factory=dict)
    """The ids of the rows that the viewer sees, by table."""

    @property
    def viewer(self) -> Viewer:
        """The viewer."""
        return self.sides.viewers[self.name]

    @property
    def sight(self) -> Sight:
        """What the viewer sees, in plain words."""
        return self.sides.sights[self.name]

    def ask(self, reading: Reading, ids: list[str]) -> str:
        """The answer to a document. Its variables are ids of others where there are any."""
        given = {prefix: self.other(prefix) or self.own(prefix) for prefix in reading.given} | {"ids": ids}
        return self.told(reading.query, given)

    def told(self, query: str, given: dict[str, Any]) -> str:
        """The answer to a query."""
        plan = self.guarded.plan(query, self.viewer.role, lambda: _planned(query, given, self.viewer.role))
        # What is read before the statement is no matter of its walls.
        run = replace(self._run(given), prepared={each.key: "null" for each in plan.prepared})
        return str(self.sides.runner.run(plan.fetch(self.guarded.database, run)))

    def events(self, subscription: str) -> str:
        """All events of a subscription, from the first entry of the journal."""
        role = self.viewer.role
        plan = self.guarded.plan(subscription, role, lambda: plan_feed(_operation(subscription), {}, role))
        # The answer comes after the cursor and a line feed.
        text = f"select string_agg(substr(event, strpos(event, chr(10)) + 1), ', ') from ({plan.sql}) as told"
        found = self.sides.runner.run(self.guarded.database.fetchval(text, *plan.parameters(self._run({}))))
        return f"[{found or ''}]"

    def _run(self, given: dict[str, Any]) -> Run:
        now = self.sides.now
        return Run(given, self.viewer, now, public_url="https://example.org", photo_secret=b"secret", window=_ALL)

    def own(self, prefix: str) -> str:
        """The id of an object that the viewer sees, or of nothing."""
        rows = self.sight.rows(TABLE_OF_PREFIX[prefix])
        return global_id(rows[0]) if rows else f"{prefix}_01990000-0000-7000-8000-000000000000"

    def other(self, prefix: str) -> str | None:
        """The id of an object that exists and that the viewer does not see."""
        found = self.hidden(TABLE_OF_PREFIX[prefix])
        return global_id(found[-1]) if found else None

    def hidden(self, table: str) -> list[Row]:
        """The rows of a table that the viewer does not see."""
        return [row for row in self.sides.world[table] if row["id"] not in self._seen(table)]

    def leaks(self, answer: str) -> set[str]:
        """What the answer shows and the viewer may not read: ids of rows, and ``table.column``."""
        whole = answer + " ".join(_decoded(each) for each in _CURSOR.findall(answer))
        ids = {f"{prefix} {uuid}" for prefix, uuid in ids_in(whole) if not self._sees_id(prefix, uuid)}
        if not may_read(self.viewer.role, "Resident", "colours"):
            ids |= set(_colours(orjson.loads(answer)))
        return ids | {f"{each[0]}.{each[1]}" for each in marks_in(whole, self.numbers) if not self._reads(*each)}

    def _sees_id(self, prefix: str, uuid: Any) -> bool:
        table = TABLE_OF_PREFIX.get(prefix)
        if table is None or (table, str(uuid)) not in self._rows or uuid in self._seen(table) | self._public:
            return True
        return table == "device" and self._keeps(self._rows[table, str(uuid)])

    def _keeps(self, device: Row) -> bool:
        """True for those who keep its account. They are told of its devices, and do not see these themselves."""
        account = self.sight.anyhow("account", device["account_id"])
        return account is not None and keeps(self.sight, account)

    def _reads(self, table: str, column: str, key: str) -> bool:
        row = self._rows[table, key]
        if row["id"] in self._public and column in _PUBLIC:
            return True
        if not self.sees(table, row):
            return self._lent(table, column, row)
        type_ = TYPES.get(table, ("", ""))[0]
        return may_read(self.viewer.role, type_, plain(column)) if type_ else True

    def _lent(self, table: str, column: str, row: Row) -> bool:
        """True for words that a case shows of what the viewer does not see itself.

        Addresses of appeals, names and contacts of parties and of their speakers, why a photo was removed, and what is
        told of a wish on the wall.
        """
        if f"{table}.{column}" not in _LENT:
            return False
        if table == "journal":
            return row["wish_id"] in self._public
        if table == "device":
            return self._keeps(row)
        if table == "photo":
            return row["removed_at"] is not None and of_seen_case(self.sight, row)
        parties = self.sight.rows("dispute_party")
        homes = {self.sight.anyhow("resident", each["resident_id"]) for each in parties if each["resident_id"]}
        of_cases = {each["household_id"] for each in (*self.sight.rows("appeal"), *filter(None, homes), *parties)}
        of_parties = {each[f"{name}_id"] for each in parties for name in ("resident", "speaker", "premises")}
        return row["id"] in of_cases | of_parties

    def sees(self, table: str, row: Row) -> bool:
        """True if the viewer sees a row, or what is public."""
        return row["id"] in self._seen(table)

    def _seen(self, table: str) -> set[Any]:
        if table not in self._ids:
            self._ids[table] = {row["id"] for row in self.sight.rows(table)}
        return self._ids[table]

    @cached_property
    def _rows(self) -> dict[tuple[str, str], Row]:
        world = self.sides.world.items()
        return {(table, str(row["id"])): row for table, rows in world for row in rows if "id" in row}

    @cached_property
    def _public(self) -> set[Any]:
        """What is on the walls: wishes, notices and activities, and the places and claimants that they name."""
        world = self.sides.world
        wishes = {row["id"] for row in world["wish"] if row["published_at"] is not None}
        notices = {row["id"] for row in world["notice"] if row["audience"] == "PUBLIC" and not row["withdrawn_at"]}
        named = ("organisation", "party_branch", "community", "estate", "activity")
        return wishes | notices | {row["id"] for name in named for row in world[name]}


def _planned(query: str, given: dict[str, Any], role: Role | None) -> Plan:
    with patch("schema.compiler.build.refuse_costly"), patch("schema.compiler.selection.FIELD_BUDGET", 100_000):
        return plan_query(_operation(query), given, role)


@cache
def _operation(text: str) -> Operation:
    node = graphql.get_operation_ast(graphql.parse(text, no_location=True))
    assert node is not None
    return Operation(SCHEMA._schema, node, {})


def _decoded(cursor: str) -> str:
    padded = cursor + "=" * (-len(cursor) % 4)
    return base64.urlsafe_b64decode(padded).decode()


def _colours(data: Any) -> Iterator[str]:
    """The types whose objects show a colour of people. Policies show which colours there are."""
    if isinstance(data, list):
        for each in data:
            yield from _colours(each)
    elif isinstance(data, dict):
        names = {"colour", "colours", "Resident_colours"} & data.keys()
        if any(data[name] for name in names) and data["__typename"] != "VisitPolicy":
            yield f"{data['__typename']}.colour"
        yield from _colours([value for value in data.values() if isinstance(value, list | dict)])


def counts(answer: str) -> dict[str, int]:
    """The totals of the connections at the root of an answer."""
    data = orjson.loads(answer)
    return {key: each["totalCount"] for key, each in data.items() if isinstance(each, dict) and "totalCount" in each}
