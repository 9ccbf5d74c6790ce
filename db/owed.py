"""The duty engine: the duties of a span of days and their states, as one SELECT (domain.md section 3)."""

from collections.abc import Callable
from dataclasses import dataclass

from db import sql
from db.base import alias
from db.duty import DutyPause, VisitPolicy
from db.people import Residency, ResidentColour
from db.places import Community, Grid
from db.scope import Condition, Scope
from db.sql import Column
from db.visits import VisitResident
from rules.duty import RESIDENT_COLOURS, DutyState

_ONE_DAY: Column = sql.raw("interval '1 day'")
_POLICY = ("policy_id", "community_id", "colour", "period", "modes", "policy_starts_on", "zone")


@dataclass(frozen=True, slots=True)
class Days:
    """The span of days, both included, and the moment that decides which periods are still running.

    Without days it is today by each community's calendar. Without a scope it covers all communities.
    """

    now: Column
    first: Column | None = None
    last: Column | None = None
    scope: Scope | None = None


def duties(days: Days) -> sql.Select:
    """The duties that are judged on one of the days: on the last day of their period, or today while it is running.

    A row has the place (``community_id`` … ``household_id``, and ``resident_id`` only for RED), the period
    (``starts_on``, ``last_on``, ``judged_on``), the ``state``, and what it follows from (``visit_id``, ``pause_id``).
    The rules are those of rules/duty.py.
    """
    target = _targets(_spans(days), days.scope)
    in_time = _reached(target, target.c.starts_at, target.c.ends_at).lateral("in_time")
    late = _reached(target, target.c.ends_at, target.c.grace_ends_at, unless=in_time).lateral("late")
    pause = _paused(target).lateral("pause")
    state = sql.case(
        (in_time.c.visit_id.is_not(None), DutyState.DONE),
        (pause.c.id.is_not(None), DutyState.PAUSED),
        (target.c.ends_at > days.now, DutyState.DUE),
        (late.c.visit_id.is_not(None), DutyState.LATE),
        else_=DutyState.MISSED,
    )
    return sql.select(
        *target.c,
        _key(target).collate("C").label("key"),
        sql.func.coalesce(in_time.c.visit_id, late.c.visit_id).label("visit_id"),
        pause.c.id.label("pause_id"),
        state.label("state", sql.TEXT),
    ).from_(target.join(in_time, sql.TRUE).join(late, sql.TRUE).outerjoin(pause, sql.TRUE))


def _key(target: sql.From) -> Column:
    """A unique key: colour, period, target and first day."""
    person = sql.func.coalesce(target.c.resident_id, target.c.household_id)
    return sql.func.concat_ws(":", target.c.colour, target.c.period, person, target.c.starts_on, type_=sql.TEXT)


def _spans(days: Days) -> sql.Cte:
    """The periods of the policies, as days and as instants, with the day on which each is judged."""
    begun = _begun(days)
    day_after = sql.cast(begun.c.judged_on + _ONE_DAY, sql.LOCAL_TIME)
    in_force = sql.or_(begun.c.policy_ends_on.is_(None), begun.c.policy_ends_on > begun.c.judged_on)
    return (
        sql.select(
            sql.func.row_number().over().label("span"),
            *(begun.c[name] for name in _POLICY),
            sql.cast(begun.c.start, sql.DATE).label("starts_on"),
            sql.cast(begun.c.stop - _ONE_DAY, sql.DATE).label("last_on"),
            begun.c.judged_on,
            sql.func.timezone(begun.c.zone, begun.c.start).label("starts_at"),
            sql.func.timezone(begun.c.zone, begun.c.stop).label("ends_at"),
            sql.func.timezone(begun.c.zone, begun.c.stop + begun.c.grace_days * _ONE_DAY).label("grace_ends_at"),
            sql.func.timezone(begun.c.zone, day_after).label("judged_until"),
        )
        .from_(begun)
        .where(begun.c.policy_starts_on <= begun.c.judged_on, in_force)
        .where(begun.c.judged_on.between(begun.c.first_asked, begun.c.last_asked))
        # Materialized, or PostgreSQL would compute it for every row that is joined to it.
        .cte("span", materialized=True)
    )


