"""Estates that a text names, and whether it names a building at all."""

from uuid import UUID

import pytest

from rules.address_match import BuildingSpot, EstateSpot, Index, certain_estate, names_building

GOLD, SPRING = EstateSpot(UUID(int=1), "金穗家园"), EstateSpot(UUID(int=2), "春晖苑")
INDEX = Index([GOLD, SPRING], [BuildingSpot(UUID(int=3), GOLD.id, "3号楼", 4)])


@pytest.mark.parametrize(
    ("text", "estate"),
    [
        ("金穗家园南门外路灯全灭", GOLD),
        ("我在金穗小区，路灯全灭", GOLD),
        ("金 穗 家 园的大门坏了", GOLD),
        ("春晖苑小区垃圾桶满了", SPRING),
        ("小区南门外路灯全灭", None),
        ("金穗超市门口路灯全灭", None),
        ("金穗家园对面的路灯不亮", None),
        ("金穗家园小区附近有野狗", None),
        ("隔壁金穗家园太吵", None),
        ("金穗家园和春晖苑之间的路灯不亮", None),
        ("来问养老认证要带什么", None),
        ("", None),
    ],
)
def test_an_estate_is_taken_for_the_place_only_if_one_is_named_for_certain(text: str, estate: EstateSpot) -> None:
    assert certain_estate(text, INDEX.estates) == estate


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("3号楼2单元暖气不热", True),
        ("888号楼不热", True),
        ("2单元没水", True),
        ("3-2-501没水", True),
        ("小区南门外路灯全灭", False),
        ("金穗家园路灯全灭", False),
        ("来问养老认证要带什么", False),
    ],
)
def test_a_text_names_a_building_or_none(text: str, names: bool) -> None:
    assert names_building(text, INDEX) is names
