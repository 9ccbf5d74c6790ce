"""A browser without scripts, pictures or eyes: reads a page, fills in its forms and sends them as they stand."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self
from urllib.parse import urlencode

import httpx

from tests.client import Tunping

Files = list[tuple[str, bytes]]
_VOID = frozenset({"meta", "input", "br", "img", "link"})


@dataclass
class Form:
    """A form: where it goes, and what it would send now."""

    action: str
    method: str
    kind: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def value(self, name: str) -> str:
        """What a field says now."""
        return dict(self.fields)[name]

    def filled(self, **given: str | None) -> list[tuple[str, str]]:
        """With other words in some fields; a choice that is not offered cannot be made."""
        kept = [(name, value) for name, value in self.fields if name not in given]
        for name, value in given.items():
            assert name in self.choices or name in dict(self.fields), name
            assert value is None or value in self.choices.get(name, [value]), value
        return kept + [(name, value) for name, value in given.items() if value is not None]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.images: list[str] = []
        self.tags: set[str] = set()
        self._open: list[str] = []
        self._area: str | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if tag not in _VOID:
            self._open.append(tag)
        getattr(self, f"see_{tag}", lambda _: None)(given)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, tag
        self._area = None if tag == "textarea" else self._area

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            name, said = self.forms[-1].fields.pop()
            # A browser drops the first newline of a textarea.
            self.forms[-1].fields.append((name, said + (data if said else data.removeprefix("\n"))))
        if self._open and self._open[-1] != "style":
            self.words.append(data.strip())

    def see_a(self, given: dict[str, str]) -> None:
        self.links.append(given["href"])

    def see_img(self, given: dict[str, str]) -> None:
        self.images.append(given["src"])

    def see_form(self, given: dict[str, str]) -> None:
        kind = given.get("enctype", "application/x-www-form-urlencoded")
        self.forms.append(Form(given["action"], given["method"], kind))

    def see_input(self, given: dict[str, str]) -> None:
        form, kind, name = self.forms[-1], given["type"], given["name"]
        if kind == "file":
            form.files.append(name)
            return
        if kind in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(given["value"])
        if kind not in {"radio", "checkbox"} or "checked" in given:
            form.fields.append((name, given.get("value", "")))

    def see_textarea(self, given: dict[str, str]) -> None:
        self.forms[-1].fields.append((given["name"], ""))
        self._area = given["name"]

    def see_select(self, given: dict[str, str]) -> None:
        self._select = given["name"]
        self.forms[-1].fields.append((self._select, ""))

    def see_option(self, given: dict[str, str]) -> None:
        form = self.forms[-1]
        form.choices.setdefault(self._select, []).append(given["value"])
        if "selected" in given:
            form.fields = [pair for pair in form.fields if pair[0] != self._select] + [(self._select, given["value"])]


class Page:
    """A page that came."""

    def __init__(self, http: httpx.AsyncClient, response: httpx.Response) -> None:
        self.http = http
        self.status, self.headers, self.html = response.status_code, response.headers, response.text
        self.path = response.url.path
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        self.text = "\n".join(word for word in reader.words if word)
        self.forms, self.links, self.images, self.tags = reader.forms, reader.links, reader.images, reader.tags

    @classmethod
    async def open(cls, client: Tunping, path: str, **headers: str) -> Self:
        """The page at an address, after whatever it leads to."""
        return cls(client.http, await client.http.get(path, headers=headers, follow_redirects=True))

    def form(self, do: str | None = None) -> Form:
        """The one form, or the one that does this."""
        (found,) = [form for form in self.forms if do is None or ("do", do) in form.fields]
        return found

    async def send(self, do: str | None = None, files: Files | None = None, /, **given: str | None) -> "Page":
        """Sends a form, filled in."""
        return await sent(self.http, self.form(do), files, **given)


async def sent(http: httpx.AsyncClient, form: Form, files: Files | None = None, **given: Any) -> Page:
    """Sends a form as browsers do, and follows to where it leads."""
    fields = form.filled(**given)
    content, kind = encoded(form, fields, files or [])
    headers = {"content-type": kind}
    response = await http.post(form.action, content=content, headers=headers, follow_redirects=True)
    return Page(http, response)


def encoded(form: Form, fields: list[tuple[str, str]], files: Files) -> tuple[bytes, str]:
    """The body and its media type; lines end as HTML says."""
    lines = [(name, value.replace("\r\n", "\n").replace("\n", "\r\n")) for name, value in fields]
    if form.kind != "multipart/form-data":
        assert not files
        return urlencode(lines).encode(), form.kind
    parts: list[Any] = [(name, (None, value.encode())) for name, value in lines]
    for name in form.files:
        chosen = [(name, (called, content, "image/jpeg")) for called, content in files]
        parts += chosen or [(name, ("", b"", "application/octet-stream"))]
    request = httpx.Request("POST", "http://tunping", files=parts)
    return request.read(), request.headers["content-type"]
