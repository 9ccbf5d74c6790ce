"""Finds the subscribers whom new entries may concern, without looking at the others.

Subscribers with the same document, variables and visibility are a group, which shares one statement. Groups of workers
are found by the place of an entry; those of other roles by its kind alone, because what they see depends on the case.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from db.scope import Entry, Held, may_see
from rules.access import WORKERS, Role


@dataclass(eq=False)
class Group:
    """Equals: ``role`` and ``held`` say whom an entry concerns. ``held`` is None for viewers without an account."""

    key: Hashable
    kinds: frozenset[str]
    role: Role | None
    held: Held | None
    members: dict[Any, None] = field(default_factory=dict)
    """In the order in which they came."""

    def concerned_by(self, entry: Entry) -> bool:
        """True if the group may see an entry of its kinds. The reading statement decides."""
        if entry.kind not in self.kinds:
            return False
        return self.held is None or self.role is None or may_see(self.role, self.held, entry)

    def places(self) -> Iterable[UUID | None]:
        """The places under which it is found; None for everywhere."""
        if self.held is None or self.role not in WORKERS:
            return (None,)
        return self.held.grids | self.held.communities


class Routes:
    """The groups, by place."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, Group] = {}
        self._at: defaultdict[UUID | None, dict[Group, None]] = defaultdict(dict)

    def join(self, member: Any, key: Hashable, make: Callable[[], Group]) -> Group:
        """Adds a member to the group with the key, which is made if need be."""
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = make()
            for place in group.places():
                self._at[place][group] = None
        group.members[member] = None
        return group

    def leave(self, member: Any, group: Group) -> None:
        """Removes a member, and a group that has none left."""
        group.members.pop(member, None)
        if not group.members and self._groups.pop(group.key, None) is not None:
            for place in group.places():
                del self._at[place][group]
                if not self._at[place]:
                    del self._at[place]

    def concerned(self, entries: Iterable[Entry]) -> list[Group]:
        """The groups that may see one of the entries."""
        found: dict[Group, None] = {}
        for entry in entries:
            for place in (None, entry.grid_id or entry.community_id):
                found |= {each: None for each in self._at.get(place, ()) if each.concerned_by(entry)}
        return list(found)

    def groups(self) -> list[Group]:
        """All groups."""
        return list(self._groups.values())
