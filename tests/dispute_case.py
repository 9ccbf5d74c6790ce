"""One dispute beside a model of it: what the rules say of each move by each role, and how the dispute then stands."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from rules import dispute_moves as moves
from rules.access import Role, Viewer
from rules.dispute_moves import MOVES, DisputeMove, DisputeState, check_move
from rules.disputes import NEXT_LEVEL, PENDING, Consent, DisputeLevel, DisputeStatus, status_after_consent
from rules.referrals import VISIBLE_REFERRALS, ReferralStatus
from rules.refusals import Code, Refusal
from tests.client import Tunping, codes_of, new_id
from tests.reference import actions, dispute_acts

NOW = datetime(2024, 1, 8, 2, tzinfo=UTC)
WHO: dict[str, Role | None] = {
    "网格员01": Role.GRID_WORKER,
    "网格员14": Role.GRID_WORKER,
    "网格长01": Role.GRID_LEADER,
    "社区01": Role.COMMUNITY_STAFF,
    "副主任01": Role.DEPUTY_DIRECTOR,
    "书记01": Role.SECRETARY,
    "管理员": Role.ADMIN,
    "法律顾问01": Role.LEGAL_COUNSEL,
    "司法所01": Role.JUDICIAL_OFFICE,
    "调解员01": Role.CENTRE_MEDIATOR,
    "联户长03": Role.BUILDING_HEAD,
    "热力公司01": Role.PARTNER,
    "": None,
}
NEAR = frozenset({"网格员01", "网格长01", "社区01", "副主任01", "书记01"})
OF_AGREEMENT = frozenset({moves.WRITE, moves.MARK, moves.CHECK, moves.CONFIRM})
ENDING = frozenset({moves.WITHDRAW, moves.FAIL, moves.AGREE})
NEIGHBOUR = {"role": "APPLICANT", "outsiderName": "楼下邻居", "consent": "GIVEN"}
LONG = 16
"""Entries of a case that has seen something."""
SEEN = """query($id: ID!) { dispute(id: $id) { status level allowedActions closedAt agreement { id form }
    referrals { status } timeline(first: 100) { totalCount } } }"""
Fields = dict[str, Any]
MUTATED = [*MOVES, moves.UNFIND, moves.REMOVE_PARTY, moves.CORRECT_PARTY]
FEWEST_PARTIES, MOST_PARTIES = 2, 4


class Case(RuleBasedStateMachine):
    """One dispute, and what the rules say of it."""

    runner: ClassVar[asyncio.Runner]
    clients: ClassVar[dict[str, Tunping]]
    centre: ClassVar[str]
    counsel: ClassVar[str]
    tried: ClassVar[set[tuple[str, DisputeMove]]]
    """Who tried which move, in all walks."""
    led_to: ClassVar[Counter[DisputeMove]]
    """How often each move was made, in all walks."""

    def __init__(self) -> None:
        super().__init__()
        self.dispute, self.entries, self.seated = new_id("dispute"), 1, False
        self.agreement, self.finding, self.is_written = "", "", False
        self.found, self.met = set[str](), set[str]()
        self.made: Counter[DisputeMove] = Counter()
        worker = self.clients["网格员01"]
        found = self.run(worker.ask("{ households(first: 2) { nodes { id } } }")).data["households"]["nodes"]
        self.homes = [each["id"] for each in found]
        sides = [
            {"role": "APPLICANT", "household": self.homes[0]},
            {"role": "RESPONDENT", "outsiderName": "楼上邻居"},
        ]
        new = {"id": self.dispute, "type": "NEIGHBOUR", "title": "漏水", "facts": "漏水", "parties": sides}
        made = self.run(worker.do("openDispute", new, "dispute { parties { id kind } }"))
        parties = made["dispute"]["parties"]
        self.consents = {party["id"]: Consent.PENDING for party in parties}
        self.home_of = {party["id"]: self.homes[0] for party in parties if party["kind"] == "HOUSEHOLD"}
        self.agreed_to_referral = set[str]()
        self.status, self.level = DisputeStatus.REPORTED, DisputeLevel.GRID
        self.referrals: list[ReferralStatus] = []

    def run(self, what: Any) -> Any:
        """Waits for an answer."""
        return self.runner.run(what)

    @property
    def idle(self) -> set[str]:
        """The parties that no finding and no meeting names."""
        return self.consents.keys() - self.found - self.met

    @property
    def standing(self) -> DisputeState:
        """As the rules take it."""
        last = self.referrals[-1] if self.referrals else None
        consents = list(self.consents.values())
        return DisputeState(
            self.status,
            self.level,
            refused=Consent.REFUSED in consents,
            unanswered=any(each is not Consent.GIVEN for each in consents),
            referral=last if last in {ReferralStatus.PENDING, ReferralStatus.ACCEPTED} else None,
        )

    def sees(self, who: str) -> bool:
        """True if it is in somebody's scope."""
        if who == "法律顾问01":
            return self.seated
        if who == "调解员01":
            return not VISIBLE_REFERRALS.isdisjoint(self.referrals)
        return who in NEAR

    def expected(self, who: str, move: DisputeMove) -> DisputeStatus | Code:
        """What the rules say."""
        if WHO[who] in move.act.roles and not self.sees(who):
            return Code.NOT_FOUND
        try:
            after = check_move(Viewer(None, WHO[who]), move, self.standing)
        except Refusal as refused:
            return refused.code
        if move is moves.RELEASE and not self.seated:
            return Code.NOT_FOUND
        twice = move is moves.MARK and (self.made[move] or not self.is_written)
        twice |= move is moves.WRITE and self.is_written
        return Code.INVALID_INPUT if twice else after

    def expected_of(self, who: str, move: DisputeMove, said: Fields) -> DisputeStatus | Code:
        """What the rules say of a move with what was said."""
        expected, party = self.expected(who, move), said.get("party", "")
        if isinstance(expected, Code) or move not in {moves.CORRECT_SPEAKER, moves.CORRECT_PARTY}:
            return expected
        if "household" in said and who == "调解员01":
            return Code.NOT_FOUND
        referred = self.standing.referral is not None and party in self.agreed_to_referral
        speechless = move is moves.CORRECT_SPEAKER and party not in self.home_of
        return Code.INVALID_INPUT if speechless or (self.is_other(said) and referred) else expected

    def is_other(self, said: Fields) -> bool:
        """True if a correction makes a party somebody else. An outsider with another name is the same."""
        return "household" in said or ("outsiderName" in said and said["party"] in self.home_of)

    def corrected(self, number: int) -> Fields:
        """Another home in place of a party, or another name of an outsider."""
        everybody, outsiders = sorted(self.consents), sorted(self.consents.keys() - self.home_of)
        if number % 3 == 2 or not outsiders:
            party = everybody[number % len(everybody)]
            others = [home for home in self.homes if home != self.home_of.get(party)]
            return {"party": party, "household": others[0]}
        return {"party": outsiders[number % len(outsiders)], "outsiderName": new_id("name")}

    def given(self, move: DisputeMove, number: int) -> tuple[str, Fields]:
        """The mutation of a move, with something to say."""
        of = {"dispute": self.dispute}
        undecided = [party for party, said in sorted(self.consents.items()) if said is not Consent.GIVEN]
        party = (undecided or sorted(self.consents))[number % len(undecided or self.consents)]
        agreement = {"agreement": self.agreement}
        consent = Consent.REFUSED if number % 20 == 7 else Consent.GIVEN
        visit = {"id": new_id("sitevisit"), "at": (NOW + timedelta(days=1)).isoformat(), "place": "楼上"}
        meeting = {"id": new_id("meeting"), "place": "调解室", "minutes": "谈", "parties": [party]}
        outcome = ("UNDERWAY", "BREACHED", "PERFORMED")[number % 3]
        said: dict[DisputeMove, tuple[str, Fields]] = {
            moves.CONSENT: ("noteConsent", {**of, "party": party, "consent": consent.value}),
            moves.BEGIN: ("beginMediation", of),
            moves.MEET: ("recordMeeting", {**of, **meeting}),
            moves.PLAN_VISIT: ("planSiteVisit", {**of, **visit}),
            moves.INVITE: ("inviteMediator", {**of, "account": self.counsel}),
            moves.RELEASE: ("releaseMediator", {**of, "account": self.counsel}),
            moves.RAISE: ("raiseDispute", {**of, "reason": "谈不拢"}),
            moves.REFER: ("referDispute", {**of, **self.sending()}),
            moves.RECALL: ("recallReferral", of),
            moves.ACCEPT: ("acceptReferral", of),
            moves.REJECT: ("rejectReferral", {**of, "reason": "不属受理范围"}),
            moves.REPORT_BACK: ("reportBack", {**of, "result": "已达成协议"}),
            moves.CORRECT: ("correctDispute", {**of, "title": new_id("title"), "reason": "写错"}),
            moves.CORRECT_PARTY: ("correctParty", {**of, **self.corrected(number), "reason": "错"}),
            moves.CORRECT_SPEAKER: (
                "correctParty",
                {**of, "party": min(self.home_of, default=""), "speakerName": new_id("name"), "reason": "错"},
            ),
            moves.REMOVE_PARTY: ("removeParty", {**of, "party": max(self.idle, default=""), "reason": "不相干"}),
            moves.PROPOSE: ("proposeTerms", {**of, "id": new_id("proposal"), "content": "各让一步"}),
            moves.ADD_PARTY: ("addParty", {**of, "id": new_id("party"), "party": NEIGHBOUR}),
            moves.UNFIND: ("withdrawFinding", {"finding": self.finding, "reason": "看错了"}),
            moves.CLAIM: ("noteClaim", {**of, "party": party, "claim": "赔偿", "claimAmount": "10.00"}),
            moves.EVIDENCE: ("addEvidence", {**of, "id": new_id("evidence"), "statement": "看见漏水"}),
            moves.FIND: ("recordFinding", {**of, "id": new_id("finding"), "party": party, "place": "墙", "loss": "湿"}),
            moves.AGREE: ("recordAgreement", {**of, "id": new_id("agreement"), "form": "ORAL", "content": "修好"}),
            moves.FAIL: ("failMediation", {**of, "reason": "谈不拢", "routesTold": ["COURT"]}),
            moves.WITHDRAW: ("withdrawDispute", {**of, "reason": "和好了"}),
            moves.WRITE: ("writeAgreement", {**agreement, "facts": "漏水", "performance": "三日内"}),
            moves.MARK: ("markAgreement", {**agreement, "on": NOW.date().isoformat(), "mediator": True}),
            moves.CONFIRM: ("noteConfirmation", {**agreement, "appliedOn": NOW.date().isoformat()}),
            moves.CHECK: ("checkPerformance", {**agreement, "id": new_id("check"), "outcome": outcome}),
        }
        return said[move]

    def sending(self) -> Fields:
        """To the centre, with everybody's consent."""
        return {
            "id": new_id("referral"),
            "organisation": self.centre,
            "reason": "社区调解不成",
            "consents": sorted(self.consents),
        }

    @rule(who=st.sampled_from(sorted(WHO)), move=st.sampled_from(MUTATED), number=st.integers(0, 1_000))
    def step(self, who: str, move: DisputeMove, number: int) -> None:
        """Somebody tries a move; not too early one that ends everything."""
        if self.has_what_it_needs(move) and (move not in ENDING or self.entries > LONG):
            self.step_of(who, move, number)

    def has_what_it_needs(self, move: DisputeMove) -> bool:
        """True if the agreement, finding or party that it is about exists, and the case has room for another party."""
        if move in OF_AGREEMENT:
            return bool(self.agreement)
        needs = {moves.UNFIND: self.finding, moves.ADD_PARTY: len(self.consents) < MOST_PARTIES}
        needs[moves.CORRECT_SPEAKER] = bool(self.home_of)
        needs[moves.REMOVE_PARTY] = len(self.consents) > FEWEST_PARTIES and bool(self.idle)
        return bool(needs.get(move, True))

    @rule(number=st.integers(0, 10_000))
    def go_on(self, number: int) -> None:
        """Somebody makes a move that was made least in all walks, of those that they may make: they lead far."""
        possible = [
            (who, move)
            for move in MUTATED
            for who in WHO
            if self.has_what_it_needs(move)
            and (move not in ENDING or self.entries > LONG + number % LONG)
            and isinstance(self.expected(who, move), DisputeStatus)
        ]
        if possible:
            least = min(self.led_to[move] for _, move in possible)
            rare = [each for each in possible if self.led_to[each[1]] == least]
            self.step_of(*rare[number % len(rare)], number)

    def step_of(self, who: str, move: DisputeMove, number: int) -> None:
        """What the rules say is what happens."""
        mutation, said = self.given(move, number)
        expected = self.expected_of(who, move, said)
        refusals = codes_of(self.run(self.clients[who].do(mutation, said)))
        self.tried.add((who, move))
        wanted = [expected.value] if isinstance(expected, Code) else []
        if who == "":
            wanted = ["UNAUTHENTICATED"]
        assert refusals == wanted, (who, mutation, self.standing)
        if isinstance(expected, DisputeStatus):
            self.happened(move, said, expected)
        self.compare(who)

    def happened(self, move: DisputeMove, said: Fields, after: DisputeStatus) -> None:
        """How it stands then, in plain words."""
        self.entries += 2 if move is moves.FIND else 1
        self.made[move] += 1
        self.led_to[move] += 1
        self.status = after
        if move is moves.ADD_PARTY:
            self.consents[said["id"]] = Consent.GIVEN
            self.status = status_after_consent(after, list(self.consents.values()))
        if move is moves.REMOVE_PARTY:
            del self.consents[said["party"]]
            self.home_of.pop(said["party"], None)
            self.status = status_after_consent(after, list(self.consents.values()))
        if move is moves.CORRECT_PARTY:
            self.became(said)
            self.status = status_after_consent(after, list(self.consents.values()))
        # The evidence tells of the correction of a party whom findings name.
        self.entries += move is moves.CORRECT_PARTY and said["party"] in self.found
        self.found |= {said["party"]} if move is moves.FIND else set()
        self.met |= {*said["parties"]} if move is moves.MEET else set()
        if move in {moves.FIND, moves.UNFIND}:
            self.finding = said["id"] if move is moves.FIND else ""
        if move is moves.CONSENT:
            self.consents[said["party"]] = Consent(said["consent"])
            self.status = status_after_consent(after, list(self.consents.values()))
        if move is moves.RAISE:
            self.level = NEXT_LEVEL[self.level]
        if move in {moves.INVITE, moves.RELEASE}:
            self.seated = move is moves.INVITE
        if move is moves.AGREE:
            self.agreement = said["id"]
        self.is_written |= move is moves.WRITE
        if move is moves.CHECK and said["outcome"] != "UNDERWAY":
            self.status = DisputeStatus(said["outcome"])
        self.sent(move)

    def became(self, said: Fields) -> None:
        """A party that turned out to be somebody else has not answered yet."""
        party = said["party"]
        if self.is_other(said):
            self.consents[party] = Consent.PENDING
            self.agreed_to_referral.discard(party)
        self.home_of.pop(party, None)
        if "household" in said:
            self.home_of[party] = said["household"]

    def sent(self, move: DisputeMove) -> None:
        """What becomes of the referral; one that nobody answered is taken back when the case ends."""
        if move is moves.REFER:
            self.referrals.append(ReferralStatus.PENDING)
            self.agreed_to_referral = {*self.consents}
        answers = {
            moves.RECALL: ReferralStatus.RECALLED,
            moves.ACCEPT: ReferralStatus.ACCEPTED,
            moves.REJECT: ReferralStatus.REJECTED,
            moves.REPORT_BACK: ReferralStatus.DONE,
        }
        if move in answers:
            self.referrals[-1] = answers[move]
        if move is moves.ACCEPT:
            self.level = DisputeLevel.CENTRE
        if self.status not in PENDING and self.referrals and self.referrals[-1] is ReferralStatus.PENDING:
            self.referrals[-1] = ReferralStatus.RECALLED
            self.entries += 1

    def teardown(self) -> None:
        """Whoever has not tried a move in any walk yet, tries it now."""
        for move in MUTATED:
            for who in WHO:
                if (who, move) not in self.tried and self.has_what_it_needs(move):
                    self.step_of(who, move, 0)

    def compare(self, who: str) -> None:
        """What they see is how it stands."""
        viewer = who if self.sees(who) else "书记01"
        found = self.run(self.clients[viewer].ask(SEEN, id=self.dispute)).data["dispute"]
        assert DisputeStatus(found["status"]) is self.status
        assert DisputeLevel(found["level"]) is self.level
        assert (found["closedAt"] is None) == (self.status in PENDING)
        assert found["allowedActions"] == actions(dispute_acts(WHO[viewer], self.standing))
        assert sorted(each["status"] for each in found["referrals"]) == sorted(self.referrals)
        assert (found["agreement"] or {"id": ""})["id"] == self.agreement
        assert found["timeline"]["totalCount"] == self.entries
        if not self.sees(who):
            hidden = self.run(self.clients[who].ask(SEEN, id=self.dispute))
            assert hidden.data["dispute"] is None if self.clients[who].token else hidden.code == "UNAUTHENTICATED"
