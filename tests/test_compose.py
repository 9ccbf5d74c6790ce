"""Docker Compose: each service starts with exactly what the file gives it, and the image has the command."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import asyncpg
import httpx
import pytest

from tests.client import RECORD_KEY, SEALING_KEY, SECRET, free_port
from tests.compose import ROOT, image_command, image_environment, instructions, services
from tests.test_photos import jpeg
from tests.test_worker import until

GIVEN = {
    "POSTGRES_PASSWORD": "geheim",
    "TUNPING_SECRET": SECRET.decode(),
    "TUNPING_SEALING_KEY": SEALING_KEY.decode(),
    "TUNPING_RECORD_KEY": RECORD_KEY.decode(),
    "TUNPING_PUBLIC_URL": "https://tunping.example.cn",
}
"""The least that docs/operate.md asks for, and the public address."""


@pytest.fixture
def image(tmp_path: Path) -> dict[str, str]:
    """The environment of the image, with its folders in a folder of the test and its command installed."""
    (install,) = (given for name, given in instructions() if name == "RUN" and "/bin/tunping" in given)
    for folder in ("bin", "data"):
        (tmp_path / folder).mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    subprocess.run(["/bin/sh", "-c", install.replace("/usr/local", str(tmp_path))], check=True)
    found = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", **image_environment()}
    return found | {"PYTHONPATH": str(ROOT), "TUNPING_DATA_DIR": str(tmp_path / "data")}


@asynccontextmanager
async def started(
    name: str, image: dict[str, str], url: str, port: int = 0, **given: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process of a service, with what Compose gives it. Its port and the host of its database are the test's."""
    service = services(GIVEN | given)[name]
    environment = image | service["environment"]
    assert "@database:5432/tunping" in environment["DATABASE_URL"]
    environment |= {"DATABASE_URL": url, "TUNPING_PORT": str(port)}
    command = service.get("command", image_command())
    pipe, both = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    # Not through the PATH of this process, where another `tunping` may be.
    process = await asyncio.create_subprocess_exec(
        "/usr/bin/env", *command, env=environment, cwd=image["TUNPING_DATA_DIR"], stdout=pipe, stderr=both
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.communicate(), 30)


async def said(process: asyncio.subprocess.Process, text: str) -> str:
    """The output of a process up to a text."""
    output = ""
    assert process.stdout is not None
    async for line in process.stdout:
        output += line.decode()
        if text in output:
            break
    assert text in output, output
    return output


@pytest.mark.long
async def test_the_services_serve_and_ring_the_ladder_and_show_no_demo_to_others(
    copy_url: str, image: dict[str, str]
) -> None:
    port, connection = free_port(), await asyncpg.connect(copy_url)
    async with started("api", image, copy_url, port) as refused:
        await said(refused, "TUNPING_DEMO_PUBLIC=true")
        assert await refused.wait() == 1
    await connection.execute("update account set password_hash = ''")
    await connection.execute("update ladder_policy set reach_by = '00:00'")
    async with started("api", image, copy_url, port) as api:
        assert "tunping2023" not in await said(api, "Tunping is ready")
        assert (
            await connection.fetchval("select count(*) from alert_rung where rung_at > now() - interval '1 day'") == 0
        )
        async with started("worker", image, copy_url):
            await until(lambda: connection.fetchval("select count(*) from alert_rung where rung = 'BUILDING_HEAD'"))
        code = await connection.fetchval("select code from qr_code where revoked_at is null limit 1")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as http:
            assert (await http.get("/ready")).headers["strict-transport-security"] == "max-age=31536000"
            photo = jpeg("green")
            put = await http.put(
                f"/photos/{sha256(photo).hexdigest()}", content=photo, headers={"x-tunping-code": code}
            )
            assert put.status_code == 201
        assert modes(Path(image["TUNPING_DATA_DIR"])) == {"folders": {0o700}, "files": {0o600}}
    await connection.close()


def modes(data: Path) -> dict[str, set[int]]:
    """The rights of everything that the server wrote."""
    paths = list(data.rglob("*"))
    assert len([path for path in paths if path.is_file()]) == 2, "a photo and its thumbnail"
    return {
        "folders": {path.stat().st_mode & 0o777 for path in paths if path.is_dir()},
        "files": {path.stat().st_mode & 0o777 for path in paths if path.is_file()},
    }


def test_compose_publishes_to_this_machine_only_and_loads_no_demo() -> None:
    found = services(GIVEN)
    assert found["api"]["ports"] == ["127.0.0.1:8000:8000"]
    assert [found[name]["environment"]["TUNPING_DEMO"] for name in ("api", "worker")] == ["false", "false"]
    asked = services(GIVEN | {"TUNPING_DEMO": "true", "PUBLISH": "127.0.0.1:9000"})["api"]
    assert (asked["ports"], asked["environment"]["TUNPING_DEMO"]) == (["127.0.0.1:9000:8000"], "true")


def test_compose_gives_server_and_worker_the_same_and_the_database_its_password() -> None:
    found = services(GIVEN)
    assert found["api"]["environment"] == found["worker"]["environment"]
    database = found["database"]["environment"]
    user, password, name = (database[f"POSTGRES_{each}"] for each in ("USER", "PASSWORD", "DB"))
    assert found["api"]["environment"]["DATABASE_URL"] == f"postgresql://{user}:{password}@database:5432/{name}"


@pytest.mark.parametrize("name", ["POSTGRES_PASSWORD", "TUNPING_SECRET", "TUNPING_SEALING_KEY", "TUNPING_RECORD_KEY"])
def test_compose_does_not_start_without_its_keys(name: str) -> None:
    with pytest.raises(KeyError, match=f"set {name}"):
        services(GIVEN | {name: ""})


@pytest.mark.long
def test_the_image_has_the_command_and_runs_it_as_an_ordinary_user(image: dict[str, str]) -> None:
    done = subprocess.run(
        ["/usr/bin/env", "tunping", "user", "--help"], env=image, capture_output=True, text=True, check=True
    )
    assert "add" in done.stdout
    order = [name for name, _ in instructions()]
    users = [given for name, given in instructions() if name == "USER"]
    assert (users, order.index("USER") < order.index("CMD")) == (["tunping"], True)
    copied = {given.split()[0] for name, given in instructions() if name == "COPY"}
    assert {"api", "schema", "db", "rules", "seeds"} <= copied
    assert all((ROOT / each).exists() for each in copied)
