"""Compares a workbook with what is on record, and says what is to be added, or everything that stands against it.

A later workbook adds, and fills in what was not told before. It corrects nothing: a fact that differs is a problem.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.access import Role
from rules.accounts import UserName
from rules.appeals import AppealCategory
from rules.refusals import Said, written
from rules.setup import (
    ACCOUNTS,
    BUILDINGS,
    COMMUNITY,
    ESTATES,
    FORMS,
    GRIDS,
    HOMES,
    ORGANISATIONS,
    PREMISES,
    Form,
    Item,
    Key,
    Problem,
    Values,
)

Place = tuple[str, Key]
"""Where a post is held: the name of a sheet, and the key of an item of it."""
HELD_IN = {
    **dict.fromkeys(Role, COMMUNITY.name),
    Role.GRID_WORKER: "网格",
    Role.GRID_LEADER: "小区",
    Role.BUILDING_HEAD: "楼栋",
    Role.PARTNER: "单位",
    Role.CENTRE_MEDIATOR: "单位",
    Role.ADMIN: None,
}
"""The sheet of the places in which a role is held, which is also the column that names the place."""
_NARROWED = {"网格", "楼栋"}
"""Places whose estate may be told beside them."""


@dataclass(frozen=True, slots=True)
class Known:
    """The recorded facts of the community and of the accounts that the workbook names."""

    facts: Mapping[str, Mapping[Key, Values]] = field(default_factory=dict)
    """By sheet and key: the facts by heading. Of households the floor."""
    answering: Mapping[AppealCategory, str | None] = field(default_factory=dict)
    """The organisation of each category; None where the community itself answers."""
    posts: Mapping[UserName, frozenset[Place]] = field(default_factory=dict)
    """The present and coming posts by user name."""
    elsewhere: frozenset[UserName] = frozenset()
    """User names of accounts that belong to another community, or are disabled."""

    def of(self, form: Form) -> Mapping[Key, Values]:
        return self.facts.get(form.name, {})


@dataclass(slots=True)
class Plan:
    """The items to write by sheet, and the problems. Nothing is written if there are problems."""

    community: Item | None = None
    added: dict[str, list[Item]] = field(default_factory=lambda: defaultdict(list))
    filled: list[tuple[Item, dict[str, Any]]] = field(default_factory=list)
    answering: dict[AppealCategory, str | None] = field(default_factory=dict)
    """The organisation of a category; None is the community itself."""
    posts: list[tuple[UserName, Place]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """How many items of each sheet are added."""
        return {form.name: len(self.added[form.name]) for form in FORMS}


def plan(items: Mapping[str, list[Item]], known: Known, problems: Iterable[Problem] = ()) -> Plan:
    """Compares the items of a workbook with what is known. ``problems`` are those of reading it."""
    made = Plan(problems=list(problems))
    made.community = _the_community(items, made)
    for form in FORMS:
        _compare(form, items.get(form.name, []), known.of(form), made)
    places = _Places(items, known)
    made.problems += _misplaced(items, places)
    _answer(items, known, made)
    for item in items.get(ACCOUNTS.name, []):
        _hold(item, places, known, made)
    made.problems = sorted(dict.fromkeys(made.problems), key=_order)
    return made


def _order(problem: Problem) -> tuple[Any, ...]:
    names = [form.name for form in FORMS]
    at = names.index(problem.sheet) if problem.sheet in names else len(names)
    headings = FORMS[at].headings() if at < len(names) else ()
    column = headings.index(problem.heading) if problem.heading in headings else -1
    return at, problem.row, column, problem.heading, str(written(problem.reason))


def _problem(item: Item, heading: str, reason: Said) -> Problem:
    return Problem(item.sheet, item.row, heading, reason)


def _the_community(items: Mapping[str, list[Item]], made: Plan) -> Item | None:
    """The one community, which each workbook names."""
    told = items.get(COMMUNITY.name, [])
    if len(told) > 1:
        made.problems += [_problem(item, "社区", Said("一份工作簿只能有一个社区")) for item in told[1:]]
    if not told and not any(each.sheet == COMMUNITY.name for each in made.problems):
        made.problems.append(Problem(COMMUNITY.name, 2, "社区", Said("未填写")))
    return told[0] if told else None


def _compare(form: Form, told: list[Item], known: Mapping[Key, Values], made: Plan) -> None:
    """Adds what is new, fills in what is not known yet, and refuses what is there twice or differs."""
    first: dict[Key, Item] = {}
    for item in told:
        if first.setdefault(item.key, item) is not item:
            row = first[item.key].row
            made.problems.append(_problem(item, _column_of_key(form), Said("与第{row}行重复", {"row": row})))
        elif item.key not in known:
            made.added[form.name].append(item)
        else:
            _compare_facts(item, known[item.key], made)


def _column_of_key(form: Form) -> str:
    return {BUILDINGS: "楼栋", HOMES: "户号"}.get(form, form.key[-1])


def _compare_facts(item: Item, known: Values, made: Plan) -> None:
    new = {name: item.facts[name] for name in known if item.facts.get(name) not in {None, known[name]}}
    for name in [name for name in new if known[name] is not None]:
        new.pop(name)
        reason = Said("登记的是「{known}」；这里只能新增，更正请在系统中办理", {"known": known[name]})
        made.problems.append(_problem(item, name, reason))
    if new:
        made.filled.append((item, new))


class _Places:
    """The places that are on record or in the workbook."""

    def __init__(self, items: Mapping[str, list[Item]], known: Known) -> None:
        self.of: dict[str, dict[Key, Values]] = {}
        for form in (ESTATES, GRIDS, BUILDINGS, ORGANISATIONS):
            told = {item.key: item.facts for item in reversed(items.get(form.name, []))}
            self.of[form.name] = {**told, **known.of(form)}

    def named(self, sheet: str, estate: str | None, name: Any) -> list[Key]:
        """The places of a name, in an estate if it is given."""
        found = [key for key in self.of[sheet] if key[-1] == name]
        return [key for key in found if estate is None or len(key) == 1 or key[0] == estate]


def _misplaced(items: Mapping[str, list[Item]], places: _Places) -> Iterator[Problem]:
    """The rows that name an estate, a grid or a building which does not exist, or a home that it cannot have."""
    for form in (GRIDS, BUILDINGS, HOMES, PREMISES):
        for item in items.get(form.name, []):
            estate = item.key[0]
            if (estate,) not in places.of[ESTATES.name]:
                yield _problem(item, "小区", Said("没有小区「{estate}」", {"estate": estate}))
            elif form is HOMES:
                yield from _without_room(item, places)
            elif form is not GRIDS:
                grid = item.facts.get("网格") if form is BUILDINGS else item.key[1]
                if grid is not None and (estate, grid) not in places.of[GRIDS.name]:
                    yield _problem(item, "网格", Said("「{estate}」没有「{grid}」", {"estate": estate, "grid": grid}))


def _without_room(item: Item, places: _Places) -> Iterator[Problem]:
    estate, name, unit, _ = item.key
    shape = places.of[BUILDINGS.name].get((estate, name))
    if shape is None:
        yield _problem(item, "楼栋", Said("「{estate}」没有{name}", {"estate": estate, "name": name}))
        return
    units, floors = shape.get("单元数"), shape.get("楼层数")
    if units is not None and unit > units:
        yield _problem(item, "单元", Said("{name}只有{units}个单元", {"name": name, "units": units}))
    if floors is not None and item.facts["楼层"] > floors:
        yield _problem(item, "楼层", Said("{name}只有{floors}层", {"name": name, "floors": floors}))


def _answer(items: Mapping[str, list[Item]], known: Known, made: Plan) -> None:
    """Which organisation answers for each category; None is the community itself, which may give it to one later."""
    for item, heading, category, name in _answers(items):
        if category in made.answering:
            held, free = made.answering[category], False
        else:
            held, free = known.answering.get(category), known.answering.get(category) is None
        if category not in {*known.answering, *made.answering} or (free and name is not None):
            made.answering[category] = name
        elif held != name:
            reason = Said("「{category}」已由{held}负责", {"category": category, "held": held or Said("社区")})
            made.problems.append(_problem(item, heading, reason))


def _answers(items: Mapping[str, list[Item]]) -> Iterator[tuple[Item, str, AppealCategory, str | None]]:
    for item in items.get(COMMUNITY.name, []):
        yield from ((item, "自办诉求", each, None) for each in item.facts.get("自办诉求") or ())
    for item in items.get(ORGANISATIONS.name, []):
        yield from ((item, "负责诉求", each, item.key[0]) for each in item.facts.get("负责诉求") or ())


def _hold(item: Item, places: _Places, known: Known, made: Plan) -> None:
    """The posts of an account that it does not hold yet."""
    (username,), role = item.key, item.facts.get("岗位")
    if username in known.elsewhere:
        made.problems.append(_problem(item, "用户名", Said("这个用户名已被使用，或已停用")))
    if role is None:
        return
    has = known.posts.get(username, frozenset())
    problems, held = _posts(item, role, places, has)
    made.problems += problems
    made.posts += [(username, place) for place in held if place not in has]


def _posts(item: Item, role: Role, places: _Places, has: frozenset[Place]) -> tuple[list[Problem], list[Place]]:
    """The places in which an account is to hold its role, and what is wrong with them.

    Of several places of a name, those are meant that the account ``has`` already.
    """
    sheet = HELD_IN[role]
    allowed = {sheet} | ({"小区"} if sheet in _NARROWED else set())
    told_of = [name for name in ("小区", "网格", "楼栋", "单位") if item.facts.get(name) is not None]
    odd = [name for name in told_of if name not in allowed]
    problems = [_problem(item, name, Said("{role}不填此项", {"role": role})) for name in odd]
    if sheet is None or sheet == COMMUNITY.name:
        return problems, [] if sheet is None else [(sheet, ())]
    told = item.facts.get(sheet)
    if told is None:
        return [*problems, _problem(item, sheet, Said("{role}须填写{sheet}", {"role": role, "sheet": sheet}))], []
    held: list[Place] = []
    for name in told if isinstance(told, tuple) else (told,):
        estate = item.facts.get("小区") if sheet in _NARROWED else None
        found = places.named(sheet, estate, name)
        found = [key for key in found if (sheet, key) in has] or found
        if len(found) == 1:
            held.append((sheet, found[0]))
        elif not found:
            problems.append(_problem(item, sheet, Said("没有「{name}」", {"name": name})))
        else:
            problems.append(
                _problem(item, "小区", Said("有{count}个「{name}」，请写明小区", {"count": len(found), "name": name}))
            )
    return problems, held
