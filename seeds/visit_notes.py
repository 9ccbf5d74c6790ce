"""The notes of visits."""

from dataclasses import dataclass
from datetime import date
from random import Random

from rules.people import Colour
from rules.visits import VisitMode

_MOOD = (
    "精神不错",
    "声音洪亮",
    "刚吃过早饭",
    "正准备下楼散步",
    "在家看电视",
    "昨晚睡得好",
    "在阳台晒太阳",
    "正在听收音机",
    "女儿昨天来看过",
    "儿子打过电话",
    "邻居一早送了馍馍",
    "刚从老年活动室回来",
    "在侍弄花草",
    "说膝盖比上周好些",
    "想找人说说话，聊了一会儿",
)
_CARE = (
    "一切安好。",
    "提醒关好燃气阀门。",
    "家里米面油够用。",
    "提醒出门带好钥匙和手机。",
    "约好明天上午再联系。",
    "叮嘱有事随时来电。",
    "提醒警惕陌生来电推销。",
    "已告知本周活动室安排。",
    "水电正常。",
)
_COLD = ("家里暖气正常。", "提醒路滑，少出门。", "提醒开窗透气。", "叮嘱添衣保暖。", "窗户漏风，已用胶条封好。")
_WARM = ("提醒午间少出门，多喝水。", "晚上常到楼下乘凉。", "纱窗已修好。", "提醒剩菜当天吃完。", "风扇已擦洗。")
_DOOR = ("上门看望，", "敲门后很快应答，", "顺路送去报纸，", "帮忙提菜上楼，", "陪着坐了一会儿，", "一起量了室温，")
_CALL = ("电话问候，", "早上通话，", "电话接得很快，", "第二次拨通，", "视频通话，", "")

_NEED = (
    "家里收拾得整齐，{}",
    "正在找工作，已推荐两处招工信息，{}",
    "送去米面一份，{}",
    "水龙头滴水，联系师傅当天修好，{}",
    "临时救助的申请已递交，{}",
    "扶手已装好，试用没有问题，{}",
    "讲了社区周末义诊和招聘会，{}",
    "家人轮流照看，{}",
    "旧衣物已带走捐出，{}",
)
_NEED_WITH_CHILDREN = (
    "孩子在家写作业，{}",
    "说起孩子上学的事，答应帮着问学校，{}",
    "给孩子带了两本书，{}",
)
_NEED_END = ("情绪平稳。", "没有新的困难。", "下周再来。", "约好下周同一时间见。", "有事会打电话。", "谢过社区。")

_PASSING = (
    "租住情况没有变化，人员已核对。",
    "新添一名同住人，已登记。",
    "房东续租一年，合同看过。",
    "告知居住登记办理地点和时间。",
    "白天都在附近工地上班，晚上才在家。",
    "检查了电线和燃气软管，没有隐患。",
    "打算下月搬走，提醒退租前来社区说一声。",
    "询问了社保转移，已讲明办理窗口。",
    "家里来了亲戚短住，已登记。",
)
_PASSING_WITH_CHILDREN = ("孩子秋天入学，讲了报名需要带什么。", "孩子放学没人接，介绍了托管班。")
_ONLINE = (
    "微信联系，近况正常。",
    "在群里回复了停水通知的询问。",
    "发送燃气安全提示，已读。",
    "线上提醒缴纳物业费，已缴。",
    "通知楼栋大扫除，愿意参加。",
    "询问社区文化活动安排，已转发。",
    "对小区绿化提了建议，已记下。",
    "核对了家庭成员信息，没有变动。",
)
_HEATING_MONTHS = frozenset({1, 2, 3, 10, 11, 12})
_SILENT = 0.06


@dataclass(frozen=True, slots=True)
class Subject:
    """The facts that a note depends on."""

    colour: Colour
    mode: VisitMode
    day: date
    with_children: bool


def note(random: Random, subject: Subject) -> str | None:
    """A note, or now and then none."""
    if random.random() < _SILENT:
        return None
    if subject.mode is VisitMode.ONLINE:
        return random.choice(_ONLINE)
    if subject.colour is Colour.RED:
        return _about_elder(random, subject)
    if subject.colour is Colour.ORANGE:
        needs = _NEED + (_NEED_WITH_CHILDREN if subject.with_children else ())
        return random.choice(needs).format(random.choice(_NEED_END))
    return random.choice(_PASSING + (_PASSING_WITH_CHILDREN if subject.with_children else ()))


def _about_elder(random: Random, subject: Subject) -> str:
    season = _COLD if subject.day.month in _HEATING_MONTHS else _WARM
    opening = _CALL if subject.mode is VisitMode.PHONE else _DOOR
    return f"{random.choice(opening)}{random.choice(_MOOD)}。{random.choice(_CARE + season)}"
