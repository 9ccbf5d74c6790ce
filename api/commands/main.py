"""`tunping`: finds a command by its name, and imports only that one."""

import importlib
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class _Command(NamedTuple):
    module: str
    help: str


COMMANDS = {
    "serve": _Command("api.commands.serve", "Start everything: database, tables, demo, server."),
    "worker": _Command("api.commands.worker", "Do background work in a process of its own."),
    "migrate": _Command("api.commands.migrate", "Bring the database to the newest tables."),
    "seed": _Command("api.commands.seed", "Load the demo into an empty database."),
    "user": _Command("api.commands.user", "Accounts."),
    "client": _Command("api.commands.client", "Outside systems, such as the dispute resolution centre's."),
    "codes": _Command("api.commands.codes", "Printed QR codes."),
    "import": _Command("api.commands.import_", "Load registers."),
    "export": _Command("api.commands.export", "Documents for printing, and registers."),
    "verify": _Command("api.commands.verify", "Check the evidence of all disputes."),
    "sdl": _Command("api.commands.sdl", "Write the schema to schema/schema.graphql."),
    "watch": _Command("api.commands.watch", "Be a grid worker's phone: print each new appeal."),
    "report": _Command("api.commands.report", "Report something as a resident does."),
}


class Commands(TyperGroup):
    """Knows its commands by name and purpose. Their modules cost up to 3 s, so one is imported when it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=each.help) for name, each in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is called, in place of its name."""
        name, _, rest = super().resolve_command(ctx, args)
        return name, name and _load(name), rest


def _load(name: str) -> Any:
    return get_command(importlib.import_module(COMMANDS[name].module).app)


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def tunping() -> None:
    """屯坪 Tunping: the backend of grid governance."""


def main() -> None:
    """Entry of the console script."""
    app()
