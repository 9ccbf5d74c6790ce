"""Every field, filter and order of the schema compiles for every role, without a database."""

from itertools import product

from rules.access import Role
from rules.documents import DocumentKind
from schema.compiler.documents import plan_documents
from schema.engine.every_field import problems
from schema.schema import SCHEMA


def test_every_field_compiles_for_every_role() -> None:
    assert list(problems(SCHEMA._schema)) == []


def test_the_documents_of_phones_compile_for_every_role() -> None:
    for kind, role in product(DocumentKind, Role):
        plan_documents(SCHEMA._schema, kind, role, "zh")
