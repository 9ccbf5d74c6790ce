"""What the documents say is true: their examples run, and what they name exists."""

import hashlib
import importlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from api.background.webhooks import WebhookSender
from api.commands.main import COMMANDS
from api.http.errors import FAULTS
from api.settings import Settings
from db.acts import clients
from rules.refusals import Code
from tests.client import SECRET, Clock, Tunping
from tests.documents import Differs, Reader, blocks, examples
from tests.test_photos import jpeg
from tests.test_webhooks import receiving

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}
DOCUMENTS = {name: text for name, text in TEXTS.items() if name != "CHANGELOG.md"}
"""All but the changelog, which also names what is gone."""
WITH_EXAMPLES = ("README.md", "docs/api.md", "docs/api-live.md", "docs/api-tasks.md")
FOLDERS = ("api", "schema", "db", "rules", "seeds", "tests", "bench", "docs", "examples")
SOURCES = [path for each in FOLDERS for path in (ROOT / each).rglob("*.*") if path.suffix in {".py", ".graphql", ".sql"}]
TOKEN = re.compile(r"`([^`\n]+)`")


@pytest.fixture
async def reader(served: Tunping) -> AsyncIterator[Reader]:
    """Somebody with a photo, an access token, and the credentials and the receiver of an outside system."""
    photo, worker, name = jpeg(), await served.as_("网格员01"), "三坪化解中心"
    made = await served.transact(lambda tx: clients.add_client(tx, name, "调解员01"))
    sender = WebhookSender(served.app.state.database, Clock(), SECRET, private=True)
    async with receiving() as receiver:
        await served.transact(lambda tx: clients.set_webhook(tx, name, receiver.url, private=True))

        async def webhook() -> tuple[Mapping[str, str], bytes]:
            await sender.send()
            return receiver.got[0]

        yield Reader(
            served,
            {
                "photo": photo,
                "sha256": hashlib.sha256(photo).hexdigest(),
                "access_token": worker.token,
                "client_id": f"client_{made.client}",
                "client_secret": made.secret,
            },
            webhook,
        )


@pytest.mark.parametrize("name", WITH_EXAMPLES)
async def test_each_example_gets_the_answer_that_is_printed(name: str, reader: Reader) -> None:
    for example in examples(TEXTS[name]):
        if example.request.language == "sh" and shutil.which("curl") is None:
            continue
        await reader.tries(example)


EXAMPLE = """
```graphql
# as 网格员01
query Homes($first: Int) { households(first: $first) { totalCount nodes { address } } }
```

```json
{"first": 1}
```

```json
{"data": {"households": {"totalCount": 140, "nodes": [{"address": "5号楼1单元101"}]}}}
```

```http
GET /live
```

```http
HTTP/1.1 200 OK
Content-Type: application/json

{"live": true}
```
"""


@pytest.mark.parametrize(
    ("printed", "instead"),
    [
        ("140", "141"),
        ("140", '"140"'),
        ("5号楼1单元101", "…号楼2单元…"),
        ('"nodes": [{', '"nodes": ["…", {'),
        ('"nodes": [{"address": "5号楼1单元101"}]', '"nodes": []'),
        ('"totalCount": 140, ', ""),
        ('"address":', '"name":'),
        ("200 OK", "201 Created"),
        ("application/json\n\n", "text/plain\n\n"),
        ("true", "1"),
    ],
)
async def test_a_wrong_example_is_noticed(printed: str, instead: str, served: Tunping) -> None:
    assert EXAMPLE.count(printed) == 1
    for example in examples(EXAMPLE):
        await Reader(served).tries(example)
    with pytest.raises(Differs):
        for example in examples(EXAMPLE.replace(printed, instead)):
            await Reader(served).tries(example)


async def test_placeholders_match_anything_and_name_values(served: Tunping) -> None:
    reader = Reader(served)
    wanted = {"id": "<home>", "url": "/photos/<photo>?until=…", "more": ["…", {"name": "…"}, "…"], "none": "…"}
    reader.compare(wanted, {"id": "1", "url": "/photos/2?until=3", "more": [1, {"name": "x"}, 2, 3], "none": None})
    assert reader.values == {"home": "1", "photo": "2"}


def prose(text: str) -> str:
    """A document without its fenced blocks."""
    return re.sub(r"^ *```\w*\n.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def named(text: str) -> Iterator[str]:
    """What a document sets in code style."""
    return iter(TOKEN.findall(prose(text)))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_path_exists(name: str) -> None:
    for token in named(DOCUMENTS[name]):
        if token.startswith(tuple(f"{each}/" for each in FOLDERS)):
            path = token.replace("<noun>", "wishes").rstrip("/")
            assert list(ROOT.glob(path)), f"{name} names {token}"


def anchors(text: str) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("name", TEXTS)
def test_each_link_leads_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name]):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (ROOT / name).parent / path if path else ROOT / name
        assert found.exists(), f"{name} links to {target}"
        assert not anchor or anchor in anchors(found.read_text(encoding="utf-8")), f"{name} links to {target}"


