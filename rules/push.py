"""Pushes to sleeping phones: their kinds, where they may go, quiet hours, and how they are retried."""

import binascii
import hashlib
import re
from base64 import b64decode
from datetime import datetime, time, timedelta
from enum import auto

from rules.journal import EntryKind
from rules.refusals import Refusal, invalid, together
from rules.sending import wait_before
from rules.vocabulary import Word
from rules.webhooks import check_address

_SECOND, _MINUTE, _HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class PushKind(Word):
    """The kind of a push. Urgent kinds always come. An account chooses the others, which wait out quiet hours."""

    # NAME = auto(), label, meaning, whether it is urgent, hours after which it is worth nothing any more.

    urgent: bool
    life: timedelta

    def __init__(self, value: str, label: str, meaning: str, urgent: bool, hours: int) -> None:
        super().__init__(value, label, meaning)
        self.urgent, self.life = urgent, hours * _HOUR

    ALERT = auto(), "平安提醒", "Urgent: an alert rings for the viewer.", True, 6
    HELP_CALL = auto(), "召集求助", "Urgent: residents near by are called to help.", True, 6
    URGENT_APPEAL = auto(), "紧急诉求", "Urgent: an appeal of urgency `URGENT` came to the viewer.", True, 24
    NEW_APPEAL = auto(), "新诉求", "Another appeal came to the viewer's grid, or was dispatched to them.", False, 24
    CAME_BACK = auto(), "办理回音", "An own report was answered, or an appeal was raised or came back.", False, 72
    NOTICE = auto(), "通知", "A notice was published.", False, 72


class Reach(Word):
    """A way by which the community can reach an account that is not in front of the app."""

    PUSH = auto(), "推送", "Pushes to a device."
    PHONE = auto(), "电话", "The telephone, by text messages and calls."


CHOSEN = frozenset(each for each in PushKind if not each.urgent)
"""The kinds that an account may turn off."""
LONGEST_LIFE = max(each.life for each in PushKind)
TO_RINGS = frozenset(
    {EntryKind.ALERT_RAISED, EntryKind.ALERT_CLIMBED, EntryKind.ALERT_RESUMED, EntryKind.ALERT_REPORTED}
)
"""Entries about an alert that rings, or rings again."""
TO_REPORTER = frozenset({EntryKind.APPEAL_ANSWERED, EntryKind.APPEAL_REJECTED, EntryKind.REPORT_SETTLED})
"""Entries about an appeal that whoever reported it is told of."""
TO_HANDLERS = frozenset(
    {
        EntryKind.APPEAL_ESCALATED,
        EntryKind.APPEAL_OVERDUE,
        EntryKind.APPEAL_RETURNED,
        EntryKind.APPEAL_REOPENED,
        EntryKind.DISPATCH_OBJECTED,
    }
)
"""Entries about an appeal that those who handle it at its level are told of."""
PUSHED = (
    TO_RINGS
    | TO_REPORTER
    | TO_HANDLERS
    | {
        EntryKind.HELP_CALLED,
        EntryKind.APPEAL_OPENED,
        EntryKind.APPEAL_DISPATCHED,
        EntryKind.NOTICE_PUBLISHED,
    }
)
"""The entries that may be pushed."""
NOUNS = {PushKind.ALERT: "alert", PushKind.HELP_CALL: "call", PushKind.NOTICE: "notice"}


def id_of(kind: PushKind, uuid: object) -> str:
    """The id of what a push is about, as the API has it."""
    return f"{NOUNS.get(kind, 'appeal')}_{uuid}"


def topic_of(kind: PushKind, uuid: object) -> bytes:
    """The topic of a push. A push service replaces an earlier push of the same topic that it has not delivered yet."""
    return hashlib.sha256(f"{kind} {uuid}".encode()).digest()[:_TOPIC]


