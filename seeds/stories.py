"""The stories of the demo (domain.md section 10), and the cases that are still open at the end of the year."""

from collections.abc import Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, repeat
from random import Random

from rules.appeals import AppealCategory, AppealKind, AppealSource
from rules.disputes import DisputeLevel, DisputeOrigin, DisputeType, PartyRole
from seeds import appeals, cold_homes, disputes, findings, patrols
from seeds.clock import DAY, ZONE, moment
from seeds.disputes import Matter, Side, Terms
from seeds.lives import HANDED_UP, JUST_ACCEPTED, SENT_BACK, Path
from seeds.parties import Party, of_family, of_premises, of_resident, outsider
from seeds.places import Grid, Home
from seeds.premises import Premises
from seeds.reports import WAYS, Topic
from seeds.world import World


def add(world: World) -> None:
    random = world.random("stories")
    cold_homes.add(world)
    _open_problems(world, random)
    _leaking_flat(world, random)
    _wages_of_the_year(world, random)
    _wages_found_on_patrol(world, random)
    _dismissal(world, random)
    _still_mediating(world, random)


def _topic(category: AppealCategory, day: date, body: str, answer: str = "") -> Topic:
    return Topic(AppealKind.PROBLEM, category, day, body, answer)


def _open_problems(world: World, random: Random) -> None:
    """The three problems that are unresolved at the end of the year."""
    heating = _topic(AppealCategory.HEATING, date(2023, 12, 11), "顶层暖气不热，换过阀门还是只有十六度。")
    service = _topic(AppealCategory.PROPERTY_SERVICE, date(2023, 12, 18), "单元门关不严，夜里冷风灌进楼道。")
    water = _topic(AppealCategory.WATER, date(2023, 12, 28), "厨房下水返味，地漏往上冒水，怕是下水堵了。")
    cases: list[tuple[AppealSource, Topic, Path]] = [
        (AppealSource.PHONE, heating, HANDED_UP),
        (AppealSource.QR_HOME, service, SENT_BACK),
        (AppealSource.DESK, water, JUST_ACCEPTED),
    ]
    for source, topic, path in cases:
        appeals.add(world, random, WAYS[source](world, random, topic), path)


def _leaking_flat(world: World, random: Random) -> None:
    *_, flat, opposite = world.town.unit(8, 1)
    damaged = [home for home in world.town.unit(8, 1) if home is not flat]
    sides = [_loss(world, random, home, opposite) for home in damaged]
    matter = _matter(
        world,
        DisputeType.DAMAGES,
        f"{flat.label}水管爆裂致十一户受损纠纷",
        f"{flat.label}住户外出期间水管爆裂，水沿管井和楼板渗入十一户，顶棚、地板和家电受损。",
        DisputeLevel.JOINT,
        flat.grid,
        [Side(of_family(world, flat), PartyRole.RESPONDENT), *sides],
        datetime(2023, 4, 10, 10, 20, tzinfo=ZONE),
    )
    content = f"{flat.label}按逐户核定的损失清单赔偿十一户，物业公司更换该单元全部入户阀门。"
    performance = "赔偿款分两次付清，五月十五日前付一半，六月十五日前付清，由社区转交并签收。"
    dispute = disputes.write(world, random, matter, _written(matter, date(2023, 4, 26), content, performance, 50))
    findings.of_leak(world, random, dispute, flat.grid)


def _loss(world: World, random: Random, home: Home, opposite: Home) -> Side:
    """The homes below lose more than the one across the landing."""
    amount = random.randrange(300, 600 if home is opposite else 4000, 50)
    claim = f"赔偿顶棚、墙面和地板损失{amount}元"
    return Side(of_family(world, home), PartyRole.APPLICANT, claim, Decimal(f"{amount}.00"))


def _wages_of_the_year(world: World, random: Random) -> None:
    site = _site(world, "春晖苑二期工地")
    workers = [outsider(random) for _ in range(3)]
    matter = _matter(
        world,
        DisputeType.WAGE_ARREARS,
        f"{site.name}拖欠抹灰班组工资纠纷",
        f"{site.name}抹灰班组三人四至六月工资共48600元未付，施工方称劳务公司未结算。",
        DisputeLevel.JOINT,
        site.grid,
        _claimants(site, workers, "支付四至六月工资"),
        datetime(2023, 7, 6, 11, 15, tzinfo=ZONE),
    )
    content = "施工方从工资专用账户直接支付三人工资48600元，此后按月足额发放。"
    performance = "七月二十五日前一次转入本人银行卡，凭流水到社区核对。"
    disputes.write(world, random, matter, _written(matter, date(2023, 7, 14), content, performance, 11))


