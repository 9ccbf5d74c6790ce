"""Reads docker-compose.yml as Docker Compose does, as far as the file uses YAML, and the Dockerfile."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_LINE = re.compile(r"( *)(- )?(?:([\w.-]+):(?: |$))?(.*)")
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:[-?])([^}]*))?\}")


def services(environment: Mapping[str, str]) -> Any:
    """The services, with the variables of an environment filled in."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    lines = [_LINE.fullmatch(line) for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found: Any = _Reader([match.groups("") for match in lines if match], environment).block(0)
    return found["services"]


class _Reader:
    """Blocks of keys or items, flow lists, strings, and anchors of blocks."""

    def __init__(self, lines: list[tuple[str, ...]], environment: Mapping[str, str]) -> None:
        self._lines, self._environment = lines, environment
        self._anchors: dict[str, Any] = {}

    def block(self, indent: int) -> Any:
        """The lines from here on that are indented by so much."""
        items, keys = list[Any](), dict[str, Any]()
        while self._lines and len(self._lines[0][0]) == indent:
            _, dash, key, value = self._lines.pop(0)
            if dash:
                items.append(self._scalar(f"{key}: {value}" if key else value))
            else:
                keys[key] = self._value(value, indent)
        return items or keys

    def _value(self, value: str, indent: int) -> Any:
        if value and not value.startswith("&"):
            return self._anchors[value[1:]] if value.startswith("*") else self._scalar(value)
        deeper = len(self._lines[0][0]) if self._lines else 0
        found = self.block(deeper) if deeper > indent else None
        self._anchors[value[1:]] = found
        return found

    def _scalar(self, value: str) -> Any:
        filled = _VARIABLE.sub(self._filled, value)
        return json.loads(filled) if filled[:1] in {"[", '"'} else filled

    def _filled(self, match: re.Match[str]) -> str:
        name, operator, otherwise = match.groups()
        if given := self._environment.get(name):
            return given
        if operator == ":?":
            raise KeyError(otherwise)
        return otherwise or ""


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in filter(str.strip, text.splitlines()):
        name, _, arguments = line.partition(" ")
        yield name, arguments.strip()


def image_environment() -> dict[str, str]:
    """The variables that the image sets."""
    return dict(pair.split("=", 1) for name, given in instructions() if name == "ENV" for pair in given.split())


def image_command() -> list[str]:
    """The command that the image starts by itself."""
    (command,) = (given for name, given in instructions() if name == "CMD")
    words: list[str] = json.loads(command)
    return words
