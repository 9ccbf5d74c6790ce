"""The vocabulary of places (domain.md section 1), and places named in free text."""

import re
from dataclasses import dataclass
from enum import StrEnum


class PremisesKind(StrEnum):
    """What stands in a grid besides homes."""

    ENTERPRISE = "ENTERPRISE"
    SHOP = "SHOP"
    CONSTRUCTION_SITE = "CONSTRUCTION_SITE"


class OrganisationKind(StrEnum):
    """Bodies that answer for a category of appeal or take part in a dispute."""

    HEATING_COMPANY = "HEATING_COMPANY"
    PROPERTY_COMPANY = "PROPERTY_COMPANY"
    UTILITY_COMPANY = "UTILITY_COMPANY"
    HOSPITAL = "HOSPITAL"
    COURT = "COURT"
    JUDICIAL_OFFICE = "JUDICIAL_OFFICE"
    DISPUTE_CENTRE = "DISPUTE_CENTRE"


class QrTarget(StrEnum):
    """What a printed QR code is bound to (domain.md section 5)."""

    HOUSEHOLD = "HOUSEHOLD"
    BUILDING = "BUILDING"
    COUNTER = "COUNTER"


PREMISES_LABELS: dict[PremisesKind, str] = {
    PremisesKind.ENTERPRISE: "企业",
    PremisesKind.SHOP: "商铺",
    PremisesKind.CONSTRUCTION_SITE: "工地",
}

ORGANISATION_LABELS: dict[OrganisationKind, str] = {
    OrganisationKind.HEATING_COMPANY: "热力公司",
    OrganisationKind.PROPERTY_COMPANY: "物业公司",
    OrganisationKind.UTILITY_COMPANY: "水电公司",
    OrganisationKind.HOSPITAL: "医院",
    OrganisationKind.COURT: "法院",
    OrganisationKind.JUDICIAL_OFFICE: "司法所",
    OrganisationKind.DISPUTE_CENTRE: "矛盾纠纷化解中心",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """A building named in a text, with the unit and the room if they are named too."""

    building: int
    unit: int | None = None
    room: str | None = None


_DIGITS = "零一二三四五六七八九"
_NUMBER = r"(\d{1,3}|[一二三四五六七八九十]{1,3})"
_PLACE = re.compile(
    rf"(?<![\d一二三四五六七八九十]){_NUMBER}\s*(?:号楼|号栋|栋|幢|#楼?)"
    rf"(?:\s*{_NUMBER}\s*单元)?(?:\s*(\d{{3,4}})(?!\d))?"
)


def find_mentions(text: str) -> list[Mention]:
    """The places named in a text such as 「3号楼2单元 暖气不热」 or 「三号楼二单元501」, each once, in order."""
    found = [
        Mention(_number(building), _number(unit) if unit else None, room or None)
        for building, unit, room in _PLACE.findall(text)
    ]
    return list(dict.fromkeys(found))


def _number(text: str) -> int:
    """A number below a hundred in Chinese, or any in digits."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    if not ten:
        return int("".join(str(_DIGITS.index(digit)) for digit in text))
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)
