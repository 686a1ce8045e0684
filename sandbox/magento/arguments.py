"""Reads the JSON body of a write as Magento's web API does: parameters, lists of objects, types, and its refusals."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from sandbox.magento.search import MagentoError, MaskedError, required
from sandbox.shop.world import Json

_TRUE = frozenset({"1", "true", "on", "yes"})


@dataclass(frozen=True)
class Shape:
    """An interface of Magento's: its PHP name and its fields with their types (string, int, float, bool)."""

    php: str
    fields: Mapping[str, str]


def decoded(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Decode a body; an empty one is an empty object. Raises MagentoError: 400 when it is not JSON."""
    try:
        return msgspec.json.decode(body or b"{}")
    except msgspec.DecodeError as error:
        raise MagentoError(400, "Decoding error.") from error


def parameter(tree: object, name: str) -> Any:  # noqa: ANN401 - any JSON
    """Return a parameter of a decoded body, also by its snake_case name.

    Raises MagentoError: 400 when it is missing.
    """
    given = tree if isinstance(tree, dict) else {}
    value = given.get(name, given.get(_snake(name)))
    if value is None:
        raise required(name)
    return value


def objects(value: object, shape: Shape, limit: int = 0) -> list[Json]:
    """Read a list of objects; `limit` is how many it may hold, 0 any number.

    Raises:
        MagentoError: 400 for too many, for an unknown field or a value of another type.
        MaskedError: For what is no list of objects: PHP fails on it.
    """
    if not isinstance(value, list):
        raise MaskedError("a list is expected")
    if limit and len(value) > limit:
        raise MagentoError(400, 'Maximum items of type "%type" is %max', {"type": shape.php, "max": limit})
    return [one_object(row, shape) for row in value]


def one_object(value: object, shape: Shape) -> Json:
    """Read one object with its fields in snake_case; those not sent are absent.

    Raises:
        MagentoError: 400 for an unknown field or a value of another type.
        MaskedError: For what is no object.
    """
    if not isinstance(value, dict):
        raise MaskedError("an object is expected")
    row: Json = {}
    for name, given in value.items():
        field = _snake(name)
        if field == "extension_attributes":
            continue
        if field not in shape.fields:
            text = '"%fieldName" is not supported. Correct the field name and try again.'
            raise MagentoError(400, text, {"fieldName": _camel(field)})
        row[field] = None if given is None else typed(given, shape.fields[field], field)
    return row


def typed(value: object, kind: str, name: str) -> Any:  # noqa: ANN401 - the type `kind` names
    """Convert a value as PHP's `settype` does: numbers may be text, text may be a number.

    Raises MagentoError: 400 when a number is expected and the value is none.
    """
    if kind == "bool":
        return str(value).lower() in _TRUE
    if kind == "string":
        return "Array" if isinstance(value, (list, dict)) else _printed(value)
    number = _numeric(value)
    if number is None:
        about = f'The "{_printed(value)}" value\'s type is invalid. The "{kind}" type was expected.'
        raise MagentoError(400, f'Error occurred during "{name}" processing. {about} Verify and try again.')
    return int(number) if kind == "int" else number


def _numeric(value: object) -> float | None:
    """Return what PHP's `is_numeric` takes for a number; blanks around text are forgiven."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    if isinstance(value, str) and not re.fullmatch(r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*", value, re.ASCII):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _printed(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "Array" if isinstance(value, (list, dict)) else str(value)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "_" + found.group().lower(), name)


def _camel(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def refused(text: str, errors: list[tuple[str, Json | list[object]]]) -> MagentoError:
    """Return the 400 of a validation: its text, and each error with its parameters."""
    listed = [{"message": message, "parameters": parameters} for message, parameters in errors]
    return MagentoError(400, text, errors=listed)


def worded(message: str, parameters: Json | list[object]) -> str:
    """Put parameters into a message as Magento prints it: `%name` or `%1`."""
    named = parameters if isinstance(parameters, dict) else {str(n): value for n, value in enumerate(parameters, 1)}
    return re.sub(r"%(\w+)", lambda found: str(named.get(found.group(1), found.group())), message)
