"""The roots of the live feed. Events are read from the journal and rendered by the compiler (schema/feed.py)."""

import strawberry

from rules.alerts import RUNG_LABELS, Rung
from rules.journal import EntryKind
from schema.alerts import Alert
from schema.appeals import Appeal
from schema.compiler.declare import argument, column, field, labelled, part, to_one, value
from schema.compiler.sources import Feed
from schema.journal import feed_cursor
from schema.scalars import Cursor

AFTER = argument("after", Cursor | None, "Resume after this cursor; without it only what happens from now on is sent.")


@part
class AppealOpened:
    """A new appeal in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    appeal: Appeal | None = to_one("appeal_id", "The appeal; null when it has left the viewer's scope since.")


@part
class AlertRaised:
    """A rung of the safety ladder in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    rung: Rung = column("to_status", "Who is told now.")
    rung_label: str = labelled("to_status", RUNG_LABELS, "Who is told now, in Chinese.")
    alert: Alert | None = to_one("alert_id", "The alert; null when it has left the viewer's scope since.")


@strawberry.type(description="What is pushed as it happens, in order, within the viewer's scope.")
class Subscription:
    """See the description."""

    appeal_opened: AppealOpened = field(
        Feed(frozenset({EntryKind.APPEAL_OPENED})), "Each new appeal, within a second.", [AFTER]
    )
    alert_raised: AlertRaised = field(
        Feed(frozenset({EntryKind.ALERT_RAISED, EntryKind.ALERT_CLIMBED})),
        "Each rung of the safety ladder as it rings.",
        [AFTER],
    )
