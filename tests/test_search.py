"""Finding residents: one person is found by whatever people type, and a name is compared in one form."""

from typing import Any
from uuid import UUID

import pytest

from rules.id_numbers import check_digit
from tests.client import Tunping, new_id

FOUND = """query($text: String, $number: IdNumberFilter) {
    residents(first: 100, where: {text: $text, idNumber: $number}) { nodes { id name formerNames } } }"""


async def door_of(tunping: Tunping) -> dict[str, Any]:
    """A home that both the worker and the building head see."""
    found = await (await tunping.as_("联户长03")).ask("{ households(first: 1) { nodes { id address } } }")
    home: dict[str, Any] = found.data["households"]["nodes"][0]
    return home


async def added(worker: Tunping, name: str, **more: Any) -> str:
    """A new resident of the first home."""
    new = {"id": new_id("resident"), "household": (await door_of(worker))["id"], "name": name, "sex": "MALE"} | more
    assert (await worker.do("addResident", new))["errors"] == []
    return str(new["id"])


async def found(viewer: Tunping, text: str) -> list[str]:
    """The ids of those whom a search finds."""
    answer = await viewer.ask(FOUND, text=text)
    return [each["id"] for each in answer.data["residents"]["nodes"]]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "texts"),
    [
        (
            "欧阳　晓筱",
            (
                "欧阳晓筱",
                "欧阳 晓筱",
                "晓筱",
                "阳晓",
                "ouyangxiaoxiao",
                "OuYang Xiaoxiao",
                "oyxx",
                "ＯＹＸＸ",
                "ōuyáng xiǎoxiǎo",
            ),
        ),
        ("单琇琇", ("shanxiuxiu", "danxiuxiu", "sxx", "xiuxiu", "单 琇")),
        ("吕琇琇", ("lvxiuxiu", "lǚ xiùxiù", "Lü Xiuxiu", "吕\u200b琇琇", "琇琇")),
        (
            "伊伊达•阿布都拉甫",
            ("伊伊达·阿布都拉甫", "伊伊达・阿布都拉甫", "伊伊达阿布都拉甫", "阿布都拉甫", "yiyida", "伊伊达 . 阿布"),
        ),
        ("ئەركىن مەمەت", ("ئەركىن مەمەت", "ئەرکین", "مەمەت", "ئەركىن  مەمەت", "ئەركىنمەمەت")),
        ("Ерболат Қасым", ("ерболат", "ЕРБОЛАТ ҚАСЫМ", "Epбoлaт", "қасым", "Ерболат\u00a0Қасым")),
        ("ＷＩＦＩ先生", ("wifi", "WiFi", "ＷＩＦＩ", "wifi先生", "先生")),
    ],
)
async def test_a_name_is_found_in_any_spelling(tunping: Tunping, name: str, texts: tuple[str, ...]) -> None:
    worker = await tunping.as_("网格员01")
    resident = await added(worker, name)
    for text in texts:
        assert resident in await found(worker, text), text
    assert resident not in await found(worker, "诸葛")


async def test_a_telephone_finds_for_those_who_may_read_it(tunping: Tunping) -> None:
    worker, head = await tunping.as_("网格员01"), await tunping.as_("联户长03")
    resident = await added(worker, "琇琇", phone="（0991） 7654321 转 8")
    for text in ("0991-7654321", "09917654321", "7654321", "０９９１", "+86 991 765 4321", "76543"):
        assert resident in await found(worker, text), text
        assert resident not in await found(head, text)
    assert resident in await found(head, "琇 琇")


