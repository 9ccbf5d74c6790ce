"""The sockets of the server: where it listens, and how many clients it takes."""

import errno
import socket

from api.commands.databases import CannotServe

try:
    import resource
except ImportError:  # Windows has no such limits.
    resource = None  # type: ignore[assignment]

USER_TIMEOUT_MS = 15_000
"""The kernel cuts off a phone that stops reading after this; the protocol would never notice."""
OTHER_FILES = 124
"""Open files that are kept for everything but clients."""
MOST_CONNECTIONS = 20_000
_UNASKED = 512
"""Files that a process may open where the system has no such limit to ask for."""


def bind(host: str, port: int) -> socket.socket:
    """The listening socket, taken before anything else is started: early callers wait in its queue."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise CannotServe(_why_not(error, host, port)) from error
    return listening


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用，请用 --port 换一个 / port {port} is taken; choose another with --port"
    return f"不能在 {host}:{port} 上监听 / cannot listen on {host}:{port}: {error.strerror}"


def address_of(listening: socket.socket) -> str:
    """An address that can be called: the machine's own where it listens on all of them."""
    host, port = listening.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"


def most_connections() -> int:
    """As many clients as there may be open files (`ulimit -n`), of which all are taken that the system grants.

    Beyond it 503 is the answer, and not a server that cannot open its own files.
    """
    if resource is None:
        return _UNASKED - OTHER_FILES
    granted, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if granted != resource.RLIM_INFINITY and granted < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return most - OTHER_FILES
