"""deploy/nginx.conf with a real nginx in front of the server."""

import hashlib
import io
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from PIL import Image

from tests.client import APPEALS, Phone, Tunping, free_port, listening, new_id, subscribed

ROOT = Path(__file__).parents[1]
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")
MIB = 1024 * 1024


def write_certificate(folder: Path) -> ssl.SSLContext:
    """Writes a certificate for this machine. Returns what trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    (folder / "privkey.pem").write_bytes(plain)
    return ssl.create_default_context(cafile=folder / "fullchain.pem")


@contextmanager
def nginx(folder: Path, backend: int) -> Iterator[int]:
    """The port of an nginx that has the file as it is, but for the ports and the certificate."""
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for ours, theirs in (
        ("127.0.0.1:8000", f"127.0.0.1:{backend}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{free_port()}"),
        ("/etc/ssl/tunping", str(folder)),
    ):
        assert text.count(ours) >= 1, ours
        text = text.replace(ours, theirs)
    user = "user root;" if os.geteuid() == 0 else ""
    places = "".join(
        f"{each}_temp_path {folder}/{each};" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main = f"{user} daemon off; pid {folder}/pid; events {{}} http {{ access_log off; {places} {text} }}"
    (folder / "nginx.conf").write_text(main)
    assert NGINX is not None
    command = [NGINX, "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    with subprocess.Popen(command) as process:
        try:
            while not _accepts(port):
                assert process.poll() is None, (folder / "error.log").read_text()
            yield port
        finally:
            process.terminate()


def _accepts(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


@asynccontextmanager
async def proxied(url: str, folder: Path, **settings: Any) -> AsyncIterator[tuple[Tunping, ssl.SSLContext]]:
    """A client that reaches the server through nginx."""
    trusted = write_certificate(folder)
    async with listening(url, behind_proxy=True, **settings) as direct:
        with nginx(folder, int(direct.http.base_url.port or 0)) as port:
            address = f"https://127.0.0.1:{port}"
            async with httpx.AsyncClient(base_url=address, verify=trusted, timeout=60) as http:
                yield Tunping(direct.app, http), trusted


async def report(worker: Tunping) -> str:
    """Opens an appeal. Returns its id."""
    home = (await worker.ask("{ households(first: 1) { nodes { id } } }")).data["households"]["nodes"][0]["id"]
    new = {"id": new_id("appeal"), "household": home, "kind": "PROBLEM", "body": "暖气不热"}
    assert (await worker.do("openAppeal", new))["errors"] == []
    return str(new["id"])


async def test_events_arrive_over_both_ways(copy_url: str, tmp_path: Path) -> None:
    async with proxied(copy_url, tmp_path) as (nobody, trusted):
        worker = await nobody.as_("网格员01")
        url = str(nobody.http.base_url).replace("http", "ws") + "/graphql"
        protocols = [websockets.Subprotocol("graphql-transport-ws")]
        stream = {"accept": "text/event-stream", **worker.headers}
        async with (
            websockets.connect(url, ssl=trusted, subprotocols=protocols) as opened,
            worker.http.stream("POST", "/graphql", json={"query": APPEALS}, headers=stream) as streamed,
        ):
            phone = Phone(opened)
            await phone.send(type="connection_init", payload=worker.headers)
            assert (await phone.receive())["type"] == "connection_ack"
            await phone.subscribe()
            await subscribed(worker, 2)
            new = await report(worker)
            assert (await phone.event())["appeal"]["id"] == new
            lines = streamed.aiter_lines()
            data = [line async for line in _first_event(lines)]
        assert orjson.loads(data[1].removeprefix("data: "))["data"]["appealOpened"]["appeal"]["id"] == new


async def _first_event(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        if not line:
            return
        yield line


async def test_large_photos_pass_and_larger_bodies_do_not(copy_url: str, tmp_path: Path) -> None:
    async with proxied(copy_url, tmp_path) as (nobody, _):
        worker, file = await nobody.as_("网格员01"), io.BytesIO()
        Image.frombytes("RGB", (1780, 1780), os.urandom(1780 * 1780 * 3)).save(file, "PNG", compress_level=0)
        photo = file.getvalue()
        assert 9 * MIB <= len(photo) < 10 * MIB
        path = f"/photos/{hashlib.sha256(photo).hexdigest()}"
        assert (await worker.http.put(path, content=photo, headers=worker.headers)).status_code == 201
        too_large = [
            await worker.http.put(path, content=b"x" * 12 * MIB, headers=worker.headers),
            await worker.http.post("/graphql", content=b"x" * 2 * MIB, headers=worker.headers),
            await worker.http.post("/graphql", json={"query": "x" * 300_000}, headers=worker.headers),
        ]
        assert [answer.status_code for answer in too_large] == [413] * 3


async def test_clients_do_not_choose_their_address_and_monitors_ask_directly(copy_url: str, tmp_path: Path) -> None:
    async with proxied(copy_url, tmp_path, rates="graphql-without-account=2/minute") as (nobody, _):
        asked = [
            await nobody.post({"query": "{ __typename }"}, **{"x-forwarded-for": f"203.0.113.{number}"})
            for number in range(3)
        ]
        assert [answer.status for answer in asked] == [200, 200, 429]
        for path in ("/live", "/ready", "/metrics"):
            assert (await nobody.http.get(path)).status_code == 404
