"""The declaration of mutations: inputs, which are read as the dataclasses that acts take, and payloads."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

import strawberry
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from db.base import Row
from db.transaction import Named, Transaction
from rules.gathering import refusals_under
from rules.refusals import Code, Refusal, invalid, together
from rules.text import check_characters, is_seen
from schema.compiler.declare import argument
from schema.compiler.registry import PREFIXES, TYPE, described
from schema.ids import parse_id
from schema.problems import Problem

PHOTOS = "SHA-256 of photos that were uploaded by `PUT /photos/{sha256}`; at most 9 per case."
MOST_IN_A_LIST = 50
"""A compromise between the largest cases, of some tens of homes, and the length of a transaction."""
MUTATION, _PREFIX, _TO, _CHANGE, _ERASES, _SECRET = "mutation", "prefix", "to", "change", "erases", "secret"
_NEW = "new"
SUBMITS = "submits"
"""The key of the metadata of mutations that run others, each in a transaction of its own."""
CLEAR = "clear"
"""The field of an input that names what is to be erased."""
_INPUTS: dict[Any, type] = {}
"""The input type of each dataclass that is nested in others."""
Class = TypeVar("Class", bound=type)
Act = Callable[[Transaction, Any], Awaitable[Any]]
Shown = Callable[[Any, Any], Mapping[str, Any]]


def takes(target: type) -> Callable[[Class], Class]:
    """An input type, described by its docstring, that is read as a dataclass of an act.

    Its fields have the names of the dataclass's fields, unless ``to`` gives another one. Omitted and null fields get
    the dataclass's default: null never erases anything. Fields of the dataclass that the input does not have need a
    default.
    """

    def declare(cls: Class) -> Class:
        _INPUTS.setdefault(target, cls)
        return _input(cls, target, described(cls))

    return declare


def required(description: str, prefix: str | None = None, *, to: str | None = None, new: bool = False) -> Any:
    """A required field; with ``prefix`` the id, or the ids, of objects of that type, which may be ``new``."""
    return strawberry.field(description=description, metadata={_PREFIX: prefix, _TO: to, _NEW: new})


def optional(description: str, prefix: str | None = None, *, to: str | None = None, new: bool = False) -> Any:
    """An optional field."""
    facts = {_PREFIX: prefix, _TO: to, _NEW: new}
    return strawberry.field(default=strawberry.UNSET, description=description, metadata=facts)


def change(description: str, prefix: str | None = None, *, erases: bool = False) -> Any:
    """A field of a correction. It is among the ``changes`` of the dataclass if given.

    What the act ``erases`` is a value of the input's ``clear``. It is then among the changes as None, or as no items.
    """
    facts = {_CHANGE: True, _ERASES: erases, _PREFIX: prefix}
    return strawberry.field(default=strawberry.UNSET, description=description, metadata=facts)


def secret(description: str, *, needed: bool = False) -> Any:
    """A field with a code that grants access. Each client may send a limited number of unknown codes."""
    default: Any = MISSING if needed else strawberry.UNSET
    return strawberry.field(default=default, description=description, metadata={_SECRET: True})


def own_id(prefix: str) -> Any:
    """The id of the new object, made by the client."""
    text = f"`{prefix}_<uuid>`, made by the client (UUIDv7): a retry with it is harmless."
    return required(text, prefix, new=True)


def act_id() -> Any:
    """The id of the act, made by the client."""
    return optional("`act_<uuid>`, made by the client (UUIDv7): a retry with it is harmless.", "act", new=True)


def _input_of(act: Act, description: str, given: Mapping[str, Any]) -> type:
    """An input type for the dataclass that an act takes, which also determines the types of the fields."""
    name = f"{capitalize_first(to_camel_case(act.__name__))}Input"
    target: Any = get_type_hints(act)[list(inspect.signature(act).parameters)[1]]
    hints = get_type_hints(target)
    types = {each: _input_type(hints[field.metadata.get(_TO) or each], field) for each, field in given.items()}
    return _input(type(name, (), {"__annotations__": types, **given}), target, description)


def _input(cls: Class, target: Any, description: str) -> Class:
    """An input type that is read as a dataclass. Raises TypeError if their fields do not fit."""
    _add_clear(cls)
    made: Any = strawberry.input(cls, description=description)
    made.__target__ = target
    metadata = {each.python_name: each.metadata for each in _given_fields(made)}
    known = {"changes" if facts.get(_CHANGE) else facts.get(_TO) or name for name, facts in metadata.items()}
    wanted = {each.name: each for each in fields(target)}
    necessary = {name for name, each in wanted.items() if each.default is each.default_factory is MISSING}
    if not necessary <= known <= wanted.keys():
        wrong = sorted((necessary - known) | (known - wanted.keys()))
        raise TypeError(f"{cls.__name__} does not fit {target.__name__}: {', '.join(wrong)}")
    return cls


def _add_clear(cls: Any) -> None:
    """Adds ``clear``, with an enum of the fields that the act can erase, if there are any."""
    erased = [name for name, each in vars(cls).items() if getattr(each, "metadata", {}).get(_ERASES)]
    if not erased:
        return
    make: Any = StrEnum
    words: Any = make(f"{cls.__name__.removesuffix('Input')}Clear", {name.upper(): name.upper() for name in erased})
    strawberry.enum(words, description=f"What `{CLEAR}` of `{cls.__name__}` can erase.")
    for each in words.__strawberry_definition__.values:
        each.description = f"Erases `{to_camel_case(each.name.lower())}`."
    cls.__annotations__[CLEAR] = list[words] | None
    setattr(cls, CLEAR, optional("The fields to erase. What is null or not given keeps its value."))


def _input_type(hint: Any, field: Any) -> Any:
    """The GraphQL type for the type of a dataclass's field; nullable if the field is optional."""
    alternatives = [each for each in get_args(hint) if each is not type(None)]
    bare = alternatives[0] if type(None) in get_args(hint) else hint
    many = get_origin(bare) is list
    item = get_args(bare)[0] if many else bare
    item = strawberry.ID if item is UUID else _INPUTS.get(item, item)
    type_: Any = list[item] if many else item  # type: ignore[valid-type]
    return type_ if field.default is MISSING else type_ | None


