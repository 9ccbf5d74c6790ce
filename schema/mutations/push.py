"""Mutations of the pushes to the viewer's own devices."""

from __future__ import annotations

import strawberry

from db.acts import push
from rules.push import PushKind
from schema.compiler.declare import mutations
from schema.mutations.accounts import AccountPayload
from schema.mutations.devices import DevicePayload
from schema.mutations.parts import act_id, change, move, mutation, optional, required, takes


@takes(push.Preferences)
class SetPushPreferencesInput:
    """Which pushes the viewer gets. Quiet hours that are not given stay."""

    kinds: list[PushKind] = required("The kinds besides the urgent ones, which always come.")
    quiet_from: str | None = change("When they begin, in the community's time zone, such as `22:00`.", erases=True)
    quiet_until: str | None = change("When they end. Both are erased together.", erases=True)
    act: strawberry.ID | None = act_id()


@mutations
class PushMutations:
    push_to_device = move(
        push.push_to_device,
        DevicePayload,
        "Sends pushes to a device of the viewer until its session ends. Give a browser's `PushSubscription`, or the"
        " token of a phone maker's service. Send it at each start of the app. It replaces what was given"
        " before.",
        device=required("The device.", "device"),
        endpoint=optional("`endpoint` of the subscription."),
        p256dh=optional("Its key `p256dh`, in base64url."),
        auth=optional("Its key `auth`, in base64url."),
        service=optional("The service of the token, such as `huawei`, as the server's gateway names it."),
        token=optional("The token."),
    )
    end_pushes = move(
        push.end_pushes,
        DevicePayload,
        "Ends the pushes to a device of the viewer.",
        device=required("The device.", "device"),
    )
    set_push_preferences = mutation(
        push.set_push_preferences,
        AccountPayload,
        "Sets which pushes the viewer gets, on all devices.",
        takes=SetPushPreferencesInput,
    )
