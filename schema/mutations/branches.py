"""Mutations of Party branches."""

from __future__ import annotations

from db.acts import branches as acts
from db.acts.branches import HoursGiven
from schema.branches import BranchMember
from schema.compiler.declare import mutations
from schema.mutations.parts import move, mutation, optional, own_id, payload_of, required, takes
from schema.places import PartyBranch


@takes(HoursGiven)
class OpeningHoursInput:
    """A span of opening hours, in the time zone of the community."""

    weekday: int = required("The day of the week: 1 is Monday, 7 Sunday.")
    opens: str = required("The beginning, such as `09:30`.")
    closes: str = required("The end, such as `13:30`.")


PartyBranchPayload = payload_of("PartyBranchPayload", party_branch=PartyBranch)
BranchMemberPayload = payload_of("BranchMemberPayload", branch_member=BranchMember)


@mutations
class BranchMutations:
    set_opening_hours = move(
        acts.set_opening_hours,
        PartyBranchPayload,
        "Sets all opening hours of a Party branch, instead of those so far.",
        party_branch=required("The Party branch.", "partybranch"),
        hours=required("The spans, at most 21, without overlaps; none if it does not open."),
    )
    add_branch_member = mutation(
        acts.add_branch_member,
        BranchMemberPayload,
        "Adds a member to a Party branch: a colleague, or a contact who agreed to be named.",
        id=own_id("branchmember"),
        party_branch=required("The Party branch.", "partybranch"),
        account=optional("A colleague, who from then on organises activities of the estate.", "account"),
        name=optional("The name of a contact."),
        post=optional("The post in the branch, such as 组织委员; required for a contact."),
        phone=optional("The telephone of a contact."),
    )
    remove_branch_member = move(
        acts.remove_branch_member,
        BranchMemberPayload,
        "Removes a member from a Party branch.",
        member=required("The member.", "branchmember"),
    )
