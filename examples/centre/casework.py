"""The steps of a case. Each has an id of its own, so that a retry is harmless.

The next step follows from the case's state in Tunping. A real centre would ask its mediators for the texts.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from examples.centre.tunping import CASE, Refused, Tunping

Case = dict[str, Any]
Step = Callable[[Tunping, Case], Awaitable[None]]


def own_id(prefix: str, case: Case, step: str) -> str:
    """An id that is derived from the case and the step, so that a restart does not change it."""
    return f"{prefix}_{uuid5(NAMESPACE_URL, case['id'] + '/' + step)}"


async def advance(tunping: Tunping, dispute: str) -> bool:
    """Does the next step of a case. Returns whether there was one."""
    case = (await tunping.ask(CASE, id=dispute))["dispute"]
    step = next_step(case) if case else None
    if case is None or step is None:
        return False
    try:
        await step(tunping, case)
    except Refused as refused:
        if not {"WRONG_STATE", "WRONG_LEVEL", "NOT_FOUND", "PARTY_REFUSES", "CONFLICT"}.issuperset(refused.codes):
            raise
        return False  # Another worker was faster, or a party refuses. The next event shows it.
    return True


def next_step(case: Case) -> Step | None:
    """The step that is due, if it is the centre's."""
    allowed = case["allowedActions"]
    if "TAKE_ON" in allowed:
        return accept
    if case["level"] != "CENTRE":
        return None
    steps: tuple[tuple[bool, str, Step], ...] = (
        (True, "MEDIATE", begin),
        (not case["siteVisits"], "VISIT_SITE", visit),
        (bool(without_finding(case)), "SURVEY", find),
        (not case["meetings"], "MEET", meet),
        (case["agreement"] is None, "AGREE", agree),
        (case["agreement"] is not None, "REPORT_RESULT", report_back),
    )
    return next((step for wanted, act, step in steps if wanted and act in allowed), None)


async def accept(tunping: Tunping, case: Case) -> None:
    await tunping.do("acceptReferral", dispute=case["id"], note="已受理", act=own_id("act", case, "accept"))


async def begin(tunping: Tunping, case: Case) -> None:
    await tunping.do("beginMediation", dispute=case["id"], act=own_id("act", case, "begin"))


async def visit(tunping: Tunping, case: Case) -> None:
    """Plans a visit for tomorrow at ten in Beijing. The time is rounded, so that a retry has the same input."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)
    place = next((party["address"] for party in case["parties"] if party["address"]), "现场")
    given = {"dispute": case["id"], "at": tomorrow.isoformat(), "place": place, "purpose": "查看渗漏部位"}
    await tunping.do("planSiteVisit", id=own_id("sitevisit", case, "visit"), **given)


def without_finding(case: Case) -> list[str]:
    known = {each["party"]["id"] for each in case["workspace"]["byParty"] if each["findingCount"]}
    return [each["id"] for each in case["parties"] if each["role"] == "APPLICANT" and each["id"] not in known]


async def find(tunping: Tunping, case: Case) -> None:
    """Records a finding for the next applicant."""
    party = without_finding(case)[0]
    given = {"dispute": case["id"], "party": party, "place": "卫生间顶棚", "loss": "渗水起皮，约四平方米"}
    await tunping.do("recordFinding", id=own_id("finding", case, f"find {party}"), amount="1200.00", **given)


async def meet(tunping: Tunping, case: Case) -> None:
    parties = [party["id"] for party in case["parties"]]
    given = {"place": "化解中心调解室", "minutes": "各方认可查勘结果，同意由责任方修复并赔偿。"}
    await tunping.do("recordMeeting", id=own_id("meeting", case, "meet"), dispute=case["id"], parties=parties, **given)


async def agree(tunping: Tunping, case: Case) -> None:
    """Records a written agreement with a term for each respondent."""
    owing = [party for party in case["parties"] if party["role"] == "RESPONDENT"]
    due = (datetime.now(UTC) + timedelta(days=14)).date().isoformat()
    given = {
        "dispute": case["id"],
        "form": "WRITTEN",
        "content": "责任方修好防水，并按查勘的损失赔偿。",
        "facts": case["facts"],
        "performance": "十四日内修复并付清赔偿款。",
        "terms": [{"party": party["id"], "what": "修复防水并赔偿损失", "dueOn": due} for party in owing],
    }
    await tunping.do("recordAgreement", id=own_id("agreement", case, "agree"), **given)


async def report_back(tunping: Tunping, case: Case) -> None:
    result = "已达成书面协议，请跟进履行。"
    await tunping.do("reportBack", dispute=case["id"], result=result, act=own_id("act", case, "report"))
