"""The roots of the live feed. Events are read from the journal and rendered by the compiler (schema/feed.py)."""

from datetime import datetime

import strawberry

from rules.alerts import RUNG_LABELS, Rung
from rules.journal import APPEAL_CHANGES, DISPUTE_CHANGES, ENTRY_LABELS, WISH_PROGRESS, EntryKind
from schema.alerts import Alert
from schema.appeals import Appeal
from schema.compiler.declare import argument, column, field, labelled, part, to_one, value
from schema.compiler.sources import Feed
from schema.disputes import Dispute
from schema.journal import feed_cursor
from schema.scalars import Cursor
from schema.wishes import Wish, WishOnWall

AFTER = argument("after", Cursor | None, "Resume after this cursor; without it only what happens from now on is sent.")


@part
class AppealOpened:
    """A new appeal in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    appeal: Appeal | None = to_one("appeal_id", "The appeal; null when it has left the viewer's scope since.")


@part
class AppealChanged:
    """Something that happened to an appeal in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    kind: EntryKind = column("kind", "What happened.")
    kind_label: str = labelled("kind", ENTRY_LABELS, "What happened, in Chinese.")
    appeal: Appeal | None = to_one("appeal_id", "The appeal; null when it has left the viewer's scope since.")


@part
class AlertRaised:
    """A rung of the safety ladder in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    rung: Rung = column("to_status", "Who is told now.")
    rung_label: str = labelled("to_status", RUNG_LABELS, "Who is told now, in Chinese.")
    alert: Alert | None = to_one("alert_id", "The alert; null when it has left the viewer's scope since.")


@part
class SchedulerChanged:
    """Background work has stopped, or is done again: what climbs and escalates by itself depends on it."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    kind: EntryKind = column("kind", "Which of the two.")
    kind_label: str = labelled("kind", ENTRY_LABELS, "Which of the two, in Chinese.")
    note: str | None = column("note", "Since when it had stopped.")


@part
class DisputeChanged:
    """Something that happened to a dispute in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    kind: EntryKind = column("kind", "What happened.")
    kind_label: str = labelled("kind", ENTRY_LABELS, "What happened, in Chinese.")
    note: str | None = column("note", "What was said about it.")
    occurred_at: datetime = column("occurred_at", "When it occurred.")
    dispute: Dispute | None = to_one("dispute_id", "The dispute; null when it has left the viewer's scope since.")


@part
class WishChanged:
    """Progress of a small wish of the viewer's communities; it names neither who nor where."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    kind: EntryKind = column("kind", "What happened.")
    kind_label: str = labelled("kind", ENTRY_LABELS, "What happened, in Chinese.")
    note: str | None = column("note", "What was said.")
    on_wall: WishOnWall | None = to_one("wish_id", "The wish as everybody sees it.")
    wish: Wish | None = to_one("wish_id", "The wish; null when whose it is is not the viewer's to see.")


@strawberry.type(description="What is pushed as it happens, in order, within the viewer's scope.")
class Subscription:
    """See the description."""

    appeal_opened: AppealOpened = field(
        Feed(frozenset({EntryKind.APPEAL_OPENED})), "Each new appeal, within a second.", [AFTER]
    )
    appeal_changed: AppealChanged = field(
        Feed(APPEAL_CHANGES), "Everything that happens to appeals after they were opened.", [AFTER]
    )
    scheduler_changed: SchedulerChanged = field(
        Feed(frozenset({EntryKind.SCHEDULER_LATE, EntryKind.SCHEDULER_BACK})),
        "That nothing looks at what is overdue any more, and that something does again.",
        [AFTER],
    )
    dispute_changed: DisputeChanged = field(
        Feed(DISPUTE_CHANGES | {EntryKind.DISPUTE_OPENED}),
        "Everything that happens to disputes; to the centre and to who was invited, to their cases alone.",
        [AFTER],
    )
    wish_changed: WishChanged = field(
        Feed(WISH_PROGRESS), "What becomes of published wishes, for everybody in the community.", [AFTER]
    )
    alert_raised: AlertRaised = field(
        Feed(frozenset({EntryKind.ALERT_RAISED, EntryKind.ALERT_CLIMBED})),
        "Each rung of the safety ladder as it rings.",
        [AFTER],
    )
