"""Every field, filter and order of the schema compiles for every role, without a database."""

from itertools import product
from typing import Any, cast

import pytest
from graphql import GraphQLObjectType

from db import scope, sql
from db.notices import Notice
from db.scope import Scope
from rules.access import Role
from rules.documents import DocumentKind
from schema.compiler.declare import SOURCE
from schema.compiler.documents import plan_documents
from schema.compiler.sources import Row, Value
from schema.engine.every_field import problems
from schema.schema import SCHEMA


def test_every_field_compiles_for_every_role() -> None:
    assert list(problems(SCHEMA._schema)) == []


@pytest.mark.long
def test_what_does_not_compile_for_one_role_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A visibility rule, and a field that depends on the role."""
    rule, types = scope._RULES[Notice], SCHEMA._schema.type_map

    def seen(t: sql.From, viewer: Scope) -> sql.Column:
        return t.c.told_too if viewer.role is Role.SECRETARY else rule(t, viewer)

    def body(row: Row) -> sql.Column:
        read: sql.Column = row.c.body_too if row.scope.role is Role.PARTNER else row.c.body
        return read

    monkeypatch.setitem(cast(dict[Any, Any], scope._RULES), Notice, seen)
    declared = cast(GraphQLObjectType, types["Appeal"]).fields["body"].extensions["strawberry-definition"]
    monkeypatch.setattr(declared, "metadata", {**declared.metadata, SOURCE: Value(body)})
    found = list(problems(SCHEMA._schema))
    of_rule = [each for each in found if each.role is Role.SECRETARY]
    of_field = [each for each in found if each.role is Role.PARTNER]
    assert len(found) == len(of_rule) + len(of_field)
    assert {each.field.partition(".")[0] for each in of_rule} >= {"Notice"}
    assert {"'told_too'" in each.reason for each in of_rule} == {True}
    assert "Appeal.body" in {each.field for each in of_field}
    assert {"'body_too'" in each.reason for each in of_field} == {True}


def test_the_documents_of_phones_compile_for_every_role() -> None:
    for kind, role in product(DocumentKind, Role):
        plan_documents(SCHEMA._schema, kind, role, "zh")
