"""What an account may do, in words of the field, apart from the names of mutations."""

import re
from pathlib import Path

from strawberry.utils.str_converters import to_camel_case

from rules import appeal_moves, dispute_moves, wishes
from rules.access import ACTS, Act, Role
from rules.actions import ACTION_OF, CaseAction
from rules.permissions import Permission, permissions_of
from tests.client import Tunping

ROW = re.compile(r"^\| `([A-Z_]+)` \| (\S+) \| (`[a-z].*`) \|$", re.MULTILINE)
MINE = "{ me { role permissions } }"


def test_each_act_belongs_to_one_permission() -> None:
    assert sorted(act for each in Permission for act in each.acts) == sorted(Act)


def test_each_move_of_a_case_is_an_action() -> None:
    moves = {move.act for moves in (appeal_moves.MOVES, dispute_moves.MOVES, wishes.MOVES) for move in moves}
    assert ACTION_OF.keys() == moves


def test_neither_permissions_nor_actions_are_named_after_mutations() -> None:
    assert {to_camel_case(each.lower()) for each in (*Permission, *CaseAction)} & ACTS.keys() == set()


def test_the_document_tells_the_mutations_of_each_action() -> None:
    told = {name: (label, re.findall(r"\w+", shown)) for name, label, shown in ROW.findall(_document())}
    assert told.keys() == set(CaseAction)
    for each in CaseAction:
        known = [name for name, act in ACTS.items() if act in each.acts]
        assert (told[each][0], sorted(told[each][1])) == (each.label, sorted(known))


def _document() -> str:
    return (Path(__file__).parents[1] / "docs" / "api-cases.md").read_text(encoding="utf-8")


async def test_an_account_is_told_what_its_role_may_do(reading: Tunping) -> None:
    for username, role in (("网格员01", Role.GRID_WORKER), ("书记01", Role.SECRETARY), ("热力公司01", Role.PARTNER)):
        me = (await (await reading.as_(username)).ask(MINE)).data["me"]
        assert me == {"role": role, "permissions": [*permissions_of(role)]}
    partner = await reading.as_("热力公司01")
    assert (await partner.ask("{ me { permissions } }")).data["me"]["permissions"] == [
        *("SUPPLEMENT_APPEALS", "ANSWER_APPEALS", "TAKE_DISPATCHES", "CLAIM_WISHES", "JOIN_ACTIVITIES"),
        "KEEP_OWN_ACCOUNT",
    ]


async def test_an_account_that_is_disabled_may_do_nothing(tunping: Tunping) -> None:
    admin = await tunping.as_("管理员")
    query = """{ accounts(first: 1, where: {role: [BUILDING_HEAD], active: true}) { nodes { id permissions } } }"""
    (head,) = (await admin.ask(query)).data["accounts"]["nodes"]
    assert head["permissions"] == [*permissions_of(Role.BUILDING_HEAD)]
    done = await admin.do("disableAccount", {"account": head["id"]}, "account { permissions }")
    assert done["account"] == {"permissions": []}


async def test_the_labels_of_permissions_and_actions_are_in_the_vocabulary(reading: Tunping) -> None:
    found = (await reading.as_nobody().ask("{ vocabulary { enum value label } }")).data["vocabulary"]
    for word in (Permission.HANDLE_APPEALS, CaseAction.TAKE_ON):
        assert {"enum": type(word).__name__, "value": word, "label": word.label} in found
