"""Reads submitted forms within limits. Photos are stored as they arrive."""

import re
from contextlib import closing
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.requests import Request

from api.http.admission import TooMany, admit, check_code, count_code
from api.http.pictures import NotAPicture
from api.http.uploads import Spooled, TooLarge, TooSlow, store_photo, streamed
from api.pages.frame import PageError
from api.pages.parts import Part, Parts
from api.pages.words import PHOTO_WORDS
from api.rates import STORED_BY_ADDRESS, STORED_BY_CODE
from rules.access import ANONYMOUS
from rules.photos import MOST_A_CASE

Form = dict[str, str]
MAX_FIELDS = 12
"""Fields of a form, not counting photos. The largest form has seven."""
_LONGEST_FORM = 64 * 1024
"""Bytes of a form without photos. A text of 2,000 characters takes 18,000 as a browser sends it, or 24,000."""
_LONGEST_TYPE = 1_000
"""Characters of a content type that are read. A boundary has 70 at most (RFC 2046)."""
_URLENCODED = b"application/x-www-form-urlencoded"
_FILES, _STORED = "photos", "photo"
"""The field of new photos, and the field of photos that an earlier attempt stored."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(slots=True)
class Submission:
    """A submitted form: its fields, the digests of its stored photos, and the first problem with the others."""

    fields: Form = field(default_factory=dict)
    photos: list[str] = field(default_factory=list)
    photo_problem: str = ""
    photos_sent: int = 0

    def add_field(self, name: str, value: str) -> None:
        """Adds a text field, or the digest of a stored photo."""
        if name != _STORED:
            self.fields[name] = value.replace("\r\n", "\n")
        elif _SHA256.fullmatch(value) and value not in self.photos and len(self.photos) < MOST_A_CASE:
            self.photos.append(value)


async def read_form(request: Request, code: str) -> Submission:
    """Reads a form of the page behind a code, and keeps what has come of it for an error page.

    Without a code, no photo is stored.

    Raises PageError if the form is malformed, too long or too slow.
    """
    submission = request.state.submission = Submission()
    media, options = parse_options_header(request.headers.get("content-type", "")[:_LONGEST_TYPE])
    try:
        if media == b"multipart/form-data":
            await _read_multipart(request, code, options.get(b"boundary", b""), submission)
        elif media == _URLENCODED:
            await _read_urlencoded(request, submission)
        else:
            raise _unreadable(415)
    except (FormParserError, UnicodeDecodeError):
        raise _unreadable(400) from None
    return submission


async def read_secret_form(request: Request) -> Form:
    """Reads a form without photos, whose fields no error page may show again. Raises PageError like ``read_form``."""
    if parse_options_header(request.headers.get("content-type", "")[:_LONGEST_TYPE])[0] != _URLENCODED:
        raise _unreadable(415)
    try:
        await _read_urlencoded(request, submission := Submission())
    except FormParserError:
        raise _unreadable(400) from None
    return submission.fields


async def _read_urlencoded(request: Request, submission: Submission) -> None:
    limit = min(_LONGEST_FORM, request.app.state.body_limit)
    try:
        body = b"".join([chunk async for chunk in streamed(request, limit)])
    except TooLarge:
        raise _too_long() from None
    except TooSlow:
        raise PageError(408, "网络太慢了", "没有传完。请换个信号好的地方，再提交一次。") from None
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FormParserError from None
    for name, value in fields:
        submission.add_field(name, value)


async def _read_multipart(request: Request, code: str, boundary: bytes, submission: Submission) -> None:
    """Reads a form with photos. Its text fields come first, so a failing photo does not lose them."""
    state = request.app.state
    try:
        with closing(Parts(boundary, state.photo_limit)) as parts:
            read = 0
            async for chunk in streamed(request, (MOST_A_CASE + 1) * state.photo_limit + state.body_limit):
                for part in parts.feed(chunk):
                    read += len(part.content) + 1
                    with closing(part):
                        await _take(request, code, submission, part)
                if read > state.body_limit:
                    raise _too_long()
            parts.finish()
    except TooLarge:
        submission.photo_problem = PHOTO_WORDS["ALL_TOO_LARGE"]
    except TooSlow:
        submission.photo_problem = PHOTO_WORDS["TOO_SLOW"]


async def _take(request: Request, code: str, submission: Submission, part: Part) -> None:
    if part.file is None:
        if len(submission.fields) >= MAX_FIELDS:
            raise FormParserError
        submission.add_field(part.name, part.content.decode())
    elif part.name == _FILES and part.size and code:
        submission.photos_sent += 1
        problem = await _store(request, code, submission, part.file, too_large=part.too_large)
        if problem and not submission.photo_problem:
            words = PHOTO_WORDS.get(problem, problem)
            submission.photo_problem = words.format(number=submission.photos_sent)


async def _store(request: Request, code: str, submission: Submission, file: Spooled, *, too_large: bool) -> str:
    """Stores a photo. Returns the problem, if there is one: a key of PHOTO_WORDS, or a text."""
    if len(submission.photos) >= MOST_A_CASE:
        return "TOO_MANY"
    if too_large:
        return "PHOTO_TOO_LARGE"
    try:
        await admit(request, STORED_BY_ADDRESS)
        await check_code(request, STORED_BY_CODE, code)
        digest, _, _ = await store_photo(request.app.state, ANONYMOUS, file)
    except TooMany as error:
        return error.chinese.removesuffix("。")
    except NotAPicture as error:
        return error.code
    await count_code(request, STORED_BY_CODE, code)
    if digest.hex() not in submission.photos:
        submission.photos.append(digest.hex())
    return ""


def _too_long() -> PageError:
    return PageError(413, "写得太长了", "请写短一些，两千字以内，再提交一次。")


def _unreadable(status: int) -> PageError:
    return PageError(status, "没有收到完整的内容", "请重新扫一下二维码，再写一次。")
