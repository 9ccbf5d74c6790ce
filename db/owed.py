"""The duty engine: what is owed to whom in which period, and how it stands, in one SELECT (domain.md section 3)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

import sqlalchemy as sa

from db.duty import DutyPause, VisitPolicy
from db.people import Residency, ResidentColour
from db.places import Community, Grid
from db.scope import Condition, Ids, alias, table
from db.visits import VisitResident
from rules.duty import RESIDENT_COLOURS, DutyState

Column: TypeAlias = sa.ColumnElement[Any]


_ONE_DAY: Column = sa.literal_column("interval '1 day'")
_ONE: Column = sa.literal_column("1")
_ZERO: Column = sa.literal_column("0")
_COLON: Column = sa.literal_column("':'")
_POLICY = ("policy_id", "community_id", "colour", "period", "modes", "policy_starts_on", "zone")


@dataclass(frozen=True, slots=True)
class Days:
    """The days that are asked about, both included, and the moment that decides what is still running.

    Without days it is today by each community's calendar; ``communities`` spares looking at others.
    """

    now: Column
    first: Column | None = None
    last: Column | None = None
    communities: Ids | None = None


def duties(days: Days) -> sa.Select[Any]:
    """Every duty that is judged on one of the days: on its period's last day, or today while the period runs.

    A row has the place (``community_id`` … ``household_id``, ``resident_id`` for RED alone), the period (``starts_on``,
    ``last_on``, ``judged_on``), the ``state`` and what it rests on (``visit_id``, ``pause_id``). The rules are those of
    rules/duty.py.
    """
    target = _targets(_spans(days), of_few=days.communities is not None)
    in_time = _reached(target, target.c.starts_at, target.c.ends_at).lateral("in_time")
    late = _reached(target, target.c.ends_at, target.c.grace_ends_at, unless=in_time).lateral("late")
    pause = _paused(target).lateral("pause")
    state = sa.case(
        (in_time.c.visit_id.is_not(None), _word(DutyState.DONE)),
        (pause.c.id.is_not(None), _word(DutyState.PAUSED)),
        (target.c.ends_at > days.now, _word(DutyState.DUE)),
        (late.c.visit_id.is_not(None), _word(DutyState.LATE)),
        else_=_word(DutyState.MISSED),
    )
    return sa.select(
        target,
        sa.collate(_key(target), "C").label("key"),
        sa.func.coalesce(in_time.c.visit_id, late.c.visit_id).label("visit_id"),
        pause.c.id.label("pause_id"),
        state.label("state"),
    ).select_from(target.join(in_time, sa.true()).join(late, sa.true()).outerjoin(pause, sa.true()))


def _key(target: sa.Subquery) -> Column:
    """What tells a duty from others: colour, period, target and first day."""
    person = sa.func.coalesce(target.c.resident_id, target.c.household_id)
    return sa.func.concat_ws(_COLON, target.c.colour, target.c.period, person, target.c.starts_on, type_=sa.Text())


def _word(value: StrEnum) -> Column:
    return sa.literal_column(f"'{value.value}'", sa.Text())


def _spans(days: Days) -> sa.CTE:
    """The periods of every policy, as instants too, with the day on which each is judged."""
    begun = _begun(days)
    day_after = sa.cast(begun.c.judged_on + _ONE_DAY, sa.DateTime)
    in_force = sa.or_(begun.c.policy_ends_on.is_(None), begun.c.policy_ends_on > begun.c.judged_on)
    return (
        sa.select(
            sa.func.row_number().over().label("span"),
            *(begun.c[name] for name in _POLICY),
            sa.cast(begun.c.start, sa.Date).label("starts_on"),
            sa.cast(begun.c.stop - _ONE_DAY, sa.Date).label("last_on"),
            begun.c.judged_on,
            sa.func.timezone(begun.c.zone, begun.c.start).label("starts_at"),
            sa.func.timezone(begun.c.zone, begun.c.stop).label("ends_at"),
            sa.func.timezone(begun.c.zone, begun.c.stop + begun.c.grace_days * _ONE_DAY).label("grace_ends_at"),
            sa.func.timezone(begun.c.zone, day_after).label("judged_until"),
        )
        .where(begun.c.policy_starts_on <= begun.c.judged_on, in_force)
        .where(begun.c.judged_on.between(begun.c.first_asked, begun.c.last_asked))
        .correlate_except(begun)
        # Computed once, not once for every row that is joined to it.
        .cte(nesting=True)
        .prefix_with("MATERIALIZED")
    )


def _begun(days: Days) -> sa.Subquery:
    """The periods that share a day with those asked for and have begun."""
    policy, community = alias(table(VisitPolicy)), alias(table(Community))
    today = sa.cast(sa.func.timezone(community.c.time_zone, days.now), sa.Date)
    first, last = (today if day is None else day for day in (days.first, days.last))
    step = _step(policy.c.period)
    begins = sa.func.date_trunc(sa.func.lower(policy.c.period), sa.cast(first, sa.DateTime))
    starts: Any = sa.func.generate_series(begins, sa.cast(last, sa.DateTime), step)
    start = starts.table_valued(sa.column("at", sa.DateTime()), name="start").render_derived()
    last_on = sa.cast(start.c.at + step - _ONE_DAY, sa.Date)
    return (
        sa.select(
            policy.c.id.label("policy_id"),
            *(policy.c[name] for name in ("community_id", "colour", "period", "modes", "grace_days")),
            policy.c.starts_on.label("policy_starts_on"),
            policy.c.ends_on.label("policy_ends_on"),
            community.c.time_zone.label("zone"),
            start.c.at.label("start"),
            (start.c.at + step).label("stop"),
            sa.func.least(last_on, today, type_=sa.Date()).label("judged_on"),
            first.label("first_asked"),
            last.label("last_asked"),
        )
        .select_from(policy.join(community, community.c.id == policy.c.community_id).join(start, sa.true()))
        .where(policy.c.period.is_not(None), sa.cast(start.c.at, sa.Date) <= today)
        .where(sa.true() if days.communities is None else policy.c.community_id == sa.any_(days.communities))
        .correlate_except(policy, community, start)
        .subquery("begun")
    )


def _step(period: Column) -> Column:
    """The length of a period."""
    return sa.cast(sa.literal_column("'1 '").op("||")(period), sa.Interval)


def _targets(span: sa.CTE, *, of_few: bool) -> sa.Subquery:
    """Whom a period is owed to: who held the colour and lived there on the day on which it is judged."""
    home, grid = alias(table(Residency)), alias(table(Grid))
    held = _colours_of(home) if of_few else alias(table(ResidentColour))
    set_then = sa.and_(held.c.colour == span.c.colour, held.c.set_at < span.c.judged_until)
    still = sa.or_(held.c.removed_at.is_(None), held.c.removed_at >= span.c.judged_until)
    whose = home.c.resident_id == held.c.resident_id
    stays = sa.or_(home.c.moved_out_on.is_(None), home.c.moved_out_on > span.c.judged_on)
    there = sa.and_(home.c.moved_in_on <= span.c.judged_on, stays)
    inside = sa.and_(grid.c.id == home.c.grid_id, grid.c.community_id == span.c.community_id)
    alone = span.c.colour.in_([_word(colour) for colour in sorted(RESIDENT_COLOURS)])
    resident = sa.case((alone, held.c.resident_id))
    keys = [span.c.span, home.c.grid_id, home.c.building_id, home.c.household_id]
    set_on = sa.cast(sa.func.timezone(span.c.zone, held.c.set_at), sa.Date)
    since = sa.func.min(sa.func.greatest(set_on, home.c.moved_in_on))
    # Grouped by a few short keys; the rest of the period is joined again afterwards.
    who = (
        sa.select(*keys, resident.label("resident_id"), since.label("since"))
        .select_from(home.join(held, whose).join(span, sa.and_(set_then, still, there)).join(grid, inside))
        .group_by(*keys, resident)
        .subquery("who")
    )
    period = span.alias()
    whom = [who.c[name] for name in ("grid_id", "building_id", "household_id", "resident_id", "since")]
    return sa.select(*period.c, *whom).join_from(period, who, who.c.span == period.c.span).subquery("target")


def _colours_of(home: Any) -> Any:
    """The colours of one resident; OFFSET 0 has them looked up, where the planner would read everybody's."""
    held = alias(table(ResidentColour))
    own = sa.select(held.c.resident_id, held.c.colour, held.c.set_at, held.c.removed_at)
    return own.where(held.c.resident_id == home.c.resident_id).offset(_ZERO).correlate(home).lateral("held")


