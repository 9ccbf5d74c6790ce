"""A push service with TLS, and phones that subscribe to it and read what it got with their private keys."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from secrets import token_bytes, token_urlsafe
from tempfile import TemporaryDirectory
from typing import Any, Self

import http_ece
import orjson
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.background.gateways import Gateway
from api.background.push import PushSender
from api.vapid import Vapid, in_base64url, point_of
from tests.client import SECRET, Clock, Tunping
from tests.test_devices import sign_in

KEY = token_urlsafe(32)
LOCAL = "127.0.0.1"


@cache
def _certificate() -> tuple[bytes, bytes]:
    """A certificate of this machine, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    began = datetime.now(UTC) - timedelta(days=1)
    alternatives = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOCAL))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(began).not_valid_after(began + timedelta(days=9))
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    signed = made.add_extension(alternatives, critical=True).sign(key, hashes.SHA256())
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return signed.public_bytes(Encoding.PEM), secret


def certificate() -> bytes:
    """The certificate of the push service, as a file has it."""
    return _certificate()[0]


@cache
def trusting() -> ssl.SSLContext:
    """The context of a client that trusts this push service and nobody else."""
    return ssl.create_default_context(cadata=certificate().decode())


@cache
def _serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "both.pem"
        file.write_bytes(b"".join(_certificate()))
        context.load_cert_chain(file)
    return context


@dataclass
class Post:
    """A request that the service got."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class PushService:
    """Keeps what it gets, and answers as it is told."""

    port: int = 0
    status: int = 201
    more: str = ""
    before: Callable[[], Awaitable[object]] | None = None
    """What it waits for before it answers."""
    tries: list[Post] = field(default_factory=list)
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    serving: set[asyncio.Task[Any]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._serve(reader, writer)
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *others = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in others if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.tries.append(Post(first.split()[1], headers, body))
        self.tried.set()
        if self.before is not None:
            await self.before()
        writer.write(f"HTTP/1.1 {self.status} -\r\ncontent-length: 0\r\n{self.more}connection: close\r\n\r\n".encode())
        await writer.drain()


@asynccontextmanager
async def pushing() -> AsyncIterator[PushService]:
    """A push service on a free port."""
    service = PushService()
    server = await asyncio.start_server(service.serve, LOCAL, 0, ssl=_serving())
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        server.close()
        for task in service.serving:
            task.cancel()
        await asyncio.gather(*service.serving, return_exceptions=True)


@dataclass
class Phone:
    """A device on which somebody signed in, and its subscription."""

    client: Tunping
    device: str
    service: PushService
    name: str = field(default_factory=lambda: token_urlsafe(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: token_bytes(16))

    @classmethod
    async def of(cls, tunping: Tunping, username: str, service: PushService) -> Self:
        """A new device of an account, which subscribes."""
        client, answer = await sign_in(tunping, username, "vivo Y36")
        phone = cls(client, answer["device"], service)
        assert (await phone.subscribe())["errors"] == []
        return phone

    @property
    def given(self) -> dict[str, str]:
        """The subscription, as a browser has it."""
        endpoint = f"https://{LOCAL}:{self.service.port}/{self.name}"
        keys = {"p256dh": in_base64url(point_of(self.key)), "auth": in_base64url(self.auth)}
        return {"device": self.device, "endpoint": endpoint, **keys}

    async def subscribe(self, **changed: Any) -> Any:
        """Sends the subscription."""
        return await self.client.do("pushToDevice", self.given | changed, "device { isPushed }")

    def posts(self) -> list[Post]:
        """The tries to reach it."""
        return [each for each in self.service.tries if each.path == f"/{self.name}"]

    def got(self) -> list[tuple[str, str]]:
        """The kind and the id of what it was sent."""
        told = [http_ece.decrypt(each.body, private_key=self.key, auth_secret=self.auth) for each in self.posts()]
        read = [orjson.loads(each) for each in told]
        assert all(each.keys() == {"kind", "id"} for each in read)
        return [(each["kind"], each["id"]) for each in read]


def sender(tunping: Tunping, clock: Clock, *, private: bool = True, gateway: Gateway | None = None) -> PushSender:
    """What a worker runs."""
    vapid = Vapid.of(KEY, "https://tunping.example.cn")
    return PushSender(tunping.app.state.system, clock, SECRET, vapid, gateway, private, trusting)
