"""The SELECTs behind the weekly analysis: the week, its groups and workers, and the conditions of its cases."""

from collections.abc import Callable
from datetime import date
from typing import Any, TypeAlias

from db import accounts, agreements, appeals, disputes, duty, places, sql, visits
from db.base import alias
from db.owed import Days
from db.scope import Condition, visible
from db.sql import Column
from rules.access import Role
from rules.appeals import AppealStatus
from rules.cases import HandlingLevel
from rules.duty import DutyState
from rules.week import NEW_AFTER, check_days_open, first_day_of
from schema.clocks import now_of
from schema.compiler.arguments import Run
from schema.compiler.expressions import constant
from schema.compiler.sources import Link, Row, Rows
from schema.duty import round_of
from schema.filters import given_id

_BOUNDS = ("community_id", "zone", "first_day", "last_day", "starts_at", "ends_at", "before_at", "recent_at")
Span: TypeAlias = tuple[str, str]
"""The names of the columns with the start and end of a range of time."""
WEEK: Span = ("starts_at", "ends_at")
BEFORE: Span = ("before_at", "starts_at")
_RECENTLY: Span = ("recent_at", "starts_at")
_TWO_WEEKS: Span = ("before_at", "ends_at")
_ALL: Span = ("recent_at", "ends_at")


def iso_week(first_day: Column) -> Column:
    """The name of a week, from its Monday."""
    return sql.func.to_char(first_day, constant('IYYY-"W"IW'), type_=sql.TEXT)


def _days_later(day: Column, days: int) -> Column:
    return sql.cast(day + sql.raw(f"({days})"), sql.DATE)


def _midnight(day: Column, zone: Column) -> Column:
    return sql.func.timezone(zone, sql.cast(day, sql.LOCAL_TIME), type_=sql.INSTANT)


def _monday(row: Row, zone: Column) -> Column:
    """The Monday of the week in the arguments, or of the current week."""
    week = row.arguments.get("week")
    if week is None:
        return sql.cast(sql.func.date_trunc(constant("week"), sql.func.timezone(zone, now_of(row))), sql.DATE)

    def read(run: Run) -> date:
        found: date = week.convert(lambda text: first_day_of(text, run.now))(run)
        return found

    return row.bind(sql.DATE, read)


def _week_from(row: Row, first_day: Column, place: Any) -> sql.Select:
    """One row with the days of a week, and the instants of its bounds and of the weeks that it is compared with."""
    zone = place.zone
    ends_at = _midnight(_days_later(first_day, 7), zone)
    return sql.select(
        place.community_id.label("community_id"),
        zone.label("zone"),
        first_day.label("first_day"),
        _days_later(first_day, 6).label("last_day"),
        _midnight(first_day, zone).label("starts_at"),
        ends_at.label("ends_at"),
        _midnight(_days_later(first_day, -7), zone).label("before_at"),
        _midnight(_days_later(first_day, -NEW_AFTER.days), zone).label("recent_at"),
        sql.func.least(ends_at, now_of(row), type_=sql.INSTANT).label("as_of"),
    )


def week_asked_for(row: Row) -> sql.From:
    """The week and community in the arguments; by default the current week and the viewer's first community."""
    community = alias(places.Community)
    place = sql.select(
        community.c.id.label("community_id"),
        community.c.time_zone.label("zone"),
        _monday(row, community.c.time_zone).label("monday"),
    )
    place = place.from_(community).where(visible(places.Community, community, row.scope))
    if "community" in row.arguments:
        asked = given_id(row, "community")
        place = place.where(community.c.id == asked)
    one = place.order_by(community.c.name_key, community.c.id).limit(1).subquery("place")
    return _week_from(row, one.c.monday, one.c).from_(one).subquery("week")


def week_before(row: Row) -> sql.From:
    return _week_from(row, _days_later(row.c.first_day, -7), row.c).subquery("week")


def _within(row: Row, at: Column, span: Span = WEEK) -> Condition:
    since, until = span
    return sql.and_(at >= row.c[since], at < row.c[until])


def _in_community(row: Row, grid_id: Column) -> Condition:
    grid = alias(places.Grid)
    own = sql.select(grid.c.id).from_(grid).where(grid.c.community_id == row.c.community_id)
    return grid_id.in_(own)


def both(*links: Link) -> Link:
    """Targets that satisfy all conditions."""
    return lambda row, t: sql.and_(*(link(row, t) for link in links))


def same(name: str, own: str | None = None) -> Link:
    """Targets with the row's value in a column."""
    return lambda row, t: t[name] == row.c[own or name]


def was_opened(span: Span = WEEK) -> Link:
    """Cases of the row's community that were opened in the span."""
    return lambda row, t: sql.and_(t.community_id == row.c.community_id, _within(row, t.opened_at, span))


def was_solved(span: Span = WEEK) -> Link:
    """Appeals of the row's community that were closed in the span."""
    return lambda row, t: sql.and_(t.community_id == row.c.community_id, _within(row, t.closed_at, span))


