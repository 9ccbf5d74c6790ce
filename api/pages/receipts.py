"""The receipt of a form by text message, to the number that was left on that form."""

from starlette.requests import Request

from api.http.limits import Limits
from api.rates import RECEIPTS_BY_NUMBER
from db.acts.receipts import Texted
from db.scans import Scan
from rules.receipts import mobile_of


def sends_receipts(request: Request) -> bool:
    """True if there is a gateway, and an address that the message can name."""
    state = request.app.state
    return bool(state.sends_messages and state.public_url)


async def receipt_to(request: Request, scan: Scan, contact: str | None) -> Texted | None:
    """Where the receipt goes; None without a mobile number, or when the number has had many today."""
    number, limits = mobile_of(contact), request.app.state.limits
    assert isinstance(limits, Limits)
    if number is None or not sends_receipts(request) or await limits.hit(RECEIPTS_BY_NUMBER, number):
        return None
    return Texted(number, scan.community, f"{request.app.state.public_url}/r/")
