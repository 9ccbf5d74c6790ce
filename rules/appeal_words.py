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
    "摔倒", "摔伤", "跌倒", "滑倒", "起不来", "站不起来", "晕倒", "昏倒", "昏迷", "叫不醒", "没有反应",
    "没反应", "不省人事", "喘不上气", "喘不过气", "胸口疼", "胸痛", "抽搐", "流血不止", "大出血", "中毒", "触电",
    "救命", "轻生", "自杀", "跳楼", "着火", "起火", "失火", "冒烟", "煤气味", "燃气味", "煤气泄漏",
    "燃气泄漏", "漏气", "爆炸", "被困", "困在电梯", "走丢", "走失",
)
# fmt: on
_NO_DANGER = (
    "没",
    "未",
    "怕",
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
