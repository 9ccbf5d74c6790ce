"""Options and failures that the commands share."""

from typing import Annotated, Any, NoReturn

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
