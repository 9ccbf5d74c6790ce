"""Canaries: personal data that nobody has, put into every personal field, and the traces that they leave."""

import io
import itertools
import logging
import re
import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import graphql
import httpx
import orjson

from rules.access import ACTS, Act
from rules.folding import folded_name
from rules.id_numbers import check_digit
from schema.schema import SCHEMA
from tests.client import new_id
from tests.oracle.rows import TABLE_OF_PREFIX
from tests.test_photos import digest

_CODES = frozenset({"code", "receiptCode"})
"""Strings of inputs that are codes, not words about people."""
_OF_PLACES = frozenset({Act.FOUND_COMMUNITY, Act.KEEP_PLACES})
_PUBLIC = {"name": "公开的名称", "farm": "公开的农场", "phone": "0991-1234567", "timeZone": "Asia/Urumqi"}
"""What places have that everybody may know: residents' pages tell it."""
_VALUES = {"Int": 1, "Boolean": True, "Date": "2024-01-05", "Decimal": "12.50"}


@dataclass
class Canaries:
    """Makes canaries, and remembers them."""

    all: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(secrets.randbelow(400)))

    def text(self) -> str:
        """A word or a name."""
        return self._keep("CANARY" + "".join(secrets.choice(string.ascii_uppercase) for _ in range(10)))

    def phone(self) -> str:
        """A telephone."""
        return self._keep(f"139{secrets.randbelow(10**8):08}")

    def id_number(self) -> str:
        """An ID number of a woman born in 1960."""
        first = f"65010319600101{2 * next(self._numbers):03}"[:17]
        return self._keep(first + check_digit(first))

    def _keep(self, made: str) -> str:
        self.all.add(made)
        return made

    def within(self, text: str) -> set[str]:
        """Those that a text has, also in the form in which names are compared."""
        return {each for each in self.all if each in text or folded_name(each) in text}


@dataclass
class Exchange:
    """A request and its answer."""

    url: str
    sent: str
    status: int
    headers: str
    answer: str

    def errors(self) -> str:
        """What the answer says of a failure; empty if nothing failed."""
        if self.status >= httpx.codes.BAD_REQUEST:
            return self.answer
        if not self.answer.startswith("{"):
            return ""
        return repr(list(_errors(orjson.loads(self.answer))))


def _errors(found: Any) -> Iterator[Any]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield from value if name == "errors" else _errors(value)
    elif isinstance(found, list):
        for each in found:
            yield from _errors(each)


@dataclass
class Traces:
    """What was written and sent while canaries were about."""

    exchanges: list[Exchange] = field(default_factory=list)
    log: io.StringIO = field(default_factory=io.StringIO)

    def watch(self, http: httpx.AsyncClient) -> None:
        """Notes all requests of a client from now on."""
        http.event_hooks = {"response": [self._note]}

    async def _note(self, response: httpx.Response) -> None:
        await response.aread()
        sent, answer = response.request.content.decode("latin-1"), response.content.decode("utf-8", "replace")
        headers = repr(sorted(response.headers.items()))
        self.exchanges.append(Exchange(str(response.request.url), sent, response.status_code, headers, answer))

    def addresses(self) -> Iterator[str]:
        """All addresses that were asked for or told."""
        for each in self.exchanges:
            yield each.url
            yield each.headers
            yield from re.findall(r"(?:https?://|/photos/|/q/|/r/|/papers/|/codes/)[^\s\"'<>\\]+", each.answer)

    @contextmanager
    def logging(self) -> Iterator[None]:
        """Notes everything that is logged, from the lowest level on, and what is written to standard error."""
        root, handler = logging.getLogger(), logging.StreamHandler(self.log)
        before = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            with redirect_stderr(self.log):
                yield
        finally:
            root.setLevel(before)
            root.removeHandler(handler)


@dataclass
class Filler:
    """Fills inputs of mutations: canaries for words, objects that exist for ids."""

    canaries: Canaries
    ids: dict[str, str]
    """An object of each prefix."""
    photo: bytes

    def inputs(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each mutation, with an input that has all required fields and all words."""
        schema: graphql.GraphQLSchema = SCHEMA._schema
        assert schema.mutation_type is not None
        for name, mutation in schema.mutation_type.fields.items():
            if "input" not in mutation.args:
                continue  # It submits acts of the other mutations.
            given = self._object(graphql.get_named_type(mutation.args["input"].type))
            public = _PUBLIC if ACTS[name] in _OF_PLACES else {}
            yield name, given | {each: public[each] for each in given if each in public}

    def _object(self, type_: Any) -> dict[str, Any]:
        return {
            name: self._value(each.type, name, each.extensions["strawberry-definition"].metadata)
            for name, each in type_.fields.items()
            if graphql.is_required_input_field(each) or _has_words(each.type)
        }

    def _value(self, type_: Any, name: str, facts: Any) -> Any:
        if isinstance(type_, graphql.GraphQLNonNull):
            return self._value(type_.of_type, name, facts)
        if isinstance(type_, graphql.GraphQLList):
            return [self._value(type_.of_type, name, facts)]
        if isinstance(type_, graphql.GraphQLInputObjectType):
            return self._object(type_)
        if isinstance(type_, graphql.GraphQLEnumType):
            return next(iter(type_.values))
        return self._scalar(type_.name, name, facts)

    def _scalar(self, type_: str, name: str, facts: Any) -> Any:
        if type_ == "ID":
            prefix = facts["prefix"]
            return new_id(prefix) if name in {"id", "act"} else self.ids.get(prefix, new_id(prefix))
        if type_ == "DateTime":
            return datetime.now(UTC).isoformat()
        return _VALUES[type_] if type_ != "String" else self._word(name)

    def _word(self, name: str) -> str | None:
        if name in _CODES:
            return None
        if name in {"photo", "photos"}:
            return digest(self.photo)
        if name.lower().endswith("phone"):
            return self.canaries.phone()
        return self.canaries.id_number() if name == "idNumber" else self.canaries.text()


def _has_words(type_: Any) -> bool:
    named = graphql.get_named_type(type_)
    if isinstance(named, graphql.GraphQLInputObjectType):
        return any(_has_words(each.type) for each in named.fields.values())
    return bool(named.name == "String")


async def some_ids(pool: Any) -> dict[str, str]:
    """An object of each prefix that there is."""
    found = {}
    for prefix, table in TABLE_OF_PREFIX.items():
        if (uuid := await pool.fetchval(f"select id from {table} order by id desc limit 1")) is not None:
            found[prefix] = f"{prefix}_{uuid}"
    return found
