"""A mediation agreement in the form of the People's Mediation Law, and the request for its judicial confirmation."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from api.office.paper import Paper, written
from rules.agreements import CONFIRMATION_WHY, check_confirmable
from rules.disputes import DisputeType
from rules.refusals import invalid

Case: TypeAlias = Mapping[str, Any]

CASE_QUERY = """fragment Who on DisputeParty { id kind name speakerName }
query($id: ID!) { dispute(id: $id) {
  id title type typeLabel facts openedAt evidenceHead evidence { totalCount }
  grid { name community { name timeZone } } mediator { name }
  parties { ...Who role phone address claim claimAmount }
  workspace { findingCount lossTotal claimTotal byParty { party { ...Who } findingCount lossTotal claimAmount } }
  agreement { form content facts performance dueOn reachedAt wroteAt effectiveOn partiesSignedOn
    mediatorSignedOn sealedOn terms { party { ...Who } what amount dueOn } marks { party { id } kindLabel markedOn } }
} }"""
_ROLES = {"APPLICANT": "申请人", "RESPONDENT": "被申请人"}
_BLANK = "____________________"
_NOBODY = "________"
"""The blank for a name."""
_TO_SIGN = 1.0
"""The height in centimetres of a row for signatures."""


def agreement_paper(case: Case) -> Paper:
    """The agreement, or a draft with blanks if none is reached. Signatures that are not recorded are left blank."""
    agreement = case["agreement"]
    title = "人民调解口头协议记录" if agreement and agreement["form"] == "ORAL" else "人民调解协议书"
    community = case["grid"]["community"]["name"]
    paper = Paper(title, f"{community}人民调解委员会" + ("" if agreement else "（草稿）"))
    _parties(paper, case)
    paper.heading("二、纠纷主要事实、争议事项及各方责任")
    paper.paragraph((agreement or {}).get("facts") or case["facts"])
    _losses(paper, case)
    paper.heading("三、经调解，各方当事人自愿达成如下协议")
    paper.paragraph(agreement["content"] if agreement else _BLANK)
    _performance(paper, agreement)
    paper.heading("五、协议的效力")
    paper.paragraph(_effect(agreement))
    _marks(paper, case)
    return paper


def _parties(paper: Paper, case: Case) -> None:
    paper.heading("一、当事人")
    rows = [
        [_ROLES[each["role"]], _called(each), each["phone"] or "", each["address"] or ""] for each in case["parties"]
    ]
    paper.table(["身份", "姓名或名称", "联系电话", "住址"], rows, [2, 6, 3.5, 5.5])


def _called(party: Mapping[str, Any]) -> str:
    """A person's name. A household is named by who speaks for it, or by a blank to be filled in."""
    name, speaker = party["name"], party["speakerName"]
    if party["kind"] == "HOUSEHOLD":
        return f"{speaker or _NOBODY}（{name}）"
    return f"{name}（代表人：{speaker}）" if speaker else str(name)


def _losses(paper: Paper, case: Case) -> None:
    """The findings by household, if there are any."""
    work = case["workspace"]
    if not work["findingCount"]:
        return
    rows = [
        [_called(each["party"]), each["findingCount"], each["lossTotal"], each["claimAmount"] or ""]
        for each in work["byParty"]
        if each["findingCount"]
    ]
    rows.append(["合计", work["findingCount"], work["lossTotal"], work["claimTotal"]])
    paper.table(["受损户", "查勘记录（条）", "核定损失（元）", "请求金额（元）"], rows, [6, 3.5, 3.5, 4])
    if case["evidenceHead"]:
        paper.note(f"证据共{case['evidence']['totalCount']}件，证据链末值（SHA-256）：{case['evidenceHead']}")


def _performance(paper: Paper, agreement: Mapping[str, Any] | None) -> None:
    paper.heading("四、履行方式、地点和期限")
    paper.paragraph((agreement or {}).get("performance") or _BLANK)
    terms = (agreement or {}).get("terms") or []
    if terms:
        rows = [[_called(each["party"]), each["what"], each["amount"] or "", _day(each["dueOn"])] for each in terms]
        paper.table(["履行人", "履行内容", "金额（元）", "履行期限"], rows, [5, 6, 2.8, 3.2])
    elif agreement and agreement["dueOn"]:
        paper.paragraph(f"履行期限：{_day(agreement['dueOn'])}。")


