"""Mutations of the pushes to the viewer's own devices."""

from __future__ import annotations

from db.acts import push
from schema.compiler.declare import mutations
from schema.mutations.accounts import AccountPayload
from schema.mutations.devices import DevicePayload
from schema.mutations.parts import move, optional, required


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
    set_push_preferences = move(
        push.set_push_preferences,
        AccountPayload,
        "Sets which pushes the viewer gets, on all devices.",
        kinds=required("The kinds besides the urgent ones, which always come."),
        quiet_from=optional("When quiet hours begin, in the community's time zone, such as `22:00`."),
        quiet_until=optional("When they end. Without both there are none."),
    )
