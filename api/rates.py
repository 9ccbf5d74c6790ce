"""The rate limits: how many events within a time, for each key. The setting ``TUNPING_RATES`` changes them by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from limits import RateLimitItem, parse


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many events within a time. They are counted for each key: an address, an account or a code."""

    name: str
    default: RateLimitItem

    @property
    def most(self) -> int:
        return self.default.amount


def _limit(name: str, rate: str) -> Limit:
    return Limit(name, parse(rate))


GRAPHQL_BY_ADDRESS = _limit("graphql-by-address", "12000/minute")
"""A compromise: an office of 200 people with a board that asks every second, behind one address."""
GRAPHQL_BY_ACCOUNT = _limit("graphql-by-account", "1200/minute")
"""Six boards that ask three questions a second, or a phone's first copy of 20,000 homes, a hundred a page, in 10 s."""
GRAPHQL_WITHOUT_ACCOUNT = _limit("graphql-without-account", "1200/minute")
"""By address. An app for residents asks some ten questions, and a mobile network shares an address among many."""
SOCKETS_BY_ADDRESS = _limit("sockets-by-address", "600/minute")
"""New sockets. After a restart of the server all phones behind one address connect again."""
AUTH_BY_ADDRESS = _limit("auth-by-address", "600/minute")
"""A phone renews its token every ten minutes, so this serves 6,000 phones behind one address."""
PHOTOS_BY_ADDRESS = _limit("photos-by-address", "6000/minute")
"""Photos that are read or sent. A page of a list shows a hundred, and an office shares an address."""
PAGES_BY_ADDRESS = _limit("pages-by-address", "600/minute")
"""Pages for residents. A compromise: a whole house or half a mobile network may share one address."""
OTHER_BY_ADDRESS = _limit("other-by-address", "600/minute")
"""Everything else: documents, code sheets, probes of monitors, and paths that do not exist."""

# A compromise. When the heating fails, a whole house scans the code at its entrance and sends photos within minutes. A
# code takes five times as much as an address, so that nobody uses it up for the others.
OPENED_BY_ADDRESS = _limit("opened-by-address", "120/10 minutes")
OPENED_BY_CODE = _limit("opened-by-code", "600/10 minutes")
STORED_BY_ACCOUNT = _limit("stored-photos-by-account", "600/10 minutes")
STORED_BY_ADDRESS = _limit("stored-photos-by-address", "200/10 minutes")
STORED_BY_CODE = _limit("stored-photos-by-code", "1000/10 minutes")
MOVES_BY_ADDRESS = _limit("moves-by-address", "120/10 minutes")
"""Moves of appeals by their receipts, from all reporters who share an address."""
MOVES_BY_RECEIPT = _limit("moves-by-receipt", "30/10 minutes")
"""Far more than one reporter makes in ten minutes."""
MISSES_BY_ADDRESS = _limit("misses-by-address", "30/10 minutes")
"""Unknown codes: enough for typing errors, too few for guessing a code of 10 characters."""
REVEALS_BY_ACCOUNT = _limit("reveals-by-account", "20/hour")
"""ID numbers that one account reveals: a morning at the counter, far from a copy of a building. Also texts of an
organisation about a wish, whose refusal tells that somebody has a name: far more than it has to say."""

RECEIPTS_BY_NUMBER = _limit("receipts-by-number", "5/day")
"""Receipts by text message to one number, so that nobody is pestered with them. Beyond it, the page alone tells it."""

KEPT_DOCUMENTS_BY_CLIENT = _limit("kept-documents-by-client", "300/10 minutes")
"""New GraphQL documents that one account, or one address without an account, has kept for all clients. An app has some
100. Beyond the limit a document is answered, and not kept."""
EXPORTS_BY_ACCOUNT = _limit("exports-by-account", "60/hour")
"""Files of `/exports`. The largest has 10,000 cases and takes some seconds of the server's time."""

LIMITS: Mapping[str, Limit] = {each.name: each for each in list(globals().values()) if isinstance(each, Limit)}


def parse_rates(text: str) -> dict[str, RateLimitItem]:
    """The rates of a setting such as ``pages-by-address=900/minute,opened-by-code=50/hour``. Raises ValueError."""
    rates = {}
    for item in filter(None, map(str.strip, text.split(","))):
        name, _, rate = item.partition("=")
        if name.strip() not in LIMITS:
            raise ValueError(f"{name.strip()!r} is not one of {', '.join(LIMITS)}")
        rates[name.strip()] = parse(rate)
    return rates
