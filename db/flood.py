"""What an act asks of the limits of its server."""

from typing import Protocol
from uuid import UUID


class Flood(Protocol):
    """Limits acts without an account, by the attribute of their input that has the code, and by that code.

    Also limits the reveals of an account. The counts may be on another machine, so they are asked before the
    transaction and changed after it.
    """

    async def before(self, by: str, code: str) -> None:
        """Counts an attempt. To be called before the transaction, once for each act."""

    def wait(self, by: str, code: str) -> int:
        """The seconds to wait if a limit was reached by the attempt, else 0."""

    def done(self, by: str, code: str) -> None:
        """Notes an act that was done, to be counted after the commit."""

    async def before_reveal(self, account: UUID) -> None:
        """Counts a reveal. To be called before the transaction, once for each act."""

    def wait_to_reveal(self) -> int:
        """The seconds to wait if the account's limit was reached by the attempt, else 0."""
