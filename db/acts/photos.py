"""Acts on photos: each is stored once, and attached to cases."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db import sql
from db.acts.journal import act, entry
from db.acts.places import live_code
from db.appeals import Appeal
from db.base import alias
from db.photos import Photo, PhotoFile
from db.scope import Scope
from db.transaction import Transaction
from db.visits import Visit
from rules.access import Act, require
from rules.codes import typed_code
from rules.journal import EntryKind
from rules.photos import MOST_A_CASE, check_count, check_sha256
from rules.refusals import Code, Refusal, Said, invalid
from rules.retention import UNATTACHED
from rules.text import LINE_LIMIT, check_text, receipt_code
from rules.visits import check_may_correct

_REMOVED_AT_ONCE = 50
"""Photos of one transaction, whose files are deleted meanwhile: some milliseconds each in an object store."""


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
    if await known(tx, sha256) is None:
        file = PhotoFile(sha256=sha256, kept_sha256=kept_sha256, width=width, height=height, **tx.stamp("kept"))
        await tx.insert(file)


async def known(tx: Transaction, sha256: bytes) -> PhotoFile | None:
    """The photo if it is stored. It was sent again, so the time in which it has to be attached begins anew."""
    file = await tx.first(PhotoFile, lock=True, sha256=sha256)
    if file is not None:
        file.kept_at = tx.now
        await tx.save(file)
    return file


async def remove_unattached(tx: Transaction) -> list[bytes]:
    """Forgets some photos that no case has and that were sent long ago. Returns their digests.

    Delete the files before the commit: whoever sends a photo again waits for it, and then stores it anew.
    """
    idle = await tx.rows(_unattached, before=tx.now - UNATTACHED)
    # Read again after the locks, because a case may have taken one meanwhile.
    return [each["sha256"] for each in await tx.rows(_forget, digests=[each["sha256"] for each in idle])]


def _unattached(_: Scope) -> sql.Select:
    file, photo = alias(PhotoFile), alias(Photo)
    attached = sql.exists(photo).where(photo.c.sha256 == file.c.sha256)
    idle = (file.c.kept_at < sql.parameter("before", sql.INSTANT), sql.not_(attached))
    found = sql.select(file.c.sha256).from_(file).where(*idle).limit(_REMOVED_AT_ONCE)
    return found.for_update(file, skip_locked=True)


def _forget(_: Scope) -> sql.Delete:
    file, photo = alias(PhotoFile), alias(Photo)
    attached = sql.exists(photo).where(photo.c.sha256 == file.c.sha256)
    those = file.c.sha256 == sql.any_(sql.parameter("digests", sql.array_of(sql.BYTES)))
    return sql.delete(file).where(those, sql.not_(attached)).returning(file.c.sha256)


async def attach_photos(
    tx: Transaction, digests: Sequence[str], *, most: int = MOST_A_CASE, **case: Any
) -> list[Photo]:
    """Attaches uploaded photos to a case, which is given by foreign keys; returns the new attachments.

    A photo that was removed can be attached again. Raises NOT_FOUND for a photo that was not uploaded, and
    INVALID_INPUT beyond ``most`` photos of the case.
    """
    if not digests:
        return []
    wanted = [check_sha256(text, "photos", index) for index, text in enumerate(digests)]
    there = {photo.sha256 for photo in await tx.all(Photo, removed_at=None, **case)}
    new = [each for each in dict.fromkeys(wanted) if each not in there]
    check_count(len(there) + len(new), most, "photos")
    files = {file.sha256: file for file in await tx.all(PhotoFile, lock="share", sha256=new)}
    for digest in new:
        if digest not in files:
            raise Refusal(Code.NOT_FOUND, "photos", wanted.index(digest))
    stamp = tx.stamp("attached")
    attached = [Photo(sha256=each, width=files[each].width, height=files[each].height, **stamp, **case) for each in new]
    await tx.save(*attached)
    return attached


@dataclass(frozen=True, slots=True)
class PhotoRemoval:
    photo: UUID
    reason: str
    act: UUID | None = None


@act(Act.REMOVE_PHOTO, key="act", again="photo")
async def remove_photo(tx: Transaction, given: PhotoRemoval) -> UUID:
    """Removes a photo of a visit or of an appeal. It stays on record, and is served to nobody."""
    reason = check_text(given.reason, "reason", limit=LINE_LIMIT)
    photo = await tx.find(Photo, given.photo, "photo", lock=True)
    if photo.dispute_id is not None:
        raise invalid("纠纷的照片不能移除", "photo")
    check_may_correct(tx.viewer, photo.attached_by, photo.attached_at, tx.now, "photo")
    if photo.removed_at is not None:
        raise Refusal(Code.WRONG_STATE, "photo", status=Said("已移除"))
    photo.change({**tx.stamp("removed"), "removed_reason": reason})
    if photo.visit_id is not None:
        removed = entry(tx, EntryKind.VISIT_PHOTO_REMOVED, await tx.get(Visit, id=photo.visit_id), note=reason)
    else:
        removed = entry(tx, EntryKind.APPEAL_PHOTO_REMOVED, await tx.get(Appeal, id=photo.appeal_id), note=reason)
    await tx.save(photo, removed)
    return photo.id
