"""Mutations of printed QR codes."""

from __future__ import annotations

import strawberry

from db.acts import codes
from db.acts.codes import NewCode, Replacement, Revocation
from schema.codes import QrCode
from schema.compiler.declare import mutations
from schema.mutations.parts import act_id, may, mutation, needs, own_id, payload, shows, takes


@takes(NewCode)
class IssueQrCodeInput:
    """A new code for exactly one of household, building and counter."""

    id: strawberry.ID = own_id("qrcode")
    household: strawberry.ID | None = may("The home.", "household")
    building: strawberry.ID | None = may("The building.", "building")
    counter: str | None = may("The counter's name, such as 「服务大厅柜台」; only for the community's own workers.")
    community: strawberry.ID | None = may(
        "The counter's community; needed for an account that works in several.", "community"
    )


@takes(Replacement)
class ReplaceQrCodeInput:
    """A code that is worn, torn off or known to the wrong people, and the one in its place."""

    id: strawberry.ID = own_id("qrcode")
    qr_code: strawberry.ID = needs("The code that stops working.", "qrcode", to="code")
    reason: str = needs("Why.")


@takes(Revocation)
class RevokeQrCodeInput:
    """A code that stops working without another in its place."""

    qr_code: strawberry.ID = needs("The code.", "qrcode", to="code")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()


@payload
class QrCodePayload:
    """A QR code after an act."""

    qr_code: QrCode | None = shows("The code; null when refused.")


@mutations
class CodeMutations:
    """Acts on printed QR codes."""

    issue_qr_code: QrCodePayload = mutation(
        IssueQrCodeInput, codes.issue_code, QrCodePayload, "Issues a code for a home, a building or a counter."
    )
    replace_qr_code: QrCodePayload = mutation(
        ReplaceQrCodeInput,
        codes.replace_code,
        QrCodePayload,
        "Replaces a code, which stops working at once, and shows the new one.",
    )
    revoke_qr_code: QrCodePayload = mutation(
        RevokeQrCodeInput,
        codes.revoke_code,
        QrCodePayload,
        "Revokes a code, which stops working at once. The record of it stays.",
    )
