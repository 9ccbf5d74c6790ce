"""Names and telephone numbers of people who do not exist."""

from random import Random

from rules.people import Sex

SURNAMES = (
    "王王王王王李李李李李张张张张张刘刘刘刘陈陈陈杨杨杨赵赵赵黄黄周周吴吴徐徐孙孙马马朱胡郭何高林罗郑梁谢宋唐许韩"
    "冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯"
    "龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""Common surnames occur several times."""

_GIVEN: dict[Sex, tuple[tuple[int, str, str], ...]] = {
    Sex.MALE: (
        (1955, "德福永长志广金玉忠守怀树", "顺贵才林山发海全义厚田祥"),
        (1978, "建国卫志文新保学爱援红春", "军民平华强国生江明忠斌刚"),
        (1998, "海晓永振立伟宏少俊国继成", "涛鹏峰勇超杰波亮辉龙斌磊"),
        (2030, "子浩宇梓俊博天思一奕嘉睿", "轩然涵辰泽航睿阳晨宁恒远"),
    ),
    Sex.FEMALE: (
        (1955, "桂秀玉淑凤兰素翠月春惠金", "兰英珍芳荣花莲琴梅香云芝"),
        (1978, "丽秀红玉春建桂爱新慧亚淑", "华芳萍霞琴梅荣芬玲兰娥敏"),
        (1998, "晓海丽雪婷小文艳春静亚美", "燕霞娟丽敏婷玲梅娜静红芳"),
        (2030, "梓欣雨诗可思一佳语若嘉沐", "涵怡萱琪妍瑶桐彤然晴宁悦"),
    ),
}
"""Given names by the last year in which they were in fashion: first characters, then second ones."""
_NUMBERS = 10**8


def surname(random: Random) -> str:
    """A surname, weighted by how common it is."""
    return random.choice(SURNAMES)


def given(random: Random, sex: Sex, born: int) -> str:
    """A given name that was in fashion in the year of birth."""
    first, second = next(names for until, *names in _GIVEN[sex] if born < until)
    return random.choice(first) + random.choice(second)


def full(random: Random, sex: Sex | None = None, born: int = 1980) -> str:
    """A full name."""
    return surname(random) + given(random, sex or random.choice(list(Sex)), born)


def phone(random: Random) -> str:
    """Eleven digits that begin with 000, which no network assigns, so that nobody has the number."""
    return f"000{random.randrange(_NUMBERS):08}"
