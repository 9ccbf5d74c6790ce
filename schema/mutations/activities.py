"""Mutations of activities."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from db.activities import SignUp as SignUpRow
from db.acts import activities as acts
from db.acts import sign_ups
from db.acts.activities import ActivityChange
from db.acts.sign_ups import Joining
from rules.activities import MOST_PEOPLE
from rules.people import Colour
from schema.activities import Activity, SignUp
from schema.compiler.declare import mutations
from schema.mutations.parts import (
    act_id,
    change,
    move,
    mutation,
    optional,
    own_id,
    payload,
    payload_of,
    reason,
    required,
    secret,
    shows,
    takes,
)

_PUBLIC = "up to 100 characters. It is public, and refused if it names a person, a home or a colour."


@takes(ActivityChange)
class ChangeActivityInput:
    """Changes of an activity. What is not given keeps its value."""

    activity: strawberry.ID = required("The activity.", "activity")
    what: str | None = change(f"What is done, {_PUBLIC}")
    place: str | None = change(f"The place, {_PUBLIC}")
    begins_at: datetime | None = change("When it begins.")
    ends_at: datetime | None = change("When it ends.")
    wanted: int | None = change("How many helpers are wanted, at least as many as come.", erases=True)
    colours: list[Colour] | None = change("CYAN, BLUE or both; none for everybody.", erases=True)
    skill: str | None = change(f"The skill that is wanted, {_PUBLIC}", erases=True)
    act: strawberry.ID | None = act_id()


ActivityPayload = payload_of("ActivityPayload", activity=Activity)
SignUpPayload = payload_of("SignUpPayload", sign_up=SignUp)


@payload
class JoinActivityPayload:
    """A new sign-up."""

    sign_up: SignUp | None = shows("The sign-up; null when refused, or not visible to the viewer.")
    receipt_code: str | None = shows("The code with which a person without an account can give it up.")


def _joined(_: Joining, sign_up: SignUpRow) -> dict[str, Any]:
    return {"sign_up": sign_up.id, "receipt_code": sign_up.receipt_code}


_ACTIVITY = required("The activity.", "activity")


@mutations
class ActivityMutations:
    plan_activity = mutation(
        acts.plan_activity,
        ActivityPayload,
        "Plans an activity (社区活动): the office, a leader in their estate, or a member of its Party branch.",
        id=own_id("activity"),
        what=required(f"What is done, {_PUBLIC}"),
        place=required(f"The place, {_PUBLIC}"),
        begins_at=required("When it begins, within a year."),
        ends_at=required("When it ends, at most 31 days later."),
        community=optional("The community; the viewer's only one by default.", "community"),
        estate=optional("The estate, if it is not the whole community's.", "estate"),
        wanted=optional("How many helpers are wanted, 1 to 500; no limit by default."),
        colours=optional("CYAN, BLUE or both; everybody by default."),
        skill=optional(f"The skill that is wanted, such as 医生, {_PUBLIC}"),
    )
    change_activity = mutation(
        acts.change_activity,
        ActivityPayload,
        "Changes an activity before it begins. Those who come get a text message about another time or place.",
        takes=ChangeActivityInput,
    )
    cancel_activity = move(
        acts.cancel_activity,
        ActivityPayload,
        "Cancels an activity before it begins. Those who would have come get a text message.",
        activity=_ACTIVITY,
        reason=reason(f"The reason, {_PUBLIC}"),
    )
    note_attendance = move(
        acts.note_attendance,
        ActivityPayload,
        "Records who was at an activity that has begun. Later calls can correct it.",
        activity=_ACTIVITY,
        came=optional("The sign-ups of those who came.", "signup"),
        missed=optional("The sign-ups of those who did not.", "signup"),
    )
    join_activity = mutation(
        sign_ups.join_activity,
        JoinActivityPayload,
        "Signs up the viewer for an activity, or somebody else. Without an account by a QR code, with a name.",
        shown=_joined,
        id=own_id("signup"),
        activity=_ACTIVITY,
        code=secret("The scanned QR code; required without an account, and not used with one."),
        resident=optional("The resident to sign up, if on the register.", "resident"),
        name=optional("The name of whoever comes, if not on the register."),
        phone=optional("Their telephone, for news of the activity."),
        people=optional(f"How many come, this person included, 1 to {MOST_PEOPLE}; 1 by default."),
    )
    leave_activity = move(
        sign_ups.leave_activity,
        SignUpPayload,
        "Gives up a sign-up before the activity begins, which leaves the place to others.",
        sign_up=required("The sign-up.", "signup"),
        receipt_code=secret("Its receipt code; required without an account."),
    )
