"""The rules, pure: every role, act, status and level against the table that says what is allowed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import appeals
from rules.access import Act, Role
from rules.appeal_words import guess_category, guess_urgency
from rules.appeals import AppealCategory, AppealUrgency
from rules.refusals import Code, Refusal, invalid
from rules.times import CLOCK_TOLERANCE, check_occurred

NOW = datetime(2023, 12, 5, 1, 30, tzinfo=UTC)
WHO = UUID(int=1)
roles = st.sampled_from([None, *Role])


def refusal(function: object, *arguments: object) -> Code | None:
    """The code a rule refuses with, if it does."""
    try:
        function(*arguments)  # type: ignore[operator]
    except Refusal as refused:
        return refused.code
    return None


@pytest.mark.parametrize(
    ("rating", "satisfied", "code"),
    [
        (None, True, None),
        (None, False, None),
        (1, True, None),
        (5, True, None),
        (0, True, Code.INVALID_INPUT),
        (6, True, Code.INVALID_INPUT),
        (3, False, Code.INVALID_INPUT),
    ],
)
def test_a_rating_is_one_to_five_of_the_satisfied(rating: int | None, satisfied: bool, code: Code | None) -> None:
    assert refusal(appeals.check_rating, rating, satisfied) is code


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("3号楼2单元 暖气不热", AppealCategory.HEATING),
        ("卫生间漏水", AppealCategory.WATER),
        ("单元门坏了", AppealCategory.PROPERTY_SERVICE),
        ("帮我买药", AppealCategory.CARE),
        ("办居住证明要什么材料", AppealCategory.CERTIFICATE),
        ("有件事", AppealCategory.OTHER),
    ],
)
def test_words_suggest_a_category(text: str, category: AppealCategory) -> None:
    assert guess_category(text) is category


@pytest.mark.parametrize(
    "text",
    [
        "老人摔倒了起不来",
        "一个人在家，喘不上气",
        "楼道里冒烟，有人被困",
        "对门老太太叫不醒了，快来人",
        "没事的时候也怕摔倒，刚才真的摔倒了，起不来",
        "奶奶从床上摔下来动不了了",
        "爷爷滑了一下，爬不起来了",
        "老太太倒在楼道里，敲门没人应",
        "电梯里困了人",
        "门口有人打架，流血了",
        "邻居心脏病犯了",
        "孩子被反锁在屋里",
        "老人说不出话了",
        "我爸突然说不出话来，嘴也歪了",
        "胸口疼得厉害",
        "奶奶喘不过来气",
        "气都喘不上来了",
        "煤气味很大",
        "一进门就闻到一股天然气味",
        "燃气管漏了",
        "流了好多血",
        "头破了，血止不住",
        "晕倒",
        "人晕了，没有心跳",
        "从楼梯上滚下来",
        "孩子被开水烫了",
        "鱼刺卡喉咙了",
        "有人拿着刀砍人",
        "她说不想活了",
        "敲了半天门没人开，三天没见老人了",
        "电梯困人",
        "孩子不见了",
        "老人快不行了",
        "去年摔倒过，今天又摔倒了",
        "楼道里电动车着火了",
        "电动车冒烟了，快来",
        "一楼电动车爆炸了",
        "洗衣机漏电了",
        "烟囱着火了",
        "物业那边着火了",
        "上周出院的老人今早摔倒起不来",
        "上周出院的老人摔倒了",
        "王奶奶之前能走路今早摔倒起不来",
        "奶奶上个月住院今早昏迷",
        "以前独居的王奶奶今晚摔倒了",
        "老人以前中风现摔倒起不来",
        "曾奶奶摔倒了",
        "楼上打架了快来调解",
        "老人胸口疼要去鉴定",
        "家里着火了保险箱也没了",
        "煤气中毒险些死人",
        "物业电梯困人",
        "没电了老人被困电梯里",
        "司机动不了了",
        "老人去年中风昨晚又摔了",
        "车里人动不了了",
    ],
)
def test_words_of_danger_are_urgent(text: str) -> None:
    assert guess_urgency(text) is AppealUrgency.URGENT


@pytest.mark.parametrize(
    "text",
    [
        "暖气不热",
        "台阶结冰，怕老人摔倒",
        "差点摔倒，请修一修",
        "去年楼上着火，想问有没有消防通道",
        "没有人被困，电梯坏了",
        "担心老人摔倒",
        "垃圾倒在楼道里",
        "心脏病的药怎么报销",
        "骨折住院报销要带什么材料",
        "被困扰很久了",
        "没有摔倒",
        "去年摔倒过",
        "上个月我妈晕倒过一次，现在好了",
        "三年前心梗过，想问药费报销",
        "前年中风了，现在要办残疾证",
        "煤气灶打不着火",
        "煤气费怎么交",
        "物业没人应答",
        "拨打人民调解的电话没人接",
        "被打扰得睡不着，人都吵得人不行了",
        "邻居打架怎么调解",
        "摔伤鉴定怎么办",
        "自行车锁在家里了",
        "车发动不了，车被困在雪里",
        "想不开通网银",
        "门口有人放鞭炮冒烟",
        "不会爆炸吧",
        "洗衣机动不了了",
        "打电话没反应",
        "烟囱冒烟很呛",
        "油烟味很大，血压高怎么领药",
        "",
    ],
)
def test_fears_and_memories_are_not_urgent(text: str) -> None:
    assert guess_urgency(text) is AppealUrgency.NORMAL


@given(st.timedeltas(timedelta(days=-400), timedelta(days=1)))
def test_the_past_is_welcome_and_the_future_is_not(ahead: timedelta) -> None:
    code = refusal(check_occurred, NOW + ahead, NOW, Role.GRID_WORKER)
    assert code is (Code.IN_FUTURE if ahead > CLOCK_TOLERANCE else None)


def test_every_act_and_every_refusal_is_spelled_out() -> None:
    assert all(act.roles for act in Act)
    assert all(code.message for code in Code)
    refused = invalid("最多 {most} 项", "field", most=3).under("input", 0)
    assert (refused.path, refused.message(), refused.message(lambda _, chinese: f"<{chinese}>")) == (
        ("input", 0, "field"),
        "填写有误：最多 3 项。",
        "<填写有误：<最多 3 项>。>",
    )
