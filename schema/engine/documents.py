"""Reads documents. A document is bounded before it is validated, so that each step takes time linear in its length."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import graphql

from schema.compiler.plan import Operation, fragments_of
from schema.compiler.refused import RequestError, too_large
from schema.compiler.selection import FIELD_BUDGET, TOO_MANY_FIELDS
from schema.schema import SCHEMA

MOST_CHARACTERS = 32_000
"""Parsing takes up to 0.4 µs a character. Long texts belong into variables."""
MOST_TOKENS = 1_000
"""Parsing takes about 10 µs a token. A page of the dashboard has some 300 tokens."""
MOST_DEPTH = 20
"""Levels of fields. The introspection queries of common tools have 13 to 15."""
MOST_PAIRS = 2_000
"""Pairs of fields with one response key, and of fragments in one place. Validation compares each pair of them, so
63 components may each select ``id`` of the same object."""
MOST_VALUES = 5_000
"""Values in the variables, ten times those of the longest inputs. Checking one takes up to 10 µs."""
MOST_ERRORS = 5
"""Errors of one answer. Each costs a search for similar names."""
_LONG_NUMBER = re.compile("(?<![0-9])[0-9]{400}")
"""Longer than any Float (309 digits). Python converts up to 4,300 digits. The lookbehind keeps the search linear."""


class InvalidDocument(Exception):
    """A document that does not fit the schema."""

    def __init__(self, errors: list[graphql.GraphQLError]) -> None:
        super().__init__()
        self.errors = errors


async def read(text: str, name: str | None) -> Operation:
    """The named or only operation of a document. Raises GraphQLError or InvalidDocument."""
    document = await check(text)
    node = graphql.get_operation_ast(document, name)
    if node is None:
        raise RequestError("UNKNOWN_OPERATION", "请在「operationName」中写明要执行的操作。")
    await asyncio.sleep(0)
    return Operation(SCHEMA._schema, node, fragments_of(document))


async def check(text: str) -> graphql.DocumentNode:
    """A document within the limits that fits the schema. Raises GraphQLError or InvalidDocument.

    Other requests run between the steps.
    """
    if len(text) > MOST_CHARACTERS:
        raise too_large("查询文档最多 {most} 个字符。", most=MOST_CHARACTERS)
    if _LONG_NUMBER.search(text):
        raise RequestError("GRAPHQL_VALIDATION_FAILED", "查询文档中有一个数字位数过多。")
    document = graphql.parse(text, max_tokens=MOST_TOKENS)
    await asyncio.sleep(0)
    _Bounds(document).check()
    await asyncio.sleep(0)
    if errors := graphql.validate(SCHEMA._schema, document, max_errors=MOST_ERRORS):
        raise InvalidDocument(errors)
    return document


def refuse_many(variables: Mapping[str, Any]) -> None:
    """Raises RequestError (``QUERY_TOO_LARGE``) for variables with more than ``MOST_VALUES`` values."""
    waiting: list[Any] = [variables]
    left = MOST_VALUES
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            value = value.values()
        elif not isinstance(value, list):
            continue
        left -= len(value)
        if left < 0:
            raise too_large("变量最多 {most} 个值。", most=MOST_VALUES)
        waiting.extend(value)


class _Bounds:
    """Counts what validation and planning will visit: the fields with their fragments expanded, merged by response key.

    Type conditions are ignored, so the counts are upper bounds. The document is not valid yet: a fragment may be
    missing or contain itself.
    """

    def __init__(self, document: graphql.DocumentNode) -> None:
        self._document = document
        self._fragments = fragments_of(document)
        self._used: set[str] = set()
        self._fields, self._pairs = FIELD_BUDGET, MOST_PAIRS

    def check(self) -> None:
        """Raises RequestError (``QUERY_TOO_LARGE``)."""
        for each in self._document.definitions:
            if isinstance(each, graphql.OperationDefinitionNode):
                self._check([each.selection_set], 1)
        for name, fragment in self._fragments.items():
            if name not in self._used:
                self._check([fragment.selection_set], 1)

    def _check(self, sets: Sequence[graphql.SelectionSetNode], depth: int) -> None:
        """Checks the fields of merged selection sets, and those below them."""
        if depth > MOST_DEPTH:
            raise too_large("一次操作最多嵌套 {most} 层。", most=MOST_DEPTH)
        counts: Counter[str] = Counter()
        below: defaultdict[str, list[graphql.SelectionSetNode]] = defaultdict(list)
        spread: set[str] = set()
        for field in self._expanded(sets, spread):
            key = (field.alias or field.name).value
            counts[key] += 1
            if field.selection_set:
                below[key].append(field.selection_set)
        self._used |= spread
        self._pairs -= sum(n * (n - 1) // 2 for n in (len(spread), *counts.values()))
        if self._pairs < 0:
            raise too_large("查询文档在同一处重复字段或片段的次数过多。")
        for each in below.values():
            self._check(each, depth + 1)

    def _expanded(self, sets: Sequence[graphql.SelectionSetNode], spread: set[str]) -> Iterator[graphql.FieldNode]:
        """The fields of selection sets, with fragments expanded. Adds the names of the fragments to ``spread``."""
        waiting = list(sets)
        while waiting:
            for node in waiting.pop().selections:
                if isinstance(node, graphql.FieldNode):
                    self._fields -= 1
                    if self._fields < 0:
                        raise too_large(TOO_MANY_FIELDS, most=FIELD_BUDGET)
                    yield node
                elif isinstance(node, graphql.InlineFragmentNode):
                    waiting.append(node.selection_set)
                elif isinstance(node, graphql.FragmentSpreadNode) and node.name.value not in spread:
                    spread.add(node.name.value)
                    if node.name.value in self._fragments:
                        waiting.append(self._fragments[node.name.value].selection_set)
