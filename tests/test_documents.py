"""What the README shows is a question that the schema answers."""

import re
from pathlib import Path

import pytest
from graphql import DocumentNode, parse, validate

from schema.schema import SCHEMA

README = Path(__file__).parents[1] / "README.md"
SHOWN = re.compile(r"^    (?:\{|query|mutation|subscription).*\n(?:^    .*\n)*", re.MULTILINE)
DOCUMENTS = SHOWN.findall(README.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_the_readme_asks_can_be_asked(document: str) -> None:
    for operation in parse(document).definitions:
        assert validate(SCHEMA._schema, DocumentNode(definitions=(operation,))) == []


def test_the_readme_shows_questions() -> None:
    assert len(DOCUMENTS) >= 9
