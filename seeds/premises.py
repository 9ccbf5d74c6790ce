"""Firms, shops and construction sites."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

from db import places as tables
from rules.places import PremisesKind
from seeds import names
from seeds.book import Book
from seeds.clock import SET_UP
from seeds.ids import seeded
from seeds.places import Grid, Town
from seeds.plans import Plan

_NAMES: dict[PremisesKind, tuple[str, ...]] = {
    PremisesKind.ENTERPRISE: (
        "丰源农产品加工厂",
        "坪安节水器材厂",
        "绿野种业公司",
        "屯兴物流公司",
        "旺达包装厂",
        "金坪棉纺厂",
        "禾美食品公司",
        "顺通汽车修理厂",
        "新坪彩印厂",
    ),
    PremisesKind.SHOP: (
        "福顺便利店",
        "老胡杨牛肉面馆",
        "巧手裁缝铺",
        "坪香馕店",
        "小辣椒川菜馆",
        "惠民蔬菜店",
        "洁雅干洗店",
        "康乐药房",
        "新芽文具店",
        "云朵理发店",
        "三味书屋",
        "百顺五金店",
        "麦香蛋糕店",
        "鲜果多水果店",
        "众鑫手机维修店",
        "春雨鲜花店",
        "旺家超市",
        "明亮眼镜店",
        "阿婆豆花店",
        "晨光早餐店",
        "四季鞋店",
        "安心家政店",
        "大碗拌面馆",
        "童趣玩具店",
    ),
    PremisesKind.CONSTRUCTION_SITE: (
        "春晖苑二期工地",
        "屯坪小学扩建工地",
        "供热管网改造工地",
        "丰泽雅居三期工地",
        "农贸市场改造工地",
        "东渠路拓宽工地",
        "社区养老服务中心工地",
        "排水管网改造工地",
        "冷链仓库工地",
        "和顺花园地下车库工地",
        "文化广场工地",
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class Premises:
    """A firm, a shop or a construction site."""

    id: UUID
    grid: Grid
    kind: PremisesKind
    name: str


def add(book: Book, plan: Plan, town: Town) -> list[Premises]:
    """Adds the premises, spread over the grids."""
    random = seeded(plan.community, "premises")
    planned = [(kind, name) for kind, count in plan.premises.items() for name in _NAMES[kind][:count]]
    return [_premises(book, random, *each) for each in _spread(planned, town.grids)]


def _spread(planned: list[tuple[PremisesKind, str]], grids: list[Grid]) -> Iterator[tuple[PremisesKind, str, Grid]]:
    for number, (kind, name) in enumerate(planned):
        yield kind, name, grids[number % len(grids)]


def _premises(book: Book, random: Random, kind: PremisesKind, name: str, grid: Grid) -> Premises:
    premises = Premises(book.new_id(SET_UP), grid, kind, name)
    book.add(
        tables.Premises,
        id=premises.id,
        grid_id=grid.id,
        kind=kind,
        name=name,
        address=f"{grid.estate.name}{random.choice('东西南北')}门{random.randint(1, 40)}号",
        contact_name=names.full(random),
        contact_phone=names.phone(random),
    )
    return premises
