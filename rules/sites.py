"""Construction sites (domain.md section 7): who goes on a patrol, and wages that are owed."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from rules.access import Role, Viewer
from rules.refusals import Code, Refusal, invalid

SITE_WORKERS = 2  # the site posts of a community; the workers who hold them go on each patrol (domain.md section 7)
MOST_AT_WORK = 20_000
MOST_ARREARS = 50
"""Generous bounds against typing errors; an entry of arrears may be a whole team of workers."""


def check_team(leader: Viewer, workers: Sequence[UUID], posted: Collection[UUID], recorder: UUID | None) -> None:
    """A deputy director leads the two who hold the site posts that day, and one of the three records the patrol."""
    if leader.role is not Role.DEPUTY_DIRECTOR:
        raise invalid("巡查须由一名副主任带队", "ledBy")
    if not len(set(workers)) == len(workers) == SITE_WORKERS:
        raise invalid("巡查须有两名工地岗网格员", "workers")
    for index, worker in enumerate(workers):
        if worker not in posted:
            raise invalid("当天不在工地岗", "workers", index)
    if recorder not in {leader.account_id, *workers}:
        raise Refusal(Code.NOT_ALLOWED, "workers")


def check_headcount(headcount: int) -> None:
    if not 0 <= headcount <= MOST_AT_WORK:
        raise invalid("人数应为 0 到 {most}", "headcount", most=MOST_AT_WORK)


def check_arrears(amounts: Sequence[Decimal], *, called: bool, named: bool) -> None:
    """Arrears, and only they, come with a time to call the parties and with the id of a dispute."""
    if len(amounts) > MOST_ARREARS:
        raise invalid("最多 {most} 项欠薪", "arrears", most=MOST_ARREARS)
    if any(amount <= 0 for amount in amounts):
        raise invalid("欠薪金额应大于零", "arrears")
    if bool(amounts) != called:
        raise invalid("有欠薪时须写明通知双方到调解室的时间，没有欠薪时不写", "meetingAt")
    if bool(amounts) != named:
        raise invalid("有欠薪时须带上纠纷编号，没有欠薪时不带", "dispute")


def title_of(site: str) -> str:
    """The title of the dispute that arrears open."""
    return f"{site}拖欠工资纠纷"


def facts_of(site: str, whose: Sequence[str], whole: Decimal) -> str:
    """The facts of the dispute that arrears open."""
    return f"巡查{site}发现拖欠{'、'.join(whose)}工资，共{whole}元。"
