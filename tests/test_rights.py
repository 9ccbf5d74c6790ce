"""Who may read what Tunping writes: its own user, and nobody else; rights of what was there before are left alone."""

import asyncio
import stat
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import pytest

from api.commands import postgres
from api.commands.embedded import embedded_postgres
from api.folders import make_folder, runs_as_root
from tests.client import serving
from tests.command import tunping


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.long
@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["export", "residents", "{}", "--as", "书记01"], "名册.xlsx"),
        (["export", "week", "{}", "--week", "2023-W51"], "week.docx"),
        (["codes", "sheet", "{}", "--building", "3", "--as", "网格员01"], "3.html"),
        (["import", "--template", "{}"], "template.xlsx"),
    ],
)
def test_what_is_exported_is_for_its_owner_only_also_over_a_file_that_was_open(
    copy_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], name: str
) -> None:
    monkeypatch.setenv("TUNPING_PUBLIC_URL", "https://tunping.example.cn")
    file = tmp_path / name
    file.write_bytes(b"")
    file.chmod(0o644)
    done = tunping(copy_url, *(word.format(file) for word in command))
    assert done.exit_code == 0, done.output
    assert (mode(file), file.stat().st_size > 1000) == (0o600, True)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.long
def test_a_file_that_cannot_be_written_is_left_as_it_was(demo_url: str, tmp_path: Path) -> None:
    done = tunping(demo_url, "export", "week", tmp_path / "none" / "week.docx", "--week", "2023-W51")
    assert (done.exit_code, "cannot write" in done.stderr) == (1, True)
    (tmp_path / "folder.docx").mkdir()
    done = tunping(demo_url, "export", "week", tmp_path / "folder.docx", "--week", "2023-W51")
    assert (done.exit_code, "cannot write" in done.stderr) == (1, True)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.docx"]


def test_new_folders_are_closed_and_existing_ones_keep_their_rights(tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    there.chmod(0o750)
    make_folder(there / "new" / "data")
    make_folder(there)
    assert mode(there) == 0o750
    assert {mode(there / "new"), mode(there / "new" / "data")} == {0o711 if runs_as_root() else 0o700}


@pytest.mark.long
def test_postgres_as_another_user_changes_no_rights_and_says_what_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As root PostgreSQL runs as a user of its own, here as one who owns nothing."""
    stranger: Any = SimpleNamespace(pw_name="pgserver", pw_uid=54_321, pw_gid=54_321)
    monkeypatch.setattr(postgres, "BINARIES", Path("/"))
    with tempfile.TemporaryDirectory() as folder:
        closed = Path(folder)
        make_folder(closed / "data")
        (closed / "data").chmod(0o711)
        monkeypatch.setattr(postgres, "_capability", lambda: None)
        with pytest.raises(postgres.Failed, match=rf"不能进入 {closed}：.*chmod o\+x {closed}"):
            postgres._passing(stranger, closed / "data" / "postgres")
        monkeypatch.setattr(postgres, "_capability", lambda: "dac_read_search")
        monkeypatch.setattr("api.commands.postgres.shutil.which", lambda name: f"/bin/{name}")
        command = postgres._passing(stranger, closed / "data" / "postgres")
        assert (command[0], command[2], command[-1]) == ("/bin/setpriv", "54321", "+dac_read_search")
        assert mode(closed) == 0o700
        closed.chmod(0o711)
        assert postgres._passing(stranger, closed / "data" / "postgres") == []
        assert (mode(closed), mode(closed / "data")) == (0o711, 0o711)


@pytest.mark.long
def test_postgres_runs_below_a_closed_folder() -> None:
    """As root too, in whose home a newcomer may be."""
    with tempfile.TemporaryDirectory() as folder:
        with embedded_postgres(Path(folder) / "data") as url:
            assert asyncio.run(answer_of(url, "show data_directory")) == f"{folder}/data/postgres"
        assert mode(Path(folder)) == 0o700


async def answer_of(url: str, query: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        return str(await connection.fetchval(query))
    finally:
        await connection.close()


@pytest.mark.long
async def test_a_public_address_with_https_is_strict_about_it(demo_url: str) -> None:
    for address, wanted in (("https://tunping.example.cn", "max-age=31536000"), (None, None)):
        async with serving(demo_url, public_url=address) as client:
            for path in ("/live", "/q/NOSUCHCODE", "/graphql"):
                assert (await client.http.get(path)).headers.get("strict-transport-security") == wanted
