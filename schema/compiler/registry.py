"""The registry of declared types and root fields, and their conversion to Strawberry types.

There is no list of nouns. All modules of the package are imported, and each registers its declarations.
"""

import importlib
import inspect
import pkgutil
from itertools import chain
from types import ModuleType
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

import rules
from db.base import Row, model_of, table
from rules.vocabulary import Word
from schema.enum_names import name_of

FOREIGN_KEY, PREFIX, TYPE, LABEL = "foreign_key", "prefix", "type", "label"
"""Keys in a field's metadata from which its type is derived."""
TYPES: list[type] = []
"""The object types in order of declaration."""
MAIN: dict[type[Row], type] = {}
"""The GraphQL type of each table."""
PREFIXES: dict[str, type] = {}
"""The GraphQL type of each id prefix."""
ROOTS: dict[str, list[type]] = {"Query": [], "Mutation": [], "Subscription": []}
"""Classes whose fields are root fields, by the name of the root type."""


def described(documented: object) -> str:
    """The docstring in one line, for the SDL."""
    return " ".join(inspect.cleandoc(documented.__doc__ or "").split())


def import_all(package: ModuleType) -> None:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if not module.ispkg:
            importlib.import_module(module.name)


def complete() -> None:
    """Converts all declarations to Strawberry types, after all modules are imported."""
    for cls in (*TYPES, *chain.from_iterable(ROOTS.values())):
        _complete_type(cls)


def root(name: str, description: str) -> type:
    """A root type with the fields of all nouns."""
    return strawberry.type(type(name, tuple(ROOTS[name]), {}), name=name, description=description)


def vocabulary(word: type[Word]) -> type[Word]:
    """Declares a GraphQL enum with descriptions of its values."""
    made: Any = strawberry.enum(word, name=name_of(word), description=described(word))
    for each in made.__strawberry_definition__.values:
        each.description = word(each.value).meaning
    return word


def _complete_type(cls: type) -> None:
    """Adds the label fields, and an annotation to each field without one, derived from its metadata."""
    fields: dict[str, StrawberryField] = {}
    for name, each in list(vars(cls).items()):
        if isinstance(each, StrawberryField):
            fields[name] = each
            if LABEL in each.metadata:
                label_name, label = each.metadata[LABEL]
                fields[label_name or f"{name}_label"] = label
    for name, each in fields.items():
        setattr(cls, name, each)
    given = inspect.get_annotations(cls)
    cls.__annotations__ = {name: given.get(name) or _type_of(cls, each) for name, each in fields.items()}
    strawberry.type(cls, description=described(cls))


def _type_of(cls: type, field: StrawberryField) -> Any:
    if TYPE in field.metadata:
        return field.metadata[TYPE]
    if PREFIX in field.metadata:
        return PREFIXES[field.metadata[PREFIX]] | None
    foreign_key = field.metadata[FOREIGN_KEY]
    model = getattr(getattr(cls, "__entity__", None), "model", None)
    keys = () if model is None else table(model).c[foreign_key].foreign_keys
    name = next((key.column.table.name for key in keys if key.column.name == "id"), foreign_key.removesuffix("_id"))
    return (PREFIXES.get(name) or MAIN[model_of(name)]) | None


import_all(rules)
for each in Word.__subclasses__():
    vocabulary(each)