async def test_an_address_finds_who_lives_there(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    home, resident = await door_of(worker), await added(worker, "琇琇")
    building, rest = home["address"].split("号楼")
    unit, room = rest.split("单元")
    number = "".join(filter(str.isdigit, building))
    for text in (
        f"{number}号楼{unit}单元{room}",
        f"{number}-{unit}-{room}",
        f"{number}栋{unit}单元{room}室",
    ):
        assert resident in await found(worker, text), text
    assert resident not in await found(worker, f"{number}号楼{unit}单元999")


async def test_an_id_number_finds_as_a_whole(tunping: Tunping) -> None:
    number = "11010119900307109" + check_digit("11010119900307109")
    worker, head = await tunping.as_("网格员01"), await tunping.as_("联户长03")
    resident = await added(worker, "琇琇", idNumber=number)
    community = (await worker.ask("{ communities(first: 1) { nodes { id } } }")).data["communities"]["nodes"][0]["id"]
    for spelt in (number, f" {number[:6]} {number[6:14]} {number[14:]}", number[:6] + number[8:17], number.lower()):
        given = {"community": community, "number": spelt}
        answer = await worker.ask(FOUND, number=given)
        assert [each["id"] for each in answer.data["residents"]["nodes"]] == [resident], spelt
        hidden = await head.ask(FOUND, number=given)
        assert hidden.data["residents"]["nodes"] == []
    assert (await worker.ask(FOUND, number={"community": community, "number": number[:10]})).code == "INVALID_INPUT"


async def test_a_former_name_finds(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    resident = await added(worker, "琇琇·筱筱")
    for name, kept in [("琇琇 • 筱筱", None), ("王琇", ["琇琇 • 筱筱"]), ("王琇琇", ["琇琇 • 筱筱", "王琇"])]:
        assert (await worker.do("correctResident", {"resident": resident, "name": name}))["errors"] == []
        answer = (await worker.ask(FOUND, text="筱筱")).data["residents"]["nodes"]
        assert answer == [{"id": resident, "name": name, "formerNames": kept}]


async def test_the_latest_former_names_are_kept_each_in_one_spelling(tunping: Tunping) -> None:
    worker = await tunping.as_("网格员01")
    resident = await added(worker, "琇琇·零")
    names = [f"琇琇·{letter}" for letter in "甲乙丙丁戊己庚辛壬癸子丑甲"] + ["琇琇•丑"]
    for name in names:
        assert (await worker.do("correctResident", {"resident": resident, "name": name}))["errors"] == []
    nodes = (await worker.ask(FOUND, text="琇琇·")).data["residents"]["nodes"]
    (person,) = [each for each in nodes if each["id"] == resident]
    assert person["formerNames"] == [f"琇琇·{letter}" for letter in "丙丁戊己庚辛壬癸子甲"]
    assert resident not in await found(worker, "琇琇·零")
    assert resident in await found(worker, "琇琇·丙")


@pytest.mark.parametrize("text", ["", " ", "\u200b", "王\u000b", "王" * 101, "\u3164"])
async def test_what_is_no_search_is_refused(tunping: Tunping, text: str) -> None:
    worker = await tunping.as_("网格员01")
    assert (await worker.ask(FOUND, text=text)).code == "INVALID_INPUT"


@pytest.mark.parametrize("text", ["%", "_", "'", "\\", "':*", "& |", "()", "· ·", "!王", "<->"])
async def test_a_search_is_no_language(tunping: Tunping, text: str) -> None:
    worker = await tunping.as_("网格员01")
    assert await found(worker, text) == []


async def test_a_building_head_finds_nobody_by_a_former_name(tunping: Tunping) -> None:
    worker, head = await tunping.as_("网格员01"), await tunping.as_("联户长03")
    resident = await added(worker, "诸葛旧名")
    given = {"resident": resident, "name": "司马新名"}
    assert (await worker.do("correctResident", given))["errors"] == []
    for text in ("诸葛旧名", "zhugejiuming", "zgjm"):
        assert resident in await found(worker, text)
        assert resident not in await found(head, text)
    assert resident in await found(head, "司马新名")


async def test_a_text_that_unfolds_to_thousands_of_characters_is_searched_for(tunping: Tunping) -> None:
    assert await found(await tunping.as_("网格员01"), "\ufdfa" * 100) == []


async def test_a_viewer_of_many_grids_finds_whom_they_find_in_few(tunping: Tunping) -> None:
    secretary, owner = await tunping.as_("书记01"), tunping.app.state.owner
    few = await found(secretary, "王")
    here = "select g.community_id, g.estate_id from grid g join resident r on r.grid_id = g.id where r.id = $1"
    more = f"select uuidv7(), h.*, '新' || n from ({here}) h, generate_series(1, 30) n"
    new = "insert into grid (id, community_id, estate_id, name)"
    await owner.execute(f"{new} {more}", UUID(few[0].partition("_")[2]))
    assert await found(secretary, "王") == few != []
