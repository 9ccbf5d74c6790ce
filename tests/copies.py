"""A phone's copy of its documents, kept by ``changes`` as a native app keeps it."""

from dataclasses import dataclass, field
from typing import Any

from tests.client import Tunping

CHANGES = """query($after: String, $limit: Int!) {
    changes(checkpoint: $after, limit: $limit) { documents dropped checkpoint hasMore }
}"""


@dataclass
class Copy:
    """The documents of one phone by their ids, and how far they are known."""

    client: Tunping
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)
    checkpoint: str | None = None
    told: list[dict[str, Any]] = field(default_factory=list)
    """Everything that was ever received."""

    async def page(self, limit: int = 500) -> bool:
        """Applies one page. Returns whether more waits."""
        answer = await self.client.ask(CHANGES, after=self.checkpoint, limit=limit)
        page = answer.data["changes"]
        assert len(page["documents"]) <= limit
        kept = self.documents.items()
        self.documents = {name: each for name, each in kept if each["bucket"] not in page["dropped"]}
        for each in page["documents"]:
            self.told.append(each)
            if each["deleted"]:
                self.documents.pop(each["id"], None)
            else:
                self.documents[each["id"]] = each
        self.checkpoint = page["checkpoint"]
        return bool(page["hasMore"])

    async def catch_up(self, limit: int = 500) -> "Copy":
        """Applies all pages that wait."""
        while await self.page(limit):
            pass
        return self

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The documents of a kind."""
        return [each for each in self.documents.values() if each["documentKind"] == kind]
