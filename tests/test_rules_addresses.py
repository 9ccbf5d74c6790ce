"""Addresses in free text: a corpus of what people write, and what holds for every text."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address_match import BuildingSpot, Door, EstateSpot, Index, Spot, certain, narrow, offered
from rules.addresses import Mention, read

CORPUS = Path(__file__).with_name("addresses.txt")
SPACE = UUID(int=0)


def _id(name: str) -> UUID:
    return uuid5(SPACE, name)


def _town() -> Index:
    """金穗家园 1 to 12 (the seventh has one staircase), 阳光小区 13 to 20 (the last a tower), 团结小区 5, 21, 22."""
    plan = {"金穗家园": range(1, 13), "阳光小区": range(13, 21), "团结小区": (5, 21, 22)}
    estates = [EstateSpot(_id(name), name) for name in plan]
    buildings = [
        BuildingSpot(
            _id(f"{name}{number}"), _id(name), f"{number}号楼", {"金穗家园": 3}.get(name, 2) if number != 7 else 1
        )
        for name, numbers in plan.items()
        for number in numbers
    ]
    return Index(estates, buildings, [door for each in buildings for door in _doors(each)], ("屯坪社区",))


def _doors(building: BuildingSpot) -> list[Door]:
    floors = 22 if building.name == "20号楼" else 6
    return [
        Door(_id(f"{building.id}{unit}{floor}{side}"), building.id, unit, f"{floor}{side:02}")
        for unit, floor, side in product(range(1, building.units + 1), range(1, floors + 1), (1, 2, 3))
    ]


TOWN = _town()
ESTATES = {estate.id: estate.name for estate in TOWN.estates}
BUILDINGS = {f"{ESTATES[each.estate]}{each.name}": each for each in TOWN.buildings}
THIRD = BUILDINGS["金穗家园3号楼"]


def corpus() -> list[tuple[str, str]]:
    """Each text with the answer that is expected."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    pairs = (line.rpartition(" | ") for line in lines if line and not line.startswith("#"))
    return [(text, expected) for text, _, expected in pairs]


CERTAIN = [(text, label) for text, label in corpus() if label[0] not in "?-"]
UNCERTAIN = [(text, expected) for text, expected in corpus() if expected[0] in "?-"]


def test_the_corpus_is_large_and_varied() -> None:
    texts = [text for text, _ in corpus()]
    assert len(set(texts)) == len(texts) >= 250
    assert len(UNCERTAIN) >= 60


@pytest.mark.parametrize(("text", "label"), CERTAIN)
def test_a_certain_answer_is_right(text: str, label: str) -> None:
    found = certain(text, TOWN)
    assert found is None or found.label == label


@pytest.mark.long
def test_most_places_that_people_name_are_found_for_certain() -> None:
    missed = [text for text, _ in CERTAIN if certain(text, TOWN) is None]
    assert len(missed) <= 0.06 * len(CERTAIN), missed


@pytest.mark.parametrize(("text", "expected"), UNCERTAIN)
def test_what_may_mean_something_else_is_never_certain(text: str, expected: str) -> None:
    assert certain(text, TOWN) is None
    if expected != "?":
        assert [spot.label for spot in offered(text, TOWN)] == [
            each for each in expected.lstrip("?- ").split("、") if each
        ]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("3号楼2单元 暖气不热", [Mention("3", 2)]),
        ("三号楼二单元501漏水", [Mention("3", 2, "501")]),
        ("二十号楼和二十一号楼", [Mention("20"), Mention("21")]),
        ("3号楼2单元,还是3号楼2单元", [Mention("3", 2)]),
        ("2单元501没水", [Mention(None, 2, "501")]),
        ("楼道里有3个人", []),
        ("电话13800003号", []),
    ],
)
def test_places_are_read_in_what_people_write(text: str, mentions: list[Mention]) -> None:
    assert list(dict.fromkeys(replace(each, lead="", sure=True) for each in read(text))) == mentions


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("暖气不热", "金穗家园3号楼"),
        ("2单元暖气不热", "金穗家园3号楼2单元"),
        ("二单元501暖气不热", "金穗家园3号楼2单元501"),
        ("3号楼2单元501暖气不热", "金穗家园3号楼2单元501"),
        ("6号楼2单元暖气不热", "金穗家园3号楼"),
        ("团结小区5号楼", "金穗家园3号楼"),
        ("9单元暖气不热", "金穗家园3号楼"),
        ("不是2单元", "金穗家园3号楼"),
        ("1单元和2单元", "金穗家园3号楼"),
        ("12-3-401", "金穗家园3号楼"),
        ("", "金穗家园3号楼"),
    ],
)
def test_a_scanned_buildings_code_wins_and_the_text_can_only_narrow_it(text: str, label: str) -> None:
    assert narrow(text, THIRD, TOWN).label == label


