"""The places that a text may mean, worked out by the pure matcher over plain rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from rules.address_match import BuildingSpot, Door, EstateSpot, Index, Spot, offered
from rules.addresses import read
from rules.folding import folded_building
from tests.oracle.rows import Refused, Row
from tests.oracle.sight import Sight

_TEXT_LIMIT = 2_000
_CODE_LIMIT = 100


def place_suggestions(sight: Sight, _: Any, given: Mapping[str, Any]) -> list[Row]:
    """By what the viewer knows, or by where the scanned code stands."""
    text, scanned = given["text"], given.get("code")
    if "\0" in text or len(text.strip()) > _TEXT_LIMIT:
        raise Refused(text)
    if scanned is None:
        return [_row(spot) for spot in offered(text, _index(sight, sight.rows("building")))]
    if "\0" in scanned or len(scanned) > _CODE_LIMIT:
        raise Refused(scanned)
    live = (each for each in sight.world["qr_code"] if each["revoked_at"] is None)
    code = next((each for each in live if each["code"] == scanned.strip().upper()), None)
    return [_row(spot) for spot in _by_code(sight, code, text)] if code else []


def _by_code(sight: Sight, code: Row, text: str) -> Iterable[Spot]:
    if code["target"] == "COUNTER":
        buildings = [each for each in sight.world["building"] if each["community_id"] == code["community_id"]]
        return offered(text, _index(sight, buildings))
    if code["target"] == "HOUSEHOLD":
        home = sight.anyhow("household", code["household_id"])
        assert home is not None
        building = sight.anyhow("building", home["building_id"])
        assert building is not None
        return [_spot(sight, building, home["unit"], home)]
    if code["target"] == "PREMISES":
        return []
    building = sight.anyhow("building", code["building_id"])
    assert building is not None
    narrower = (_narrower(sight, building, each) for each in read(text) if _fits(building, each))
    return dict.fromkeys([*narrower, _spot(sight, building, None, None)])


def _fits(building: Row, mention: Any) -> bool:
    here = mention.building in {None, folded_building(building["name"])}
    return here and mention.sure and not mention.bare and (mention.unit is None or _exists(building, mention.unit))


def _exists(building: Row, unit: int) -> bool:
    return bool(1 <= unit <= building["units"])


def _narrower(sight: Sight, building: Row, mention: Any) -> Spot:
    homes = [
        each
        for each in sight.world["household"]
        if (each["building_id"], each["room"]) == (building["id"], mention.room)
        and mention.unit in {None, each["unit"]}
    ]
    if len(homes) == 1:
        return _spot(sight, building, homes[0]["unit"], homes[0])
    return _spot(sight, building, mention.unit, None)


def _spot(sight: Sight, building: Row, unit: int | None, home: Row | None) -> Spot:
    estate = sight.anyhow("estate", building["estate_id"])
    assert estate is not None
    label = f"{estate['name']}{building['name']}" + (f"{unit}单元" if unit else "") + (home["room"] if home else "")
    return Spot(label, building["id"], unit, home["id"] if home else None)


def _index(sight: Sight, buildings: list[Row]) -> Index:
    names = {each["id"]: each["name"] for each in sight.world["estate"]}
    ordered = sorted(buildings, key=lambda each: (names[each["estate_id"]], each["id"]))
    return Index(
        [EstateSpot(key, name) for key, name in names.items()],
        [BuildingSpot(each["id"], each["estate_id"], each["name"], each["units"]) for each in ordered],
        [Door(each["id"], each["building_id"], each["unit"], each["room"]) for each in sight.world["household"]],
    )


def _row(spot: Spot) -> Row:
    values = {"label": spot.label, "building_id": spot.building, "unit": spot.unit, "household_id": spot.household}
    return Row("suggestion", "PlaceSuggestion", values)
