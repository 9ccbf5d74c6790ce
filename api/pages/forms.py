"""Reads what a form sends: few fields, once each, within the limit of a body; photos are kept as they come."""

import re
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from api.http.floods import PHOTOS_BY_ADDRESS, PHOTOS_BY_CODE
from api.http.pictures import NotAPicture
from api.http.uploads import TooLarge, TooSlow, Waiting, streamed, take
from api.pages.frame import Instead, check_flood
from api.pages.parts import Malformed, Part, Parts
from api.pages.words import PHOTO_WORDS
from rules.access import ANONYMOUS
from rules.photos import MOST_A_CASE

Form = dict[str, str]
MAX_FIELDS = 12
_URLENCODED, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_FILES, _KEPT = "photos", "photo"
"""What is chosen now, and what was sent before and is kept."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Sent:
    """What came: the words, the digests of the photos that are kept, and what is wrong with the others."""

    fields: Form = field(default_factory=dict)
    photos: list[str] = field(default_factory=list)
    trouble: str = ""
    chosen: int = 0


async def read_form(request: Request, code: str) -> Sent:
    """The fields of a form that the page behind a code sent."""
    media, options = parse_options_header(request.headers.get("content-type", ""))
    if media == _MULTIPART.encode():
        return await _parts(request, code, options.get(b"boundary", b""))
    if media != _URLENCODED.encode():
        raise _unreadable(415)
    limit, sent = request.app.state.body_limit, Sent()
    body = bytearray()
    async for chunk in _bounded(streamed(request, limit)):
        body += chunk
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise _unreadable(400) from None
    for name, value in pairs:
        _say(sent, name, value)
    return sent


async def _bounded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            yield chunk
    except TooLarge:
        raise _too_long() from None
    except TooSlow:
        raise Instead(408, "网络太慢了", "没有传完。请换个信号好的地方，再提交一次。") from None


def _say(sent: Sent, name: str, value: str) -> None:
    if name == _KEPT:
        if _SHA256.fullmatch(value) and value not in sent.photos and len(sent.photos) < MOST_A_CASE:
            sent.photos.append(value)
        return
    sent.fields[name] = value.replace("\r\n", "\n")


async def _parts(request: Request, code: str, boundary: bytes) -> Sent:
    """A form with photos. Its words come first, so whatever goes wrong with a photo, they are there."""
    state, sent = request.app.state, Sent()
    try:
        with closing(Parts(boundary, state.photo_limit)) as parts:
            read = 0
            async for chunk in streamed(request, (MOST_A_CASE + 1) * state.photo_limit + state.body_limit):
                for part in parts.feed(chunk):
                    read += len(part.content) + 1
                    with closing(part):
                        await _take(request, code, sent, part)
                if read > state.body_limit:
                    raise _too_long()
            parts.finish()
    except (Malformed, UnicodeDecodeError):
        raise _unreadable(400) from None
    except TooLarge:
        sent.trouble = PHOTO_WORDS["ALL_TOO_LARGE"]
    except TooSlow:
        sent.trouble = PHOTO_WORDS["TOO_SLOW"]
    return sent


async def _take(request: Request, code: str, sent: Sent, part: Part) -> None:
    if part.file is None:
        if len(sent.fields) >= MAX_FIELDS:
            raise Malformed
        _say(sent, part.name, part.content.decode())
    elif part.name == _FILES and part.size:
        sent.chosen += 1
        trouble = await _kept(request, code, sent, part.file, too_large=part.too_large)
        if trouble and not sent.trouble:
            sent.trouble = PHOTO_WORDS.get(trouble, trouble).format(number=sent.chosen)


async def _kept(request: Request, code: str, sent: Sent, file: Waiting, *, too_large: bool) -> str:
    """Keeps a photo; or says why not."""
    if len(sent.photos) >= MOST_A_CASE:
        return "TOO_MANY"
    if too_large:
        return "PHOTO_TOO_LARGE"
    try:
        check_flood(request, PHOTOS_BY_ADDRESS)
        check_flood(request, PHOTOS_BY_CODE, who=code)
        digest, _, _ = await take(request.app.state, ANONYMOUS, file)
    except Instead as instead:
        return "".join(instead.lines).removesuffix("。")
    except NotAPicture as error:
        return error.code
    if digest.hex() not in sent.photos:
        sent.photos.append(digest.hex())
    return ""


def _too_long() -> Instead:
    return Instead(413, "写得太长了", "请写短一些，两千字以内，再提交一次。")


def _unreadable(status: int) -> Instead:
    return Instead(status, "没有看懂", "请重新扫一下二维码，再写一次。")