_TOPIC = 24
"""Bytes that base64url writes with 32 characters, the most that a topic has (RFC 8030)."""
MOST_DEVICES = 10
"""Devices of an account with pushes. The one that renewed its subscription least recently makes place for another."""
WAITS = (
    *(5 * _SECOND, 30 * _SECOND, 2 * _MINUTE, 10 * _MINUTE, 30 * _MINUTE),
    *(1 * _HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, 12 * _HOUR),
)
"""The wait after each failed try: soon, because what is pushed is urgent, and in the end for a day of 28 hours."""
LONGEST_RETRY_AFTER = 12 * _HOUR
GONE = frozenset({404, 410})
"""The statuses of a push service for a subscription that does not exist any more (RFC 8030)."""
GATEWAY = ""
"""The value of the column of hosts for pushes that go through the gateway."""
_POINT, _SECRET = 65, 16
"""Bytes of an uncompressed point of P-256, and of the secret (RFC 8291)."""
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
"""The curve P-256 (FIPS 186): y² = x³ - 3x + b modulo p."""
_SERVICE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TOKEN = re.compile(r"[!-~]{8,2000}")


def wait_after(tries: int, late: timedelta, life: timedelta, asked: timedelta | None = None) -> timedelta | None:
    """The wait after this many tries, at least the service's Retry-After ``asked``; None to give up.

    ``late`` is how long ago the matter happened. What would come after its ``life`` is not tried again.
    """
    wait = wait_before(tries, WAITS, asked, LONGEST_RETRY_AFTER)
    return None if wait is None or late + wait >= life else wait


def end_of_quiet(local: datetime, begins: time | None, ends: time | None) -> datetime | None:
    """When the quiet hours end in which a local time falls; None outside of them. They may span midnight."""
    if begins is None or ends is None:
        return None
    clock, today = local.time(), local.date()
    if begins < ends:
        within, day = begins <= clock < ends, today
    else:
        within, day = clock >= begins or clock < ends, today if clock < ends else today + timedelta(days=1)
    return datetime.combine(day, ends, local.tzinfo) if within else None


def check_quiet(begins: str | None, ends: str | None) -> tuple[time, time] | None:
    """The quiet hours of two local times such as 22:00, or none. Both are given, or neither."""
    if begins is None and ends is None:
        return None
    if begins is None or ends is None:
        raise invalid("免打扰时段须同时填写开始和结束", "quietFrom" if ends else "quietUntil")
    found, wrong = [], []
    for field, text in (("quietFrom", begins), ("quietUntil", ends)):
        try:
            found.append(_hour(text, field))
        except Refusal as refusal:
            wrong.append(refusal)
    if wrong:
        raise together(wrong)
    if found[0] == found[1]:
        raise invalid("免打扰时段不能是全天", "quietUntil")
    return found[0], found[1]


def _hour(text: str, field: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007  a local time of any day
    except ValueError:
        raise invalid("时间写作 22:00", field) from None


def check_kinds(kinds: list[PushKind]) -> frozenset[PushKind]:
    """The kinds that an account turns off: all that it could have chosen, and did not."""
    return CHOSEN - set(kinds)


def check_endpoint(url: str) -> str:
    """The address of a push service that a browser gave: https, without credentials."""
    try:
        return check_address(url, private=False)
    except Refusal:
        raise invalid("推送地址须是 https 网址", "endpoint") from None


def check_point(text: str) -> bytes:
    """The public key of a browser's subscription: a point of P-256, in base64url."""
    key = _bytes(text)
    x, y = int.from_bytes(key[1:33]), int.from_bytes(key[33:])
    if len(key) != _POINT or key[0] != 4 or max(x, y) >= _P or (y * y - x * x * x + 3 * x - _B) % _P:  # noqa: PLR2004
        raise invalid("推送公钥不正确", "p256dh")
    return key


def check_secret(text: str) -> bytes:
    """The secret of a browser's subscription: 16 bytes in base64url."""
    secret = _bytes(text)
    if len(secret) != _SECRET:
        raise invalid("推送密钥应为 16 字节", "auth")
    return secret


def check_service(name: str) -> str:
    """The name of a phone maker's service, which the gateway understands."""
    if not _SERVICE.fullmatch(name):
        raise invalid("推送服务名称不正确", "service")
    return name


def check_token(token: str) -> str:
    """The token of a phone maker's service."""
    if not _TOKEN.fullmatch(token):
        raise invalid("推送令牌不正确", "token")
    return token


def _bytes(text: str) -> bytes:
    """The bytes of base64url with or without padding; nothing if it is malformed or too long."""
    plain = text.rstrip("=")
    if len(plain) > 2 * _POINT or not plain.isascii():
        return b""
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