def _reached(target: sa.Subquery, since: Column, until: Column, unless: Any = None) -> sa.Select[Any]:
    """The first visit between two instants that reached the target in one of the accepted modes."""

    def first(key: str) -> Column:
        reach = alias(table(VisitResident))
        found = sa.select(reach.c.visit_id).where(
            reach.c[key] == target.c[key],
            reach.c.mode == sa.any_(target.c.modes),
            reach.c.occurred_at >= since,
            reach.c.occurred_at < until,
        )
        return _within(found.order_by(reach.c.occurred_at).limit(_ONE), reach)

    whens = [(target.c.resident_id.is_(None), first("household_id"))]
    if unless is not None:
        whens.insert(0, (unless.c.visit_id.is_not(None), sa.null()))
    # OFFSET 0 keeps it from being written into each place that reads it, and so from being looked for again there.
    found = sa.select(sa.case(*whens, else_=first("resident_id")).label("visit_id")).offset(_ZERO)
    return found.correlate(target) if unless is None else found.correlate(target, unless)


def _paused(target: sa.Subquery) -> sa.Select[Any]:
    """A pause of the resident or of the whole household that covers the day on which the duty is judged."""
    pause = alias(table(DutyPause))
    covers = target.c.judged_on.between(pause.c.starts_on, pause.c.ends_on)
    return (
        sa.select(pause.c.id)
        .where(_of_target(pause, target), covers)
        .order_by(pause.c.id)
        .limit(_ONE)
        .correlate(target)
    )


