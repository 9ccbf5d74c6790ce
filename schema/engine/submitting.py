"""Runs submitted acts one by one, each in a transaction of its own, and answers each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import graphql
import orjson
from graphql.pyutils import Undefined
from graphql.utilities import coerce_input_value

from db.acts.journal import digest_of
from db.acts.submissions import NOUNS, answered_before, changed_since, note_versions
from db.documents import versions_of
from db.positions import LAST_DIGITS, place_entries
from db.submissions import Submission
from db.transaction import Transaction
from rules.documents import DocumentKind
from rules.refusals import Code, Refusal, invalid
from rules.submissions import MOST_ACTS, ActOutcome, fields_set, meet
from schema.compiler.arguments import read_argument
from schema.compiler.plan import Operation
from schema.compiler.registry import PREFIXES
from schema.compiler.selection import Selected, Selections
from schema.engine.context import Context
from schema.engine.replication import Reader, Stage
from schema.ids import split_id
from schema.mutations.parts import MUTATION, SUBMITS, Mutation, reader_of
from schema.problems import problems_of
from schema.scalars import rfc_3339

_KINDS = {"account": DocumentKind.COLLEAGUE}


@dataclass(slots=True)
class Asked:
    """One submitted act: the name and the input of its mutation, and what the phone says about it."""

    name: str
    input: Mapping[str, Any]
    based_on: Any = None
    after: str | None = None
    refused: Refusal | None = None
    """Why it cannot be read."""

    @property
    def id(self) -> str:
        """The act's id as it was given."""
        return str(self.input.get(self.key) or "")

    @property
    def key(self) -> str:
        """The field with the act's id."""
        return "act" if self.input.get("act") else "id"


@dataclass(slots=True)
class Answer:
    """What became of an act."""

    act: str
    outcome: ActOutcome
    object: str | None = None
    version: int | None = None
    based_on: str | None = None
    document: Any = None
    problems: Sequence[Mapping[str, Any]] = ()

    def value(self, name: str) -> Any:
        """The value of a field of ``ActAnswer``."""
        if name == "version":
            return None if self.version is None else str(self.version)
        return getattr(self, "based_on" if name == "basedOn" else name)


