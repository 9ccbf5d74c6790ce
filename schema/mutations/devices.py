"""Mutations of the viewer's own devices."""

from __future__ import annotations

from db.acts import devices
from schema.compiler.declare import mutations
from schema.devices import Device
from schema.mutations.parts import move, optional, payload_of, required

DevicePayload = payload_of("DevicePayload", device=Device)


@mutations
class DeviceMutations:
    confirm_device = move(
        devices.confirm_device,
        DevicePayload,
        "Notes that a device is the viewer's own, and names it.",
        device=required("The device.", "device"),
        name=optional("A new name, such as 办公室电脑."),
    )
    sign_out_device = move(
        devices.sign_out_device,
        DevicePayload,
        "Signs out a device of the viewer, which is no longer known afterwards.",
        device=required("The device.", "device"),
    )
