"""Words of danger: whether a text tells that somebody is hurt or in danger now. In doubt it does."""

import re

_HURT = (
    r"摔[倒伤下断]|[人子奶爷妈爸又]摔了|摔了一?跤|摔跤|摔得不轻|[跌滑栽]倒|跌下|从.{0,4}[床楼梯窗阶凳椅树车].{0,3}[掉滚跌]下|滚下|坠楼|倒地不起",
    r"[人太爷奶妈爸者]倒在|倒在地|起不来|不起来了|[人爷奶妈爸]不动了|(?:(?<![发车机门锁窗])|(?<=司机))动不了|动弹不得|骨折(?=了|$)",
    r"流.{0,4}血|[吐出便]血|头.{0,2}是血|血.{0,3}止不住|流血不止|烫[伤着到]|烫了|[水油]烫|烧伤|被.{0,3}咬|砸[伤着]|砸[到中]人|被撞",
    r"[吞咽]了?.{0,3}(?:硬币|电池|扣子|异物|农药)|喝了?农药|噎[住着]|卡住?(?:喉|嗓|脖)|呛[住着]|溺水|落水|触电|漏电|中毒|一氧化碳",
)
_ILL = (
    r"[晕昏]倒|[晕昏]过去|昏迷|晕厥|休克|(?:人|突然|忽然)晕了|叫不醒|没有?反应|不省人事|没有?呼吸|没有?心跳",
    r"[喘上透]不[上过]?来?气|[上喘]不[上过]来|呼吸困难|窒息|说不出来?话|说不了话|不会说话了|[嘴脸]也?歪|口眼歪斜|半边身子",
    r"[胸心]口?.{0,3}[疼痛]|胸.{0,3}闷|心脏.{0,3}[疼痛停难]|心脏病[犯发]|心梗了?|中风了|脑梗了|脑出血",
    r"抽搐|抽风|癫痫|羊[癫角]疯|口吐白沫|打滚|快不行了|(?<!得)人不行了|要生了|羊水|破水了|难产|发病了",
)
_AROUND = (
    r"(?<!不)着火|[起失]火|冒(?:烟|火)|爆炸|坍塌|塌了|漏气|(?:煤气|燃气|天然气|液化气).{0,4}[味漏臭]",
    r"(?<!车)被困[在住]|人被困|(?<!车被)困[在住]|困了?人|电梯.{0,3}困|(?<![车匙])[反被]?锁在(?:屋|家|车)里?|反锁在",
    r"走[丢失]|[人子娃奶爷爸妈]不见了|找不到(?:孩子|老人|人了)|敲.{0,4}门.{0,5}(?:没人|无人|不)[应答开]|敲门不开|(?:没|无)人应",
    r"[几两二三四五六七]天(?:都?没见|没出门|没开门|联系不上)|一直[没不]开门",
)
_VIOLENT = (
    r"救命|救救|快来人|救人|轻生|自杀|自残|割腕|跳楼|想死|不想活|活不下去|寻短见|想不开(?![通户会门灯])",
    r"[持拿动举]着?刀|砍人|打架|打起来|殴打|家暴|[在有又]人?打(?:人|老婆|孩子|老人)|被.{0,2}打(?![扰扫电开断印听折])",
)
_DANGER = re.compile("|".join((*_HURT, *_ILL, *_AROUND, *_VIOLENT)))
_NOT_SO = re.compile("没(?![电气水暖])|未|不会|怕|担心|防|免|别|差点|容易|小心|会不会|如果|要是|万一|预防|避免")
"""Words shortly before a danger that say that it did not happen."""
_STOPS = r"，。！？；,.!?;\s"
"""Characters that end a clause, for a class."""
_THINGS = re.compile(
    f"(?:物业|电话|门铃)[^{_STOPS}]{{0,4}}?(?:没有?反应|[没无]人应)|(?:(?<!司)机|车)[也都又还就]{{0,2}}(?:动不了|不动了|没有?反应)"
    f"|(?:烟道|烟囱|鞭炮)[^{_STOPS}]{{0,2}}?冒烟|自行车[^{_STOPS}]{{0,2}}?[被反]?锁在(?:屋|家|车)里?"
)
"""Phrases that sound like a danger but are about a thing. Fire, explosion and electricity are always dangers."""
_PAST = re.compile(
    "去年|前年|以前|之前|从前|曾(?![祖孙外奶爷])|上次|上个?月|上周|上个?星期|[0-9一二两三四五六七八九十几]年前|小时候|当年|那年"
)
"""Words earlier in the clause that say that it is over."""
_NOW = re.compile("今[天早晚晨夜日]|昨[天晚夜]|早上|晚上|夜里|半夜|刚|方才|现|正在|又|突然|忽然|的")
"""Words after those that say that it is not. With 的 the past is that of somebody, as in 「上周出院的老人摔倒了」."""
_SETTLED = re.compile(
    f"过(?!去|来)|[^{_STOPS}了着要去]{{0,4}}(?:保险(?![箱柜丝杠])|鉴定|报销|理赔|怎么调解|演习|培训|讲座|牌子|残疾证)|险(?![些情境死])"
)
"""Words after a danger that say that it is over, or a matter of papers."""
_BEFORE, _CLAUSE = 4, 20
"""Characters before a danger in which the words are looked for, as in 「怕老人摔倒」."""
_BREAK = re.compile(f"[{_STOPS}]")


def tells_danger(text: str) -> bool:
    """True if a text tells of a fall, an illness, a fire or violence now, such as 「老人摔倒了起不来」."""
    things = [found.span() for found in _THINGS.finditer(text)]
    dangers = (found.span() for found in _DANGER.finditer(text))
    return any(_is_now(text, *at) for at in dangers if not any(a <= at[0] and at[1] <= b for a, b in things))


def _is_now(text: str, start: int, end: int) -> bool:
    if _NOT_SO.search(text, max(0, start - _BEFORE), start) or _SETTLED.match(text, end):
        return False
    clause = _BREAK.split(text[max(0, start - _CLAUSE) : start])[-1]
    past = _PAST.search(clause)
    return past is None or _NOW.search(clause, past.end()) is not None