@dataclass(slots=True)
class Batch:
    """The acts of one request."""

    schema: graphql.GraphQLSchema
    context: Context
    sent_at: datetime | None
    answers: dict[str, Answer] = field(default_factory=dict)
    done: list[UUID] = field(default_factory=list)
    """The acts that were done: what they changed is known to the person."""

    async def run(self, acts: Sequence[Asked]) -> list[Answer]:
        found = [await self._one(each) for each in acts]
        await self._add_versions(found)
        return found

    async def _one(self, asked: Asked) -> Answer:
        context = self.context
        try:
            if asked.refused is not None:
                raise asked.refused
            uuid = split_id(asked.id, "id")[1]
            does, given = self._read(asked)
        except Refusal as refusal:
            found = self._refused(asked, refusal)
        else:
            try:
                found = await context.database.transact(
                    lambda tx: self._in_turn(tx, asked, uuid, does, given),
                    context.viewer,
                    now=context.now,
                    sealer=context.sealer,
                    flood=context.flood,
                )
            except Refusal as refusal:
                # Another act has this id. What depends on the id depends on that one.
                return self._refused(asked, refusal)
            if found.outcome is ActOutcome.DONE:
                self.done.append(uuid)
        self.answers.setdefault(asked.id, found)
        return found

    def _read(self, asked: Asked) -> tuple[Mutation, Any]:
        assert self.schema.mutation_type is not None
        declared = self.schema.mutation_type.fields[asked.name].extensions["strawberry-definition"].metadata[MUTATION]
        return declared, reader_of(declared.takes)(asked.input)

    async def _in_turn(self, tx: Transaction, asked: Asked, uuid: UUID, does: Mutation, given: Any) -> Answer:
        """Answers as before, or does the act and keeps the answer, in one transaction."""
        content = [asked.name, given]
        kept = await answered_before(tx, uuid, content, asked.key)
        if kept is not None:
            told = kept.problems or ()
            based_on = str(asked.based_on) if kept.outcome is ActOutcome.CONFLICT else None
            return Answer(asked.id, kept.outcome, kept.object, kept.version, based_on, None, told)
        found = await self._blocked(tx, asked) or await self._done(tx, asked, uuid, does, given)
        kept = Submission(
            account_id=tx.worker_id,
            id=uuid,
            digest=digest_of(tx, content),
            outcome=found.outcome,
            object=found.object,
            problems=list(found.problems) or None,
            sent_at=self.sent_at,
            received_at=tx.now,
        )
        await tx.save(kept)
        return found

    async def _blocked(self, tx: Transaction, asked: Asked) -> Answer | None:
        """The answer to an act that depends on one that was not done."""
        if asked.after is None:
            return None
        if (first := self.answers.get(asked.after)) is not None:
            done, problems = first.outcome is ActOutcome.DONE, first.problems
        else:
            try:
                before = await tx.first(Submission, account_id=tx.worker_id, id=split_id(asked.after, "after")[1])
            except Refusal as refusal:
                return self._refused(asked, refusal)
            if before is None:
                return self._refused(asked, Refusal(Code.NOT_FOUND, "after"))
            done, problems = before.outcome is ActOutcome.DONE, before.problems or ()
        if done:
            return None
        why = problems or self._problems(invalid("前一项操作没有办成", "after"))
        return Answer(asked.id, ActOutcome.REFUSED, problems=why)

    async def _done(self, tx: Transaction, asked: Asked, uuid: UUID, does: Mutation, given: Any) -> Answer:
        subject = _subject(does, given)
        try:
            async with tx.savepoint():
                if asked.based_on is not None and subject is not None and await self._meets(tx, asked, uuid, *subject):
                    return Answer(asked.id, ActOutcome.CONFLICT, "_".join(map(str, subject)), None, str(asked.based_on))
                shown = does.shown(given, await does.do(tx, given))
        except Refusal as refusal:
            return self._refused(asked, refusal)
        return Answer(asked.id, ActOutcome.DONE, self._object(does, shown))

    async def _meets(self, tx: Transaction, asked: Asked, act: UUID, noun: str, uuid: UUID) -> bool:
        """True if others changed what the act sets, since the version that the person saw. Locks the object first."""
        if not str(asked.based_on).isdecimal() or len(str(asked.based_on)) >= LAST_DIGITS:
            raise invalid("版本号无效", "basedOn")
        await tx.find(PREFIXES[noun].__entity__.model, uuid, noun, lock=True)  # type: ignore[attr-defined]
        sets = fields_set(asked.name, asked.input)
        based_on = int(asked.based_on)
        return bool(sets) and meet(sets, await changed_since(tx, act, noun, uuid, based_on, self.done))

    def _object(self, does: Mutation, shown: Mapping[str, Any]) -> str | None:
        """The global id of the first object of a payload."""
        name = next(iter(shown), None)
        value = shown[name] if name else None
        uuid = (value[0] if value else None) if isinstance(value, list) else value
        if uuid is None or name is None:
            return None
        payload: Any = self.schema.type_map[does.payload.__strawberry_definition__.name]  # type: ignore[attr-defined]
        fields = payload.fields.values()
        (own,) = [each for each in fields if each.extensions["strawberry-definition"].python_name == name]
        entity = graphql.get_named_type(own.type).extensions["strawberry-definition"].origin.__entity__
        return f"{entity.prefix}_{uuid}"

    def _refused(self, asked: Asked, refusal: Refusal) -> Answer:
        return Answer(asked.id, ActOutcome.REFUSED, problems=self._problems(refusal))

    def _problems(self, refusal: Refusal) -> list[Mapping[str, Any]]:
        told = problems_of(refusal, self.context.language)
        return [{"code": str(each.code), "message": each.message, "path": each.path} for each in told]

    async def _add_versions(self, answers: Sequence[Answer]) -> None:
        """Adds the versions of the objects, and the documents of those in conflict."""
        named = {each.object: split_id(each.object) for each in answers if each.object is not None}
        if not named:
            return
        async with self.context.database.connection() as connection:
            await place_entries(connection)
            found = await versions_of(connection, [uuid for _, uuid in named.values()])
        made: dict[UUID, int] = {}
        for each in answers:
            if each.object is not None:
                prefix, uuid = named[each.object]
                kind = _kind_of(prefix)
                if each.version is None and (str(kind), uuid) in found:
                    each.version = made[split_id(each.act)[1]] = found[str(kind), uuid]
                if each.outcome is ActOutcome.CONFLICT and kind is not None:
                    each.document = await self._document(kind, uuid)
        if made:
            await self.context.database.transact(
                lambda tx: note_versions(tx, made), self.context.viewer, now=self.context.now
            )

    async def _document(self, kind: DocumentKind, uuid: UUID) -> Any:
        async with self.context.database.connection() as connection, connection.transaction(readonly=True):
            reader = Reader(self.context, self.schema, connection, frozenset({kind}))
            found = await reader.read(Stage(kind), [uuid])
        return orjson.loads(found[uuid][1]) if uuid in found else None


def _kind_of(prefix: str) -> DocumentKind | None:
    name = prefix.upper()
    return _KINDS.get(prefix) or (DocumentKind(name) if name in DocumentKind.__members__ else None)


def _subject(does: Mutation, given: Any) -> tuple[str, UUID] | None:
    """The existing object that an act is about: the first that its input names and phones keep."""
    fields = does.takes.__strawberry_definition__.fields  # type: ignore[attr-defined]
    for each in fields:
        noun, value = each.metadata.get("prefix"), getattr(given, each.metadata.get("to") or each.python_name, None)
        if noun in NOUNS and each.python_name != "id" and value is not None:
            uuid = value[0] if isinstance(value, list) and value else value
            return (noun, uuid) if isinstance(uuid, UUID) else None
    return None


