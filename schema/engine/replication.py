"""Delivers the documents that a phone lacks, page by page, each page in one snapshot.

A page lists ids in the viewer's buckets (db/documents.py), and reads their documents by the viewer's visibility. What
it lists and does not find is gone: it was withdrawn, merged, erased, or is no longer the viewer's.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from db.documents import Listed, Wanted, buckets_of, days_of, has_forgotten, list_changed, list_lost
from db.feed import read_head
from db.positions import Cursor, look_up, place_entries
from rules.access import LOOKED_AT, Role
from rules.documents import OPEN_FIRST, DocumentKind
from rules.refusals import invalid
from schema.compiler.documents import plan_cases, plan_documents
from schema.compiler.plan import Plan
from schema.compiler.refused import RequestError
from schema.engine.audit import note_look
from schema.engine.checkpoints import Checkpoint, read, written
from schema.engine.context import Context

MOST_DOCUMENTS = 1_000
MOST_BYTES = 512 * 1024
"""A page ends with the document that brings it to as many. They are some 50 KB compressed, which a weak connection
delivers within seconds."""
MOST_SECONDS = 2.0
"""A page that took so long gets no documents but those of the statement at hand. A server that has just started plans
each statement first, and a request has five seconds in all."""
AT_ONCE = 250
"""Documents of one statement."""
_PREFIXES = {DocumentKind.COLLEAGUE: "account"}
_CASES = frozenset({DocumentKind.APPEAL, DocumentKind.DISPUTE})


class Stage(NamedTuple):
    """A part of a window: one kind, all of it, or only what is needed first in new buckets."""

    kind: DocumentKind
    first: bool = False


_ALL = tuple(map(Stage, DocumentKind))
_AT = [each.kind for each in _ALL].index(DocumentKind.HOUSEHOLD)
_NEEDED = (DocumentKind.HOUSEHOLD, DocumentKind.RESIDENT, *OPEN_FIRST)
STAGES: Sequence[Stage | None] = (None, *_ALL[:_AT], *(Stage(kind, first=True) for kind in _NEEDED), *_ALL[_AT:])
"""Deletions in lost buckets; places, colleagues and duties of today; the homes and people of these duties and open
cases; then the rest."""


@dataclass(slots=True)
class Page:
    """The documents of a page."""

    most: int
    most_bytes: int
    drops: bool
    """True if the client drops a lost bucket by one instruction; otherwise its documents are told one by one."""
    documents: list[orjson.Fragment] = field(default_factory=list)
    dropped: list[UUID] = field(default_factory=list)
    begun: float = field(default_factory=monotonic)
    bytes: int = 0
    cases: set[UUID] = field(default_factory=set)
    """The cases that it shows."""

    @property
    def is_full(self) -> bool:
        """True if it has as many bytes as it may have."""
        return self.bytes >= self.most_bytes

    @property
    def room(self) -> int:
        """How many documents still fit."""
        is_late = self.drops and self.documents and monotonic() - self.begun >= MOST_SECONDS
        return 0 if is_late or self.is_full else self.most - len(self.documents)

    def tell(self, kind: DocumentKind, each: Listed, found: tuple[UUID, str] | None) -> None:
        """Adds a document with its bucket, or that it is gone if the phone may have it."""
        told = f'{{"documentKind":"{kind}","version":"{each.position}",'
        if found is not None:
            bucket, document = found
            self._add(f'{told}"deleted":false,"bucket":"{bucket}",{document[1:]}')
            if kind in _CASES:
                self.cases.add(each.id)
        elif each.known:
            self._add(f'{told}"deleted":true,"id":"{_PREFIXES.get(kind, kind.lower())}_{each.id}"}}')

    def _add(self, text: str) -> None:
        document = text.encode()
        self.documents.append(orjson.Fragment(document))
        self.bytes += len(document)


@dataclass(slots=True)
class Reader:
    """Reads for one viewer in one snapshot."""

    context: Context
    schema: Any
    connection: Any
    kinds: frozenset[DocumentKind]
    buckets: frozenset[UUID] = frozenset()
    _duties: dict[UUID, tuple[UUID, str]] = field(default_factory=dict)
    """The duties of today that were read. They are the dearest documents, and say what else is needed first."""

    @property
    def role(self) -> Role:
        assert self.context.viewer.role is not None
        return self.context.viewer.role

    async def look(self) -> None:
        """Finds out which buckets the viewer has now."""
        account, cases = self.context.viewer.account_id, []
        assert account is not None
        if self.role in LOOKED_AT:
            plan = await self._plan("cases", lambda: plan_cases(self.schema, self.role))
            rows = await self.connection.fetch(plan.sql, *plan.parameters(self.context.run({})))
            cases = [row["id"] for row in rows]
        self.buckets = frozenset(await buckets_of(self.connection, self.role, account, cases))

    async def fill(self, page: Page, begun: Checkpoint) -> tuple[Checkpoint, bool]:
        """Fills a page from a checkpoint on. Returns where it ends, and whether more waits."""
        head = await read_head(self.connection)
        days = await days_of(self.connection, sorted(self.buckets), self.context.now)
        at = replace(begun, epoch=head.epoch).within(self.buckets)
        if page.drops and at.stage == 0:
            page.dropped = sorted(at.lost)
        while True:
            if at.until is None:
                if not at.lost and self.buckets == at.known and (head.position, days) == (at.position, at.days):
                    return at, False
                at = at.begin(self.buckets, head.position)
            while at.stage < len(STAGES):
                if page.room <= 0:
                    return at, True
                at = await self._fill_stage(page, at, STAGES[at.stage], days)
            at = at.end()

    async def _fill_stage(self, page: Page, at: Checkpoint, stage: Stage | None, days: str) -> Checkpoint:
        """Adds what fits of a stage."""
        done = replace(at, stage=at.stage + 1, key=None)
        if stage is None:
            return done if page.drops or not at.lost else await self._fill_lost(page, at, done)
        renewed = stage.kind is DocumentKind.DUTIES and days != at.days
        if stage.kind is DocumentKind.DUTIES:
            done = replace(done, days=days)
        if stage.kind not in self.kinds or (stage.first and not at.new):
            return done
        assert at.until is not None
        known = () if stage.first else sorted(at.known)
        wanted = Wanted(known, -1 if renewed else at.position, at.until, sorted(at.new), sorted(at.lost))
        most = min(page.room, AT_ONCE)
        listed = await self._list(stage, wanted, at.key, most)
        found = await self.read(stage, [each.id for each in listed])
        for each in listed:
            if page.is_full:
                return at
            page.tell(stage.kind, each, found.get(each.id))
            at = replace(at, key=each.id)
        return done if len(listed) < most else at

    async def _fill_lost(self, page: Page, at: Checkpoint, done: Checkpoint) -> Checkpoint:
        kept = sorted(at.known | at.new)
        rows = await list_lost(self.connection, sorted(at.lost), kept, at.latest, at.key, page.room)
        for kind, uuid, position in rows:
            if DocumentKind(kind) in self.kinds:
                page.tell(DocumentKind(kind), Listed(uuid, position, known=True), None)
            at = replace(at, key=uuid)
        return done if not rows else at

    async def _list(self, stage: Stage, wanted: Wanted, key: UUID | None, most: int) -> list[Listed]:
        if not stage.first or stage.kind in OPEN_FIRST:
            return await list_changed(self.connection, stage.kind, wanted, key, most)
        due = await self._due(stage.kind, wanted)
        listed = await list_changed(self.connection, stage.kind, wanted, key, 1_000_000)
        return [each for each in listed if each.id in due][:most]

    async def _due(self, kind: DocumentKind, wanted: Wanted) -> set[UUID]:
        """The homes or the people of today's duties."""
        grids = await list_changed(self.connection, DocumentKind.DUTIES, wanted, None, MOST_DOCUMENTS)
        found = await self.read(Stage(DocumentKind.DUTIES), [each.id for each in grids])
        name = "householdId" if kind is DocumentKind.HOUSEHOLD else "residentId"
        named = (duty[name] for text in found.values() for duty in orjson.loads(text[1])["duties"])
        return {UUID(each.partition("_")[2]) for each in named if each}

    async def read(self, stage: Stage, ids: Sequence[UUID]) -> Mapping[UUID, tuple[UUID, str]]:
        """The documents that the viewer sees, each with its bucket."""
        if not ids:
            return {}
        if stage.kind is DocumentKind.DUTIES:
            self._duties |= await self._read(stage, [each for each in ids if each not in self._duties])
            return {each: self._duties[each] for each in ids if each in self._duties}
        return await self._read(stage, ids)

    async def _read(self, stage: Stage, ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
        if not ids:
            return {}
        only_open = stage.first and stage.kind in OPEN_FIRST
        language = self.context.label_language
        plan = await self._plan(
            f"{stage.kind} {only_open}",
            lambda: plan_documents(self.schema, stage.kind, self.role, language, only_open=only_open),
        )
        run = replace(self.context.run({}), wanted=ids)
        rows = await self.connection.fetch(plan.sql, *plan.parameters(run))
        return {row["id"]: (row["bucket"], row["document"]) for row in rows}

    async def _plan(self, what: str, make: Any) -> Plan:
        key = f"documents {what}", None, self.role, self.context.label_language, None
        plan: Plan = await self.context.plans.get_or_make(key, make)
        return plan


def check_limit(limit: int) -> None:
    """Refuses the size of a page."""
    if not 1 <= limit <= MOST_DOCUMENTS:
        raise invalid("每页应为 1 到 {most} 条", most=MOST_DOCUMENTS)


async def changes(context: Context, schema: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The value of ``Changes``."""
    page = Page(given["limit"], MOST_BYTES, drops=True)
    checkpoint, more = await _filled(context, schema, given, given.get("checkpoint"), page)
    found = {"documents": page.documents, "dropped": [str(each) for each in page.dropped]}
    return found | {"checkpoint": checkpoint, "hasMore": more}


async def pull_documents(context: Context, schema: Any, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The value of ``DocumentPage``. RxDB goes on after the checkpoint of the last page that was not empty."""
    checkpoint = given.get("checkpoint")
    after = checkpoint.get("after") if isinstance(checkpoint, dict) else checkpoint
    page = Page(given["limit"], sys.maxsize, drops=False)
    checkpoint, _ = await _filled(context, schema, given, after, page)
    return {"documents": page.documents, "checkpoint": {"after": checkpoint}}


async def _filled(context: Context, schema: Any, given: Mapping[str, Any], after: Any, page: Page) -> tuple[str, bool]:
    """Fills a page, and returns the checkpoint at its end and whether more waits."""
    kinds = frozenset(given.get("kinds") or DocumentKind)
    begun = _begun(context, after, " ".join(sorted(kinds)) if given.get("kinds") else "")
    async with context.database.connection() as connection:
        await place_entries(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await _check(connection, begun)
            reader = Reader(context, schema, connection, kinds)
            await reader.look()
            ended, more = await reader.fill(page, begun)
    if context.viewer.role in LOOKED_AT and page.cases:
        await note_look(context.database, context.viewer, context.now, "changes", page.cases)
    return written(ended, context.viewer, context.photo_secret), more


def _begun(context: Context, after: Any, kinds: str) -> Checkpoint:
    """The checkpoint that the client goes on after."""
    if after is None:
        return Checkpoint("", kinds)
    begun = read(str(after), context.viewer, context.photo_secret)
    if begun is None or begun.kinds != kinds:
        raise _resync("这不是本账号在当前岗位的检查点，或者种类不同。请不带检查点重新开始。")
    return begun


async def _check(connection: Any, begun: Checkpoint) -> None:
    """Refuses a checkpoint of what a restore or a failover has lost, and one too old to be told what is gone."""
    if not begun.epoch:
        return
    shared = (await look_up(connection, Cursor(begun.epoch, begun.latest))).shared
    if shared is None or begun.latest > shared:
        raise _resync("数据库已恢复到早于这个检查点的状态。")
    known = [*begun.known, *begun.lost]
    tells_acts = not begun.kinds or DocumentKind.ACT in begun.kinds.split()
    if tells_acts and await has_forgotten(connection, known, begun.position, [*begun.new], begun.latest):
        raise _resync("这个检查点太旧，请不带检查点重新开始。")


def _resync(message: str) -> RequestError:
    return RequestError("RESYNC_REQUIRED", message)
