"""Guesses from the words of an appeal: its category, and whether somebody is in danger."""

from rules.appeals import AppealCategory, AppealUrgency
from rules.dangers import tells_danger

_WORDS: tuple[tuple[AppealCategory, str], ...] = (
    (AppealCategory.HEATING, "暖气 供暖 供热 不热 地暖"),
    (AppealCategory.WATER, "停水 漏水 渗水 水管 下水 堵了 水压 自来水"),
    (AppealCategory.ELECTRICITY, "停电 跳闸 路灯 电线 照明 灯不亮 电表"),
    (AppealCategory.NOISE, "噪声 噪音 太吵 扰民"),
    (AppealCategory.PARKING, "停车 车位 占道 乱停"),
    (AppealCategory.SANITATION, "垃圾 卫生 异味 积雪"),
    (AppealCategory.SAFETY, "楼道堆 堵塞 消防 隐患 燃气味 煤气味 天然气味"),
    (AppealCategory.PROPERTY_SERVICE, "物业 电梯 门禁 单元门"),
    (AppealCategory.CERTIFICATE, "证明 材料 手续 办证"),
    (AppealCategory.CARE, "买药 送饭 陪护 独居 摔倒 起不来 晕倒"),
)


def guess_category(text: str) -> AppealCategory:
    """The category that a resident's words suggest. A worker can choose another one."""
    for category, words in _WORDS:
        if any(word in text for word in words.split()):
            return category
    return AppealCategory.OTHER


def guess_urgency(text: str) -> AppealUrgency:
    """URGENT if a text tells of a fall or of danger to life, such as 「老人摔倒了起不来」."""
    return AppealUrgency.URGENT if tells_danger(text) else AppealUrgency.NORMAL
