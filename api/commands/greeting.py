"""The greeting of a server that is ready: its address, and lines to paste into a shell."""

import os
import shlex
import sys
from pathlib import Path

import typer

from api.commands.languages import in_words
from api.commands.terminal import HERE
from rules.refusals import Said
from seeds import demo

QUERY = (
    '{ me { name roleLabel } statistics(between: {startsOn: "2023-01-01", endsOn: "2023-12-31"}) '
    "{ disputes { total oral written pending successRate } directLine { total unresolved } } }"
)


def announce(address: str, *, is_demo: bool) -> None:
    """Prints the greeting, with the demo's accounts if they exist."""
    ready = Said("屯坪已就绪：{address}", {"address": f"{address}/graphql"})
    lines = ["", in_words(ready), ""]
    if is_demo:
        lines += _demo_lines(address)
    typer.echo("\n".join(lines))


def _demo_lines(address: str) -> list[str]:
    accounts = [f"  {username}  {in_words(role)}  {where}" for username, role, where in demo.DEMO_ACCOUNTS]
    body = '{"query": "' + QUERY.replace('"', '\\"') + '"}'
    program, url = _program(), "" if address == HERE else f" --url {address}"
    return [
        in_words(Said("演示账号，密码都是 {password}", {"password": demo.DEMO_PASSWORD})),
        *accounts,
        "",
        in_words(Said("粘贴试试：")),
        f"  TOKEN=$(curl -s {address}/auth/token --data-urlencode grant_type=password \\",
        f"    --data-urlencode username=书记01 --data-urlencode password={demo.DEMO_PASSWORD} \\",
        "    | python3 -c 'import json,sys; print(json.load(sys.stdin)[\"access_token\"])')",
        f"  curl -s {address}/graphql -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\",
        f"    -d '{body}'",
        "",
        in_words(Said("查看实时诉求：")),
        f"  {program} watch --as 网格员01{url}",
        in_words(Said("以居民身份上报：")),
        f'  {program} report "3号楼2单元 暖气不热"{url}',
        "",
    ]


def _program() -> str:
    """The name by which this program was called, which works also when it is not on the PATH."""
    called = Path(sys.argv[0])
    return shlex.quote(os.path.relpath(called)) if called.name == "tunping" else "tunping"
