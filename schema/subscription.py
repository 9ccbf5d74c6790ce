"""The roots of the live feed. Events are read from the journal and rendered by the compiler (schema/feed.py)."""

import strawberry

from rules.journal import EntryKind
from schema.appeals import Appeal
from schema.compiler.declare import argument, field, part, to_one, value
from schema.compiler.sources import Feed
from schema.journal import feed_cursor
from schema.scalars import Cursor

AFTER = argument("after", Cursor | None, "Resume after this cursor; without it only what happens from now on is sent.")


@part
class AppealOpened:
    """A new appeal in the viewer's scope."""

    cursor: Cursor = value(feed_cursor, "Keep it, and resume after it: nothing is lost and nothing comes twice.")
    appeal: Appeal | None = to_one("appeal_id", "The appeal; null when it has left the viewer's scope since.")


@strawberry.type(description="What is pushed as it happens, in order, within the viewer's scope.")
class Subscription:
    """See the description."""

    appeal_opened: AppealOpened = field(
        Feed(frozenset({EntryKind.APPEAL_OPENED})), "Each new appeal, within a second.", [AFTER]
    )
