"""The server's listening socket, and how many clients it accepts."""

import errno
import socket

from api.commands.databases import CannotServe
from api.settings import Settings

try:
    import resource
except ImportError:  # Windows has no such limits.
    resource = None  # type: ignore[assignment]

USER_TIMEOUT_MS = 15_000
"""TCP_USER_TIMEOUT: the kernel cuts a client that stops reading. WebSocket pings do not detect one (measured)."""
OTHER_FILES = 124
"""Open files reserved for the database, photos and logs: several times the default pool of 20 connections."""
MOST_CONNECTIONS = 20_000
"""Clients of one process. A compromise: each subscriber takes some 40 KiB of memory (bench/results.md)."""
MOST_BY_ADDRESS = 1_000
"""Clients of one address. A compromise: an office of 200 people, each with an app and a browser of four connections."""
_WITHOUT_LIMITS = 512
"""Files that a process may open on Windows, by the C runtime's default."""


def bind(host: str, port: int) -> socket.socket:
    """The listening socket. It is bound before everything else is started, so that early clients wait in its queue."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise _unable(error, host, port) from error
    return listening


def _unable(error: OSError, host: str, port: int) -> CannotServe:
    if error.errno == errno.EADDRINUSE:
        return CannotServe("端口 {port} 已被占用，请用 --port 换一个", port=port)
    return CannotServe("不能在 {host}:{port} 上监听：{why}", host=host, port=port, why=error.strerror)


def address_of(listening: socket.socket) -> str:
    """The socket's HTTP address; the loopback address if it listens on all of them."""
    host, port = listening.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"


def most_connections() -> int:
    """The number of clients that the limit of open files allows. Raises the soft limit as far as the system permits.

    uvicorn answers 503 above it, before the server lacks files of its own.
    """
    if resource is None:
        return _WITHOUT_LIMITS - OTHER_FILES
    granted, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if granted != resource.RLIM_INFINITY and granted < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most - OTHER_FILES


def most_by_address(settings: Settings, most: int) -> int | None:
    """The number of clients of one address, by default half of all at most. None behind a proxy, which brings all."""
    if settings.behind_proxy:
        return None
    return settings.connections_by_address or min(MOST_BY_ADDRESS, most // 2)
