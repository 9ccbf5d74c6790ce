"""Construction sites (domain.md section 7): who goes on patrol, what is looked at, and what wages owed lead to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from rules.access import Role
from rules.refusals import Code, Refusal, invalid

SITE_WORKERS = 2
"""Workers who hold the site posts of a community, and go on each patrol."""
MOST_AT_WORK = 20_000
MOST_ARREARS = 50
"""Those to whom wages are owed on one site: people or whole gangs."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who goes: a deputy director, and the two workers who hold the site posts."""

    led_by: UUID
    role: Role
    workers: tuple[UUID, ...]


def check_team(team: Team, posted: Collection[UUID], recorder: UUID | None) -> None:
    """One deputy director with the two who hold the site posts that day; one of the three writes it down."""
    if team.role is not Role.DEPUTY_DIRECTOR:
        raise invalid("巡查须由一名副主任带队", "a deputy director leads the patrol", "ledBy")
    if len(set(team.workers)) != SITE_WORKERS or len(team.workers) != SITE_WORKERS:
        raise invalid("巡查须有两名工地岗网格员", "two workers of the site posts go along", "workers")
    for index, worker in enumerate(team.workers):
        if worker not in posted:
            raise invalid("当天不在工地岗", "holds no site post on that day", "workers", index)
    if recorder not in {team.led_by, *team.workers}:
        raise Refusal(Code.NOT_ALLOWED, "workers")


def check_headcount(headcount: int) -> None:
    """People at work on the site."""
    if not 0 <= headcount <= MOST_AT_WORK:
        raise invalid(f"人数应在 0 至 {MOST_AT_WORK} 之间", f"from 0 to {MOST_AT_WORK}", "headcount")


def check_arrears(amounts: Sequence[Decimal], *, called: bool, named: bool) -> None:
    """Wages owed are a dispute with the firm, for which the parties are called to the mediation studio."""
    if len(amounts) > MOST_ARREARS:
        raise invalid(f"最多 {MOST_ARREARS} 项欠薪", f"at most {MOST_ARREARS} arrears", "arrears")
    if any(amount <= 0 for amount in amounts):
        raise invalid("欠薪金额应大于零", "arrears are more than nothing", "arrears")
    if bool(amounts) != called:
        zh, en = "有欠薪时须写明通知双方到调解室的时间", "with arrears, and only then, say when the parties are called"
        raise invalid(zh, en, "calledFor")
    if bool(amounts) != named:
        raise invalid("有欠薪时须带上纠纷编号", "with arrears, and only then, the dispute has an id", "dispute")


def title_of(site: str) -> str:
    """What the dispute is called."""
    return f"{site}拖欠工资纠纷"


def facts_of(site: str, whose: Sequence[str], whole: Decimal) -> str:
    """What happened, by the patrol's own findings."""
    return f"巡查{site}发现拖欠{'、'.join(whose)}工资，共{whole}元。"
