"""What all commands say and take alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

HERE = "http://127.0.0.1:8000"
Url = Annotated[str, typer.Option(help="Where Tunping listens.")]


def new_app() -> typer.Typer:
    """A command, or a group of them. Help is plain text: rich would double the time that it takes."""
    return typer.Typer(
        no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


def fail(message: str) -> NoReturn:
    """Ends the command with a message."""
    typer.echo(message, err=True)
    raise typer.Exit(1)


def check_name(file: Path, suffix: str) -> None:
    """A file that is written has the name of its kind."""
    if file.suffix.lower() != suffix:
        fail(f"文件名应以 {suffix} 结尾 / the file's name has to end in {suffix}")


@contextmanager
def writing(file: Path) -> Iterator[None]:
    """Says why a file cannot be written."""
    try:
        yield
    except OSError as error:
        fail(f"无法写入 / cannot write {file}: {error.strerror}")
