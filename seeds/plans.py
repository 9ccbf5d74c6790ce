"""The sizes of the communities: the demo, and two small ones for tests."""

from dataclasses import dataclass, field
from datetime import date

from rules.appeals import AppealCategory, AppealKind
from rules.disputes import DisputeLevel, DisputeType
from rules.places import PremisesKind
from seeds.clock import FIRST_DAY, LAST_DAY


@dataclass(frozen=True, slots=True)
class EstatePlan:
    """An estate with the number of buildings in each of its grids."""

    name: str
    grids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The size of a community. Colours are homes a grid; ``levels`` are the levels at which disputes are settled."""

    farm: str
    community: str
    estates: tuple[EstatePlan, ...]
    premises: dict[PremisesKind, int]
    time_zone: str = "Asia/Shanghai"
    prefix: str = ""
    first_number: int = 1
    shapes: tuple[tuple[int, int], ...] = ((2, 5),)
    shape_of: dict[int, tuple[int, int]] = field(default_factory=dict)
    doors: int = 2
    red: int = 1
    orange: int = 1
    yellow: int = 1
    vacant: int = 0
    coded: float = 0.5
    heads: int = 5
    online: float = 0.2
    first_day: date = FIRST_DAY
    last_day: date = LAST_DAY
    appeals: dict[tuple[AppealKind, AppealCategory], int] = field(default_factory=dict)
    disputes: dict[DisputeType, int] = field(default_factory=dict)
    levels: dict[DisputeLevel, int] = field(default_factory=dict)


DEMO = Plan(
    farm="三坪农场",
    community="屯坪社区",
    estates=(
        EstatePlan("金穗家园", (5, 5, 4)),
        EstatePlan("春晖苑", (5, 4)),
        EstatePlan("杏林里", (4, 5)),
        EstatePlan("和顺花园", (5, 4, 4)),
        EstatePlan("东渠新村", (4, 5)),
        EstatePlan("丰泽雅居", (4, 4)),
    ),
    premises={PremisesKind.ENTERPRISE: 9, PremisesKind.SHOP: 24, PremisesKind.CONSTRUCTION_SITE: 11},
    shapes=((2, 5), (2, 5), (2, 6), (2, 6), (3, 5), (3, 5), (3, 6), (4, 5), (4, 6)),
    shape_of={3: (3, 6), 8: (2, 6)},
    red=3,
    orange=4,
    yellow=5,
    vacant=4,
    coded=0.15,
    online=1.6,
    appeals={
        (AppealKind.PROBLEM, AppealCategory.HEATING): 20,
        (AppealKind.PROBLEM, AppealCategory.PROPERTY_SERVICE): 8,
        (AppealKind.PROBLEM, AppealCategory.WATER): 7,
        (AppealKind.PROBLEM, AppealCategory.SANITATION): 6,
        (AppealKind.PROBLEM, AppealCategory.ELECTRICITY): 5,
        (AppealKind.PROBLEM, AppealCategory.PARKING): 5,
        (AppealKind.PROBLEM, AppealCategory.NOISE): 4,
        (AppealKind.PROBLEM, AppealCategory.SAFETY): 3,
        (AppealKind.PROBLEM, AppealCategory.OTHER): 2,
        (AppealKind.HELP, AppealCategory.CARE): 15,
        (AppealKind.INQUIRY, AppealCategory.CERTIFICATE): 13,
        (AppealKind.INQUIRY, AppealCategory.OTHER): 5,
        (AppealKind.REPORT, AppealCategory.OTHER): 8,
        (AppealKind.REPORT, AppealCategory.SAFETY): 5,
    },
    disputes={
        DisputeType.NEIGHBOUR: 24,
        DisputeType.MARRIAGE_FAMILY: 19,
        DisputeType.PROPERTY_MANAGEMENT: 18,
        DisputeType.DAMAGES: 5,
        DisputeType.CONTRACT: 5,
        DisputeType.OTHER_CONSUMER: 5,
        DisputeType.HOUSING_LAND: 4,
        DisputeType.TRAFFIC: 4,
        DisputeType.E_COMMERCE: 3,
        DisputeType.PRODUCTION_BUSINESS: 2,
        DisputeType.ENVIRONMENT: 2,
        DisputeType.MEDICAL: 1,
        DisputeType.TOURISM: 1,
        DisputeType.FOREST_LAND: 1,
        DisputeType.LAND_ACQUISITION: 1,
        DisputeType.OTHER: 1,
    },
    levels={DisputeLevel.GRID: 80, DisputeLevel.COMMUNITY: 13, DisputeLevel.JOINT: 3},
)
"""stories.py adds 13 problems and 5 disputes."""

SMALL = Plan(
    farm="三坪农场",
    community="屯坪社区",
    estates=(EstatePlan("金穗家园", (2, 1)), EstatePlan("春晖苑", (1,))),
    premises=dict.fromkeys(PremisesKind, 2),
    shapes=((2, 3),),
    doors=1,
    vacant=1,
    first_day=date(2023, 12, 18),
    online=1.0,
    appeals={(AppealKind.PROBLEM, AppealCategory.HEATING): 2, (AppealKind.REPORT, AppealCategory.SAFETY): 1},
    disputes={DisputeType.NEIGHBOUR: 1, DisputeType.MARRIAGE_FAMILY: 1},
    levels={DisputeLevel.GRID: 2},
)

NEIGHBOUR = Plan(
    farm="金沙农场",
    community="杏园社区",
    estates=(EstatePlan("金穗家园", (1,)),),
    premises=dict.fromkeys(PremisesKind, 1),
    time_zone="Asia/Urumqi",
    prefix="杏园",
    first_number=3,
    shapes=((2, 3),),
    doors=1,
    first_day=date(2023, 12, 27),
    appeals={(AppealKind.PROBLEM, AppealCategory.HEATING): 2},
    disputes={DisputeType.NEIGHBOUR: 1},
    levels={DisputeLevel.GRID: 1},
)
"""Has the same names and numbers as SMALL, so that tests notice when communities are confused."""
