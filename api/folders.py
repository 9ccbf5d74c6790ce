"""Folders of our own. Nothing changes the rights of folders that exist already."""

import os
from pathlib import Path


def runs_as_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def make_folder(path: Path) -> None:
    """Creates a folder and its missing parents, which only their owner can list.

    As root, others may pass through them, because the embedded PostgreSQL refuses to run as root and uses an account
    of its own.
    """
    for each in reversed((path, *path.parents)):
        if not each.is_dir():
            each.mkdir(exist_ok=True)
            each.chmod(0o711 if runs_as_root() else 0o700)
