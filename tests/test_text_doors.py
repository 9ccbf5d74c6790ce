"""One text policy at every door: the API, the pages, sheets and commands."""

from pathlib import Path
from random import Random
from typing import Any

import graphql
import openpyxl
import pytest

from rules.folding import room_key
from rules.registers import HEADINGS
from schema.schema import SCHEMA
from seeds.demo import DEMO_COUNTER_CODE
from tests.client import Tunping, new_id
from tests.command import tunping as command
from tests.paging import Page

VT = "甲\u000b乙"
REFUSED = (VT, "甲\x00乙", "甲\x1b[31m乙", "甲\ufffe乙", "甲\u0085\x7f")
UNSEEN = ("\u200b", "\ufeff", "\u3164", "\u2800", "\u00a0\u3000", "_x000D_")
WRITTEN = (
    ("甲\r\n乙", "甲\n乙"),
    ("甲\r乙\r", "甲\n乙"),
    ("甲_x000D_\n乙", "甲\n乙"),
    ("\u200b\u3000cafe\u0301\ufeff", "café"),
    ("甲\u2028乙\u2029", "甲\n乙"),
)


_ROOT: Any = SCHEMA._schema.mutation_type
MUTATIONS: dict[str, Any] = _ROOT.fields


def inputs() -> list[tuple[str, str]]:
    """Every text field of every mutation's input."""
    found = []
    for name, mutation in MUTATIONS.items():
        if "input" not in mutation.args:
            continue  # Their acts are read as those of the other mutations.
        type_: Any = graphql.get_named_type(mutation.args["input"].type)
        texts = [each for each, field in type_.fields.items() if _is_text(field.type)]
        found += [(name, each) for each in texts]
    return found


def _is_text(type_: Any) -> bool:
    return graphql.get_nullable_type(type_) is graphql.GraphQLString


def _value(type_: Any) -> Any:
    """Any value of a type, so that a document is valid."""
    type_ = graphql.get_nullable_type(type_)
    if isinstance(type_, graphql.GraphQLList):
        return [_value(type_.of_type)]
    if isinstance(type_, graphql.GraphQLEnumType):
        return next(iter(type_.values))
    if isinstance(type_, graphql.GraphQLInputObjectType):
        return _object(type_)
    made = {"Int": 1, "Boolean": True, "Date": "2023-01-01", "DateTime": "2023-01-01T00:00:00Z", "Decimal": "1.00"}
    return made.get(type_.name, "甲")


def _object(type_: Any, **given: Any) -> dict[str, Any]:
    needed = {name: _value(each.type) for name, each in type_.fields.items() if graphql.is_required_input_field(each)}
    return needed | given


@pytest.mark.long
@pytest.mark.parametrize("bad", REFUSED)
async def test_every_text_of_the_api_refuses_control_characters_by_name(tunping: Tunping, bad: str) -> None:
    secretary = await tunping.as_("书记01")
    wrong = []
    for name, field in inputs():
        argument: Any = MUTATIONS[name].args["input"].type
        given = _object(graphql.get_named_type(argument), **{field: bad})
        document = f"mutation($input: {argument}) {{ {name}(input: $input) {{ errors {{ code message path }} }} }}"
        answer = await secretary.ask(document, input=given)
        errors = (answer.data or {}).get(name, {}).get("errors", [])
        if not any(each["code"] in {"INVALID_INPUT", "MALFORMED_ID"} for each in errors):
            wrong.append((name, field, answer.body))
    assert wrong == []
    assert len(inputs()) > 100


@pytest.mark.parametrize("text", UNSEEN)
async def test_a_text_of_which_nothing_is_seen_is_empty(tunping: Tunping, text: str) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    appeal = {"id": new_id("appeal"), "household": home, "body": text}
    assert await worker.refused("openAppeal", appeal) == "INVALID_INPUT"
    made = await worker.do("openAppeal", appeal | {"body": "暖气不热", "reporterName": text}, "appeal { reporterName }")
    assert made["appeal"] == {"reporterName": None}
    resident = {"id": new_id("resident"), "household": home, "name": text, "sex": "MALE"}
    assert await worker.refused("addResident", resident) == "INVALID_INPUT"


@pytest.mark.parametrize(("text", "kept"), WRITTEN)
async def test_a_text_is_kept_in_one_form(tunping: Tunping, text: str, kept: str) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    appeal = {"id": new_id("appeal"), "household": home, "body": text}
    assert (await worker.do("openAppeal", appeal, "appeal { body }"))["appeal"] == {"body": kept}
    form = await Page.open(tunping, f"/q/{DEMO_COUNTER_CODE}")
    answer = await form.send(body=text)
    assert (answer.status, kept.split("\n", maxsplit=1)[0] in answer.text) == (200, True)


@pytest.mark.parametrize("text", [*REFUSED[:1], *REFUSED[2:], *UNSEEN])
async def test_a_page_refuses_what_the_api_refuses(tunping: Tunping, text: str) -> None:
    form = await Page.open(tunping, f"/q/{DEMO_COUNTER_CODE}")
    answer = await form.send(body=text)
    assert answer.status == 422


NAMES = ("王\u3000伟琇", "王伟琇\u200b", " 王 伟琇", "王\u00a0伟琇", "王伟琇")


