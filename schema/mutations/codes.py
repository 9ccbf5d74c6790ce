"""What can be done about printed QR codes."""

from __future__ import annotations

import strawberry

from db.acts import codes
from db.acts.codes import CodeStep, NewCode
from rules.refusals import invalid
from schema.codes import QrCode
from schema.ids import parse_id
from schema.mutations.parts import ERRORS, act_id, given, may, mutation, needs, optional_id, own_id, takes, touched
from schema.problems import Problem


@takes
class IssueQrCodeInput:
    """What the code is for: exactly one of household, building and counter."""

    id: strawberry.ID = own_id("qrcode")
    household: strawberry.ID | None = may("The home.")
    building: strawberry.ID | None = may("The building.")
    counter: str | None = may("What the counter is called, such as 「服务大厅柜台」; for the community's own workers.")
    community: strawberry.ID | None = may("The counter's community; needed by who works in several.")

    def read(self) -> NewCode:
        """As the act takes it."""
        if sum(given(each) is not None for each in (self.household, self.building, self.counter)) != 1:
            raise invalid("请写明住户、楼栋、柜台中的一个", "name exactly one place", "household")
        return NewCode(
            id=parse_id("qrcode", self.id, "id"),
            household=optional_id("household", self.household, "household"),
            building=optional_id("building", self.building, "building"),
            counter=given(self.counter),
            community=optional_id("community", self.community, "community"),
        )


@takes
class ReplaceQrCodeInput:
    """A code that is worn, torn off or known to the wrong people, and the one in its place."""

    id: strawberry.ID = own_id("qrcode")
    qr_code: strawberry.ID = needs("The code that stops working.")
    reason: str = needs("Why.")

    def read(self) -> CodeStep:
        """As the act takes it."""
        return CodeStep(parse_id("qrcode", self.qr_code, "qrCode"), self.reason, parse_id("qrcode", self.id, "id"))


@takes
class RevokeQrCodeInput:
    """A code that stops working without another in its place."""

    qr_code: strawberry.ID = needs("The code.")
    reason: str = needs("Why.")
    act: strawberry.ID | None = act_id()

    def read(self) -> CodeStep:
        """As the act takes it."""
        return CodeStep(parse_id("qrcode", self.qr_code, "qrCode"), self.reason, optional_id("act", self.act, "act"))


@strawberry.type(description="A QR code after an act.")
class QrCodePayload:
    """See the description."""

    qr_code: QrCode | None = strawberry.field(default=None, description="The code; null when refused.")
    errors: list[Problem] = strawberry.field(default_factory=list, description=ERRORS)


def _code(uuid: object) -> QrCodePayload:
    return QrCodePayload(qr_code=touched(uuid))


@strawberry.type
class CodeMutations:
    """Acts on printed QR codes."""

    issue_qr_code: QrCodePayload = mutation(
        IssueQrCodeInput,
        lambda acting, new: codes.issue_code(acting, new.read()),
        QrCodePayload,
        _code,
        "Issues a code for a home, a building or a counter.",
    )
    replace_qr_code: QrCodePayload = mutation(
        ReplaceQrCodeInput,
        lambda acting, step: codes.replace_code(acting, step.read()),
        QrCodePayload,
        _code,
        "Puts a new code in the place of one, which stops working at this moment; answers with the new one.",
    )
    revoke_qr_code: QrCodePayload = mutation(
        RevokeQrCodeInput,
        lambda acting, step: codes.revoke_code(acting, step.read()),
        QrCodePayload,
        _code,
        "Ends a code at this moment; that it was there stays on record.",
    )
