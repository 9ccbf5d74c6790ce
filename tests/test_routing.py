"""The index of subscribers finds the same groups as a look at each of them."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from db.scope import Entry, Held
from rules.access import Role
from schema.engine.routing import Group, Routes

_PLACES = st.sampled_from([UUID(int=number) for number in range(1, 6)])
_HELD = st.builds(Held, *(st.frozensets(_PLACES, max_size=3) for _ in range(4)))
_KINDS = st.frozensets(st.sampled_from("ABC"), min_size=1)
_ROLES = st.sampled_from([Role.GRID_WORKER, Role.SECRETARY, Role.BUILDING_HEAD, Role.PARTNER])
_ENTRIES = st.lists(st.builds(Entry, st.sampled_from("ABC"), st.none() | _PLACES, _PLACES), max_size=3)
_JOINS = st.lists(st.tuples(_ROLES, _HELD | st.none(), _KINDS), max_size=8)


@given(joins=_JOINS, leaving=st.sets(st.integers(0, 7)), entries=_ENTRIES)
def test_the_index_finds_whom_an_entry_may_concern(
    joins: list[tuple[Role, Held | None, frozenset[str]]], leaving: set[int], entries: list[Entry]
) -> None:
    routes, of_member = Routes(), {}
    for member, (role, held, kinds) in enumerate(joins):
        key = role, held, kinds
        of_member[member] = routes.join(member, key, lambda key=key: Group(key, key[2], key[0], key[1]))  # type: ignore[misc]
    for member in leaving & of_member.keys():
        routes.leave(member, of_member.pop(member))
    expected = {group for group in of_member.values() if any(map(group.concerned_by, entries))}
    found = routes.concerned(entries)
    assert (set(found), len(found)) == (expected, len(expected))
    for member, group in of_member.items():
        routes.leave(member, group)
    assert (routes.groups(), routes._at) == ([], {})