async def test_one_person_is_suggested_once_however_the_name_is_spelt(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    for name in NAMES:
        new = {"id": new_id("resident"), "household": home, "name": name, "sex": "MALE", "bornOn": "1980-01-01"}
        assert (await worker.do("addResident", new))["errors"] == []
    asked = "{ duplicateSuggestions(first: 100) { nodes { why first { name } } } }"
    nodes = (await worker.ask(asked)).data["duplicateSuggestions"]["nodes"]
    pairs = [each for each in nodes if "伟琇" in each["first"]["name"]]
    assert len(pairs) == len(NAMES) * (len(NAMES) - 1) // 2


DOTS = ("·", "•", "・", "‧", " . ", "･")


@pytest.mark.long
def test_a_sheet_with_other_spellings_adds_nobody(small_copy_url: str, tmp_path: Path) -> None:
    def imported(*names: str) -> str:
        book = openpyxl.Workbook()
        sheet: Any = book.active
        sheet.append(HEADINGS)
        for name in names:
            row = {"楼栋": 3, "单元": 2, "房号": "301", "姓名": name, "性别": "男", "出生日期": "1980-01-01"}
            sheet.append([row.get(heading) for heading in HEADINGS])
        book.save(tmp_path / "名册.xlsx")
        done = command(small_copy_url, "import", "residents", str(tmp_path / "名册.xlsx"), "--as", "书记01")
        return done.output

    assert "新增 2" in imported("王伟琇", "伊伊达·阿布都拉甫")
    for spelt, dot in zip(NAMES, DOTS, strict=False):
        assert "新增 0" in imported(spelt, f"伊伊达{dot}阿布都拉甫")
    assert "重复" in imported(*NAMES[:2])


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13987654321", "139****4321"),
        ("0991-7654321", "099****4321"),
        ("7654321", "****21"),
        ("76543210", "****10"),
        ("96111", "****"),
        ("110", "****"),
        (None, None),
    ],
)
async def test_a_mask_tells_little_of_a_short_number(tunping: Tunping, phone: str | None, masked: str | None) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("resident"), "household": home, "name": "琇琇", "sex": "MALE", "phone": phone}
    made = await worker.do("addResident", new, "resident { phone phoneMasked }")
    assert made["resident"] == {"phone": phone, "phoneMasked": masked}


@pytest.mark.parametrize("again", ["", " ", "\u200b", "\u3000\n", None])
async def test_a_retry_that_says_nothing_in_another_way_is_the_same_act(tunping: Tunping, again: str | None) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    appeal = {"id": new_id("appeal"), "household": home, "body": "暖气不热"}
    assert (await worker.do("openAppeal", appeal))["errors"] == []
    for more in ({"reporterName": again}, {"body": " 暖气不热\u200b"}, {"reporterPhone": again, "reporterName": again}):
        assert (await worker.do("openAppeal", appeal | more))["errors"] == []
    assert await worker.refused("openAppeal", appeal | {"body": "暖气很热"}) == "CONFLICT"


@pytest.mark.long
async def test_a_receipt_code_is_found_as_people_copy_it(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    appeal = {"id": new_id("appeal"), "household": home, "body": "暖气不热"}
    code = (await worker.do("openAppeal", appeal, "receiptCode"))["receiptCode"]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)
    for typed in (
        code.lower(),
        f"回执码:{code}",
        f"回执码：{wide}",
        f" {code[:5]} {code[5:]} ",
        f"「{code[:4]}-{code[4:]}」",
    ):
        answer = await tunping.as_nobody().ask("query($code: String!) { receipt(code: $code) { body } }", code=typed)
        assert answer.data["receipt"] == {"body": "暖气不热"}, typed
        page = await Page.open(tunping, f"/r?receipt={typed}")
        assert "暖气不热" in page.text, typed


async def test_households_come_in_walking_order(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    building = (await worker.ask("{ buildings(first: 1) { nodes { id } } }")).data["buildings"]["nodes"][0]["id"]
    for room in ("10", "9", "９A室", "0101", "甲2", "甲10"):
        new = {"id": new_id("household"), "building": building, "unit": 1, "floor": 1, "room": room}
        made = await worker.do("addHousehold", new)
        assert made["errors"] == [] or room == "0101"
    asked = "{ households(first: 100) { nodes { unit floor room building { number estate { name } } } } }"
    homes = (await worker.ask(asked)).data["households"]["nodes"]
    walked = [
        (
            each["building"]["estate"]["name"],
            each["building"]["number"],
            each["unit"],
            each["floor"],
            room_key(each["room"]),
        )
        for each in homes
    ]
    assert walked == sorted(walked)
    rooms = [each["room"] for each in homes if (each["unit"], each["floor"]) == (1, 1)]
    assert rooms.index("9") < rooms.index("９A室") < rooms.index("10")
    assert rooms.index("甲2") < rooms.index("甲10")


@pytest.mark.parametrize("room", ["409室", "４０９", " 409 ", "0409", "409房"])
async def test_a_home_is_on_the_register_once(tunping: Tunping, room: str) -> None:
    worker = await tunping.as_("网格员01")
    building = (await worker.ask("{ buildings(first: 1) { nodes { id } } }")).data["buildings"]["nodes"][0]["id"]
    new = {"id": new_id("household"), "building": building, "unit": 1, "floor": 1, "room": "409"}
    await worker.do("addHousehold", new)
    assert await worker.refused("addHousehold", new | {"id": new_id("household"), "room": room}) == "INVALID_INPUT"


async def test_the_database_folds_rooms_as_python_does(tunping: Tunping) -> None:
    random = Random(20)  # noqa: S311  the same rooms in each run
    letters = "0012９②٣室房间号户甲A座Ａｂß①（）()-—－'’ \u3000\u00a0\u200b\ufeff\u00ad"
    rooms = ["".join(random.choices(letters, k=random.randrange(1, 9))) for _ in range(2_000)]
    each = "unnest($1::text[]) with ordinality as t (room, place)"
    query = f"select sort_key(folded_room(room)) as key from {each} order by place"
    found = [row["key"] for row in await tunping.app.state.owner.fetch(query, rooms)]
    assert [(room, key) for room, key in zip(rooms, found, strict=True) if key != room_key(room)] == []
