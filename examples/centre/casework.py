"""What the centre does with a case: one step after the other, each under an id of its own, so that none is done twice.

A real centre asks its mediators; here the words are ready. Which step is next follows from the case as Tunping has it.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from examples.centre.tunping import CASE, Refused, Tunping

Case = dict[str, Any]
Step = Callable[[Tunping, Case], Awaitable[None]]


def own_id(prefix: str, case: Case, step: str) -> str:
    """The same id for the same step of the same case, however often the program starts anew."""
    return f"{prefix}_{uuid5(NAMESPACE_URL, case['id'] + '/' + step)}"


async def advance(tunping: Tunping, dispute: str) -> bool:
    """Takes the case one step further; whether there was a step to take."""
    case = (await tunping.ask(CASE, id=dispute))["dispute"]
    step = next_step(case) if case else None
    if case is None or step is None:
        return False
    try:
        await step(tunping, case)
    except Refused as refused:
        if not {"WRONG_STATE", "WRONG_LEVEL", "NOT_FOUND", "PARTY_REFUSES", "CONFLICT"}.issuperset(refused.codes):
            raise
        return False  # somebody was faster, or a party thinks otherwise: the next event tells
    return True


def next_step(case: Case) -> Step | None:
    """What is to be done now, if it is the centre's to do."""
    allowed = case["allowedActions"]
    if "ACCEPT_REFERRAL" in allowed:
        return accept
    if case["level"] != "CENTRE":
        return None
    steps: tuple[tuple[bool, str, Step], ...] = (
        (True, "BEGIN_MEDIATION", begin),
        (not case["siteVisits"], "PLAN_SITE_VISIT", visit),
        (bool(unseen(case)), "RECORD_FINDING", find),
        (not case["meetings"], "HOLD_MEETING", meet),
        (case["agreement"] is None, "RECORD_AGREEMENT", agree),
        (case["agreement"] is not None, "REPORT_BACK", report_back),
    )
    return next((step for wanted, act, step in steps if wanted and act in allowed), None)


async def accept(tunping: Tunping, case: Case) -> None:
    """The centre takes the case."""
    await tunping.do("acceptReferral", dispute=case["id"], note="已受理", act=own_id("act", case, "accept"))


async def begin(tunping: Tunping, case: Case) -> None:
    """Mediation begins."""
    await tunping.do("beginMediation", dispute=case["id"], act=own_id("act", case, "begin"))


async def visit(tunping: Tunping, case: Case) -> None:
    """Somebody will look at the place tomorrow at ten; rounded, so that a retry says the same."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(hour=2, minute=0, second=0, microsecond=0)
    place = next((party["address"] for party in case["parties"] if party["address"]), "现场")
    given = {"dispute": case["id"], "at": tomorrow.isoformat(), "place": place, "purpose": "查看渗漏部位"}
    await tunping.do("planSiteVisit", id=own_id("sitevisit", case, "visit"), **given)


def unseen(case: Case) -> list[str]:
    """Who claims something, and where nothing was found yet."""
    known = {each["party"]["id"] for each in case["workspace"]["byParty"] if each["findingCount"]}
    return [each["id"] for each in case["parties"] if each["role"] == "APPLICANT" and each["id"] not in known]


async def find(tunping: Tunping, case: Case) -> None:
    """What the visit found, home by home; evidence from then on."""
    party = unseen(case)[0]
    found = {"place": "卫生间顶棚", "loss": "渗水起皮，约四平方米", "amount": "1200.00"}
    uuid = own_id("finding", case, f"find {party}")
    await tunping.do("recordFinding", id=uuid, dispute=case["id"], party=party, **found)


async def meet(tunping: Tunping, case: Case) -> None:
    """The parties meet."""
    present = [party["id"] for party in case["parties"]]
    said = {"dispute": case["id"], "place": "化解中心调解室", "minutes": "各方认可查勘结果，同意由责任方修复并赔偿。"}
    await tunping.do("recordMeeting", id=own_id("meeting", case, "meet"), parties=present, **said)


async def agree(tunping: Tunping, case: Case) -> None:
    """They agree in writing; what each owes by when is a term of its own."""
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
    """The community is told how it ended."""
    result = "已达成书面协议，请跟进履行。"
    await tunping.do("reportBack", dispute=case["id"], result=result, act=own_id("act", case, "report"))
