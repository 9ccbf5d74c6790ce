"""`tunping report`: reports a problem as a resident does."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from api.commands.languages import in_words, say
from api.commands.remote import FIRST_DELAY, LONGEST_DELAY, LOST, Refused, Server
from api.commands.terminal import HERE, Url, fail, new_app
from rules.ids import uuid7
from rules.refusals import Said
from seeds.known import DEMO_COUNTER_CODE

REPORT = """mutation($input: OpenAppealInput!) { openAppeal(input: $input) {
    receiptCode errors { code message path }
} }"""
app = new_app()


@app.command("report")
def report_command(
    text: Annotated[str, typer.Argument(help="The problem and its place, such as 「3号楼2单元 暖气不热」.")],
    code: Annotated[str, typer.Option(help="The scanned QR code.")] = DEMO_COUNTER_CODE,
    phone: Annotated[str | None, typer.Option(help="A number to call back.")] = None,
    url: Url = HERE,
) -> None:
    """Report a problem as a resident does, without an account."""
    try:
        receipt = asyncio.run(report(Server(url), text, code, phone))
    except Refused as error:
        fail(in_words(error.said))
    else:
        say("已提交，回执码：{code}", code=receipt)


async def report(server: Server, text: str, code: str, phone_number: str | None) -> str:
    """Opens an appeal. Returns its receipt code."""
    given = {"id": f"appeal_{uuid7()}", "code": code, "body": text, "reporterPhone": phone_number}
    payload = (await _until_answered(server, given))["openAppeal"]
    if payload["errors"]:
        raise Refused(payload["errors"][0]["message"])
    return str(payload["receiptCode"])


async def _until_answered(server: Server, given: Mapping[str, Any]) -> Any:
    """Sends the appeal until it is answered. The same id opens it once, however often it arrives."""
    delay = FIRST_DELAY
    while True:
        try:
            return await server.ask(REPORT, input=given)
        except LOST as error:
            if delay > LONGEST_DELAY:
                why = str(error) or type(error).__name__
                raise Refused(Said("连不上 {url}：{why}", {"url": server.url, "why": why})) from error
        await asyncio.sleep(delay)
        delay *= 2
