"""The context of a request during execution."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from db.database import Database
from db.flood import Flood
from db.sealing import Sealer
from rules.access import ANONYMOUS, Viewer
from schema.compiler.arguments import Run
from schema.engine.bulkhead import Bulkhead
from schema.engine.plans import Plans


@dataclass(slots=True)
class Misses:
    """The unknown codes of one look-up."""

    unknown: int = 0


class Guesses(Protocol):
    """Limits unknown codes of one client."""

    def looking_up(self) -> AbstractAsyncContextManager[Misses]:
        """Within it codes are looked up. Raises the refusal if too many were unknown."""


@dataclass(slots=True)
class Context:
    """One request: its viewer, time, database, and the language of messages and labels."""

    database: Database
    plans: Plans
    bulkhead: Bulkhead
    now: datetime
    viewer: Viewer = ANONYMOUS
    language: str = "zh"
    operation_name: str | None = None
    sealer: Sealer | None = None
    public_url: str | None = None
    photo_secret: bytes = b""
    push_key: str | None = None
    flood: Flood | None = None
    guesses: Guesses | None = None
    place: Callable[[], Awaitable[None]] | None = None
    """Gives positions in the live feed to what was committed before."""
    introspection: bool = True
    """True if viewers without an account may ask for the schema."""

    document_language: str | None = None
    """The language of labels, if the answer goes into a page or a document in another language than messages."""

    @property
    def label_language(self) -> str:
        """The language of labels and reasons."""
        return self.document_language or self.language

    def run(self, variables: Mapping[str, Any], touched: UUID | None = None) -> Run:
        """The source of a plan's parameters, with the object that a mutation touched."""
        keys = self.photo_secret, self.push_key, self.sealer
        return Run(variables, self.viewer, self.now, touched, self.public_url, *keys)
