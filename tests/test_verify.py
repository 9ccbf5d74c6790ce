"""`tunping verify`: evidence that was changed, left out or cut off shows."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from api.http.photo_store import WHOLE, PhotoStore
from api.http.pictures import picture_of
from api.settings import Settings
from tests.client import new_id, serving
from tests.command import tunping as command
from tests.test_findings import finding, leak
from tests.test_photos import digest, jpeg, put


def test_all_of_the_demos_evidence_is_as_it_was(demo_url: str, tmp_path: Path) -> None:
    found = command(demo_url, "verify", data=tmp_path)
    assert (found.exit_code, found.output.splitlines()[0]) == (
        0,
        "证据完整：1 件纠纷，34 件证据 / all evidence is as it was: 1 disputes, 34 pieces",
    )
    assert "Evidence: 0 rows, 34 waiting for their links since 20" in found.output


async def _prove(url: str, folder: Path) -> tuple[str, str]:
    """A case with a finding, a statement and a photo, whose file is in the folder too; the case and the file's name."""
    async with serving(url) as client:
        worker = await client.as_("网格员01")
        dispute, (party, *_) = await leak(client, 2)
        content = jpeg("maroon")
        await put(worker, content)
        await worker.do("recordFinding", finding(dispute, party, photos=[digest(content)]))
        await worker.do("addEvidence", {"id": new_id("evidence"), "dispute": dispute, "statement": "看见水流下来"})
    store = PhotoStore.of(Settings.read(data_dir=folder))
    await store.put(bytes.fromhex(digest(content)), picture_of(content))
    assert await store.get(bytes.fromhex(digest(content)), WHOLE)
    return dispute.removeprefix("dispute_"), f"{digest(content)[:2]}/{digest(content)}-whole.jpg"


async def _change(url: str, *statements: str) -> None:
    """Changes rows as whoever administers the database can, past its triggers."""
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


CHANGES = [
    ("update finding set amount = amount + 1 where dispute_id = '{}'", "第 1 件证据的内容已改动"),
    ("update finding set loss = '没有损失' where dispute_id = '{}'", "第 1 件证据的内容已改动"),
    ("update evidence set statement = '没看见' where dispute_id = '{}' and number = 3", "第 3 件证据的内容已改动"),
    (
        "update evidence set added_at = added_at - interval '1 day' where dispute_id = '{}' and number = 2",
        "第 2 件证据已改动",
    ),
    ("delete from evidence where dispute_id = '{}' and number = 2", "缺少第 2 件证据"),
    ("delete from evidence where dispute_id = '{}' and number = 3", "证据应有 3 件，实有 2 件"),
]


@pytest.mark.long
@pytest.mark.parametrize(("change", "told"), CHANGES, ids=[told for _, told in CHANGES])
def test_verify_tells_what_was_changed(copy_url: str, tmp_path: Path, change: str, told: str) -> None:
    dispute, _ = asyncio.run(_prove(copy_url, tmp_path))
    before = command(copy_url, "verify", data=tmp_path)
    assert f"dispute_{dispute}" not in before.output
    asyncio.run(_change(copy_url, change.format(dispute)))
    after = command(copy_url, "verify", data=tmp_path)
    assert after.exit_code == 1
    assert f"dispute_{dispute}: {told}" in after.output


@pytest.mark.long
def test_verify_finds_what_was_cut_off_with_the_head_put_back(copy_url: str, tmp_path: Path) -> None:
    dispute, _ = asyncio.run(_prove(copy_url, tmp_path))
    asyncio.run(
        _change(
            copy_url,
            f"delete from evidence where dispute_id = '{dispute}' and number = 3",
            f"""update dispute set evidence_count = 2, evidence_head =
                (select hash from evidence where dispute_id = '{dispute}' and number = 2) where id = '{dispute}'""",
        )
    )
    found = command(copy_url, "verify", data=tmp_path)
    assert found.exit_code == 1
    assert f"dispute_{dispute}: 日志记有证据「第3号" in found.output


@pytest.mark.long
def test_verify_looks_at_the_files_of_photos(copy_url: str, tmp_path: Path) -> None:
    dispute, name = asyncio.run(_prove(copy_url, tmp_path))
    file = tmp_path / "photos" / name
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"\0")
    assert (
        f"dispute_{dispute}: 第 2 件证据的照片已改动 / the photo of piece 2 of the evidence is not what it was"
        in command(copy_url, "verify", data=tmp_path).output
    )
    file.unlink()
    assert (
        f"dispute_{dispute}: 第 2 件证据的照片不在存储中 / the photo of piece 2 of the evidence is not in the store"
        in command(copy_url, "verify", data=tmp_path).output
    )
    file.write_bytes(content)
    assert f"dispute_{dispute}" not in command(copy_url, "verify", data=tmp_path).output
