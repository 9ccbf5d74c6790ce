"""The vocabulary of places (domain.md section 1), and limits that catch typing errors."""

from collections.abc import Iterable, Mapping
from enum import auto
from typing import Any

from rules.phones import check_phone
from rules.refusals import invalid
from rules.text import LINE_LIMIT, check_optional, check_text
from rules.vocabulary import Word

MOST_UNITS, MOST_FLOORS, MOST_DOORS = 50, 150, 99
"""The most units and floors of one, and the most doors on a floor of a unit."""
MOST_AT_ONCE = 1_000
"""Households of one act: more than a building has, and a tenth of a second for PostgreSQL."""
_REMOVABLE = frozenset({"phone", "address", "contact_name", "contact_phone"})
"""Facts that a correction may remove."""


class PremisesKind(Word):
    """Premises of a grid other than homes."""

    ENTERPRISE = auto(), "企业", "A firm (企业)."
    SHOP = auto(), "商铺", "A shop (商铺)."
    CONSTRUCTION_SITE = auto(), "工地", "A construction site (工地), patrolled at the end of the year for wage arrears."


class OrganisationKind(Word):
    """Bodies that answer for categories of appeals or take part in disputes."""

    HEATING_COMPANY = auto(), "热力公司", "Heating company (热力公司)."
    PROPERTY_COMPANY = auto(), "物业公司", "Property management company (物业公司)."
    UTILITY_COMPANY = auto(), "水电公司", "Water and power company (水电公司)."
    HOSPITAL = auto(), "医院", "Hospital (医院)."
    COURT = auto(), "法院", "Court (法院)."
    JUDICIAL_OFFICE = auto(), "司法所", "Judicial office (司法所)."
    DISPUTE_CENTRE = auto(), "矛盾纠纷化解中心", "Dispute resolution centre (矛盾纠纷化解中心)."


class QrTarget(Word):
    """The target of a printed QR code (domain.md section 5)."""

    HOUSEHOLD = auto(), "住户", "A home, which the appeal is about."
    BUILDING = auto(), "楼栋", "A building, which the appeal is about; the text may name the unit."
    PREMISES = auto(), "企业商铺", "Premises, such as a shop, which the appeal is about."
    COUNTER = auto(), "服务柜台", "A counter (服务柜台); the text names the building."


def check_shape(units: int, floors: int) -> None:
    """Refuses numbers of units and floors that are typing errors."""
    for name, value, most in (
        ("units", units, MOST_UNITS),
        ("floors", floors, MOST_FLOORS),
    ):
        check_within((value,), most, name)


def check_within(values: Iterable[int], most: int, *path: str) -> None:
    """Raises INVALID_INPUT unless all values are from 1 to ``most``, and there is one."""
    given = list(values)
    if not given or not all(1 <= each <= most for each in given):
        raise invalid("应为 1 到 {most}", *path, most=most)


def room_of(floor: int, door: int) -> str:
    """The number of a room: 501 is door 1 on floor 5."""
    return f"{floor}{door:02}"


def checked_facts(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes of a correction in the form in which they are stored. Null removes optional texts, or is ignored."""
    found: dict[str, Any] = {}
    for name, value in changes.items():
        if value is None or (name in _REMOVABLE and check_optional(value, _camel(name)) is None):
            found |= {name: None} if name in _REMOVABLE else {}
        elif name.endswith("phone"):
            found[name] = check_phone(value, _camel(name))
        else:
            found[name] = check_text(value, _camel(name), limit=LINE_LIMIT) if type(value) is str else value
    return found


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
