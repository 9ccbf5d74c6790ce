"""Labels, reasons and messages in the language of the request, from catalogues that lack nothing."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

import schema
from db.acts.accounts import PlaceKind
from rules.duty import LONGEST_GRACE
from rules.people import Colour
from rules.refusals import MESSAGE, Code
from rules.setup import FORMS
from schema import languages
from schema.languages import CHINESE, REASON, catalogue
from schema.vocabulary import labelled_words
from tests.client import Tunping, serving

OF_APPEALS = """{ appeals(first: 1, where: {category: [HEATING]}) { nodes {
    statusLabel categoryLabel deadlines { kindLabel why } timeline(first: 1) { nodes { kindLabel } } } } }"""
SAID = {
    "zh": ("已办结", "供暖", {"回应时限", "办结时限"}, "本社区规定的", "诉求提交"),
    "en": ("Closed", "Heating", {"response", "resolution"}, "The community's time limit for ", "Appeal opened"),
}


ROOT = Path(schema.__file__).parents[1]
TEXTS = {
    "said": 0,
    "invalid": 0,
    "Said": 0,
    "Joined": 1,
    "Fault": 1,
    "one_of": 2,
    "_refused": 0,
    "RequestError": 1,
    "too_large": 0,
    "_resync": 0,
    "say": 0,
    "remark": 0,
    "stop": 0,
    **dict.fromkeys(("CannotServe", "DatabaseUnusable", "Failed", "SettingsError"), 0),
}
"""Where calls of these functions have a text for people."""
NO_TEXTS = {"rules/record.py", "db/record.py", "db/verifying.py", "schema/engine/every_field.py"}
"""Modules with functions of the same names for something else."""
PASSED_ON = {
    *("self.code.message", "reason", "status", "problem", "submission.photo_problem", "chinese"),
    *(
        "text",
        "f'{form.name} {{number}}'",
        "whole.message",
        "message",
        "lost.said",
        "self.refusal.said",
        "said",
        "Said(text, details)",
    ),
}
"""Texts that were given elsewhere, or are for pages, which are Chinese."""
PATH = re.compile(r"[a-z][A-Za-z0-9]*")
CHINESE_LETTER = re.compile("[\u4e00-\u9fff]")
IN_TWO = re.compile("[\u4e00-\u9fff][^\n]* / |^ / [a-z]")


class Call(NamedTuple):
    """A call with a text for people."""

    module: Path
    name: str
    arguments: list[ast.expr]

    def texts(self) -> Iterator[str]:
        """The text, or its alternatives. A constant of the module is looked up."""
        at = TEXTS[self.name]
        yield from self._texts(self.arguments[at]) if len(self.arguments) > at else ()

    def _texts(self, given: ast.expr) -> Iterator[str]:
        if isinstance(given, ast.Starred):
            given = given.value
        if isinstance(given, ast.Constant):
            yield str(given.value)
        elif isinstance(given, ast.IfExp):
            yield from (*self._texts(given.body), *self._texts(given.orelse))
        elif ast.unparse(given) not in PASSED_ON:
            assert isinstance(given, ast.Name), (self.module, ast.unparse(given))
            named = ".".join(self.module.relative_to(ROOT).with_suffix("").parts)
            found = getattr(importlib.import_module(named), given.id)
            yield found if isinstance(found, str) else found[0]


@cache
def every_call() -> dict[str, list[Call]]:
    """The calls of functions by name, anywhere in the code."""
    found: dict[str, list[Call]] = {}
    for room in ("rules", "db", "schema", "api"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if path.relative_to(ROOT).as_posix() in NO_TEXTS:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    found.setdefault(node.func.id, []).append(Call(path, node.func.id, node.args))
    return found


def calls(*names: str) -> Iterator[Call]:
    """The calls of these functions anywhere in the code."""
    return (call for name in names for call in every_call()[name])


def reasons() -> set[str]:
    """What ``said`` is given anywhere."""
    return {text for call in calls("said") for text in call.texts()}


def messages() -> set[str]:
    """The messages of all refusals and faults, and their parts."""
    parts = {text for call in calls(*TEXTS.keys() - {"said"}) for text in call.texts()}
    return parts | {code.message for code in Code} | {f"{form.name} {{number}}" for form in FORMS} | {"、", "，"}


def braces(text: str) -> set[str]:
    """The names of the details of a text."""
    return set(re.findall(r"{(\w+)}", text))


@pytest.mark.parametrize("language", [each for each in languages.languages() if each != CHINESE])
def test_a_catalogue_has_every_label_reason_and_message_and_nothing_else(language: str) -> None:
    words = (*labelled_words(), *PlaceKind)
    wanted = {(f"{type(word).__name__}.{word.value}", word.label) for word in words}
    wanted |= {(REASON, each) for each in reasons()} | {(MESSAGE, each) for each in messages()}
    assert len(wanted) > 700
    assert catalogue(language).keys() == wanted
    assert [key for key, text in catalogue(language).items() if not text] == []
    assert [text for (_, chinese), text in catalogue(language).items() if not braces(text) <= braces(chinese)] == []


def test_the_chinese_catalogue_has_the_meaning_of_every_word_and_nothing_else() -> None:
    wanted = {(f"{type(word).__name__}.{word.value}", word.meaning) for word in labelled_words()}
    assert catalogue(CHINESE).keys() == wanted
    odd = [text for text in catalogue(CHINESE).values() if not text.endswith("。") or re.search("[A-Z_]{3}", text)]
    assert odd == []


@pytest.mark.long
def test_no_message_of_a_command_has_a_text_outside_of_the_catalogues() -> None:
    printing = {"fail", "typer.echo", "typer.prompt"}
    found = [
        part.value
        for path in sorted((ROOT / "api" / "commands").glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in printing
        for argument in call.args
        for part in ast.walk(argument)
        if isinstance(part, ast.Constant) and CHINESE_LETTER.search(str(part.value))
    ]
    assert found == []


def test_no_text_in_the_code_is_in_two_languages() -> None:
    found = [
        (path.name, part.value)
        for room in ("rules", "db", "schema", "api")
        for path in sorted((ROOT / room).rglob("*.py"))
        for part in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(part, ast.Constant) and IN_TWO.search(str(part.value))
    ]
    assert found == []


@pytest.mark.long
def test_no_problem_of_a_sheet_has_a_text_outside_of_the_catalogues() -> None:
    found = [call.arguments[at] for name, at in (("WrongCell", 0), ("CellProblem", 2)) for call in calls(name)]
    assert len(found) > 40
    assert [ast.unparse(each) for each in found if isinstance(each, ast.Constant | ast.JoinedStr)] == []


@pytest.mark.long
def test_no_error_of_a_request_has_a_text_outside_of_the_catalogues() -> None:
    found = [call for call in calls("HttpError", "TokenError", "NotAPicture", "TooLarge", "TooSlow") if call.arguments]
    texts = [ast.unparse(each) for call in found for each in call.arguments if isinstance(each, ast.JoinedStr)]
    texts += [str(each.value) for call in found for each in call.arguments if isinstance(each, ast.Constant)]
    assert len(found) > 20
    assert [text for text in texts if not re.fullmatch(r"[A-Z_]+|\d{3}", text)] == []


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        ("{ nothing }", "查询文档与接口定义不符：Cannot query field", "Cannot query field 'nothing'"),
        ("{", "查询文档有语法错误：Syntax Error", "Syntax Error"),
        ("query($d: Date!) { dutyRoster(on: $d) { servesOn } }", "变量与接口定义不符：Variable", "Variable '$d'"),
        ("{ appeals(first: 101) { totalCount } }", "填写有误：", "Invalid input: "),
        (
            "{ appeals(first: 100) { nodes { id timeline(first: 100) { totalCount } } } }",
            "每页数量合计",
            "The page sizes",
        ),
    ],
)
async def test_a_request_is_refused_in_the_language_of_the_client(
    reading: Tunping, query: str, zh: str, en: str
) -> None:
    secretary = await reading.as_("书记01")
    for header, words in (("zh", zh), ("en", en)):
        answer = await secretary.post({"query": query}, **{"accept-language": header})
        assert answer.body["errors"][0]["message"].startswith(words)


async def test_who_is_not_signed_in_is_told_so_in_their_language(reading: Tunping) -> None:
    for header, words in (("zh", "请先登录，再查询 me。"), ("en", "Sign in to ask for me.")):
        answer = await reading.as_nobody().post({"query": "{ me { id } }"}, **{"accept-language": header})
        assert (answer.code, answer.body["errors"][0]["message"]) == ("UNAUTHENTICATED", words)


@pytest.mark.long
def test_the_path_of_a_refusal_names_fields() -> None:
    steps = [each for call in calls("invalid") for each in call.arguments[1:] if isinstance(each, ast.Constant)]
    assert [each.value for each in steps if not PATH.fullmatch(str(each.value))] == []


def test_english_is_a_catalogue_and_chinese_is_in_the_code() -> None:
    assert languages.languages() == ("zh", "en")


@pytest.mark.parametrize(("header", "language"), [("zh-CN", "zh"), ("en-GB, zh;q=0.5", "en"), ("fr", "zh"), ("", "zh")])
async def test_labels_and_reasons_follow_the_language_of_the_request(
    reading: Tunping, header: str, language: str
) -> None:
    secretary = await reading.as_("书记01")
    status, category, clocks, why, opened = SAID[language]
    answer = await secretary.post({"query": OF_APPEALS}, **{"accept-language": header})
    (appeal,) = answer.data["appeals"]["nodes"]
    assert (appeal["statusLabel"], appeal["categoryLabel"]) == (status, category)
    assert {each["kindLabel"] for each in appeal["deadlines"]} == clocks
    assert all(each["why"].startswith(why) for each in appeal["deadlines"])
    assert appeal["timeline"]["nodes"] == [{"kindLabel": opened}]


async def test_the_vocabulary_is_for_everybody_and_says_what_labels_say(reading: Tunping) -> None:
    query = {"query": "{ vocabulary { enum value label meaning } }"}
    for header, label, meaning in (
        ("zh", "独居老人", "独居老人，每天通过电话或上门联系。"),
        ("en", "Elderly person living alone", Colour.RED.meaning),
    ):
        found = (await reading.as_nobody().post(query, **{"accept-language": header})).data["vocabulary"]
        assert len(found) == len(labelled_words())
        red = {"enum": "ResidentColour", "value": "RED", "label": label, "meaning": meaning}
        assert red in found


async def test_what_is_made_of_answers_stays_chinese(reading: Tunping) -> None:
    page = await reading.http.get("/wishes", headers={"accept-language": "en"})
    assert "心愿" in page.text
    assert "Waiting to be claimed" not in page.text


UYGHUR = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgctxt "AppealStatus.CLOSED"
msgid "已办结"
msgstr "تاماملاندى"

msgctxt "reason"
msgid "本社区规定的"
msgstr "مەھەللە بەلگىلىگەن "

msgctxt "message"
msgid "填写有误：{reason}。"
msgstr "خاتا تولدۇرۇلغان: {reason}."

msgctxt "message"
msgid "宽限为 0 到 {days} 天"
msgstr "مۆھلەت 0 دىن {days} گىچە"
"""
LONG = """mutation { setCadence(input: {colour: YELLOW, period: WEEK, modes: [PHONE], graceDays: 999}) {
    errors { message } } }"""


async def test_a_language_is_one_file_to_add(demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ug.po").write_text(UYGHUR, encoding="utf-8")
    monkeypatch.setattr(languages, "CATALOGUES", tmp_path)
    for each in (languages.languages, languages.catalogue):
        each.cache_clear()
    try:
        async with serving(demo_url) as client:
            secretary = await client.as_("书记01")
            header = {"accept-language": "ug-CN, zh;q=0.5"}
            appeals = (await secretary.post({"query": OF_APPEALS}, **header)).data["appeals"]["nodes"]
            (refused,) = (await secretary.post({"query": LONG}, **header)).data["setCadence"]["errors"]
    finally:
        for each in (languages.languages, languages.catalogue):
            each.cache_clear()
    assert appeals[0]["statusLabel"] == "تاماملاندى"
    assert all(each["why"].startswith("مەھەللە بەلگىلىگەن ") for each in appeals[0]["deadlines"])
    assert refused == {"message": f"خاتا تولدۇرۇلغان: مۆھلەت 0 دىن {LONGEST_GRACE} گىچە."}
