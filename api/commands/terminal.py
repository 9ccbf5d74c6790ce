"""Options, messages and checks that the commands share."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, NoReturn

import typer

HERE = "http://127.0.0.1:8000"
Url = Annotated[str, typer.Option(help="The address of the Tunping server.")]


def new_app(**settings: Any) -> typer.Typer:
    """A command or a group of commands. Its help is plain text, because importing rich would double its time."""
    plain: dict[str, Any] = {"pretty_exceptions_enable": False, "rich_markup_mode": None}
    return typer.Typer(no_args_is_help=True, add_completion=False, **plain, **settings)


def new_group(help_: str) -> typer.Typer:
    """A group of commands, also if it has only one."""
    group = new_app(help=help_)
    group.callback()(lambda: None)
    return group


def fail(message: str) -> NoReturn:
    """Prints a message to standard error and exits with 1."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def check_name(file: Path, suffix: str) -> None:
    """Exits unless the file's name has the suffix."""
    if file.suffix.lower() != suffix:
        fail(f"文件名应以 {suffix} 结尾 / the file's name has to end in {suffix}")


@contextmanager
def writing(file: Path) -> Iterator[IO[bytes]]:
    """A file that only its owner can read. It takes the place of an older one when it is complete.

    Exits with the reason if it cannot be written.
    """
    try:
        descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=".tunping-")
        try:
            with os.fdopen(descriptor, "wb") as opened:
                yield opened
            Path(draft).replace(file)
        except BaseException:
            Path(draft).unlink()
            raise
    except OSError as error:
        fail(f"无法写入 / cannot write {file}: {error.strerror}")
