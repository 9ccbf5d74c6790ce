"""Links the rows of the record, and makes an anchor of the heads once a day: in a file, and by webhook."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import httpcore
import structlog

from api.anchors import AnchorFile
from api.background.webhooks import FAILED, GuardedNetwork, post, secret_for, signed_headers
from api.settings import Settings
from db.database import Database
from db.record import link_pending, read_head
from rules.record import Chain, Head, Keys

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recorder:
    """Links and anchors. Without a key nothing is linked, and `/ready` says that the record is late."""

    database: Database
    now: Callable[[], datetime]
    anchors: AnchorFile
    secret: bytes
    url: str | None = None
    private: bool = False

    @classmethod
    def of(cls, settings: Settings, database: Database, now: Callable[[], datetime]) -> Self | None:
        """The recorder of the settings; None without a key."""
        key = settings.key_to_record()
        if key is None:
            log.warning("record_key_missing")
            return None
        file = AnchorFile(settings.anchors(), Keys.of(key))
        url = str(settings.anchor_url) if settings.anchor_url else None
        return cls(database, now, file, settings.signing_secret(), url, settings.webhook_private)

    async def link(self) -> None:
        """Links everything that waits."""
        linked = 1
        while linked:
            async with self.database.connection() as connection:
                linked = await link_pending(connection, self.anchors.keys)

    async def anchor(self) -> None:
        """Makes the day's anchor, and sends those that the receiver does not have."""
        if self.anchors.is_due(self.now()):
            self.anchors.add(await self.heads(), self.now())
        await self.send()

    async def heads(self) -> dict[Chain, Head]:
        """The heads of all chains."""
        async with self.database.connection() as connection:
            return {chain: await read_head(connection, chain) for chain in Chain}

    async def send(self) -> None:
        """Posts the anchors that the receiver does not have, in order. The next run tries again after a failure."""
        lines, sent = self.anchors.lines(), self.anchors.sent()
        if self.url is None or sent >= len(lines):
            return
        async with httpcore.AsyncConnectionPool(network_backend=GuardedNetwork(private=self.private)) as http:
            for number, line in enumerate(lines[sent:], sent + 1):
                if not await self._deliver(http, self.url, number, line):
                    return
                self.anchors.note_sent(number)

    async def _deliver(self, http: httpcore.AsyncConnectionPool, url: str, number: int, line: str) -> bool:
        content = b'{"type": "record.anchored", "data": %b}' % line.encode()
        headers = signed_headers(receivers_secret(self.secret), f"anchor_{number}", self.now(), content)
        try:
            status, _ = await post(http, url, headers, content)
        except FAILED as error:
            log.warning("anchor_not_sent", error=type(error).__name__)
            return False
        if not 200 <= status < 300:  # noqa: PLR2004  the statuses of success
            log.warning("anchor_not_sent", error=f"HTTP {status}")
            return False
        return True


def receivers_secret(secret: bytes) -> str:
    """The secret by which the receiver of anchors verifies signatures."""
    return secret_for(secret, b"anchors")
