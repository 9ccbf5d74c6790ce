"""Labels and reasons in the language of the request, from catalogues that lack nothing."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import schema
from schema.languages import CHINESE, LANGUAGES, REASON, catalogue
from schema.vocabulary import labelled_words
from tests.client import Tunping

OF_APPEALS = """{ appeals(first: 1, where: {category: [HEATING]}) { nodes {
    statusLabel categoryLabel deadlines { kindLabel why } timeline(first: 1) { nodes { kindLabel } } } } }"""
SAID = {
    "zh": ("已办结", "供暖", {"回应时限", "办结时限"}, "本社区规定的", "诉求提交"),
    "en": ("Closed", "Heating", {"response", "resolution"}, "The community's time limit for ", "Appeal opened"),
}


def reasons() -> Iterator[str]:
    """What ``said`` is given anywhere in the schema."""
    root = Path(schema.__file__).parent
    for path in root.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
                (given,) = node.args
                if isinstance(given, ast.Constant):
                    yield str(given.value)
                else:
                    assert isinstance(given, ast.Name), ast.unparse(given)
                    module = ".".join(path.relative_to(root.parent).with_suffix("").parts)
                    yield getattr(importlib.import_module(module), given.id)


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != CHINESE])
def test_a_catalogue_has_every_label_and_every_reason_and_nothing_else(language: str) -> None:
    labels = {(f"{type(word).__name__}.{word.value}", word.label) for word in labelled_words()}
    wanted = labels | {(REASON, each) for each in reasons()}
    assert len(wanted) > 400
    assert catalogue(language).keys() == wanted
    assert [key for key, text in catalogue(language).items() if not text] == []


def test_english_is_a_catalogue_and_chinese_is_in_the_code() -> None:
    assert LANGUAGES == ("zh", "en")


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
    for header, label in (("zh", "独居老人"), ("en", "Elderly person living alone")):
        found = (await reading.as_nobody().post(query, **{"accept-language": header})).data["vocabulary"]
        assert len(found) == len(labelled_words())
        red = {"enum": "ResidentColour", "value": "RED", "label": label}
        assert [each for each in found if red.items() <= each.items()] != []


async def test_what_is_made_of_answers_stays_chinese(reading: Tunping) -> None:
    page = await reading.http.get("/wishes", headers={"accept-language": "en"})
    assert "心愿" in page.text
    assert "Waiting to be claimed" not in page.text
