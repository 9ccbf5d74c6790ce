"""Acts on photos: kept once, however often they are sent; attached to the cases that they are evidence of."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from db.acts.acting import Acting
from db.acts.places import place_of_code
from db.appeals import Appeal
from db.photos import Photo, PhotoFile
from db.scope import table
from rules.access import Act, require
from rules.photos import MOST_A_CASE, check_count, check_sha256
from rules.refusals import Code, Refusal
from rules.text import receipt_code


async def may_keep(acting: Acting, code: str | None, receipt: str | None) -> None:
    """Whoever may open an appeal may send its photos; without an account by a QR code or a receipt."""
    require(acting.viewer, Act.OPEN_APPEAL)
    if acting.viewer.role is not None:
        return
    if receipt is not None:
        wanted = select(Appeal.id).where(Appeal.receipt_code == receipt_code(receipt))
        if (await acting.session.exec(wanted)).first() is not None:
            return
    elif code is not None and await _is_live(acting, code):
        return
    raise Refusal(Code.NOT_ALLOWED)


async def _is_live(acting: Acting, code: str) -> bool:
    try:
        await place_of_code(acting, code, "")
    except Refusal as refusal:
        # At a counter the text says the place, and there is none yet.
        return refusal.code is Code.PLACE_UNCLEAR
    return True


async def kept(acting: Acting, sha256: bytes) -> PhotoFile | None:
    """The photo, if it was sent before."""
    return await acting.session.get(PhotoFile, sha256)


async def keep(acting: Acting, sha256: bytes, kept_sha256: bytes, width: int, height: int) -> None:
    """Writes down that a photo is kept, and the digest of what is; of two who send it at once, both are right."""
    by = {"kept_by": acting.viewer.account_id, "kept_at": acting.now, "kept_sha256": kept_sha256}
    row = insert(table(PhotoFile)).values(sha256=sha256, width=width, height=height, **by)
    await (await acting.session.connection()).execute(row.on_conflict_do_nothing())


async def attach_photos(
    acting: Acting, digests: Sequence[str], *, most: int = MOST_A_CASE, **case: UUID | None
) -> list[Photo]:
    """Makes photos those of a case, by its foreign keys; gives back what is new.

    Each has to have been sent, and a case has a few of them at most.
    """
    if not digests:
        return []
    wanted = [check_sha256(text, "photos", index) for index, text in enumerate(digests)]
    own = (getattr(Photo, name) == uuid for name, uuid in case.items())
    there = (await acting.session.exec(select(Photo.sha256).where(*own))).all()
    new = [each for each in dict.fromkeys(wanted) if each not in there]
    check_count(len(there) + len(new), most, "photos")
    found = select(PhotoFile).where(col(PhotoFile.sha256).in_(new))
    files = {each.sha256: each for each in (await acting.session.exec(found)).all()}
    for digest in new:
        if digest not in files:
            raise Refusal(Code.NOT_FOUND, "photos", wanted.index(digest))
    attached = [_photo(acting, files[digest], case) for digest in new]
    acting.session.add_all(attached)
    await acting.session.flush()
    return attached


def _photo(acting: Acting, file: PhotoFile, case: dict[str, Any]) -> Photo:
    size: dict[str, Any] = {"width": file.width, "height": file.height}
    by: dict[str, Any] = {"attached_by": acting.viewer.account_id, "attached_at": acting.now}
    return Photo(sha256=file.sha256, **size, **by, **case)
