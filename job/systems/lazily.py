"""What a declaration names without importing it: a tap, a flow or a target takes a second to load."""

from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any


def later(name: str) -> Callable[..., Any]:
    """What `package.module:name` stands for, imported when it is called."""

    def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as what is called has it
        return resolve_name(name)(*arguments, **named)

    return call