def was_settled(span: Span = WEEK) -> Link:
    """Disputes whose parties agreed in the span, whenever the agreement was recorded."""

    def link(row: Row, t: Any) -> Condition:
        agreement = alias(agreements.Agreement)
        reached = sql.select(agreement.c.dispute_id).from_(agreement).where(_within(row, agreement.c.reached_at, span))
        return sql.and_(t.community_id == row.c.community_id, t.id.in_(reached))

    return link


def _went(row: Row, t: Any) -> Condition:
    """Visits and attempts in the week, whenever they were recorded."""
    return sql.and_(visits.stands(t), _within(row, t.occurred_at), _in_community(row, t.grid_id))


def visited(row: Row, t: Any) -> Condition:
    """Visits in the week that met somebody."""
    return sql.and_(_went(row, t), sql.not_(t.is_attempt))


def attempted(row: Row, t: Any) -> Condition:
    """Visits in the week that met nobody."""
    return sql.and_(_went(row, t), t.is_attempt)


def recorded_later(row: Row, t: Any) -> Condition:
    """Visits in the week that were recorded after its end."""
    return sql.and_(visited(row, t), t.recorded_at >= row.c.ends_at)


def was_visited(place: str, *links: Link) -> Link:
    """Households, or premises, that a visit of the week points to by ``place``, if it satisfies all conditions."""

    def link(row: Row, t: Any) -> Condition:
        visit = alias(visits.Visit)
        seen = visible(visits.Visit, visit, row.scope), visited(row, visit.c)
        own = sql.select(visit.c[place]).from_(visit).where(*seen, *(each(row, visit.c) for each in links))
        found: Condition = t.id.in_(own)
        return found

    return link


def given_up(_: Row, appeal: Any) -> Condition:
    """Appeals that were rejected or withdrawn, which count as ended at any time."""
    ended = [AppealStatus.REJECTED, AppealStatus.WITHDRAWN]
    found: Condition = sql.cast(appeal.status, sql.TEXT).in_(ended)
    return found


def agreed_by_then(row: Row, dispute: Any) -> Condition:
    """Disputes whose parties had agreed at ``as_of``, whenever the agreement was recorded."""
    agreement = alias(agreements.Agreement)
    own = agreement.c.dispute_id == dispute.id, agreement.c.reached_at < row.c.as_of
    return sql.exists(agreement).where(*own)


def open_for(model: Any, days: int, ended: Link) -> Link:
    """Cases that had been open for more than some days at ``as_of``.

    Their ids are selected as one array. Otherwise the planner would walk the index of the page's order, over all cases.
    """

    def link(row: Row, t: Any) -> Condition:
        open_now, closed_later = (alias(model) for _ in range(2))
        found = sql.union_all(
            _opened_before(row, model, days, ended, open_now).where(open_now.c.closed_at.is_(None)),
            _opened_before(row, model, days, ended, closed_later).where(closed_later.c.closed_at >= row.c.as_of),
        )
        open_then: Condition = t.id == sql.any_(found.array())
        return open_then

    return link


def _opened_before(row: Row, model: Any, days: int, ended: Link, case: Any) -> sql.Select:
    """Cases of the week's community, visible to the viewer, that were open for more than some days."""
    mine = visible(model, case, row.scope), case.c.community_id == row.c.community_id
    long_ago = case.c.opened_at < row.c.as_of - _days(row, days) * sql.raw("interval '1 day'")
    return sql.select(case.c.id).from_(case).where(*mine, long_ago, sql.not_(ended(row, case.c)))


def _days(row: Row, days: int) -> Column:
    if "days" in row.arguments:
        return row.given("days", sql.INTEGER, check_days_open)
    return sql.raw(str(days))


def grouped_by(model: Any, key: str, ended: Callable[[Any], tuple[Any, Column]]) -> Rows:
    """Cases grouped by a column, with the values of the week and the week before, and whether a value is new."""

    def rows(row: Row) -> sql.From:
        case = alias(model)
        source, ended_at = ended(case)

        def count(span: Span, *ats: Column) -> Column:
            return sql.func.count().filter(sql.or_(*(_within(row, at, span) for at in ats)))

        opened = count(WEEK, case.c.opened_at)
        new = sql.and_(opened > 0, count(_RECENTLY, case.c.opened_at) == 0)
        mine = visible(model, case, row.scope), case.c.community_id == row.c.community_id
        lately = sql.or_(_within(row, case.c.opened_at, _ALL), _within(row, ended_at, _ALL))
        return (
            sql.select(case.c[key], *_bounds(row), opened.label("size"), new.label("is_new"))
            .from_(source)
            .where(*mine, case.c[key].is_not(None), lately)
            .group_by(case.c[key])
            .having(count(_TWO_WEEKS, case.c.opened_at, ended_at) > 0)
            .subquery("group")
        )

    return rows


def _bounds(row: Row) -> list[Column]:
    return [row.c[name] for name in _BOUNDS]


def closed(appeal: Any) -> tuple[Any, Column]:
    """The join and column with the end of an appeal."""
    return appeal, appeal.c.closed_at