def _wages_found_on_patrol(world: World, random: Random) -> None:
    site = _site(world, "农贸市场改造工地")
    workers = [outsider(random) for _ in range(5)]
    owed = [Decimal(f"{amount}.00") for amount in (12600, 12600, 12000, 12000, 12000)]
    matter = _matter(
        world,
        DisputeType.WAGE_ARREARS,
        f"{site.name}拖欠工资纠纷",
        f"年末巡查发现{site.name}五名钢筋工十月、十一月工资共{sum(owed):.0f}元未付。",
        DisputeLevel.COMMUNITY,
        site.grid,
        _claimants(site, workers, "支付十月和十一月工资", owed),
        datetime(2023, 12, 4, 12, 5, tzinfo=ZONE),
    )
    content = "施工方支付五人工资61200元，补齐工资台账并公示维权告示牌。"
    performance = "十二月二十日前全部转入本人银行卡，副主任和驻点网格员现场核对。"
    dispute = disputes.write(world, random, matter, _written(matter, date(2023, 12, 8), content, performance, 12))
    arrears = [(worker.label, amount) for worker, amount in zip(workers, owed, strict=True)]
    patrols.add_demo(world, site, dispute, arrears)


def _claimants(site: Premises, workers: Sequence[Party], claim: str, owed: Sequence[Decimal] = ()) -> list[Side]:
    amounts = chain(owed, repeat(None))
    applicants = [Side(worker, PartyRole.APPLICANT, claim, next(amounts)) for worker in workers]
    return [*applicants, Side(of_premises(site), PartyRole.RESPONDENT)]


def _dismissal(world: World, random: Random) -> None:
    firm = _site(world, "金坪棉纺厂")
    person = world.speaker(random, world.some_home(random))
    matter = _matter(
        world,
        DisputeType.OTHER_LABOUR,
        f"{firm.name}离职结算纠纷",
        f"{person.name}从{firm.name}离职，对加班费和离职当月工资的结算有异议。",
        DisputeLevel.COMMUNITY,
        firm.grid,
        _claimants(firm, [of_resident(person)], "结清加班费和当月工资"),
        datetime(2023, 9, 12, 16, 40, tzinfo=ZONE),
    )
    content = "厂方补付加班费和当月工资共3860元，并出具离职证明，双方再无争议。"
    performance = "九月底前转入本人银行卡。"
    disputes.write(world, random, matter, _written(matter, date(2023, 9, 20), content, performance, 10))


def _still_mediating(world: World, random: Random) -> None:
    upper, lower = (world.town.unit(12, 1)[place] for place in (-1, -3))
    matter = _matter(
        world,
        DisputeType.NEIGHBOUR,
        "楼上孩子跑跳扰邻纠纷",
        f"{lower.label}反映{upper.label}的孩子晚上在客厅拍球，多次提醒无效，两家已不说话。",
        DisputeLevel.GRID,
        upper.grid,
        [
            Side(of_family(world, lower), PartyRole.APPLICANT, "晚上不在室内拍球"),
            Side(of_family(world, upper), PartyRole.RESPONDENT),
        ],
        datetime(2023, 12, 20, 17, 30, tzinfo=ZONE),
    )
    disputes.write(world, random, matter, None)


def _site(world: World, name: str) -> Premises:
    return next(premises for premises in world.premises if premises.name == name)


def _matter(
    world: World,
    kind: DisputeType,
    title: str,
    facts: str,
    level: DisputeLevel,
    grid: Grid,
    sides: list[Side],
    opened_at: datetime,
) -> Matter:
    return Matter(
        kind,
        title,
        facts,
        DisputeOrigin.PROACTIVE,
        None,
        level,
        grid,
        sides,
        world.staff.workers[grid],
        opened_at,
        opened_at,
    )


def _written(matter: Matter, signed_on: date, content: str, performance: str, days: int) -> Terms:
    """A written agreement, signed by all on one day and sealed on the next."""
    return Terms(
        reached_at=moment(signed_on, time(17, 20)),
        content=content,
        due_on=signed_on + days * DAY,
        performed=True,
        facts=matter.facts,
        performance=performance,
        marks=(signed_on, signed_on, signed_on + DAY),
    )
