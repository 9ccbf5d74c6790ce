"""Acts on photos: kept once, however often they are sent; attached to the cases that they are evidence of."""

from collections.abc import Sequence
from typing import Any

from db import sql
from db.acts.places import place_of_code
from db.appeals import Appeal
from db.base import alias
from db.photos import Photo, PhotoFile
from db.scope import Scope
from db.transaction import Transaction
from rules.access import Act, require
from rules.photos import MOST_A_CASE, check_count, check_sha256
from rules.refusals import Code, Refusal
from rules.text import receipt_code


async def may_keep(tx: Transaction, code: str | None, receipt: str | None) -> None:
    """Whoever may open an appeal may send its photos; without an account by a QR code or a receipt."""
    require(tx.viewer, Act.OPEN_APPEAL)
    if tx.viewer.role is not None:
        return
    if receipt is not None:
        if await tx.first(Appeal, receipt_code=receipt_code(receipt)) is not None:
            return
    elif code is not None and await _is_live(tx, code):
        return
    raise Refusal(Code.NOT_ALLOWED)


async def _is_live(tx: Transaction, code: str) -> bool:
    try:
        await place_of_code(tx, code, "")
    except Refusal as refusal:
        # At a counter the text says the place, and there is none yet.
        return refusal.code is Code.PLACE_UNCLEAR
    return True


async def kept(tx: Transaction, sha256: bytes) -> PhotoFile | None:
    """The photo, if it was sent before."""
    return await tx.first(PhotoFile, sha256=sha256)


async def keep(tx: Transaction, sha256: bytes, kept_sha256: bytes, width: int, height: int) -> None:
    """Records that a photo is kept, and the digest of the kept file. Two who send it at once are both right."""
    by = {"kept_by": tx.viewer.account_id, "kept_at": tx.now}
    await tx.rows(_keep, sha256=sha256, kept_sha256=kept_sha256, width=width, height=height, **by)


def _keep(_: Scope) -> sql.Insert:
    t = alias(PhotoFile)
    names = ("sha256", "kept_sha256", "width", "height", "kept_by", "kept_at")
    return sql.insert(t, {name: sql.parameter(name, str(t.c[name].type)) for name in names}).on_conflict()


async def attach_photos(
    tx: Transaction, digests: Sequence[str], *, most: int = MOST_A_CASE, **case: Any
) -> list[Photo]:
    """Makes photos those of a case, by its foreign keys; gives back what is new.

    Each has to have been sent, and a case has a few of them at most.
    """
    if not digests:
        return []
    wanted = [check_sha256(text, "photos", index) for index, text in enumerate(digests)]
    there = {photo.sha256 for photo in await tx.all(Photo, **case)}
    new = [each for each in dict.fromkeys(wanted) if each not in there]
    check_count(len(there) + len(new), most, "photos")
    files = {file.sha256: file for file in await tx.all(PhotoFile, sha256=new)}
    for digest in new:
        if digest not in files:
            raise Refusal(Code.NOT_FOUND, "photos", wanted.index(digest))
    attached = [_photo(tx, files[digest], case) for digest in new]
    await tx.save(*attached)
    return attached


def _photo(tx: Transaction, file: PhotoFile, case: dict[str, Any]) -> Photo:
    by: dict[str, Any] = {"attached_by": tx.viewer.account_id, "attached_at": tx.now}
    return Photo(sha256=file.sha256, width=file.width, height=file.height, **by, **case)
