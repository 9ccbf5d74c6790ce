"""The second factor of an account: checks codes, and keeps the secrets of authenticator apps sealed."""

from collections.abc import Mapping, Sequence
from enum import Enum, auto

from db.accounts import Account, Device, enrolled
from db.acts.random_codes import random_code
from db.acts.sealing_keys import keys_in_use, sealer_of
from db.sealing import generation_of
from db.transaction import Transaction
from rules import totp
from rules.accounts import AccountEventKind
from rules.refusals import Refusal
from rules.totp import MOST_FAILURES, RECOVERY_CODES, RECOVERY_LENGTH, CodePolicy, Totp


class Proof(Enum):
    """What a sign-in shows besides the password."""

    NOT_NEEDED = auto()
    MISSING = auto()
    UNENROLLED = auto()
    """A code is required, and the account has no authenticator app."""
    WRONG = auto()
    CODE = auto()
    RECOVERY = auto()
    ENROLLED = auto()
    """A first code of a new authenticator app."""


PROVING: Mapping[Proof, AccountEventKind | None] = {
    Proof.CODE: None,
    Proof.RECOVERY: AccountEventKind.RECOVERY_CODE_USED,
    Proof.ENROLLED: AccountEventKind.TOTP_ENROLLED,
}
"""The proofs with a code, and what the log has of them beside the sign-in."""


def prove(tx: Transaction, account: Account, code: str | None, policy: CodePolicy, device: Device | None) -> Proof:
    """Checks a code, and uses it up. The account must be locked, and saved afterwards."""
    if policy.totp is Totp.OFF:
        return Proof.NOT_NEEDED
    if code is not None:
        return _checked(tx, account, code)
    if account.totp_sealed is None:
        return Proof.UNENROLLED if policy.demands(account.role) else Proof.NOT_NEEDED
    trusted = device is not None and policy.trusts(device.proved_at, tx.now)
    return Proof.NOT_NEEDED if trusted else Proof.MISSING


def _checked(tx: Transaction, account: Account, code: str) -> Proof:
    shown = own_code(tx, account, code)
    if shown is not Proof.WRONG:
        return shown
    step = _step(tx, account, account.totp_pending, code, 0)
    if step is None:
        return Proof.WRONG
    account.totp_sealed, account.totp_pending, account.totp_step = account.totp_pending, None, step
    account.totp_failures = 0
    return Proof.ENROLLED


def own_code(tx: Transaction, account: Account, code: str) -> Proof:
    """Checks a code of the present authenticator app, or a recovery code, and uses it up."""
    if account.totp_sealed is None or account.totp_failures >= MOST_FAILURES:
        return Proof.WRONG
    step = _step(tx, account, account.totp_sealed, code, account.totp_step)
    left = totp.without_code(account.recovery_digests or (), code)
    if step is None and left is None:
        account.totp_failures += 1
        return Proof.WRONG
    account.totp_failures = 0
    if step is not None:
        account.totp_step = step
        return Proof.CODE
    account.recovery_digests = list(left or ())
    return Proof.RECOVERY


def _step(tx: Transaction, account: Account, sealed: bytes | None, code: str, last: int) -> int | None:
    """The step of a code of a sealed secret. Without the key that sealed it, no code is right."""
    if sealed is None or tx.sealer is None:
        return None
    try:
        secret = tx.sealer.unwrap(account.id, sealed)
    except Refusal:
        return None
    return totp.accepted_step(secret, code, tx.now, last)


async def begin_enrolment(tx: Transaction, account: Account) -> str:
    """A new secret, which replaces the present one when a code has confirmed it. Raises INVALID_INPUT without a key."""
    secret = totp.new_secret()
    account.totp_pending = (await keys_in_use(tx)).wrap(account.id, secret)
    return secret


async def seal_again(tx: Transaction) -> int:
    """Seals all secrets by the current generation. Returns how many accounts had one of an older generation."""
    current, sealer, renewed = await keys_in_use(tx), sealer_of(tx), list[Account]()
    for account in await tx.matching(Account, enrolled, order=("id",), lock=True):
        kept = {"totp_sealed": account.totp_sealed, "totp_pending": account.totp_pending}
        older = {name: each for name, each in kept.items() if each and generation_of(each) != current.number}
        opened = {name: sealer.unwrap(account.id, each) for name, each in older.items()}
        account.change({name: current.wrap(account.id, each) for name, each in opened.items()})
        renewed += [account] if older else []
    await tx.save(*renewed)
    return len(renewed)


def issue_recovery_codes(account: Account) -> Sequence[str]:
    """New recovery codes, which replace the old ones."""
    codes = [random_code(RECOVERY_LENGTH) for _ in range(RECOVERY_CODES)]
    account.recovery_digests = [totp.recovery_digest(each) for each in codes]
    return [totp.grouped(each) for each in codes]


def forget(account: Account) -> None:
    """Removes the authenticator app and the recovery codes."""
    account.totp_sealed = account.totp_pending = account.recovery_digests = None
    account.totp_failures = 0
