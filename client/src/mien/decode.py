"""From JSON to frozen dataclasses: what is not known is left out, what is missing takes its default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from mien.errors import UnexpectedAnswer

T = TypeVar("T")
Convert = Callable[[Any], Any]
RAW = "raw"


def decode(kind: type[T], data: Any) -> T:
    """Raises UnexpectedAnswer when the data does not have what the class needs."""
    try:
        return kind(**_values(kind, data))
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise UnexpectedAnswer(f"the server's {kind.__name__} is not understood: {error}") from error


def _values(kind: Any, data: Any) -> dict[str, Any]:
    values = {}
    for name, (convert, default) in _plan(kind).items():
        if name == RAW:
            values[name] = data
        elif name in data and (data[name] is not None or default is MISSING):
            values[name] = convert(data[name])
    return values


@cache
def _plan(kind: Any) -> dict[str, tuple[Convert, Any]]:
    hints = get_type_hints(kind)
    return {each.name: (_converter(hints[each.name]), _default(each)) for each in fields(kind)}


def _default(each: Field[Any]) -> Any:
    return each.default_factory if each.default_factory is not MISSING else each.default


def _converter(hint: Any) -> Convert:
    if get_origin(hint) in (Union, UnionType):
        return _optional(next(part for part in get_args(hint) if part is not NoneType))
    if get_origin(hint) is tuple:
        each = _converter(get_args(hint)[0])
        return lambda items: tuple(map(each, items))
    if is_dataclass(hint):
        return lambda data: decode(hint, data)  # type: ignore[arg-type]
    return datetime.fromisoformat if hint is datetime else _as_it_is


def _optional(hint: Any) -> Convert:
    convert = _converter(hint)
    return lambda data: None if data is None else convert(data)


def _as_it_is(data: Any) -> Any:
    return data
