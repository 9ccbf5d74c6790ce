"""The gaps that the set-up of a community may have (domain.md section 1)."""

from enum import auto

from rules.vocabulary import Word


class SetupCode(Word):
    """Something that a community still lacks."""

    # NAME = auto(), label, meaning. The most important first: people fill the gaps in this order.

    NO_SECRETARY = auto(), "社区还没有书记", "Nobody holds the post of secretary."
    NO_TELEPHONE = auto(), "社区还没有填写电话", "Residents cannot be told a telephone."
    NO_ESTATE = auto(), "社区还没有小区", "The community has no estate."
    NO_PARTY_BRANCH = auto(), "小区还没有网格党支部", "The estate has no Party branch."
    NO_LEADER = auto(), "小区还没有网格长", "Nobody leads the estate."
    NO_GRID = auto(), "小区还没有网格", "The estate has no grid."
    NO_WORKER = auto(), "网格还没有网格员", "Nobody works in the grid, so that its duties are nobody's."
    NO_HEAD = auto(), "楼栋还没有联户长", "The building has no head, who is the first rung of the safety ladder."
    NO_WORKER_PHONE = auto(), "网格员还没有登记电话", "No worker of the grid has a telephone for alerts."
    NO_HEAD_PHONE = auto(), "联户长还没有登记电话", "The building head has no telephone for alerts."
    NO_HOMES = auto(), "楼栋还没有登记住户", "The building has no households."
    NO_ORGANISATION = auto(), "这类诉求还没有承办单位", "It is not set who answers for the category."
