"""Anchors: the heads of all chains at a moment, kept where whoever administers the database cannot change them.

Each is a line of JSON, sealed together with the line before. A chain that is rewritten later, even with the key, does
not fit the anchors that were made before.
"""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rules.record import Chain, Head, Keys

ENDS_EARLY = timedelta(days=2)
"""A worker links rows and makes an anchor each day (UTC). The second day is for one that was stopped meanwhile."""
_FIRST = "0" * 64
"""What stands for the seal before the first line."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The heads at a moment, and the seal of the line."""

    at: datetime
    heads: Mapping[Chain, Head]
    seal: str


def make_line(keys: Keys, last: Anchor | None, at: datetime, heads: Mapping[Chain, Head]) -> str:
    """The line of a new anchor after the last one."""
    told = {chain.value: {"position": head.position, "link": head.link.hex()} for chain, head in heads.items()}
    content = {"at": at.astimezone(UTC).isoformat(), "heads": told}
    return json.dumps(content | {"seal": _seal(keys, last, content)})


def read_lines(keys: Keys, lines: Iterable[str]) -> tuple[list[Anchor], list[int]]:
    """The anchors of a file, and the numbers of the lines that are not what was written there."""
    anchors: list[Anchor] = []
    wrong: list[int] = []
    for number, line in enumerate(lines, 1):
        try:
            content = json.loads(line)
            anchor = _anchor_of(content)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            wrong.append(number)
            continue
        sealed = {"at": content["at"], "heads": content["heads"]}
        if not hmac.compare_digest(anchor.seal, _seal(keys, anchors[-1] if anchors else None, sealed)):
            wrong.append(number)
        anchors.append(anchor)
    return anchors, wrong


def links_of(anchors: Iterable[Anchor], chain: Chain) -> dict[int, bytes]:
    """The links of a chain that anchors know, by position. The earlier anchor holds."""
    known: dict[int, bytes] = {}
    for anchor in anchors:
        if chain in anchor.heads and anchor.heads[chain].position:
            known.setdefault(*anchor.heads[chain])
    return known


def is_due(last: Anchor | None, now: datetime) -> bool:
    """True if no anchor was made on this day (UTC)."""
    return last is None or last.at.astimezone(UTC).date() < now.astimezone(UTC).date()


def ends_early(anchors: Sequence[Anchor], linked_from: datetime, linked_until: datetime) -> bool:
    """True if rows were linked for longer after the last anchor than a worker goes on without making one."""
    return linked_until - (anchors[-1].at if anchors else linked_from) > ENDS_EARLY


def _anchor_of(content: Any) -> Anchor:
    heads = {
        Chain(chain): Head(int(head["position"]), bytes.fromhex(head["link"]))
        for chain, head in content["heads"].items()
    }
    return Anchor(datetime.fromisoformat(content["at"]), heads, str(content["seal"]))


def _seal(keys: Keys, last: Anchor | None, content: Mapping[str, Any]) -> str:
    said = (last.seal if last else _FIRST) + json.dumps(content, sort_keys=True)
    return hmac.digest(keys.anchors, said.encode(), "sha256").hex()
