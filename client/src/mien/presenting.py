"""How an operation looks as a method: its name, its words and its parameters, with `self` in the place of `core`."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def presenting(operation: Callable[..., Any], returns: str) -> Callable[[Method], Method]:
    """For `help`, for editors and for `inspect.signature`.

    Args:
        returns: What the method gives, with `{}` for what the operation does.
    """

    def present(method: Method) -> Method:
        wraps(operation)(method)
        signature = inspect.signature(operation)
        core, *others = signature.parameters.values()
        given = str(signature.return_annotation).partition("[")[2].removesuffix("]")  # of `Op[…]` or `Flow[…]`
        method.__signature__ = signature.replace(  # type: ignore[attr-defined]
            parameters=[inspect.Parameter("self", core.kind), *others], return_annotation=returns.format(given)
        )
        return method

    return present
