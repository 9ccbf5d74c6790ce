"""Late retries: after somebody took the act back, and after an upgrade."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from db.acts.journal import _digests, _meant, is_same
from db.transaction import Transaction
from tests.client import Tunping, new_id, serving
from tests.test_colleagues import added


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url) as client:
        yield client


@pytest.mark.long
async def test_a_late_retry_disables_nobody_who_was_enabled_since(tunping: Tunping) -> None:
    secretary = await tunping.as_("书记01")
    account = (await added(secretary, username="迟到01"))["account"]["id"]
    for _ in range(2):  # The second time the account has no post that could end.
        disabling = {"account": account, "act": new_id("act")}
        assert (await secretary.do("disableAccount", disabling, "account { isActive }"))["account"] == {
            "isActive": False
        }
        assert (await secretary.do("enableAccount", {"account": account}))["errors"] == []
        again = await secretary.do("disableAccount", disabling, "account { isActive } errors { code }")
        assert again == {"account": {"isActive": True}, "errors": []}


@dataclass(frozen=True)
class Before:
    id: int
    name: str | None = None
    seal: bool = False


@dataclass(frozen=True)
class After(Before):
    people: int = 1
    skill: str | None = None
    photos: list[str] = field(default_factory=list)


async def test_a_retry_is_the_same_act_after_an_upgrade_that_gave_its_input_more_fields(tunping: Tunping) -> None:
    async def compare(tx: Transaction) -> None:
        recorded = next(_digests(tx, _meant(["join", Before(1, " 张三 ")])))
        by_an_earlier_version = next(_digests(tx, _meant(["join", Before(1, "张三")], defaults=True)))
        assert is_same(tx, ["join", After(1, "张三")], recorded)
        assert is_same(tx, ["join", Before(1, "张三")], by_an_earlier_version)
        for other in (After(1, "张三", people=2), After(1, "张三", seal=True), After(1, "李四")):
            assert not is_same(tx, ["join", other], recorded)

    await tunping.transact(compare)