SPOTS = [
    *(Spot(label, each.id) for label, each in BUILDINGS.items()),
    *(
        Spot(f"{label}{unit}单元", each.id, unit)
        for label, each in BUILDINGS.items()
        for unit in range(1, each.units + 1)
    ),
    *(
        Spot(f"{label}{door.unit}单元{door.room}", each.id, door.unit, door.id)
        for label, each in BUILDINGS.items()
        for door in TOWN.doors
        if door.building == each.id
    ),
]
FORMS = (
    "{b}号楼{u}单元{r}",
    "{b}栋{u}单元{r}室",
    "{b}#{u}-{r}",
    "{b}＃{u}单元{r}",
    "{b}幢 {u}单元 {r}",
    "{b}-{u}-{r}",
    "{b}号楼,{u}单元,{r}",
)
AROUND = ("", "您好,", "我是", "家住", "今天", "电话13800000000,", "没水了,")


@given(st.sampled_from(SPOTS), st.sampled_from(AROUND), st.sampled_from(["", "漏水", ",没有暖气", " 停电了!"]))
def test_the_label_of_every_place_means_that_place_and_no_other(spot: Spot, before: str, after: str) -> None:
    assert certain(f"{before}{spot.label}{after}", TOWN) == spot


@given(st.sampled_from([each for each in SPOTS if each.household]), st.sampled_from(FORMS), st.sampled_from(AROUND))
def test_a_door_is_found_in_every_way_of_writing_it(spot: Spot, form: str, before: str) -> None:
    building = next(each for each in TOWN.buildings if each.id == spot.building)
    door = next(each for each in TOWN.doors if each.id == spot.household)
    address = form.format(b=building.folded, u=door.unit, r=door.room)
    found = certain(f"{before}{ESTATES[building.estate]}{address}漏水", TOWN)
    maybe_a_year = form == "{b}-{u}-{r}" and door.room.startswith(("19", "20")) and len(door.room) == 4
    assert found == (None if maybe_a_year else spot)


@given(st.sampled_from(SPOTS), st.sampled_from(["不是", "除了", "听说", "不如", "以前住", "例如", "我没住在"]))
def test_what_is_denied_is_never_certain(spot: Spot, denial: str) -> None:
    assert certain(f"{denial}{spot.label}", TOWN) is None


@given(st.sampled_from(SPOTS), st.sampled_from(SPOTS), st.sampled_from(["和", "、", ",不是", "还是", "到", " 往 "]))
def test_two_buildings_are_never_one(first: Spot, second: Spot, between: str) -> None:
    found = certain(f"{first.label}{between}{second.label}", TOWN)
    assert found is None or first.building == second.building


@given(st.text(alphabet="0123456789-:/.,元月日点号个 次年%", max_size=30))
def test_numbers_alone_are_certain_only_as_a_door_on_the_register(text: str) -> None:
    found = certain(text, TOWN)
    assert found is None or found.household is not None


@given(st.text(alphabet="3三十2二501号楼栋单元门#-,和不是金穗家园室 月", max_size=24))
def test_whatever_is_written_a_certain_place_exists_and_its_number_is_there(text: str) -> None:
    found = certain(text, TOWN)
    assert found is None or found in SPOTS


@given(st.text(alphabet="3三十2二501号楼栋单元#-,和不是金穗家园除上\n", max_size=24), st.integers(5, 40))
def test_more_blank_lines_are_read_as_four_line_breaks(text: str, breaks: int) -> None:
    assert read(text.replace("\n", "\n" * breaks)) == read(text.replace("\n", "\n" * 4))


def test_a_text_that_names_a_thousand_places_names_none_for_certain() -> None:
    numbers = "、".join(["一二三四", "五六七八"] * 4)
    places = read(f"{numbers}栋{numbers}单元501")
    assert [(place.building, place.unit) for place in places] == [("1", unit) for unit in range(1, 9)]
    assert not any(place.sure for place in places)


@pytest.mark.long
@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str) -> None:
    assert all(spot in SPOTS for spot in offered(text, TOWN))