def _of_target(pause: Any, target: sa.FromClause) -> Condition:
    """A household's pause is everybody's in it; a resident's is theirs alone, wherever they live."""
    households = sa.and_(pause.c.household_id == target.c.household_id, pause.c.resident_id.is_(None))
    return sa.or_(households, pause.c.resident_id == target.c.resident_id)


def owed_since(duty: sa.FromClause) -> Column:
    """The first day of the unbroken run of periods, up to this one, in which nobody reached the target.

    A run begins anew with a visit, with the colour or the home, with a pause that covered a period's last day, and
    with the cadence.
    """

    def begins(day: Column) -> Column:
        unit = sa.func.lower(duty.c.period)
        return sa.cast(sa.func.date_trunc(unit, sa.cast(day, sa.DateTime)), sa.Date)

    seen_on = sa.cast(sa.func.timezone(duty.c.zone, _last_seen(duty)), sa.Date)
    return sa.func.least(
        duty.c.starts_on,
        sa.func.greatest(
            sa.cast(begins(seen_on) + _step(duty.c.period), sa.Date),
            begins(duty.c.since),
            begins(duty.c.policy_starts_on),
            _resumed(duty, begins),
        ),
        type_=sa.Date(),
    )


def _last_seen(duty: sa.FromClause) -> Column:
    """When the target was last reached before the period."""

    def last(key: str) -> Column:
        reach = alias(table(VisitResident))
        found = sa.select(sa.func.max(reach.c.occurred_at)).where(
            reach.c[key] == duty.c[key],
            reach.c.mode == sa.any_(duty.c.modes),
            reach.c.occurred_at < duty.c.starts_at,
        )
        return _within(found, reach)

    return sa.case((duty.c.resident_id.is_(None), last("household_id")), else_=last("resident_id"))


def _resumed(duty: sa.FromClause, begins: Callable[[Column], Column]) -> Column:
    """The first day of the period after the last one that a pause covered to its end."""
    pause = alias(table(DutyPause))
    after = begins(sa.cast(pause.c.ends_on + _ONE_DAY, sa.Date))
    covered = _of_target(pause, duty), after > pause.c.starts_on, pause.c.starts_on < duty.c.starts_on
    return _within(sa.select(sa.func.max(after)).where(*covered), pause)


def _within(found: sa.Select[Any], source: Any) -> Column:
    return found.correlate_except(source).scalar_subquery()
