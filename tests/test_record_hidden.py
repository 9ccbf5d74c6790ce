"""The record: what hides from its chains is found too, in files, beside them, and behind the last anchor."""

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest

from api.anchors import FILE, AnchorFile
from rules.anchors import ends_early
from tests.command import tunping as command
from tests.record import KEYS, execute, found, link_all
from tests.test_record import ARCHIVE_PENDING, SIGNED_OUT, archive, filled_url, linked_url, read
from tests.test_retention import contents

__all__ = ["filled_url", "linked_url"]


async def test_a_second_row_with_the_id_of_another_is_found(linked_url: str) -> None:
    """Whoever drops the primary key can put one in, which the link of the first would cover."""
    second = """insert into look (id, dispute_id, account_id, operation, looked_at)
        select id, dispute_id, account_id, 'Another', looked_at from look
            where id = (select row_id from look_link where position = 4)"""
    await execute(linked_url, "alter table look drop constraint pk_look", second)
    try:
        assert await found(linked_url) == ["look 4: FORGED"]
    finally:
        again = (
            "delete from look where operation = 'Another'",
            "alter table look add constraint pk_look primary key (id)",
        )
        await execute(linked_url, *again)


async def test_a_link_of_no_known_form_and_a_file_of_no_log_are_faults_like_others(
    linked_url: str, tmp_path: Path
) -> None:
    await archive(linked_url, tmp_path)
    await link_all(linked_url)
    files = contents(tmp_path)
    claim = f"""insert into log_archive (log, up_to, before, rows, file, sha256)
        values ('journal', uuidv7(), now(), 1, 'journal-{UUID(int=0)}.jsonl.gz', sha256(''))"""
    gone = "delete from journal where id = (select row_id from journal_link where position = 4)"
    await execute(linked_url, "update account_event_link set form = 99 where position = 2", claim, gone)
    await execute(linked_url, ARCHIVE_PENDING)
    await link_all(linked_url)
    assert await found(linked_url, files=files) == ["journal 4: REMOVED", "account_event 2: FORGED"]


async def test_files_with_deliveries_are_compared_with_their_digests(linked_url: str) -> None:
    """They are in no chain, but for the record of the file."""
    uuid, name = UUID(int=1), f"webhook-{UUID(int=1)}.jsonl.gz"
    content = gzip.compress(b'{"id": "%s"}' % str(uuid).encode())
    claim = f"""insert into log_archive (log, up_to, before, rows, file, sha256)
        values ('webhook', '{uuid}', now(), 1, '{name}', '\\x{sha256(content).hexdigest()}')"""
    await execute(linked_url, claim, ARCHIVE_PENDING)
    await link_all(linked_url)
    assert await found(linked_url, files={name: content}) == []
    assert await found(linked_url, files={name: content + b"\0"}) == [name]
    assert await found(linked_url) == [name]


@pytest.mark.long
@pytest.mark.parametrize(("hours", "exit_code"), [(47, 0), (49, 1)])
def test_anchors_that_end_days_before_the_links_are_noticed(
    fresh_url: str, tmp_path: Path, hours: int, exit_code: int
) -> None:
    """Without the last lines of the file, a chain that was cut off would be whole."""
    folder = tmp_path / "anchors"
    AnchorFile(folder, KEYS).add({}, datetime.now(UTC) - timedelta(hours=hours))
    asyncio.run(read(fresh_url, f"{SIGNED_OUT} returning id"))
    asyncio.run(link_all(fresh_url))
    told = command(fresh_url, "verify", data=tmp_path)
    assert (told.exit_code, "there are none after" in told.output) == (exit_code, bool(exit_code))
    copy = command(fresh_url, "verify", "--anchors", folder / FILE, data=tmp_path)
    assert copy.exit_code == 0, copy.output


def test_without_any_anchor_the_first_link_counts() -> None:
    first = datetime.now(UTC)
    assert [ends_early([], first, first + timedelta(hours=each)) for each in (0, 47, 49)] == [False, False, True]