def agreed(dispute: Any) -> tuple[Any, Column]:
    """The join and column with the agreement of a dispute."""
    agreement = alias(agreements.Agreement)
    return dispute.outerjoin(agreement, agreement.c.dispute_id == dispute.c.id), agreement.c.reached_at


def largest_first(key: str) -> Callable[[Any], list[Any]]:
    return lambda t: [t["size"].desc(), t[key]]


def levels(row: Row) -> sql.From:
    """One row per level, from the grid upwards."""
    every = ", ".join(f"({sql.quote(level)}, {place})" for place, level in enumerate(HandlingLevel))
    level = sql.rows_of(sql.raw(f"(VALUES {every})"), "level", {"level": sql.TEXT, "place": sql.INTEGER})
    return sql.select(level.c.level, level.c.place, *_bounds(row)).from_(level).subquery("at_level")


def colours(row: Row) -> sql.From:
    """The colours with a cadence in the week."""
    policy = alias(duty.VisitPolicy)
    held = policy.c.starts_on <= row.c.last_day, sql.or_(policy.c.ends_on.is_(None), policy.c.ends_on > row.c.first_day)
    return (
        sql.select(policy.c.colour, *_bounds(row))
        .from_(policy)
        .where(visible(duty.VisitPolicy, policy, row.scope), policy.c.community_id == row.c.community_id)
        .where(policy.c.period.is_not(None), *held)
        .group_by(policy.c.colour)
        .subquery("colour")
    )


def duties_in(*states: DutyState) -> Rows:
    """The week's duties of the row's colour in some states."""

    def rows(row: Row) -> sql.From:
        def meant(duty: Any, _: Any) -> Condition:
            of_colour = sql.and_(duty.c.community_id == row.c.community_id, duty.c.colour == row.c.colour)
            return sql.and_(of_colour, duty.c.state.in_(states))

        return round_of(Days(now_of(row), row.c.first_day, row.c.last_day, row.scope), meant)

    return rows


def posted_to(row: Row, account_id: Column, grid: Any, wanted: Column) -> sql.Select:
    """A column of the viewer's grids where an account held a post in the week."""
    post = alias(accounts.Assignment)
    then = post.c.starts_on <= row.c.last_day, sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= row.c.first_day)
    held = sql.or_(post.c.ends_on.is_(None), post.c.ends_on >= post.c.starts_on)
    own = grid.c.community_id == row.c.community_id, grid.c.id == sql.any_(row.scope.grids)
    return (
        sql.select(wanted)
        .from_(post.join(grid, grid.c.id == post.c.grid_id))
        .where(post.c.account_id == account_id, *then, held, *own)
    )


def worked_in(row: Row, t: Any) -> Condition:
    """Grids where the row's worker held a post in the week."""
    grid = alias(places.Grid)
    found: Condition = t.id.in_(posted_to(row, row.c.account_id, grid, grid.c.id))
    return found


def workers(row: Row) -> sql.From:
    """Grid workers with a post in the week, and other accounts with counted work."""
    account = alias(accounts.Account)
    grid = alias(places.Grid)
    grid_name = posted_to(row, account.c.id, grid, sql.func.min(grid.c.name)).scalar()
    known = (
        sql.select(account.c.id.label("account_id"), account.c.username, account.c.role, grid_name.label("grid_name"))
        .from_(account)
        .where(visible(accounts.Account, account, row.scope))
        .subquery("known")
    )
    did = (
        _actors(row, visits.Visit, "worker_id", _went),
        _actors(row, disputes.Dispute, "registered_by", was_opened()),
        _actors(row, appeals.Appeal, "handled_by", was_solved()),
    )
    posted = sql.and_(known.c.role == constant(Role.GRID_WORKER), known.c.grid_name.is_not(None))
    # A building head who answered an alert is no worker, though the knock at the door is a visit.
    works = known.c.role != constant(Role.BUILDING_HEAD)
    return (
        sql.select(known.c.account_id, known.c.username, known.c.grid_name, *_bounds(row))
        .from_(known)
        .where(sql.or_(posted, *(sql.and_(works, known.c.account_id.in_(each)) for each in did)))
        .subquery("worker")
    )


def _actors(row: Row, model: Any, actor: str, link: Link) -> sql.Select:
    t = alias(model)
    return sql.select(t.c[actor]).from_(t).where(visible(model, t, row.scope), link(row, t.c))


def log(row: Row) -> sql.From:
    """The seven days of a worker's week."""
    number = sql.rows_of(sql.func.generate_series(0, 6), "number", {"n": sql.INTEGER})
    day = sql.cast(row.c.first_day + number.c.n, sql.DATE)
    following = sql.cast(row.c.first_day + number.c.n + 1, sql.DATE)
    return (
        sql.select(
            row.c.account_id,
            row.c.community_id,
            day.label("day"),
            _midnight(day, row.c.zone).label("starts_at"),
            _midnight(following, row.c.zone).label("ends_at"),
        )
        .from_(number)
        .subquery("log")
    )
