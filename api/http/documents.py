"""Documents that clients send by their SHA-256: those that they sent in full before, and those that are trusted."""

import time
from functools import partial
from typing import NamedTuple

import graphql
from starlette.requests import HTTPConnection

from api.http.admission import client_of
from api.http.errors import HttpError
from api.http.requests import Asked
from api.rates import KEPT_DOCUMENTS_BY_CLIENT
from db.acts.persisted_documents import digest_of, find_document, keep_document
from rules.access import Viewer
from rules.refusals import Said
from schema.compiler.refused import RequestError
from schema.engine.documents import InvalidDocument
from schema.engine.execution import operation_of
from schema.engine.live import Request
from schema.engine.plans import KEPT_DOCUMENTS, Recent

TRUSTED_FOR = 60.0
"""Seconds after which a process asks the database again whether a document is still trusted."""


class _Known(NamedTuple):
    body: str
    trusted: bool
    read_at: float


class Documents:
    """The documents that a process knows by their digests. All others are in the database, for every process."""

    def __init__(self, *, trusted_only: bool) -> None:
        self.trusted_only = trusted_only
        self._known: Recent[_Known] = Recent(KEPT_DOCUMENTS)

    async def request(self, connection: HTTPConnection, asked: Asked, viewer: Viewer) -> Request:
        """The request with its document. Raises RequestError if that is not known, or not trusted where it must be."""
        if self.trusted_only:
            body = await self._trusted(connection, asked)
        else:
            body = await self._persisted(connection, asked, viewer)
        return Request(body, asked.variables, asked.operation_name)

    async def _trusted(self, connection: HTTPConnection, asked: Asked) -> str:
        digest = digest_of(asked.query) if asked.query else asked.digest
        assert digest is not None
        _check(asked, digest)
        known = await self._find(connection, digest)
        if known is None or not known.trusted:
            raise RequestError("UNTRUSTED_DOCUMENT", "本服务器只答复运营者认可的查询文档。")
        return known.body

    async def _persisted(self, connection: HTTPConnection, asked: Asked, viewer: Viewer) -> str:
        if asked.digest is None:
            assert asked.query is not None
            return asked.query
        if asked.query is not None:
            _check(asked, digest_of(asked.query))
            await self._keep(connection, asked, viewer)
            return asked.query
        known = await self._find(connection, asked.digest)
        if known is None:
            raise RequestError("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
        return known.body

    async def _find(self, connection: HTTPConnection, digest: bytes) -> _Known | None:
        known = self._known.get(digest)
        if known is not None and (not self.trusted_only or self._is_fresh(known)):
            return known
        state = connection.app.state
        row = await state.system.transact(lambda tx: find_document(tx, digest), now=state.now())
        return None if row is None else self._remember(row.body, trusted=row.trusted)

    def _is_fresh(self, known: _Known) -> bool:
        return known.trusted and time.monotonic() < known.read_at + TRUSTED_FOR

    def _remember(self, body: str, *, trusted: bool) -> _Known:
        known = _Known(body, trusted, time.monotonic())
        self._known.put(digest_of(body), known, len(body))
        return known

    async def _keep(self, connection: HTTPConnection, asked: Asked, viewer: Viewer) -> None:
        """Keeps a valid document, unless this client has sent too many that are new."""
        assert asked.query is not None
        if asked.digest is None or self._known.get(asked.digest) is not None:
            return
        if "\0" in asked.query:  # PostgreSQL keeps no text with it.
            return
        state = connection.app.state
        try:
            await operation_of(asked.query, asked.operation_name, state.plans)
        except (graphql.GraphQLError, InvalidDocument):
            return
        client = client_of(connection) if viewer.account_id is None else f"account {viewer.account_id}"
        if await state.limits.hit(KEPT_DOCUMENTS_BY_CLIENT, client):
            return
        await state.system.transact(partial(keep_document, body=asked.query), now=state.now())
        self._remember(asked.query, trusted=False)


def _check(asked: Asked, digest: bytes) -> None:
    """Raises HttpError if the document has another digest than the client says."""
    if asked.digest is not None and asked.digest != digest:
        raise HttpError(400, "BAD_REQUEST", Said("「sha256Hash」不是「query」的 SHA-256。"))
