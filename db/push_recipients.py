"""Who is told of a new entry of the journal by a push. Whether they still see its object is asked when it is sent."""

from collections.abc import Iterable

from db import sql
from db.alerts import Alert, AlertRung
from db.appeals import Appeal, Dispatch
from db.base import alias
from db.calls import HelpCall
from db.holding import in_office, responsible_for
from db.journal import Journal
from db.notices import Notice
from db.places import Grid
from db.positions import FeedPosition
from rules.access import COMMUNITY_ROLES, Role
from rules.alerts import Rung
from rules.appeals import AppealLevel, AppealUrgency
from rules.journal import EntryKind
from rules.notices import READERS
from rules.push import PUSHED, TO_HANDLERS, TO_REPORTER, TO_RINGS, PushKind

_FACTS = (
    "kind",
    "actor_id",
    "occurred_at",
    "recorded_at",
    "to_status",
    "appeal_id",
    "alert_id",
    "call_id",
    "notice_id",
)


def told() -> tuple[sql.Cte, sql.From]:
    """The new entries, and rows of them: the kind of push, its object, an account, the author and the time."""
    news = _news().cte("news")
    parts = (
        _of_alerts(news),
        _of_calls(news),
        _of_appeals(news),
        _of_dispatches(news),
        _of_answers(news),
        _of_handlers(news),
        _of_notices(news),
    )
    return news, sql.union_all(*parts).subquery("told")


def _news() -> sql.Select:
    """The entries between two positions that may be pushed."""
    placed, entry = alias(FeedPosition), alias(Journal)
    within = (
        placed.c.position > sql.parameter("since", sql.BIGINT),
        placed.c.position <= sql.parameter("until", sql.BIGINT),
    )
    found = sql.select(*(entry.c[name] for name in _FACTS)).from_(placed.join(entry, entry.c.id == placed.c.entry_id))
    recent = entry.c.recorded_at > sql.parameter("oldest", sql.INSTANT)
    return found.where(*within, recent, entry.c.kind.in_(sorted(PUSHED)))


def _rows(news: sql.From, kind: sql.Column, uuid: sql.Column, account: sql.Column) -> sql.Select:
    facts = news.c.actor_id, news.c.recorded_at
    return sql.select(kind.label("kind", sql.TEXT), uuid.label("object_id"), account.label("account_id"), *facts)


def _word(kind: PushKind) -> sql.Column:
    return sql.cast(sql.raw(sql.quote(kind)), sql.TEXT)


def _people(*found: sql.Select) -> sql.From:
    """The rows of several selections, each once, for each row of the tables before them."""
    return sql.union(*found).lateral("person")


def _is(news: sql.From, kinds: Iterable[EntryKind]) -> sql.Column:
    return news.c.kind.in_(sorted(kinds))


def _of_alerts(news: sql.From) -> sql.Select:
    """The people on a rung that rings. An alert that resumes or becomes urgent rings again on all earlier rungs."""
    alert, ring, grid = alias(Alert), alias(AlertRung), alias(Grid)
    first, last = ring.c.rung == Rung.BUILDING_HEAD, ring.c.rung == Rung.COMMUNITY
    people = _people(
        in_office("building_id", alert.c.building_id, Role.BUILDING_HEAD).where(first),
        responsible_for(alert.c.grid_id).where(first),
        in_office("estate_id", grid.c.estate_id, Role.GRID_LEADER).where(last),
        in_office("community_id", alert.c.community_id, *COMMUNITY_ROLES).where(last),
    )
    rings = sql.or_(
        ring.c.rung == news.c.to_status,
        news.c.kind == EntryKind.ALERT_RESUMED,
        sql.and_(news.c.kind == EntryKind.ALERT_REPORTED, alert.c.urgent_at == news.c.occurred_at),
    )
    rung = news.join(alert, alert.c.id == news.c.alert_id).join(ring, ring.c.alert_id == alert.c.id)
    whole = rung.join(grid, grid.c.id == alert.c.grid_id).join(people, sql.TRUE)
    found = _rows(news, _word(PushKind.ALERT), alert.c.id, people.c.account_id).from_(whole)
    return found.where(_is(news, TO_RINGS), rings)


def _of_calls(news: sql.From) -> sql.Select:
    """The workers of the grids of a call, their leaders, and the office."""
    call, grid = alias(HelpCall), alias(Grid)
    everywhere = sql.and_(
        call.c.grid_id.is_(None), call.c.estate_id.is_(None), grid.c.community_id == call.c.community_id
    )
    inside = sql.or_(grid.c.id == call.c.grid_id, grid.c.estate_id == call.c.estate_id, everywhere)
    people = _people(
        in_office("grid_id", grid.c.id, Role.GRID_WORKER),
        in_office("estate_id", grid.c.estate_id, Role.GRID_LEADER),
        in_office("community_id", call.c.community_id, *COMMUNITY_ROLES),
    )
    whole = news.join(call, call.c.id == news.c.call_id).join(grid, inside).join(people, sql.TRUE)
    found = _rows(news, _word(PushKind.HELP_CALL), call.c.id, people.c.account_id).from_(whole)
    return found.where(_is(news, [EntryKind.HELP_CALLED]))


