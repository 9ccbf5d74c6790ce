"""`tunping`: the command line. It imports only the command that is called."""

import gc
import importlib
import os
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from api.commands.locale_help import with_help
from api.commands.terminal import new_app

COMMANDS = {
    "serve": "Start everything: database, tables, demo, server.",
    "worker": "Run the background jobs in a process of their own.",
    "migrate": "Apply all missing migrations.",
    "seed": "Load the demo into an empty database.",
    "setup": "Set up a community from a workbook.",
    "user": "Accounts, their passwords and sessions.",
    "client": "Outside systems, such as the dispute resolution centre's.",
    "documents": "GraphQL documents that the server trusts.",
    "codes": "Printed QR codes.",
    "import": "Load registers.",
    "export": "Documents for printing, and registers.",
    "keys": "The keys that seal ID numbers.",
    "retention": "How long personal data and logs are kept.",
    "verify": "Check the record, and the evidence of all disputes.",
    "anchor": "Write an anchor of the record now.",
    "sdl": "Write the schema to schema/schema.graphql.",
    "watch": "Print each new appeal, as a grid worker's phone shows it.",
    "report": "Report a problem as a resident does.",
}
"""The help of each command. Its module is `api.commands.<name>`."""


class Commands(TyperGroup):
    """Lists the commands without importing them, which would take up to 3 s."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = {name: TyperCommand(name, help=help_) for name, help_ in COMMANDS.items()}
        with_help(self)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The called command, imported."""
        name, _, rest = super().resolve_command(ctx, args)
        gc.disable()  # Loading modules leaves no garbage. The search for it takes a quarter of the time.
        module = importlib.import_module(f"api.commands.{'import_' if name == 'import' else name}")
        gc.enable()
        return name, with_help(get_command(module.app)), rest


app = new_app(cls=Commands)


@app.callback()
def tunping() -> None:
    """屯坪 Tunping: the backend of grid governance."""
    os.umask(0o077)  # Photos, exports and keys are for their owner only.
