"""Mutations of printed QR codes."""

from db.acts import codes
from schema.codes import QrCode
from schema.compiler.declare import mutations
from schema.mutations.parts import move, mutation, optional, own_id, payload_of, required

QrCodePayload = payload_of("QrCodePayload", qr_code=QrCode)


@mutations
class CodeMutations:
    issue_qr_code = mutation(
        codes.issue_qr_code,
        QrCodePayload,
        "Issues a code for exactly one of a home, a building, premises and a counter.",
        id=own_id("qrcode"),
        household=optional("The home.", "household"),
        building=optional("The building.", "building"),
        premises=optional("The premises: an enterprise, a shop or a construction site.", "premises"),
        counter=optional("The counter's name, such as 「服务大厅柜台」; only for workers of the whole community."),
        community=optional("The counter's community; required for accounts with several.", "community"),
    )
    replace_qr_code = mutation(
        codes.replace_qr_code,
        QrCodePayload,
        "Replaces a code, which stops working at once. Returns the new one.",
        id=own_id("qrcode"),
        qr_code=required("The code to revoke.", "qrcode", to="code"),
        reason=required("The reason."),
    )
    revoke_qr_code = move(
        codes.revoke_qr_code,
        QrCodePayload,
        "Revokes a code, which stops working at once and stays on record.",
        qr_code=required("The code.", "qrcode", to="code"),
        reason=required("The reason."),
    )