def reason(description: str) -> Any:
    """A required text that the act takes as its note."""
    return required(description, to="note")


def reader_of(cls: type) -> Callable[[Mapping[str, Any]], Any]:
    """A function that reads an input object as its dataclass. Refuses malformed ids and long lists, with their path."""
    return _reader(cls).read


def named_in(cls: type, given: Any) -> Iterator[Named]:
    """The existing objects that an input names: each with its path, its table, and its id."""
    return _reader(cls).named(given)


@cache
def _reader(cls: Any) -> _Reader:
    return _Reader(cls.__target__, [_field(each) for each in _given_fields(cls)])


def _given_fields(cls: Any) -> list[StrawberryField]:
    """The fields of an input type, without ``clear``."""
    return [each for each in cls.__strawberry_definition__.fields if each.python_name != CLEAR]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    to: str
    prefix: str | None
    change: bool
    erases: bool
    many: bool
    nested: type | None
    new: bool

    def read(self, value: Any) -> Any:
        if not self.many:
            return self._item(value, self.name)
        if len(value) > MOST_IN_A_LIST:
            raise invalid("最多 {most} 项", self.name, most=MOST_IN_A_LIST)
        found: list[Any] = []
        refused: list[Refusal] = []
        for index, each in enumerate(value):
            try:
                found.append(self._item(each, self.name, index))
            except Refusal as refusal:
                refused.append(refusal)
        if refused:
            raise together(refused)
        return found

    def named(self, path: tuple[str | int, ...], item: Any) -> Iterator[Named]:
        """The existing objects that an item of this field is, or names."""
        if self.nested is not None:
            yield from (((*path, *below), model, uuid) for below, model, uuid in _reader(self.nested).named(item))
        elif self.prefix in PREFIXES:
            entity: Any = PREFIXES[self.prefix]
            yield path, entity.__entity__.model, item

    def _item(self, value: Any, *path: str | int) -> Any:
        if self.prefix is not None:
            return parse_id(self.prefix, value, *path)
        if self.nested is None:
            if isinstance(value, str):
                check_characters(value, *path)
            return value
        with refusals_under(*path):
            return _reader(self.nested).read(value)