def _begun(days: Days) -> sql.From:
    """The periods that have begun and overlap the span."""
    policy, community = alias(VisitPolicy), alias(Community)
    today = sql.cast(sql.func.timezone(community.c.time_zone, days.now), sql.DATE)
    first, last = (today if day is None else day for day in (days.first, days.last))
    step = _step(policy.c.period)
    begins = sql.func.date_trunc(sql.func.lower(policy.c.period), sql.cast(first, sql.LOCAL_TIME))
    starts = sql.func.generate_series(begins, sql.cast(last, sql.LOCAL_TIME), step)
    start = sql.rows_of(starts, "start", {"at": sql.LOCAL_TIME})
    last_on = sql.cast(start.c.at + step - _ONE_DAY, sql.DATE)
    return (
        sql.select(
            policy.c.id.label("policy_id"),
            *(policy.c[name] for name in ("community_id", "colour", "period", "modes", "grace_days")),
            policy.c.starts_on.label("policy_starts_on"),
            policy.c.ends_on.label("policy_ends_on"),
            community.c.time_zone.label("zone"),
            start.c.at.label("start"),
            (start.c.at + step).label("stop"),
            sql.func.least(last_on, today, type_=sql.DATE).label("judged_on"),
            first.label("first_asked"),
            last.label("last_asked"),
        )
        .from_(policy.join(community, community.c.id == policy.c.community_id).join(start, sql.TRUE))
        .where(policy.c.period.is_not(None), sql.cast(start.c.at, sql.DATE) <= today)
        .where(sql.TRUE if days.scope is None else policy.c.community_id == sql.any_(days.scope.communities))
        .subquery("begun")
    )


def _step(period: Column) -> Column:
    """The length of a period, as an interval."""
    return sql.cast(sql.raw("'1 '").op("||")(period), sql.INTERVAL)


def _targets(span: sql.Cte, scope: Scope | None) -> sql.From:
    """The targets of each period: residents who held the colour, and their homes, on the day on which it is judged."""
    home, grid = alias(Residency), alias(Grid)
    held = alias(ResidentColour) if scope is None else _colours_of(home)
    set_then = sql.and_(held.c.colour == span.c.colour, held.c.set_at < span.c.judged_until)
    still = sql.or_(held.c.removed_at.is_(None), held.c.removed_at >= span.c.judged_until)
    whose = home.c.resident_id == held.c.resident_id
    stays = sql.or_(home.c.moved_out_on.is_(None), home.c.moved_out_on > span.c.judged_on)
    there = sql.and_(home.c.moved_in_on <= span.c.judged_on, stays)
    inside = sql.and_(grid.c.id == home.c.grid_id, grid.c.community_id == span.c.community_id)
    # A condition on the grids, from which the homes follow. On the homes, each would be compared with every grid.
    mine = [] if scope is None else [grid.c.id == sql.any_(scope.grids)]
    alone = span.c.colour.in_(sorted(RESIDENT_COLOURS))
    resident = sql.case((alone, held.c.resident_id))
    keys = [span.c.span, home.c.grid_id, home.c.building_id, home.c.household_id]
    set_on = sql.cast(sql.func.timezone(span.c.zone, held.c.set_at), sql.DATE)
    since = sql.func.min(sql.func.greatest(set_on, home.c.moved_in_on))
    # Grouped by a few short keys. The other columns of the period are joined again afterwards.
    who = (
        sql.select(*keys, resident.label("resident_id"), since.label("since"))
        .from_(home.join(held, whose).join(span, sql.and_(set_then, still, there)).join(grid, inside))
        .where(*mine)
        .group_by(*keys, resident)
        .subquery("who")
    )
    period = span.again()
    whom = [who.c[name] for name in ("grid_id", "building_id", "household_id", "resident_id", "since")]
    every = period.join(who, who.c.span == period.c.span)
    return sql.select(*period.c, *whom).from_(every).with_(span).subquery("target")


