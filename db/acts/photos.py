"""Acts on photos: each is stored once, and attached to cases."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from db.acts.places import live_code
from db.appeals import Appeal
from db.photos import Photo, PhotoFile
from db.transaction import Transaction
from rules.access import Act, require
from rules.codes import typed_code
from rules.photos import MOST_A_CASE, check_count, check_sha256
from rules.refusals import Code, Refusal
from rules.text import receipt_code


async def may_keep(tx: Transaction, code: str | None, receipt: str | None) -> None:
    """Checks that the viewer may upload photos. Without an account that takes the code of a QR code or of a receipt."""
    require(tx.viewer, Act.OPEN_APPEAL)
    if tx.viewer.role is not None:
        return
    if receipt is not None and await _is_receipt(tx, receipt_code(receipt)):
        return
    if receipt is None and code is not None:
        with suppress(Refusal):
            await tx.show(typed_code(code))
            await live_code(tx, code)
            return
    raise Refusal(Code.NOT_ALLOWED)


async def _is_receipt(tx: Transaction, code: str) -> bool:
    await tx.show(code)
    return await tx.first(Appeal, receipt_code=code) is not None


async def keep(tx: Transaction, sha256: bytes, kept_sha256: bytes, width: int, height: int) -> None:
    """Records a stored photo. A concurrent upload of the same photo changes nothing."""
    file = PhotoFile(sha256=sha256, kept_sha256=kept_sha256, width=width, height=height, **tx.stamp("kept"))
    await tx.insert(file)


async def attach_photos(
    tx: Transaction, digests: Sequence[str], *, most: int = MOST_A_CASE, **case: Any
) -> list[Photo]:
    """Attaches uploaded photos to a case, which is given by foreign keys; returns the new attachments.

    Raises NOT_FOUND for a photo that was not uploaded, and INVALID_INPUT beyond ``most`` photos of the case.
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
    stamp = tx.stamp("attached")
    attached = [Photo(sha256=each, width=files[each].width, height=files[each].height, **stamp, **case) for each in new]
    await tx.save(*attached)
    return attached
