"""What the documents say is true: their examples run, and what they name exists."""

import hashlib
import importlib
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from graphql import parse, validate
from typer.main import get_command

from api.background.webhooks import WebhookSender
from api.commands.main import COMMANDS
from api.http.errors import FAULTS
from api.settings import Settings
from db.acts import clients
from rules.refusals import Code
from rules.request_codes import RequestCode
from schema.problems import CODES
from schema.schema import SCHEMA
from tests import databases
from tests.client import SECRET, Clock, Tunping, listening
from tests.documents import Block, Differs, Reader, blocks, examples
from tests.test_photos import jpeg
from tests.test_webhooks import receiving

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")])
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}
DOCUMENTS = {name: text for name, text in TEXTS.items() if name != "CHANGELOG.md"}
"""All but the changelog, which also names what is gone."""
API = tuple(
    f"docs/{name}.md"
    for name in ("api", "api-accounts", "api-cases", "api-finding", "api-http", "api-live", "api-offline", "api-tasks")
)
WITH_EXAMPLES = ("README.md", *API)
FOLDERS = ("api", "schema", "db", "rules", "seeds", "tests", "bench", "docs", "examples")
KINDS = {".py", ".graphql", ".sql"}
SOURCES = [path for each in FOLDERS for path in (ROOT / each).rglob("*.*") if path.suffix in KINDS]
TOKEN = re.compile(r"`([^`\n]+)`")


@pytest.fixture
def own_url(postgres: str) -> Iterator[str]:
    """A copy of the demo that only one document changes."""
    with databases.copied(postgres, "demo") as url:
        yield url


@pytest.fixture
async def town(own_url: str) -> AsyncIterator[Tunping]:
    """The application over that copy, behind a real socket."""
    async with listening(own_url) as client:
        yield client


@pytest.fixture
async def reader(town: Tunping) -> AsyncIterator[Reader]:
    """Somebody with a photo, an access token, and the credentials and the receiver of an outside system."""
    photo, worker, name = jpeg(), await town.as_("网格员01"), "三坪化解中心"
    made = await town.transact(lambda tx: clients.add_client(tx, name, "调解员01"))
    sender = WebhookSender(town.app.state.system, Clock(), SECRET, private=True)
    async with receiving() as receiver:
        await town.transact(lambda tx: clients.set_webhook(tx, name, receiver.url, private=True))

        async def webhook() -> tuple[Mapping[str, str], bytes]:
            # Events are sent when all earlier transactions of the server have ended, those of other tests too.
            while not receiver.got:
                await sender.send()
            return receiver.got[0]

        yield Reader(
            town,
            {
                "photo": photo,
                "sha256": hashlib.sha256(photo).hexdigest(),
                "access_token": worker.token,
                "client_id": f"client_{made.client}",
                "client_secret": made.secret,
            },
            webhook,
        )


async def try_all(text: str, reader: Reader) -> None:
    """Sends the requests of a document, in order."""
    for example in examples(text):
        if example.request.language != "sh" or shutil.which("curl"):
            await reader.tries(example)


@pytest.mark.parametrize("name", WITH_EXAMPLES)
async def test_each_example_gets_the_answer_that_is_printed(name: str, reader: Reader) -> None:
    await try_all(TEXTS[name], reader)