def _effect(agreement: Mapping[str, Any] | None) -> str:
    if agreement and agreement["form"] == "ORAL":
        return f"口头协议自达成之日（{_day(agreement['effectiveOn'])}）起生效（人民调解法第三十条）。"
    if agreement and agreement["wroteAt"]:
        day = _day(agreement["effectiveOn"])
        return f"各方当事人达成口头协议后补写本协议书；协议自口头协议达成之日（{day}）起生效（人民调解法第三十条）。"
    rule = (
        "本协议自各方当事人签名、盖章或者按指印，人民调解员签名并加盖人民调解委员会印章之日起生效"
        "（人民调解法第二十九条）。"
    )
    if agreement and agreement["effectiveOn"]:
        return f"{rule}本协议于{_day(agreement['effectiveOn'])}生效。"
    return rule


def _marks(paper: Paper, case: Case) -> None:
    agreement = case["agreement"] or {}
    made = {each["party"]["id"]: each for each in agreement.get("marks", ())}
    blank = {"kindLabel": "", "markedOn": agreement.get("partiesSignedOn")}
    marked = [(_called(each), made.get(each["id"], blank)) for each in case["parties"]]
    rows = [[name, mark["kindLabel"], _day(mark["markedOn"])] for name, mark in marked]
    paper.heading("六、签署")
    paper.table(["当事人", "签名、盖章或按指印", "日期"], rows, [6, 7, 4], _TO_SIGN)
    mediator = (case["mediator"] or {}).get("name") or ""
    others = [
        [f"人民调解员 {mediator}", "", _day(agreement.get("mediatorSignedOn"))],
        ["人民调解委员会（印章）", "", _day(agreement.get("sealedOn"))],
    ]
    paper.table(["", "签名或印章", "日期"], others, [6, 7, 4], _TO_SIGN)
    copies = len(case["parties"]) + 1
    paper.note(
        f"本协议一式{copies}份，当事人各执一份，人民调解委员会留存一份。调解不收取任何费用（人民调解法第四条）。"
    )


def confirmation_paper(case: Case, now: datetime) -> Paper:
    """The parties' joint request. Refused where a court would refuse it: matter, effect, or the thirty days."""
    agreement = case["agreement"]
    if agreement is None:
        raise invalid("还没有达成协议", "dispute")
    zone = ZoneInfo(case["grid"]["community"]["timeZone"])
    today = now.astimezone(zone).date()
    effective = agreement["effectiveOn"] and date.fromisoformat(agreement["effectiveOn"])
    check_confirmable(DisputeType(case["type"]), effective, today)
    paper = Paper("司法确认申请书", case["title"])
    _parties(paper, case)
    paper.heading("二、请求事项")
    committee = f"{case['grid']['community']['name']}人民调解委员会"
    paper.paragraph(f"请求确认各方当事人经{committee}主持调解达成的调解协议有效。")
    paper.heading("三、事实与理由")
    paper.paragraph(agreement["facts"] or case["facts"])
    reached = datetime.fromisoformat(agreement["reachedAt"]).astimezone(zone).date()
    paper.paragraph(f"各方当事人于{_day(reached.isoformat())}达成协议：{agreement['content']}")
    if agreement["performance"]:
        paper.paragraph(f"履行方式和期限：{agreement['performance']}")
    paper.heading("四、申请期限")
    paper.paragraph(f"协议于{_day(agreement['effectiveOn'])}生效。{CONFIRMATION_WHY}。")
    paper.heading("五、承诺")
    paper.paragraph(
        "各方当事人出于解决纠纷的目的自愿达成协议，没有恶意串通、规避法律的行为；如有虚假，愿意承担法律责任。"
    )
    rows = [[_called(each), "", ""] for each in case["parties"]]
    paper.table(["申请人", "签名、盖章或按指印", "日期"], rows, [6, 7, 4], _TO_SIGN)
    paper.paragraph("此致")
    paper.paragraph("____________________人民法院")
    paper.note("附：调解协议书、当事人身份证明、调解委员会主持调解的证明。由各方当事人共同提出。")
    return paper


def _day(day: str | None) -> str:
    """A date such as 「2024年1月8日」; empty for ``None``."""
    return written(date.fromisoformat(day)) if day else ""
