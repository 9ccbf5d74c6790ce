"""Runs `tunping …` in this process, which is faster than starting another."""

import os
import signal
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from api.commands.main import app
from tests.client import RECORD_KEY, SEALING_KEY, SECRET

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def tunping(
    url: str | None,
    *arguments: Any,
    secret: str | None = SECRET.decode(),
    sealing_key: str | None = SEALING_KEY.decode(),
    record_key: str | None = RECORD_KEY.decode(),
    data: Path | None = None,
    given: str | None = None,
    locale: str = "C.UTF-8",
) -> Result:
    """Runs one command over a database, the embedded one without a URL, with ``given`` as its standard input.

    Needs a thread without an event loop.
    """
    environment = {"DATABASE_URL": url, "TUNPING_SEALING_KEY": sealing_key, "TUNPING_SECRET": secret}
    environment |= {"TUNPING_RECORD_KEY": record_key, "LC_ALL": locale}
    if data is not None:
        environment["TUNPING_DATA_DIR"] = str(data)
    kept, mask = {name: signal.getsignal(name) for name in _HANDLED}, os.umask(0o022)
    try:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=given, env=environment)
    finally:
        os.umask(mask)
        for name, handler in kept.items():
            signal.signal(name, handler)