EXAMPLE = """
```graphql
# as 网格员01
query Homes($first: Int) { households(first: $first) { totalCount nodes { address } } }
```

```json
{"first": 1}
```

```json
{"data": {"households": {"totalCount": 140, "nodes": [{"address": "金穗家园1号楼1单元101"}]}}}
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


@pytest.mark.long
@pytest.mark.parametrize(
    ("printed", "instead"),
    [
        ("140", "141"),
        ("140", '"140"'),
        ("金穗家园1号楼1单元101", "…号楼2单元…"),
        ('"nodes": [{', '"nodes": ["…", {'),
        ('"nodes": [{"address": "金穗家园1号楼1单元101"}]', '"nodes": []'),
        ('"totalCount": 140, ', ""),
        ('"address":', '"name":'),
        ("200 OK", "201 Created"),
        ("application/json\n\n", "text/plain\n\n"),
        ("true", "1"),
    ],
)
async def test_a_wrong_example_is_noticed(printed: str, instead: str, served: Tunping) -> None:
    assert EXAMPLE.count(printed) == 1
    await try_all(EXAMPLE, Reader(served))
    with pytest.raises(Differs):
        await try_all(EXAMPLE.replace(printed, instead), Reader(served))


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
            path = token.replace("<noun>", "wishes").replace("<name>", "*").rstrip("/")
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


SETTINGS = {"DATABASE_URL" if each == "database_url" else f"TUNPING_{each.upper()}" for each in Settings.model_fields}


def words() -> set[str]:
    """Every word of the code, of its tools and of its settings."""
    files = [*SOURCES, *(ROOT / each for each in ("Makefile", "pyproject.toml", "docker-compose.yml"))]
    return SETTINGS | {word for path in files for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))}


OUTSIDE = {
    *("BYPASSRLS", "CREATEROLE", "NOTIFY", "pg_basebackup", "pg_restore", "pg_wal"),
    *("AWS_ACCESS_KEY_ID", "AWS_ENDPOINT", "AWS_REGION", "AWS_SECRET_ACCESS_KEY"),
    *("RESYNC", "connectionParams", "deletedField", "responseModifier", "retryAttempts", "wsOptions"),
}
"""Names of PostgreSQL, of object stores and of RxDB."""
NAME = re.compile(r"[A-Za-z_][\w.]*(?:\([^)]*\))?")


def test_each_name_is_one_of_the_code() -> None:
    known, unknown = words() | OUTSIDE, set()
    for name, text in DOCUMENTS.items():
        for token in filter(NAME.fullmatch, named(text)):
            if not known.issuperset(re.findall(r"\w+", token.partition("(")[0])):
                unknown.add(f"{name}: {token}")
    assert unknown == set()


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
            found = getattr(found, "commands", {}).get(rest[0], found) if rest else found
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
    table = re.search(
        rf"^\| {' .*'.join(map(re.escape, heading))}.*\n\|[ -:|]*\n((?:\|.*\n)+)", TEXTS[name], re.MULTILINE
    )
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
    assert raised | set(FAULTS) <= {code.value for code in CODES}
    assert {code.value for code in RequestCode if f"`{code}`" not in everywhere} == set()


def test_the_settings_are_those_of_the_table() -> None:
    table = {row[0].split(", ")[0].strip("`"): row[1] for row in rows("docs/operate.md", "setting | default")}
    assert set(table) == SETTINGS
    for name, field in Settings.model_fields.items():
        if field.default is not None and name != "photo_store":
            shown = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert table[f"TUNPING_{name.upper()}"] == f"`{shown}`"


async def test_the_sql_for_operators_runs(fresh_url: str) -> None:
    connection = await asyncpg.connect(fresh_url)
    for block in blocks(TEXTS["docs/operate.md"]):
        if block.language == "sql":
            await connection.execute(block.text)
    await connection.close()


def test_each_section_that_the_code_cites_exists() -> None:
    sections = set(re.findall(r"^## (\d+)\.", TEXTS["docs/domain.md"], re.MULTILINE))
    for path in SOURCES:
        for cited in re.findall(r"domain\.md sections? (\d+(?:(?:, | and )\d+)*)", path.read_text(encoding="utf-8")):
            assert set(re.findall(r"\d+", cited)) <= sections, path
        for cited in re.findall(r"docs/(?:decisions/\d+|[a-z-]+\.md)", path.read_text(encoding="utf-8")):
            assert list(ROOT.glob(f"{cited}*")), f"{path} cites {cited}"


def excerpts(text: str) -> Iterator[tuple[Path, Block]]:
    """The blocks that begin with the path of a file."""
    for block in blocks(text):
        path = re.match(r"(?:#|--) ([a-z]+/\S+)\n", block.text)
        if path:
            yield ROOT / path[1], block


def test_each_excerpt_is_code() -> None:
    """A line with `…` stands for lines that are left out."""
    found = [(name, *each) for name, text in DOCUMENTS.items() for each in excerpts(text)]
    wrong = [(name, block) for name, path, block in found if not contains(path.read_text(encoding="utf-8"), block.text)]
    assert wrong == []
    assert len(found) >= 12


def contains(source: str, excerpt: str) -> bool:
    """True if the parts of an excerpt are in the source, in order."""
    place = 0
    for part in re.split(r"^ *…\n", excerpt.partition("\n")[2], flags=re.MULTILINE):
        place = source.find(part.strip("\n"), place)
        if place < 0:
            return False
    return True


def test_each_python_block_is_an_excerpt() -> None:
    for name, text in DOCUMENTS.items():
        python = [block for block in blocks(text) if block.language == "python"]
        assert len(python) == len([block for _, block in excerpts(text) if block.language == "python"]), name


def test_each_graphql_document_is_valid() -> None:
    for name, text in DOCUMENTS.items():
        for block in blocks(text):
            if block.language == "graphql":
                assert validate(SCHEMA._schema, parse(block.text)) == [], f"{name}, line {block.line}"


def test_the_example_of_a_noun_is_in_the_files_that_are_listed() -> None:
    listed = [row[0].strip("`") for row in rows("docs/add-a-noun.md", "file")]
    written = [path for path in SOURCES if path.parent.name != "documents"]
    naming = [path for path in written if re.search("site_?post", path.read_text(encoding="utf-8"), re.IGNORECASE)]
    assert sorted(listed) == sorted(str(path.relative_to(ROOT)) for path in naming)
    assert len(listed) <= 18


@pytest.mark.parametrize(("name", "most"), [("README.md", 150), ("docs/api.md", 550), ("docs/architecture.md", 300)])
def test_documents_are_short(name: str, most: int) -> None:
    assert len(TEXTS[name].splitlines()) <= most