def _field(field: StrawberryField) -> _Field:
    type_: Any = field.type.of_type if isinstance(field.type, StrawberryOptional) else field.type
    many = isinstance(type_, StrawberryList)
    item = type_.of_type if many else type_
    return _Field(
        name=to_camel_case(field.python_name),
        to=field.metadata.get(_TO) or field.python_name,
        prefix=field.metadata.get(_PREFIX),
        change=field.metadata.get(_CHANGE, False),
        erases=field.metadata.get(_ERASES, False),
        many=many,
        nested=item if hasattr(item, "__target__") else None,
        new=field.metadata.get(_NEW, False),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    target: type
    fields: Sequence[_Field]

    def read(self, given: Mapping[str, Any]) -> Any:
        """Reads an input object. A field that is null means the same as one that is not given."""
        found: dict[str, Any] = {}
        changes: dict[str, Any] = {}
        erased, refused = self._erased(given)
        for each in self.fields:
            if given.get(each.name) is None and each.to not in erased:
                continue
            try:
                self._read_field(each, given, changes if each.change else found)
            except Refusal as refusal:
                refused.append(refusal)
        if refused:
            raise together(refused)
        return self.target(**found, changes=changes) if changes else self.target(**found)

    def named(self, given: Any) -> Iterator[Named]:
        """The existing objects that a dataclass names."""
        for each in self.fields:
            value = given.changes.get(each.to) if each.change else getattr(given, each.to)
            if value is None or each.new or (each.nested is None and each.prefix is None):
                continue
            items = [((each.name, at), item) for at, item in enumerate(value)] if each.many else [((each.name,), value)]
            for path, item in items:
                yield from each.named(path, item)

    @staticmethod
    def _read_field(each: _Field, given: Mapping[str, Any], found: dict[str, Any]) -> None:
        """Reads a field that is given, or to be erased."""
        value = given.get(each.name)
        if value is None:
            found[each.to] = [] if each.many else None
            return
        found[each.to] = each.read(value)
        _check_kept(each, value)

    def _erased(self, given: Mapping[str, Any]) -> tuple[set[str], list[Refusal]]:
        """The fields that ``clear`` names, and the refusals of those that are also given."""
        words = [str(word).lower() for word in given.get(CLEAR) or ()]
        names = {each.to: each.name for each in self.fields if each.erases} if words else {}
        twice = [index for index, word in enumerate(words) if given.get(names[word]) is not None]
        refused = [invalid("不能同时填写和清空", CLEAR, index) for index in twice]
        return set(words), refused


def _check_kept(field: _Field, value: Any) -> None:
    """Refuses a blank text, which would erase a field without naming it."""
    if field.erases and isinstance(value, str) and not is_seen(value):
        raise invalid("不能为空白，如要清空，请另行注明", field.name)


@strawberry.interface(description="What a mutation returns. A refused one has changed nothing.")
class Payload:
    errors: list[Problem] = strawberry.field(
        default_factory=list, description="The reasons for a refusal; empty if the mutation was done."
    )


def payload(cls: Class) -> Class:
    """A payload type, described by its docstring, with ``errors`` for refusals."""
    own = {name: each for name, each in vars(cls).items() if name not in {"__dict__", "__weakref__"}}
    made: Any = type(cls.__name__, (Payload,), own)
    declared: Class = strawberry.type(made, description=described(cls))
    return declared


def payload_of(name: str, **objects: Any) -> type:
    """A payload type with one field per object, or per list of objects."""
    nouns = {field: field.replace("_", " ") for field in objects}
    types: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for field, type_ in objects.items():
        if get_origin(type_) is list:
            types[field], shown[field] = type_, lists(f"The {nouns[field]}; empty when refused.")
        else:
            types[field] = type_ | None
            shown[field] = shows(f"The {nouns[field]}; null when refused, or not visible to the viewer.")
    described_as = f"The {' and the '.join(nouns.values())} after a mutation."
    return payload(type(name, (), {"__annotations__": types, "__doc__": described_as, **shown}))


def shows(description: str) -> Any:
    """An object that the act created or changed; null if it was refused."""
    return strawberry.field(default=None, description=description)


def lists(description: str) -> Any:
    """Objects that the act created or changed; empty if it was refused."""
    return strawberry.field(default_factory=list, description=description)


@dataclass(frozen=True, slots=True)
class Mutation:
    """The input type, act and payload of a mutation."""

    takes: type
    act: Act
    payload: type
    shown: Shown
    """Makes the payload's fields from the input and the act's result, with ids in place of objects."""
    secret: str = ""
    """The attribute of the input with a code that grants access."""

    async def do(self, tx: Transaction, given: Any) -> Any:
        """Does the act. A refusal for one unknown id tells the other unknown ids of the input too."""
        if tx.viewer.role is not None:
            tx.named = partial(named_in, self.takes, given)
        return await self.act(tx, given)

    def looks_up(self, given: Any) -> bool:
        """True if the input has a code, which is looked up."""
        return bool(self.secret) and getattr(given, self.secret, None) is not None

    def missed(self, problems: Sequence[Problem]) -> bool:
        """True if the act was refused because the code is unknown."""
        path = [to_camel_case(self.secret)]
        return any(each.code is Code.NOT_FOUND and each.path == path for each in problems)


def mutation(
    act: Act,
    payload: type,
    description: str,
    /,
    *,
    takes: type | None = None,
    shown: Shown | None = None,
    **fields: Any,
) -> Any:
    """A field that runs one act inside the request's transaction; a refused act changes nothing.

    Its input type is named after the act and has these fields, unless ``takes`` is the input type. What the act
    returns, a row or an id, is the first field of the payload, unless ``shown`` says otherwise.
    """
    input_type = takes or _input_of(act, description, fields)
    first = next(iter(payload.__annotations__))
    declared = Mutation(
        input_type, act, payload, shown or (lambda _, made: {first: id_of(made)}), _secret_in(input_type)
    )
    field = StrawberryField(description=description, metadata={MUTATION: declared, TYPE: payload})
    field.arguments = [argument("input", input_type, "The input.")]
    return field


def _secret_in(input_type: Any) -> str:
    """The field of an input type with a code that grants access, or an empty text."""
    fields: Sequence[StrawberryField] = input_type.__strawberry_definition__.fields
    return next((each.python_name for each in fields if each.metadata.get(_SECRET)), "")


def move(act: Act, payload: type, description: str, /, *, shown: Shown | None = None, **fields: Any) -> Any:
    """A mutation of an existing object. Its input has the id of the act."""
    return mutation(act, payload, description, shown=shown, **fields, act=act_id())


def id_of(made: Row | UUID) -> UUID:
    found: UUID = made if isinstance(made, UUID) else made.__dict__["id"]
    return found
