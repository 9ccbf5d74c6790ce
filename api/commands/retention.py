"""`tunping retention`: erases former residents, and removes what need not be kept."""

from collections import Counter
from typing import Annotated

import typer

from api.background.retention import Retention
from api.clock import utc_now
from api.commands.acting import As, CommunityName, act_as, one_community
from api.commands.databases import plain_failures, with_database
from api.commands.languages import in_words, say
from api.commands.terminal import new_group
from api.settings import Settings
from db.acts.erasing import erase_resident, set_kept_days
from db.transaction import Transaction
from rules.refusals import Said
from schema.ids import parse_id

app = new_group("How long personal data and logs are kept.")
_WORDS = {
    "residents": Said("删除个人信息"),
    "refused": Said("仍须保存"),
    "photos": Said("删除未使用的照片"),
    "log rows": Said("日志转存"),
    "messages": Said("清除短信内容"),
    "contacts": Said("清除联系方式"),
    "submissions": Said("删除手机提交记录"),
    "documents": Said("清除已删除提交记录的标记"),
    "subscriptions": Said("删除推送登记"),
}


@app.command()
def run() -> None:
    """Do now what the worker does each day: erase residents whose time is over, remove photos, archive logs."""
    with plain_failures():
        settings = Settings.read()
    _tell(with_database(lambda database: Retention.of(settings, database.system, utc_now).run(), settings))


@app.command()
def erase(
    resident: Annotated[str, typer.Argument(help="The resident's id, `resident_<uuid>`.")],
    who: As,
    on_request: Annotated[
        str | None, typer.Option(help="The reason of a request, for which the time to keep need not be over.")
    ] = None,
) -> None:
    """Erase a former resident. What happened stays in the journal, without the person."""
    with plain_failures():
        settings, uuid = Settings.read(), parse_id("resident", resident, "resident")
    erased = act_as(who, lambda tx: erase_resident(tx, uuid, on_request), system=True)
    if not erased.rows:
        say("以前已删除")
        return
    told = {"rows": erased.rows, "photos": erased.photos, "notes": erased.notes}
    say("已删除：{rows} 条记录、{photos} 张照片、{notes} 条备注", **told)
    done = Counter[str]()
    with_database(lambda database: Retention.of(settings, database.system, utc_now).remove_photos(done), settings)
    _tell(done)


@app.command()
def keep(
    days: Annotated[int, typer.Argument(help="Days after moving away or dying, and after the last case.")],
    who: As,
    community: CommunityName = None,
) -> None:
    """Set how long a community keeps the data of former residents."""

    async def given(tx: Transaction) -> None:
        await set_kept_days(tx, (await one_community(tx, community)).id, days)

    act_as(who, given, system=True)
    say("保存 {days} 天", days=days)


def _tell(done: Counter[str]) -> None:
    for name, words in _WORDS.items():
        if done[name]:
            typer.echo(f"{in_words(words)}: {done[name]}")
    if not done:
        say("没有需要处理的")
