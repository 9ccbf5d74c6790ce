"""Every field, filter and order of the schema compiles for every role, without a database."""

from schema.engine.every_field import problems
from schema.schema import SCHEMA


def test_every_field_compiles_for_every_role() -> None:
    assert list(problems(SCHEMA._schema)) == []
