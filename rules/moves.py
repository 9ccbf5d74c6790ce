"""The transitions of a case: appeals, disputes and wishes each have one table of them."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from rules.access import Act
from rules.journal import EntryKind
from rules.vocabulary import Word

StatusT = TypeVar("StatusT", bound=Word)


@dataclass(frozen=True, slots=True)
class Move(Generic[StatusT]):
    """A transition from any of ``sources`` to ``target``; without a target the status stays the same."""

    act: Act
    sources: frozenset[StatusT]
    target: StatusT | None
    entry: EntryKind
