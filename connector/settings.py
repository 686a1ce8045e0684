"""What the settings of every program have in common: values that came as text, names nearly right, values of no use."""

import difflib
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from operator import ge, gt, le
from typing import Any

Schema = Mapping[str, Any]
"""A JSON Schema: of one setting, or of all of them with its `properties`."""

SDK_KEYS = frozenset(
    {
        "$schema",
        "stream_maps",
        "stream_map_config",
        "faker_config",
        "flattening_enabled",
        "flattening_max_depth",
        "flattening_max_key_length",
    }
)
"""Keys that the SDK and editors know; every tap may find them in its configuration."""
EXPECTED = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "text in double quotes",
    "array": "a list […]",
    "object": "an object {…}",
}
_NAMES: Mapping[type, set[str]] = {str: {"string"}, bool: {"boolean"}, int: {"integer", "number"}, float: {"number"}}
_WITHIN: Mapping[str, Callable[[Any, Any], bool]] = {"minimum": ge, "exclusiveMinimum": gt, "maximum": le}
_SAYS_NOTHING = {"title", "description", "default", "examples", "format", "secret", "writeOnly"}
_PLAIN_KEYS = {"type", "enum", *_WITHIN, *_SAYS_NOTHING}
_BOUNDS = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}
# Longer ones are no number that a setting takes, and Python refuses to read those of 5,000 digits.
_WHOLE = re.compile(r"-?[0-9]{1,100}", re.ASCII)
_SWITCHES = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def near(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> list[str]:
    """The known names most like a word, the nearest first; case does not count, nor `-` or a blank for `_`."""
    names = {_plain(name): name for name in known}
    return [names[plain] for plain in difflib.get_close_matches(_plain(word), names, n=most, cutoff=cutoff)]


def did_you_mean(word: str, known: Iterable[str], *, most: int = 1, cutoff: float = 0.6) -> str:
    """The question with the nearest names, or nothing where none is near."""
    found = near(word, known, most=most, cutoff=cutoff)
    return f"did you mean {' or '.join(map(repr, found))}?" if found else ""


def unknown_keys(config: Iterable[str], known: Collection[str], says: str) -> list[str]:
    """A sentence for each key that is not known, which `says` what follows from that, with the nearest one that is."""
    hints = {key: did_you_mean(key[:80], known) for key in sorted(set(config) - set(known))}
    return [f"The setting {key[:80]!r} {says}{hint and f'; {hint}'}" for key, hint in hints.items()]


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def tidy(config: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    """The configuration without blanks around texts, with numbers and switches turned into values by their declaration.

    Forms of a platform send every value as text, and empty text for what was not filled in: such a setting, or null, is
    left out where the schema knows it.
    """
    result: dict[str, Any] = {}
    for key, given in config.items():
        spec = schema["properties"].get(key)
        value = given.strip() if isinstance(given, str) else given
        if spec is not None and value in (None, ""):
            continue
        result[key] = _from_text(value, types_of(spec)) if spec is not None and isinstance(value, str) else value
    return result


def _from_text(text: str, types: Collection[str]) -> object:
    """The value that a text stands for, or the text where the setting takes texts, or where it stands for none."""
    if "string" in types:
        return text
    if "boolean" in types:
        return _SWITCHES.get(text.lower(), text)
    if "integer" in types and _WHOLE.fullmatch(text):
        return int(text)
    if "number" in types and text.isascii() and text.replace(".", "", 1).isdecimal():
        return float(text)
    return text


def types_of(spec: Schema) -> list[str]:
    """The JSON types that a setting takes."""
    types = spec.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def words(value: object) -> list[str]:
    """A setting that may be one value, a list, or text separated by commas, as a list of texts."""
    if value is None:
        return []
    items = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    return [str(item).strip() for item in items if str(item).strip()]


def complaint_about(value: object, spec: Schema) -> str | None:
    """What is wrong with a value by its declaration, with what was expected; None when it fits.

    Type, choice, bounds, date and address. Reads on from the setting's name: "is not a whole number".
    """
    if _plainly_fits(value, spec):
        return _complaint_about_form(value, spec)
    import jsonschema  # type: ignore[import-untyped]  # it takes longer to load than a whole folder to check

    errors = jsonschema.Draft7Validator(dict(spec)).iter_errors(value)
    error = min(errors, key=lambda one: (one.validator != "type", len(one.path)), default=None)
    if error is None:
        return _complaint_about_form(value, spec)
    if error.path:
        return f"holds {shown(error.instance)}; expected a list of {expected(error.schema)}"
    if error.validator in _BOUNDS:
        return f"is out of bounds; expected {_BOUNDS[error.validator]} {error.validator_value}"
    hint = did_you_mean(str(value), map(str, spec["enum"])) if error.validator == "enum" else ""
    return f"is not {expected(spec)}{hint and f'; {hint}'}"


def _plainly_fits(value: object, spec: Schema) -> bool:
    """Whether a text, a number or a switch is what its declaration says; False where that takes a closer look."""
    if not spec.keys() <= _PLAIN_KEYS or _NAMES.get(type(value), set()).isdisjoint(types_of(spec)):
        return False
    if isinstance(value, str):
        return value in spec.get("enum", [value])
    within = all(judge(value, spec[bound]) for bound, judge in _WITHIN.items() if bound in spec)
    return within and "enum" not in spec


def _complaint_about_form(value: object, spec: Schema) -> str | None:
    wrong = isinstance(value, str) and "format" in spec and not _FORMATS[spec["format"]][1](value)
    return f"is not {expected(spec)}" if wrong else None


def expected(spec: Schema) -> str:
    """A declaration in words, with an example where there is one."""
    if "enum" in spec:
        return " or ".join(repr(option) for option in spec["enum"])
    example = spec.get("examples", [spec.get("default")])[0]
    plain = example in (None, "", [], {}) or isinstance(example, bool)
    like = "" if plain else f", such as {json.dumps(example)}"
    if "format" in spec:
        return _FORMATS[spec["format"]][0] + like
    return " or ".join(EXPECTED[name] for name in types_of(spec) if name != "null") + like


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


_FORMATS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "uri": ("a web address with https:// or http://", lambda text: "://" in text),
    "date-time": ("a date like 2025-01-31 or with time", _is_date),
}


def shown(value: object) -> str:
    """A value as JSON for a sentence, cut where it is long, without what a terminal would obey; never for a secret."""
    text = "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode()
        for one in json.dumps(value, ensure_ascii=False)
    )
    return text if len(text) <= 60 else f"{text[:57]}…"
