"""The keys that seal ID numbers: rotated in batches, recognised when they are wrong, and one for each resident."""

import asyncio
import os
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextvars import Context
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from db import sealing
from db.acts import sealing_keys
from db.acts.id_numbers import renew_numbers
from db.acts.sealing_keys import begin_rotation, keys_in_use, next_batch
from db.sealing import Sealer
from db.transaction import Transaction
from rules.id_numbers import check_digit
from rules.keys import read_generations, write_generations
from tests import command
from tests.client import SECRET, Tunping, new_id, serving

FIRST, SECOND = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
BOTH = f"1:{FIRST} 2:{SECOND}"


def number(serial: int) -> str:
    """A woman's ID number."""
    first = f"650103199001{serial // 500 + 11:02}{serial % 500 * 2:03}"
    return first + check_digit(first)


def served(url: str, work: Callable[[Tunping], Awaitable[Any]], keys: str | None = FIRST, **more: Any) -> Any:
    """Runs work against a server with these keys."""

    async def run() -> Any:
        async with serving(url, sealing_key=keys.encode() if keys else None, **more) as client:
            return await work(await client.as_("网格员01"))

    return asyncio.run(run())


def tunping(url: str, *arguments: Any, keys: str | None = FIRST) -> Any:
    """Runs a command with these keys."""
    return command.tunping(url, *arguments, sealing_key=keys)


async def door(worker: Tunping) -> str:
    """A household."""
    found = await worker.ask("{ households(first: 1) { nodes { id } } }")
    return str(found.data["households"]["nodes"][0]["id"])


async def added(worker: Tunping, *serials: int) -> list[str]:
    """Residents with these numbers."""
    home, made = await door(worker), []
    for serial in serials:
        new = {"id": new_id("resident"), "household": home, "name": "有号者", "sex": "FEMALE"}
        assert (await worker.do("addResident", new | {"idNumber": number(serial)}))["errors"] == []
        made.append(new["id"])
    return made


async def revealed(worker: Tunping, residents: list[str]) -> list[str]:
    """Their numbers."""
    asked = [{"resident": each, "reason": "为老人办理高龄津贴，需核对号码"} for each in residents]
    return [(await worker.do("revealIdNumber", each, "idNumber"))["idNumber"] for each in asked]


async def refusal(worker: Tunping, mutation: str, given: dict[str, Any]) -> str:
    """The English text of the one refusal."""
    type_ = mutation[0].upper() + mutation[1:]
    query = f"mutation($input: {type_}Input!) {{ {mutation}(input: $input) {{ errors {{ code message }} }} }}"
    answer = await worker.post({"query": query, "variables": {"input": given}}, **{"accept-language": "en"})
    (problem,) = answer.data[mutation]["errors"]
    assert problem["code"] == "INVALID_INPUT"
    return str(problem["message"])