def _whose(appeal: sql.From) -> tuple[sql.Select, ...]:
    """Whose the place of an appeal is: the grid's workers or their stand-ins, the estate's leader, or the office."""
    return (
        responsible_for(appeal.c.grid_id),
        in_office("estate_id", appeal.c.grid_id, Role.GRID_LEADER),
        in_office("community_id", appeal.c.grid_id, *COMMUNITY_ROLES),
    )


def _kind(appeal: sql.From) -> sql.Column:
    urgent = appeal.c.urgency == AppealUrgency.URGENT
    return sql.case((urgent, _word(PushKind.URGENT_APPEAL)), else_=_word(PushKind.NEW_APPEAL))


def _of_appeals(news: sql.From) -> sql.Select:
    """Whose the place of a new appeal is; of an urgent one also the leader and the office."""
    appeal, grid = alias(Appeal), alias(Grid)
    urgent = appeal.c.urgency == AppealUrgency.URGENT
    people = _people(
        *_whose(appeal),
        in_office("estate_id", grid.c.estate_id, Role.GRID_LEADER).where(urgent),
        in_office("community_id", appeal.c.community_id, *COMMUNITY_ROLES).where(urgent),
    )
    whole = news.join(appeal, appeal.c.id == news.c.appeal_id).outerjoin(grid, grid.c.id == appeal.c.grid_id)
    found = _rows(news, _kind(appeal), appeal.c.id, people.c.account_id).from_(whole.join(people, sql.TRUE))
    return found.where(_is(news, [EntryKind.APPEAL_OPENED]))


def _of_dispatches(news: sql.From) -> sql.Select:
    """The organisation that an appeal was dispatched to. Of the appeals of an incident one is enough."""
    appeal, dispatch, other = alias(Appeal), alias(Dispatch), alias(Appeal)
    people = _people(in_office("organisation_id", dispatch.c.organisation_id, Role.PARTNER))
    whole = news.join(appeal, appeal.c.id == news.c.appeal_id).join(dispatch, dispatch.c.id == appeal.c.dispatch_id)
    first = (
        sql.select(other.c.id).from_(other).where(other.c.dispatch_id == dispatch.c.id).order_by(other.c.id).limit(1)
    )
    found = _rows(news, _kind(appeal), appeal.c.id, people.c.account_id).from_(whole.join(people, sql.TRUE))
    return found.where(_is(news, [EntryKind.APPEAL_DISPATCHED]), appeal.c.id == first.scalar())


def _of_answers(news: sql.From) -> sql.Select:
    """Whoever registered an appeal that is answered."""
    appeal = alias(Appeal)
    whole = news.join(appeal, appeal.c.id == news.c.appeal_id)
    found = _rows(news, _word(PushKind.CAME_BACK), appeal.c.id, appeal.c.registered_by).from_(whole)
    return found.where(_is(news, TO_REPORTER), appeal.c.registered_by.is_not(None))


def _of_handlers(news: sql.From) -> sql.Select:
    """Those who handle, at its level, an appeal that was raised or came back."""
    appeal = alias(Appeal)
    of_grid, of_community = (appeal.c.level == each for each in (AppealLevel.GRID, AppealLevel.COMMUNITY))
    people = _people(
        *(each.where(of_grid) for each in _whose(appeal)),
        in_office("community_id", appeal.c.community_id, *COMMUNITY_ROLES).where(of_community),
    )
    whole = news.join(appeal, appeal.c.id == news.c.appeal_id).join(people, sql.TRUE)
    found = _rows(news, _word(PushKind.CAME_BACK), appeal.c.id, people.c.account_id).from_(whole)
    return found.where(_is(news, TO_HANDLERS))


def _of_notices(news: sql.From) -> sql.Select:
    """The audience of a notice in its community. Who works in another estate does not see it."""
    notice = alias(Notice)
    people = _people(
        *(
            in_office("community_id", notice.c.community_id, *roles).where(notice.c.audience == audience)
            for audience, roles in READERS.items()
        )
    )
    whole = news.join(notice, notice.c.id == news.c.notice_id).join(people, sql.TRUE)
    found = _rows(news, _word(PushKind.NOTICE), notice.c.id, people.c.account_id).from_(whole)
    return found.where(_is(news, [EntryKind.NOTICE_PUBLISHED]))
