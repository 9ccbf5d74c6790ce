"""A retry that arrives after somebody took the act back changes nothing."""

from collections.abc import AsyncIterator

import pytest

from tests.client import Tunping, new_id, serving
from tests.test_colleagues import added


@pytest.fixture
async def tunping(copy_url: str) -> AsyncIterator[Tunping]:
    """The application over the module's copy of the demo."""
    async with serving(copy_url) as client:
        yield client


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
