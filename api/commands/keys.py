"""`tunping keys`: the generations of the key that seals ID numbers, and what others need of the keys of pushes."""

import secrets
from pathlib import Path
from uuid import UUID

import typer

from api.background.push import gateway_secret
from api.clock import utc_now
from api.commands.databases import Opened, plain_failures, with_database
from api.commands.languages import in_words, say, stop
from api.commands.terminal import new_group
from api.settings import SECRET_BYTES, Settings, write_secret
from db.acts.id_numbers import renew_numbers
from db.acts.sealing_keys import Use, begin_rotation, generations_in_use, next_batch
from db.sealing import Sealer
from db.totp import seal_again
from db.transaction import Transaction
from rules.keys import write_generations
from rules.refusals import Said

_LOCK = UUID(int=7_416_002_025)
"""The advisory lock around a change of the key file: an arbitrary number that no row has as its id."""
_CURRENT = Said("现用")
app = new_group("The generations of the key that seals ID numbers, and the keys of pushes.")


@app.command("list")
def list_() -> None:
    """List the generations, and how much each seals. Exits with 1 if a key is missing or wrong."""
    settings, sealer = _keys()
    for each in with_database(lambda database: _uses(database, sealer), settings):
        mark = f"  {in_words(_CURRENT)}" if each.current else ""
        typer.echo(f"{each.number}: {each.sealed}{mark}")


@app.command()
def rotate() -> None:
    """Make a new generation the current one, and seal everything by it. Goes on where a rotation was cut off."""
    settings, sealer = _keys()
    current, renewed = with_database(lambda database: _rotate(database, settings, sealer), settings)
    say("已换用第 {current} 代密钥，重新加密 {renewed} 个", current=current, renewed=renewed)
    if older := [str(number) for number in sealer.generations if number < current]:
        say("旧密钥可以移除：{numbers}", numbers=", ".join(older))


@app.command()
def remove(number: int) -> None:
    """Remove a generation that seals nothing any more from the key file."""
    settings, sealer = _keys()

    async def removed(tx: Transaction) -> None:
        await tx.lock_id(_LOCK)
        uses = {each.number: each for each in await generations_in_use(tx)}
        keys, file = settings.sealing_keys() or {}, settings.key_file()
        if number not in keys:
            stop("没有第 {number} 代密钥", number=number)
        if number == max(keys) or (number in uses and (uses[number].current or uses[number].sealed)):
            stop("第 {number} 代密钥仍在使用", number=number)
        if file is None:
            stop("请从 TUNPING_SEALING_KEY 中删去第 {number} 代密钥", number=number)
        _write(file, {each: key for each, key in keys.items() if each != number})

    with_database(lambda database: database.system.transact(removed, now=utc_now(), sealer=sealer), settings)
    say("已移除第 {number} 代密钥", number=number)


@app.command()
def push() -> None:
    """Print the public key of Web Push, and the secret by which the gateway of pushes verifies signatures."""
    with plain_failures():
        settings = Settings.read()
        vapid, secret = settings.vapid(), gateway_secret(settings.signing_secret())
    say("公钥：{key}", key=vapid.public if vapid else "-")
    say("网关签名密钥：{secret}", secret=secret)


def _keys() -> tuple[Settings, Sealer]:
    with plain_failures():
        settings = Settings.read()
        sealer = settings.sealer()
    if sealer is None:
        stop("未设置 TUNPING_SEALING_KEY")
    return settings, sealer


async def _uses(database: Opened, sealer: Sealer) -> list[Use]:
    return await database.system.transact(generations_in_use, now=utc_now(), sealer=sealer)


async def _rotate(database: Opened, settings: Settings, sealer: Sealer) -> tuple[int, int]:
    """Adds a generation unless one waits already. Returns the current one and how much was sealed again."""

    async def begin(tx: Transaction) -> int:
        await tx.lock_id(_LOCK)
        uses = await generations_in_use(tx)
        unfinished = any(each.sealed for each in uses if not each.current)
        # Read under the lock: of two rotations at once, the second goes on with the key of the first.
        keys = settings.sealing_keys() or {}
        if not unfinished and max(keys) <= max(each.number for each in uses):
            keys = _with_new_key(settings, keys)
        tx.sealer = Sealer.of(keys)
        return await begin_rotation(tx)

    current = await database.system.transact(begin, now=utc_now(), sealer=sealer)
    last, renewed = UUID(int=0), 0

    async def step(tx: Transaction) -> list[UUID]:
        some = await next_batch(tx, last, current)
        await renew_numbers(tx, some)
        return [each.id for each in some]

    renewed += await database.system.transact(seal_again, now=utc_now(), sealer=settings.sealer())
    while some := await database.system.transact(step, now=utc_now(), sealer=settings.sealer()):
        last, renewed = some[-1], renewed + len(some)
    return current, renewed


def _with_new_key(settings: Settings, keys: dict[int, bytes]) -> dict[int, bytes]:
    """The keys with one more generation, which is in the key file before the database knows it: no crash loses it."""
    file, number = settings.key_file(), max(keys) + 1
    if file is None:
        stop("请先在 TUNPING_SEALING_KEY 中加入第 {number} 代密钥（1:… {number}:…），并重启所有进程", number=number)
    more = keys | {number: secrets.token_urlsafe(SECRET_BYTES).encode()}
    _write(file, more)
    return more


def _write(file: Path, keys: dict[int, bytes]) -> None:
    try:
        write_secret(file, write_generations(keys), replace=True)
    except OSError as error:
        stop("无法写入：{file}: {why}", file=file, why=error.strerror)