def _colours_of(home: sql.From) -> sql.From:
    """The colours of one resident. OFFSET 0 forces an index lookup; otherwise the planner reads the whole table."""
    held = alias(ResidentColour)
    own = sql.select(held.c.resident_id, held.c.colour, held.c.set_at, held.c.removed_at).from_(held)
    return own.where(held.c.resident_id == home.c.resident_id).offset(0).lateral("held")


def _reached(target: sql.From, since: Column, until: Column, unless: sql.From | None = None) -> sql.Select:
    """The first visit between two instants that reached the target in an accepted mode."""

    def first(key: str) -> Column:
        reach = alias(VisitResident)
        between = reach.c.occurred_at >= since, reach.c.occurred_at < until
        found = sql.select(reach.c.visit_id).from_(reach).where(*_reaches(reach, target, key), *between)
        return found.order_by(reach.c.occurred_at).limit(1).scalar()

    whens = [(target.c.resident_id.is_(None), first("household_id"))]
    if unless is not None:
        whens.insert(0, (unless.c.visit_id.is_not(None), sql.NULL))
    # OFFSET 0 keeps the planner from repeating the lookup in each expression that uses it.
    return sql.select(sql.case(*whens, else_=first("resident_id")).label("visit_id")).offset(0)


def _reaches(reach: sql.From, target: sql.From, key: str) -> tuple[Column, Column]:
    """True if a visit reached the resident or the household of a duty in an accepted mode."""
    return reach.c[key] == target.c[key], reach.c.mode == sql.any_(target.c.modes)


def _paused(target: sql.From) -> sql.Select:
    """A pause of the resident or of the whole household that covers the day on which the duty is judged."""
    pause = alias(DutyPause)
    covers = target.c.judged_on.between(pause.c.starts_on, pause.c.ends_on)
    found = sql.select(pause.c.id).from_(pause).where(_of_target(pause, target), covers)
    return found.order_by(pause.c.id).limit(1)


def _of_target(pause: sql.From, target: sql.From) -> Condition:
    """A household's pause covers everybody in it. A resident's pause covers only them, wherever they live."""
    households = sql.and_(pause.c.household_id == target.c.household_id, pause.c.resident_id.is_(None))
    return sql.or_(households, pause.c.resident_id == target.c.resident_id)


def owed_since(duty: sql.From) -> Column:
    """The first day of the unbroken run of periods, up to this one, in which the target was not reached.

    A run begins after a visit, with the colour or the home, after a pause that covered a period's last day, or with
    the cadence.
    """

    def begins(day: Column) -> Column:
        unit = sql.func.lower(duty.c.period)
        return sql.cast(sql.func.date_trunc(unit, sql.cast(day, sql.LOCAL_TIME)), sql.DATE)

    seen_on = sql.cast(sql.func.timezone(duty.c.zone, _last_seen(duty)), sql.DATE)
    return sql.func.least(
        duty.c.starts_on,
        sql.func.greatest(
            sql.cast(begins(seen_on) + _step(duty.c.period), sql.DATE),
            begins(duty.c.since),
            begins(duty.c.policy_starts_on),
            _resumed(duty, begins),
        ),
        type_=sql.DATE,
    )


def _last_seen(duty: sql.From) -> Column:
    """The last time before the period at which the target was reached."""

    def last(key: str) -> Column:
        reach = alias(VisitResident)
        found = sql.select(sql.func.max(reach.c.occurred_at)).from_(reach)
        return found.where(*_reaches(reach, duty, key), reach.c.occurred_at < duty.c.starts_at).scalar()

    return sql.case((duty.c.resident_id.is_(None), last("household_id")), else_=last("resident_id"))


def _resumed(duty: sql.From, begins: Callable[[Column], Column]) -> Column:
    """The first day of the period after the last period whose end a pause covered."""
    pause = alias(DutyPause)
    after = begins(sql.cast(pause.c.ends_on + _ONE_DAY, sql.DATE))
    covered = _of_target(pause, duty), after > pause.c.starts_on, pause.c.starts_on < duty.c.starts_on
    return sql.select(sql.func.max(after)).from_(pause).where(*covered).scalar()
