"""The direct line in the quiet years: a few appeals a week, all of them closed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from random import Random

from db import appeals as tables
from rules.appeal_moves import ACCEPT, ANSWER, CONFIRM, DISPATCH, ESCALATE, RETURN, TAKE_ON
from rules.appeals import AppealCategory, AppealKind, AppealSource, DispatchStatus
from seeds import appeals
from seeds.accounts import PARTNERS
from seeds.lives import DISPATCHED, SMOOTH, TWICE, UPSTAIRS, Pace, Path, Step, live
from seeds.organisations import ANSWERS
from seeds.quiet.span import Span, in_good_time
from seeds.reports import WAYS, Report, Topic, topic
from seeds.world import World

OVER = 13
"""Days after which every appeal of this page is closed."""
SPEED: Pace = {
    ACCEPT: (0.05, 1.5),
    DISPATCH: (0.1, 0.5),
    TAKE_ON: (0.1, 0.5),
    ANSWER: (3, 30),
    CONFIRM: (0.5, 20),
    RETURN: (1, 6),
    ESCALATE: (2, 12),
}
"""The range of hours that each move takes. The time limits are kept."""
_HEATED = frozenset({1, 2, 3, 10, 11, 12})
_SHARES = (0.5, 0.5, 0.5, 0.5, 0.5, 0.2, 0.2)
"""How often an appeal comes in, by day of the week."""
_SERVED = frozenset({category for category, kind in ANSWERS.items() if kind in {each for _, _, each in PARTNERS}})
"""The categories whose organisation has an account."""


def add(world: World, span: Span) -> None:
    """Adds the appeals that were closed well before the day of loading."""
    for day in span.days():
        random = world.random(f"quiet line {day}")
        if day <= span.ago(OVER) and random.random() < _SHARES[day.weekday()]:
            kind, category = some_subject(world, random, day)
            source = random.choice(appeals.SOURCES[kind])
            report = come_in(world, random, source, topic(random, kind, category, day))
            write(world, random, report, list(live(world, random, report, _path(random, kind, category), SPEED)))


def some_subject(world: World, random: Random, day: date) -> tuple[AppealKind, AppealCategory]:
    """A kind and a category, as frequent as in 2023; heating only while it is on."""
    planned = dict(world.plan.appeals)
    if day.month not in _HEATED:
        del planned[AppealKind.PROBLEM, AppealCategory.HEATING]
    return random.choices(list(planned), list(planned.values()))[0]


def _path(random: Random, kind: AppealKind, category: AppealCategory) -> Path:
    paths: Sequence[Path] = (SMOOTH,)
    if kind is AppealKind.PROBLEM and category is not AppealCategory.HEATING:
        paths = (SMOOTH,) * 7 + (TWICE, UPSTAIRS)
    if kind is AppealKind.PROBLEM and category in _SERVED:
        paths = (*paths, *[DISPATCHED] * (len(paths) // 2 + 1))
    return random.choice(paths)


def come_in(world: World, random: Random, source: AppealSource, subject: Topic, at: datetime | None = None) -> Report:
    """A report early enough for a call back on the same day; one from a visit comes in with it."""
    report = WAYS[source](world, random, subject)
    if source is AppealSource.VISIT:
        return report
    at = at or in_good_time(random, subject.day)
    return replace(report, opened_at=at, recorded_at=at)


def write(world: World, random: Random, report: Report, steps: list[Step], **more: object) -> None:
    """Adds an appeal, and its dispatch if it has one."""
    sent = next((step for step in steps if step.move is DISPATCH), None)
    if sent is None:
        appeals.write(world, random, report, steps, **more)
        return
    dispatch = world.book.new_id(sent.at)
    uuid = appeals.write(world, random, report, steps, dispatch_id=dispatch, **more)
    taken = next((step for step in steps if step.move is TAKE_ON), None)
    by = {"dispatched_by": sent.actor.account_id, "dispatched_at": sent.at}
    if taken is not None:
        by |= {"answered_by": taken.actor.account_id, "answered_at": taken.at}
    world.book.add(
        tables.Dispatch,
        id=dispatch,
        community_id=world.town.community_id,
        grid_id=report.grid.id,
        organisation_id=world.responsible[report.category],
        appeal_id=uuid,
        status=DispatchStatus.ACCEPTED if taken else DispatchStatus.PENDING,
        **by,
    )