def values(url: str, query: str, *given: Any) -> list[Any]:
    """The first column of the rows of a query."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            return [row[0] for row in await connection.fetch(query, *given)]
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture(autouse=True)
def no_numbers(request: pytest.FixtureRequest) -> None:
    """As if nobody had a number, and no key had been used, so that a test does not depend on the others."""
    for name in {"copy_url", "small_copy_url"} & set(request.fixturenames):
        url = request.getfixturevalue(name)
        values(url, "delete from resident_key")
        values(url, "update resident set id_number_sealed = null, id_number_index = null, id_number_tail = null")
        values(url, "delete from sealing_generation")


GENERATIONS = "select generation from resident_key order by resident_id"


def test_generations_are_read_as_they_were_written() -> None:
    odd = b"a key: of old, 100 % \n"
    assert read_generations(FIRST.encode()) == {1: FIRST.encode()}
    assert read_generations(odd) == {1: odd}
    assert read_generations(write_generations({1: odd, 2: SECOND.encode()})) == {1: odd, 2: SECOND.encode()}
    for wrong in (b"1:a 1:b", b"1:a b", b"1: 2:b"):
        with pytest.raises(ValueError, match="each generation is one word"):
            read_generations(wrong)


@pytest.mark.long
def test_a_rotation_seals_everything_again_and_the_old_key_can_then_be_removed(
    small_copy_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sealing_key"
    file.write_text(FIRST)
    monkeypatch.setenv("TUNPING_SEALING_KEY_FILE", str(file))
    people = served(small_copy_url, lambda worker: added(worker, 1, 2, 3), None)
    before = values(small_copy_url, "select id_number_index from resident where id_number_index is not null")
    refused = tunping(small_copy_url, "keys", "remove", "1", keys=None)
    assert (refused.exit_code, "generation 1 is in use" in refused.stderr) == (1, True)
    done = tunping(small_copy_url, "keys", "rotate", keys=None)
    assert "generation 2, sealed again: 3" in done.stdout, done.output
    assert tunping(small_copy_url, "keys", "list", keys=None).stdout == "1: 0\n2: 3  现用 / current\n"
    assert (stat.S_IMODE(file.stat().st_mode), list(read_generations(file.read_bytes()))) == (0o600, [1, 2])
    after = values(small_copy_url, "select id_number_index from resident where id_number_index is not null")
    assert (len(after), set(before) & set(after)) == (3, set())
    removed = tunping(small_copy_url, "keys", "remove", "1", keys=None)
    assert "removed: generation 1" in removed.stdout, removed.output
    assert list(read_generations(file.read_bytes())) == [2]
    wanted = [number(each) for each in (1, 2, 3)]
    assert served(small_copy_url, lambda worker: revealed(worker, people), None) == wanted


@pytest.mark.long
async def test_a_server_that_runs_learns_the_new_key_from_the_file(copy_url: str, tmp_path: Path) -> None:
    file = tmp_path / "sealing_key"
    file.write_text(FIRST)
    async with serving(copy_url, sealing_key=None, sealing_key_file=file) as client:
        worker = await client.as_("网格员01")
        people = await added(worker, 4)
        file.write_bytes(write_generations({1: FIRST.encode(), 2: SECOND.encode()}))
        await rotated(client, batch=100)
        assert await revealed(worker, people) == [number(4)]
        people += await added(worker, 5)
        assert await revealed(worker, people) == [number(4), number(5)]
        taken = {"id": new_id("resident"), "household": await door(worker), "name": "同号者", "sex": "FEMALE"}
        assert "has it already" in await refusal(worker, "addResident", taken | {"idNumber": number(4)})


async def rotated(client: Tunping, batch: int, sealer: Sealer | None = None) -> int:
    """Begins a rotation to the second key, and seals one batch again."""
    database, now = client.app.state.system, client.app.state.now()
    both = sealer or Sealer.of({1: FIRST.encode(), 2: SECOND.encode()})
    current = await database.transact(begin_rotation, now=now, sealer=both)

    async def step(tx: Any) -> int:
        some = await next_batch(tx, UUID(int=0), current, batch)
        await renew_numbers(tx, some)
        return len(some)

    return int(await database.transact(step, now=now, sealer=both))


@pytest.mark.long
def test_in_the_middle_of_a_rotation_everybody_is_found_and_it_goes_on_where_it_stopped(small_copy_url: str) -> None:
    url = small_copy_url

    async def halfway(worker: Tunping) -> list[str]:
        people = await added(worker, 11, 12)
        assert await rotated(worker, batch=1) == 1
        return people

    people = served(url, halfway)
    assert sorted(values(url, GENERATIONS)) == [1, 2]

    async def found(worker: Tunping) -> None:
        assert await revealed(worker, people) == [number(11), number(12)]
        home = await door(worker)
        for serial in (11, 12):
            new = {"id": new_id("resident"), "household": home, "name": "同号者", "sex": "FEMALE"}
            told = await refusal(worker, "addResident", new | {"idNumber": number(serial)})
            assert "has it already" in told

    served(url, found, BOTH)
    done = tunping(url, "keys", "rotate", keys=BOTH)
    assert "generation 2, sealed again: 1" in done.stdout, done.output
    assert values(url, GENERATIONS) == [2, 2]


@pytest.mark.long
async def test_of_two_who_seal_first_neither_takes_the_others_number_for_one_of_another_key(
    copy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = sealing_keys._begin
    async with serving(copy_url, sealing_key=FIRST.encode()) as client:
        worker = await client.as_("网格员01")

        async def late(tx: Transaction, sealer: Sealer) -> None:
            monkeypatch.setattr(sealing_keys, "_begin", begin)
            # In a context of its own, because it is another request.
            await asyncio.get_running_loop().create_task(added(worker, 71), context=Context())
            await begin(tx, sealer)

        monkeypatch.setattr(sealing_keys, "_begin", late)
        await added(worker, 72)


@pytest.mark.long
async def test_while_a_rotation_begins_nobody_is_registered_twice(copy_url: str) -> None:
    """One server knows both keys, the other one only the old key, and both get the same twelve people."""
    async with (
        serving(copy_url, sealing_key=FIRST.encode()) as old,
        serving(copy_url, sealing_key=BOTH.encode()) as new,
    ):
        pool = old.app.state.owner
        workers, serials = [await each.as_("网格员01") for each in (old, new)], list(range(51, 63))
        home = await door(workers[0])
        facts = {"household": home, "name": "同号者", "sex": "FEMALE"}

        async def tried(worker: Tunping, serial: int) -> int:
            given = {"id": new_id("resident"), **facts, "idNumber": number(serial)}
            return len((await worker.do("addResident", given))["errors"])

        tries = [tried(worker, serial) for serial in serials for worker in workers]
        _, *refused = await asyncio.gather(rotated(new, batch=100), *tries)
        made = [2 - sum(pair) for pair in zip(refused[::2], refused[1::2], strict=True)]
        assert made == [1] * len(serials)
        while await rotated(new, batch=100):
            pass
        assert await pool.fetchval("select count(*) from resident_key where generation = 2") == len(serials)


@pytest.mark.long
async def test_a_rotation_begins_when_those_who_seal_by_the_old_key_are_done(copy_url: str) -> None:
    both = Sealer.of({1: FIRST.encode(), 2: SECOND.encode()})
    async with serving(copy_url, sealing_key=FIRST.encode()) as client:
        database, now = client.app.state.system, client.app.state.now()

        async def begun(tx: Transaction) -> int:
            await tx.fetchval("select set_config('lock_timeout', '50ms', true)")
            return await begin_rotation(tx)

        async def sealing_by_the_old_key(tx: Transaction) -> int:
            number = (await keys_in_use(tx)).number
            with pytest.raises(asyncpg.LockNotAvailableError):
                await database.transact(begun, now=now, sealer=both)
            return number

        await database.transact(keys_in_use, now=now, sealer=client.app.state.sealer)
        assert await database.transact(sealing_by_the_old_key, now=now, sealer=client.app.state.sealer) == 1
        assert await database.transact(begun, now=now, sealer=both) == 2


@pytest.mark.long
def test_a_missing_a_wrong_and_an_old_key_are_named(small_copy_url: str, tmp_path: Path, monkeypatch: Any) -> None:
    url = small_copy_url
    (person,) = served(url, lambda worker: added(worker, 21))
    asked = {"resident": person, "reason": "为老人办理高龄津贴，需核对号码"}
    home = "select household_id from resident where id_number_index is not null"
    new = {"household": f"household_{values(url, home)[0]}", "name": "新人", "sex": "FEMALE", "idNumber": number(22)}

    async def told(worker: Tunping) -> tuple[str, str]:
        both = (("revealIdNumber", asked), ("addResident", new | {"id": new_id("resident")}))
        return tuple([await refusal(worker, *each) for each in both])  # type: ignore[return-value]

    wrong = "Invalid input: the data was not sealed by this key of generation 1."
    assert served(url, told, SECOND) == (wrong, wrong)
    listed = tunping(url, "keys", "list", keys=SECOND)
    assert (listed.exit_code, "was not sealed by this key of generation 1" in listed.stderr) == (1, True)
    unrotated = tunping(url, "keys", "rotate")
    assert (unrotated.exit_code, "first add generation 2 to TUNPING_SEALING_KEY" in unrotated.stderr) == (1, True)
    assert tunping(url, "keys", "rotate", keys=BOTH).exit_code == 0
    old = "Invalid input: the sealing key of generation 2 is missing."
    assert served(url, told) == (old, old)
    assert served(url, lambda worker: revealed(worker, [person]), f"2:{SECOND}") == [number(21)]
    monkeypatch.setenv("TUNPING_SEALING_KEY_FILE", str(tmp_path / "none"))
    missing = tunping(url, "keys", "list", keys=None)
    assert (missing.exit_code, "cannot read the key file" in missing.stderr) == (1, True)
    twice = tunping(url, "keys", "list")
    assert (twice.exit_code, "set one of TUNPING_SEALING_KEY" in twice.stderr) == (1, True)
    (tmp_path / "none").write_text(f"1:{FIRST} {SECOND}")
    malformed = tunping(url, "keys", "list", keys=None)
    assert (malformed.exit_code, "TUNPING_SEALING_KEY is malformed" in malformed.stderr) == (1, True)
    assert FIRST not in malformed.output


@pytest.mark.long
def test_a_number_that_was_sealed_without_a_data_key_opens_and_gets_one(small_copy_url: str) -> None:
    """As before there were data keys."""
    url, keys = small_copy_url, Sealer.of({1: FIRST.encode()}).newest
    (person,) = served(url, lambda worker: added(worker, 31))
    uuid = UUID(person.partition("_")[2])
    plain = sealing._encrypted(keys.sealing, uuid, number(31).encode())
    values(url, "delete from resident_key")
    values(url, "delete from sealing_generation")
    values(url, "update resident set id_number_sealed = $2 where id = $1", uuid, plain)
    wrong = tunping(url, "keys", "list", keys=SECOND)
    assert (wrong.exit_code, "was not sealed by this key" in wrong.stderr) == (1, True)
    assert served(url, lambda worker: revealed(worker, [person])) == [number(31)]
    assert "sealed again: 1" in tunping(url, "keys", "rotate", keys=BOTH).stdout
    assert served(url, lambda worker: revealed(worker, [person]), f"2:{SECOND}") == [number(31)]


def test_without_its_data_key_a_number_cannot_be_opened(small_copy_url: str) -> None:
    url = small_copy_url
    (person,) = served(url, lambda worker: added(worker, 41), BOTH)
    uuid = UUID(person.partition("_")[2])
    values(url, "delete from resident_key where resident_id = $1", uuid)
    (sealed,) = values(url, "select id_number_sealed from resident where id = $1", uuid)
    asked = {"resident": person, "reason": "为老人办理高龄津贴，需核对号码"}
    told = served(url, lambda worker: refusal(worker, "revealIdNumber", asked), BOTH)
    assert "was not sealed by this key" in told
    for key in Sealer.of(read_generations(BOTH.encode())).generations.values():
        with pytest.raises(Exception, match="INVALID_INPUT"):
            key.open(uuid, sealed, None)


@pytest.mark.long
def test_kill_9_in_the_middle_of_a_rotation_loses_no_number(copy_url: str, tmp_path: Path) -> None:
    """Killed after the first batches, then run again until it is through."""
    url, keys = copy_url, Sealer.of({1: FIRST.encode()}).newest
    values(url, "insert into sealing_generation values (1, $1, now())", keys.proof)
    given = values(url, "select id from resident order by id limit 3000")
    columns: tuple[list[Any], ...] = ([], [], [], [])
    for serial, uuid in enumerate(given):
        made = keys.seal(uuid, str(serial), f"{uuid}:{serial}")
        for column, value in zip(columns, (uuid, made.value, made.blind, made.key), strict=True):
            column.append(value)
    values(
        url,
        """with given as (select * from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[]) as t (id, v, i, k)),
        put as (update resident r set id_number_sealed = v, id_number_index = i, id_number_tail = '0000'
            from given where given.id = r.id)
        insert into resident_key select id, 1, k from given""",
        *columns,
    )
    file = tmp_path / "sealing_key"
    file.write_text(FIRST)
    environment = os.environ | {
        "DATABASE_URL": url,
        "TUNPING_SECRET": SECRET.decode(),
        "TUNPING_SEALING_KEY_FILE": str(file),
    }
    environment.pop("TUNPING_SEALING_KEY", None)
    command_ = [sys.executable, "-m", "api.commands", "keys", "rotate"]
    renewed = "select count(*) from resident_key where generation = 2"
    with subprocess.Popen(command_, env=environment, stdout=subprocess.PIPE, text=True) as first:
        while values(url, renewed) == [0] and first.poll() is None:
            pass
        first.send_signal(signal.SIGKILL)
    (some,) = values(url, renewed)
    assert 0 < some < len(given)
    second = subprocess.run(command_, env=environment, capture_output=True, text=True, check=False)
    assert f"generation 2, sealed again: {len(given) - some}" in second.stdout, second.stderr
    assert list(read_generations(file.read_bytes())) == [1, 2]
    newest = Sealer.of(read_generations(file.read_bytes())).newest
    opened = asyncio.run(numbers(url, newest))
    assert opened == {uuid: str(serial) for serial, uuid in enumerate(given)}


async def numbers(url: str, keys: sealing.Generation) -> dict[UUID, str]:
    """All numbers, opened."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            """select r.id, r.id_number_sealed, k.sealed from resident r
            join resident_key k on k.resident_id = r.id and k.generation = $1""",
            keys.number,
        )
        return {row["id"]: keys.open(row["id"], row["id_number_sealed"], row["sealed"]) for row in rows}
    finally:
        await connection.close()