def submitted(operation: Operation, variables: Mapping[str, Any]) -> Selected | None:
    """The field that submits acts, if the operation has one and nothing else."""
    root = operation.schema.mutation_type
    assert root is not None
    sets = (operation.node.selection_set, *(each.selection_set for each in operation.fragments.values()))
    if not any(_may_submit(root, each) for at in sets for each in at.selections):
        return None
    selected = operation.selections(variables).of(root, [operation.node.selection_set])
    if len(selected) != 1 or selected[0].node.name.value == "__typename":
        return None
    definition = root.fields[selected[0].node.name.value].extensions["strawberry-definition"]
    return selected[0] if SUBMITS in definition.metadata else None


def _may_submit(root: graphql.GraphQLObjectType, selection: graphql.SelectionNode) -> bool:
    """True for a field that submits acts, and for an inline fragment, which may have one."""
    if not isinstance(selection, graphql.FieldNode):
        return isinstance(selection, graphql.InlineFragmentNode)
    field = root.fields.get(selection.name.value)
    return field is not None and SUBMITS in field.extensions["strawberry-definition"].metadata


async def answered(
    operation: Operation, selected: Selected, variables: Mapping[str, Any], context: Context
) -> dict[str, Any]:
    """The data of a document that submits acts."""
    assert operation.schema.mutation_type is not None
    definition = operation.schema.mutation_type.fields[selected.node.name.value]
    run, given = context.run(variables), dict[str, Any]()
    for each in selected.node.arguments or ():
        name = each.name.value
        argument = read_argument(definition.args[name].type, each.value, variables, (selected.key,), (name,))
        if argument is not None:
            given[name] = argument.get(run)
            if name != "sentAt" and len(given[name]) > MOST_ACTS:
                raise argument.refused(invalid("最多 {most} 项", most=MOST_ACTS))
            # Validation accepts a nullable variable as the one field of an act.
            odd = [at for at, each in enumerate(given[name]) if len(each["act"]) != 1] if name == "acts" else []
            if odd:
                raise argument.refused(invalid("操作格式不对", odd[0], "act"))
    batch = Batch(operation.schema, context, given.get("sentAt"))
    if "rows" in given:
        return {selected.key: await _pushed(batch, given["rows"])}
    answers = await batch.run([_asked(each) for each in given["acts"]])
    sent, now = batch.sent_at, context.now
    skew = None if sent is None else round((sent - now).total_seconds(), 3)
    values = {"answers": answers, "receivedAt": rfc_3339(now), "skewSeconds": skew, "errors": []}
    selections = operation.selections(variables)
    return {selected.key: _shown(selections, operation.schema, "SubmitPayload", selected.selections, values.get)}


def _asked(given: Mapping[str, Any]) -> Asked:
    ((name, input_),) = given["act"].items()
    return Asked(name, input_, given.get("basedOn"), given.get("after"))


async def _pushed(batch: Batch, rows: Sequence[Any]) -> list[Any]:
    """Does the acts of RxDB's rows, and returns their documents with what became of each.

    Those that were done are among them. RxDB skips a pulled document while its own waits for the answer to a push, and
    never asks for it again.
    """
    pushed = [row.get("newDocumentState") if isinstance(row, dict) else None for row in rows]
    documents = [each for each in pushed if isinstance(each, dict) and not each.get("deleted")]
    waiting = [each for each in documents if not each.get("outcome")]
    answers = await batch.run([_pushed_act(batch.schema, each) for each in waiting])
    return [
        {
            **document,
            **{name: answer.value(name) for name in ("outcome", "object", "document", "problems")},
            "objectVersion": answer.value("version"),
            "deleted": False,
        }
        for document, answer in zip(waiting, answers, strict=True)
    ]


def _pushed_act(schema: graphql.GraphQLSchema, document: Mapping[str, Any]) -> Asked:
    """The act of a document. Its id is that of the document, whatever the prefix."""
    type_: Any = schema.type_map["ActInput"]
    id_ = str(document.get("id"))
    given = coerce_input_value(document.get("act"), type_)
    if given is Undefined:
        return Asked("", {"id": id_}, refused=invalid("操作格式不对", "act"))
    ((name, input_),) = given.items()
    own: Any = graphql.get_named_type(type_.fields[name].type)
    if "act" in own.fields and input_.get("act") is None:
        input_ = {**input_, "act": f"act_{id_.rpartition('_')[2]}"}
    asked = Asked(name, input_, document.get("basedOn"), document.get("after"))
    if asked.id.rpartition("_")[2] != id_.rpartition("_")[2]:
        asked.refused = invalid("编号不一致", "id")
    return asked


def _shown(selections: Selections, schema: graphql.GraphQLSchema, type_: str, sets: Any, value: Any) -> dict[str, Any]:
    """The selected fields of an object that is in memory."""
    own: Any = schema.type_map[type_]
    found: dict[str, Any] = {}
    for each in selections.of(own, sets):
        name = each.node.name.value
        if name == "__typename":
            found[each.key] = type_
            continue
        inner, item = graphql.get_named_type(own.fields[name].type).name, value(name)
        if inner in {"ActAnswer", "Problem"}:
            gets = [part.value if inner == "ActAnswer" else part.get for part in item]
            item = [_shown(selections, schema, inner, each.selections, get) for get in gets]
        found[each.key] = item
    return found