def words() -> set[str]:
    """Every word of the code, of its tools and of the workflow."""
    files = [*SOURCES, *(ROOT / each for each in ("Makefile", "pyproject.toml", "docker-compose.yml"))]
    return {word for path in files for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


OUTSIDE = frozenset()
"""Names of other programs, and of what a reader is to make."""
NAME = re.compile(r"[A-Za-z_][\w.]*(?:\([^)]*\))?")


def test_each_name_is_one_of_the_code() -> None:
    known = words() | OUTSIDE
    for name, text in DOCUMENTS.items():
        for token in named(text):
            if NAME.fullmatch(token):
                unknown = set(re.findall(r"\w+", token.partition("(")[0])) - known
                assert not unknown, f"{name} names {token}"


def commands(text: str) -> Iterator[list[str]]:
    """The words of each command of ``tunping`` that a document shows."""
    shells = "\n".join(block.text for block in blocks(text) if block.language == "sh").replace("\\\n", " ")
    lines = [*shells.splitlines(), *named(text), *re.findall(r"^    (\.venv.*)$", text, re.MULTILINE)]
    for line in lines:
        found = re.match(r"(?:\S+=\S+ )*(?:docker compose exec api )?(?:\S*tunping|python -m api.commands) (.*)", line)
        if found:
            yield found[1].partition(" #")[0].split()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_command_has_its_options(name: str) -> None:
    for command, *rest in commands(DOCUMENTS[name]):
        if command.isalpha():
            module = importlib.import_module(f"api.commands.{command.replace('import', 'import_')}")
            found: Any = get_command(module.app)
            if rest and getattr(found, "commands", None) and rest[0].replace("-", "").isascii():
                found = found.commands[rest[0]]
            known = {option for parameter in found.params for option in parameter.opts + parameter.secondary_opts}
            given = {word.partition("=")[0] for word in rest if word.startswith("--")}
            assert given <= known | {"--help"}, f"{name}: tunping {command} {rest}"


def test_each_command_and_each_target_is_documented() -> None:
    everything = "\n".join(DOCUMENTS.values())
    for command in COMMANDS:
        assert f"tunping {command}" in everything, command
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    shown = {target for text in DOCUMENTS.values() for target in re.findall(r"\bmake ([a-z]+(?:-[a-z]+)*)`", text)}
    assert shown <= targets
    assert targets - {"help", "clean"} <= shown


def rows(name: str, *heading: str) -> list[list[str]]:
    """The cells of a document's table with these headings."""
    table = re.search(rf"^\| {' .*'.join(map(re.escape, heading))}.*\n\|[ -:|]*\n((?:\|.*\n)+)", TEXTS[name], re.MULTILINE)
    assert table is not None, heading
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table[1].splitlines()]


def test_each_code_is_explained_once() -> None:
    explained = [code.strip("`") for row in rows("docs/api.md", "code", "| what to do") for code in row[0].split(", ")]
    assert explained == [code.value for code in Code]
    requests = " ".join(row[0] for row in rows("docs/api.md", "code | status | meaning |"))
    raised = {
        code
        for path in SOURCES
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in {"api", "schema"}
        for code in re.findall(r'(?:Error|Picture)\((?:\d+, )?"([A-Z_]{4,})"', path.read_text(encoding="utf-8"))
    }
    everywhere = "\n".join(TEXTS[name] for name in WITH_EXAMPLES)
    assert len(raised) > 20
    assert {code for code in raised | set(FAULTS) if f"`{code}`" not in everywhere} == set()
    assert "`GRAPHQL_VALIDATION_FAILED`" in requests


def test_the_settings_are_those_of_the_table() -> None:
    table = {row[0].split(", ")[0].strip("`"): row[1] for row in rows("docs/operate.md", "setting | default")}
    names = {"DATABASE_URL" if each == "database_url" else f"TUNPING_{each.upper()}" for each in Settings.model_fields}
    assert set(table) == names
    for name, field in Settings.model_fields.items():
        if field.default is not None and name != "photo_store":
            shown = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert table[f"TUNPING_{name.upper()}"] == f"`{shown}`"


def test_each_section_that_the_code_cites_exists() -> None:
    sections = set(re.findall(r"^## (\d+)\.", TEXTS["docs/domain.md"], re.MULTILINE))
    for path in SOURCES:
        for cited in re.findall(r"domain\.md sections? (\d+(?:(?:, | and )\d+)*)", path.read_text(encoding="utf-8")):
            assert set(re.findall(r"\d+", cited)) <= sections, path
        for cited in re.findall(r"docs/(?:decisions/\d+|[a-z-]+\.md)", path.read_text(encoding="utf-8")):
            assert list(ROOT.glob(f"{cited}*")), f"{path} cites {cited}"


def test_each_excerpt_is_code() -> None:
    """A Python block begins with its path; `…` stands for lines that are left out."""
    excerpts = [(name, block) for name, text in DOCUMENTS.items() for block in blocks(text) if block.language == "python"]
    for name, block in excerpts:
        path, _, text = block.text.partition("\n")
        source = (ROOT / path.removeprefix("# ")).read_text(encoding="utf-8")
        place = 0
        for part in re.split(r"^ *…\n", text, flags=re.MULTILINE):
            place = source.find(part.strip("\n"), place)
            assert place >= 0, f"{name}, line {block.line}: not in {path}: {part}"
    assert len(excerpts) >= 6


@pytest.mark.parametrize(("name", "most"), [("README.md", 150), ("docs/api.md", 420), ("docs/architecture.md", 400)])
def test_documents_are_short(name: str, most: int) -> None:
    assert len(TEXTS[name].splitlines()) <= most
