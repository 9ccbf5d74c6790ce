"""Guesses from the words of an appeal: its category, and whether somebody is in danger."""

from rules.appeals import AppealCategory, AppealUrgency

_WORDS: tuple[tuple[AppealCategory, str], ...] = (
    (AppealCategory.HEATING, "暖气 供暖 供热 不热 地暖"),
    (AppealCategory.WATER, "停水 漏水 渗水 水管 下水 堵了 水压 自来水"),
    (AppealCategory.ELECTRICITY, "停电 跳闸 路灯 电线 照明 灯不亮 电表"),
    (AppealCategory.NOISE, "噪声 噪音 太吵 扰民"),
    (AppealCategory.PARKING, "停车 车位 占道 乱停"),
    (AppealCategory.SANITATION, "垃圾 卫生 异味 积雪"),
    (AppealCategory.SAFETY, "楼道堆 堵塞 消防 隐患 燃气味"),
    (AppealCategory.PROPERTY_SERVICE, "物业 电梯 门禁 单元门"),
    (AppealCategory.CERTIFICATE, "证明 材料 手续 办证"),
    (AppealCategory.CARE, "买药 送饭 陪护 独居 摔倒 起不来 晕倒"),
)
# fmt: off
_DANGERS = (
    "摔倒", "摔伤", "摔下", "摔断", "摔了一跤", "摔了跤", "摔跤", "跌倒", "跌下", "滑倒", "栽倒", "倒地不起",
    "倒在地", "人倒在", "太倒在", "爷倒在", "奶倒在", "坠楼", "起不来", "不起来了", "动不了", "动弹不得", "骨折了",
    "晕倒", "晕过去", "昏倒", "昏过去", "昏迷", "休克", "叫不醒", "没有反应", "没反应", "不省人事", "没有呼吸",
    "没呼吸", "喘不上气", "喘不过气", "呼吸困难", "噎住", "窒息", "胸口疼", "胸痛", "心口疼", "心脏病犯",
    "心脏病发", "心梗了", "中风了", "抽搐", "口吐白沫", "流血", "出血", "吐血", "烫伤", "烧伤", "被撞", "溺水",
    "落水", "要生了", "中毒", "喝了农药", "触电", "漏电", "救命", "轻生", "自杀", "割腕", "跳楼", "想不开", "持刀",
    "拿刀", "动刀", "打架", "着火", "起火", "失火", "冒烟", "煤气味", "燃气味", "煤气泄漏", "燃气泄漏", "漏气",
    "爆炸", "坍塌", "塌了", "被困在", "被困住", "人被困", "困在", "困了人", "困住", "锁在屋里", "锁在家里",
    "反锁在", "走丢", "走失", "没人应", "无人应",
)
# fmt: on
_NO_DANGER = (
    "没",
    "未",
    "怕",
    "担心",
    "防",
    "免",
    "别",
    "差点",
    "容易",
    "以前",
    "曾",
    "小心",
    "会不会",
    "如果",
    "万一",
    "去年",
    "上次",
)
"""Words before a danger that say that it did not happen, or not now."""
_BEFORE = 4
"""Characters before a danger in which they are looked for, as in 「怕老人摔倒」."""


def guess_category(text: str) -> AppealCategory:
    """The category that a resident's words suggest. A worker can choose another one."""
    for category, words in _WORDS:
        if any(word in text for word in words.split()):
            return category
    return AppealCategory.OTHER


def guess_urgency(text: str) -> AppealUrgency:
    """URGENT if a text tells of a fall or of danger to life, such as 「老人摔倒了起不来」."""
    return AppealUrgency.URGENT if any(_tells(text, danger) for danger in _DANGERS) else AppealUrgency.NORMAL


def _tells(text: str, danger: str) -> bool:
    at = text.find(danger)
    while at >= 0:
        before = text[max(0, at - _BEFORE) : at]
        if not any(word in before for word in _NO_DANGER):
            return True
        at = text.find(danger, at + 1)
    return False
