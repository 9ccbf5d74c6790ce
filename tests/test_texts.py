"""Texts that people read: no names of enums in messages, and full-width punctuation in Chinese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from rules.appeals import AppealLevel, AppealStatus
from rules.disputes import DisputeLevel, DisputeStatus
from rules.refusals import Code, Refusal, Said
from rules.vocabulary import Word
from rules.wishes import WishStatus
from schema.languages import message_of

ROOT = Path(__file__).parent.parent
ROOMS = ("rules", "db", "schema", "api", "seeds")
STRANGE = ROOT / "seeds" / "odd.py"
"""Texts as people also type them."""
STATES = (*AppealStatus, *DisputeStatus, *WishStatus)
LEVELS = (*AppealLevel, *DisputeLevel)
HALF_WIDTH = re.compile(r"[一-鿿」）][,;:?!(]|[,;:?!)][一-鿿「（]")


@pytest.mark.parametrize(
    ("code", "name", "words"), [(Code.WRONG_STATE, "status", STATES), (Code.WRONG_LEVEL, "level", LEVELS)]
)
def test_a_refusal_names_a_state_as_people_do(code: Code, name: str, words: tuple[Word, ...]) -> None:
    for word in words:
        refusal = Refusal(code, **{name: word})
        assert word.label in refusal.message()
        for language in ("zh", "en"):
            assert word.value not in message_of(refusal, language)
    assert message_of(Refusal(Code.WRONG_STATE, status=AppealStatus.AWAITING_CONFIRMATION), "en") == (
        "Not possible while it is: Awaiting confirmation."
    )


def test_a_detail_is_said_in_the_language_of_the_message() -> None:
    refusal = Refusal(Code.WRONG_STATE, "qrCode", status=Said("已停用"))
    assert refusal.message() == "当前状态为「已停用」，不能这样处理。"
    assert message_of(refusal.under("input"), "en") == "Not possible while it is: revoked."


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """The literals of a module, with a letter in place of what is filled in, but no docstrings."""
    tree = ast.parse(path.read_text())
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    parts |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value


def _is_chinese(text: str) -> bool:
    """True for a Chinese sentence: not for a pattern, and not for an English one that quotes Chinese words."""
    chinese, latin = len(re.findall(r"[一-鿿]", text)), len(re.findall(r"[A-Za-z]", text))
    return chinese > latin and "\\" not in text and "[" not in text and "(?" not in text


@pytest.mark.long
def test_chinese_texts_have_full_width_punctuation() -> None:
    modules = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if path != STRANGE]
    pages = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.html"))]
    texts = [(path, line, text) for path in modules for line, text in _strings(path) if _is_chinese(text)]
    texts += [(path, line, text) for path in pages for line, text in enumerate(path.read_text().splitlines(), 1)]
    assert [(str(path.relative_to(ROOT)), line, text) for path, line, text in texts if HALF_WIDTH.search(text)] == []


@pytest.mark.long
def test_refusals_take_words_and_not_their_names() -> None:
    """`status=case.status.value` would show the name of an enum in the message."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for room in ("rules", "db")
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal"
        for given in node.keywords
        if given.arg in {"status", "level"}
        and (
            isinstance(given.value, ast.Constant)
            or (isinstance(given.value, ast.Attribute) and given.value.attr == "value")
        )
    ]
    assert found == []
