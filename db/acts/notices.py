"""Acts on notices: publish, withdraw, and mark as read."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.acts.announcing import Where, check_held, check_told, led, place_to_tell
from db.acts.journal import act, entry
from db.notices import Notice, NoticeReading
from db.transaction import Transaction
from rules import notices as rules
from rules.access import Act
from rules.journal import EntryKind
from rules.notices import Audience
from rules.text import BODY_LIMIT, LINE_LIMIT, check_text


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNotice:
    """A notice of an estate, or else of a community: by default the viewer's only one."""

    id: UUID
    audience: Audience
    title: str
    body: str
    community: UUID | None = None
    estate: UUID | None = None
    ends_at: datetime | None = None


@act(Act.PUBLISH_NOTICE)
async def publish_notice(tx: Transaction, new: NewNotice) -> UUID:
    """Publishes a notice. One that everybody reads may name neither a person nor a home."""
    rules.check_until(new.ends_at, tx.now)
    where = await place_to_tell(tx, led, new.community, new.estate)
    notice = Notice(
        id=new.id,
        **where._asdict(),
        audience=new.audience,
        title=await _text(tx, new, where, "title", LINE_LIMIT),
        body=await _text(tx, new, where, "body", BODY_LIMIT),
        until=new.ends_at,
        **tx.stamp("published"),
    )
    await tx.save(notice, entry(tx, EntryKind.NOTICE_PUBLISHED, notice))
    return new.id


async def _text(tx: Transaction, new: NewNotice, where: Where, field: str, limit: int) -> str:
    text: str = getattr(new, field)
    if new.audience is not Audience.PUBLIC:
        return check_text(text, field, limit=limit)
    return await check_told(tx, where.community_id, text, field, limit)


@dataclass(frozen=True, slots=True)
class Withdrawal:
    notice: UUID
    note: str
    act: UUID | None = None


@act(Act.PUBLISH_NOTICE, key="act", again="notice")
async def withdraw_notice(tx: Transaction, given: Withdrawal) -> UUID:
    """Withdraws a notice. It leaves the public page. Its readers see that it was withdrawn, and why."""
    reason = check_text(given.note, "reason", limit=LINE_LIMIT)
    notice = await tx.find(Notice, given.notice, "notice", lock=True)
    await check_held(tx, led, Where(notice.community_id, notice.estate_id), "notice")
    rules.check_standing(withdrawn=notice.withdrawn_at is not None)
    notice.change({**tx.stamp("withdrawn"), "withdraw_reason": reason})
    await tx.save(notice, entry(tx, EntryKind.NOTICE_WITHDRAWN, notice, note=reason))
    return notice.id


@dataclass(frozen=True, slots=True)
class NoticeRead:
    notice: UUID
    act: UUID | None = None


@act(Act.READ_NOTICE, key="act", again="notice")
async def mark_read(tx: Transaction, given: NoticeRead) -> UUID:
    """Notes that the viewer has read a notice.

    The journal has no entry: it would be a track of when each worker was online (docs/domain.md).
    """
    notice = await tx.find(Notice, given.notice, "notice")
    await tx.insert(NoticeReading(notice_id=notice.id, account_id=tx.worker_id, read_at=tx.now))
    return notice.id
