"""All problems of an input at once: within an act, one wrong field does not hide the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from rules.refusals import Refusal, together

Checked = TypeVar("Checked")
Given = ParamSpec("Given")

_NOTED: ContextVar[list[Refusal] | None] = ContextVar("noted", default=None)
_UNDER: ContextVar[tuple[str | int, ...]] = ContextVar("under", default=())


class _Stop(Exception):
    """Ends an act before it writes."""


def field_check(check: Callable[Given, Checked]) -> Callable[Given, Checked]:
    """Makes a function the check of a field, its first argument. Its refusal waits for those of other fields.

    Within :func:`gathering` the refusal is noted, and the field goes on as it was given: to other checks, but never
    into a row. Elsewhere the refusal is raised.
    """

    @wraps(check)
    def checked(*given: Given.args, **named: Given.kwargs) -> Checked:
        try:
            return check(*given, **named)
        except Refusal as refusal:
            noted = _NOTED.get()
            if noted is None:
                raise
            noted.append(refusal.under(*_UNDER.get()))
            return cast(Checked, given[0])

    return checked


@contextmanager
def gathering() -> Iterator[None]:
    """Raises what was noted inside as one refusal, together with the refusal that ended the block, if one did."""
    noted: list[Refusal] = []
    outer, under = _NOTED.set(noted), _UNDER.set(())
    try:
        yield
    except _Stop:
        pass
    except Refusal as refusal:
        raise _of_each_path([*noted, refusal]) from None
    finally:
        _NOTED.reset(outer)
        _UNDER.reset(under)
    if noted:
        raise _of_each_path(noted)


@contextmanager
def refusals_under(*path: str | int) -> Iterator[None]:
    """Puts ``path`` in front of the path of any refusal raised or noted inside."""
    under = _UNDER.set((*_UNDER.get(), *path))
    try:
        yield
    except Refusal as refusal:
        raise refusal.under(*path) from None
    finally:
        _UNDER.reset(under)


@contextmanager
def noting(*path: str | int) -> Iterator[None]:
    """Like :func:`refusals_under`, but a refusal that ends the block is noted, and the act goes on after it."""
    try:
        with refusals_under(*path):
            yield
    except Refusal as refusal:
        if (noted := _NOTED.get()) is None:
            raise
        noted.append(refusal.under(*_UNDER.get()))


def refuse_noted() -> None:
    """Ends the act if a refusal was noted. To be called before anything is written."""
    if _NOTED.get():
        raise _Stop


def is_noted(*path: str | int) -> bool:
    """Whether the field was refused, so that checks which depend on its value can be left out."""
    whole = (*_UNDER.get(), *path)
    return any(tuple(each.path) == whole for refusal in _NOTED.get() or [] for each in (refusal, *refusal.others))


def _of_each_path(refusals: Sequence[Refusal]) -> Refusal:
    """The refusals together: the first of each path, because a later one may follow from it."""
    first: dict[Any, Refusal] = {}
    for each in [each for refusal in refusals for each in (refusal, *refusal.others)]:
        each.others = []
        first.setdefault(each.path, each)
    return together(list(first.values()))
