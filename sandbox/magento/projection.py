"""Magento's `fields` parameter: which parts of an answer are kept, with its odd cases (2.4.7)."""

import re
from collections.abc import Callable
from functools import lru_cache

Tree = dict[str, "Tree | None"]

_ALLOWED = re.compile(r"[\w\[\],]+", re.ASCII)


class BadFieldsError(ValueError):
    """The `fields` text cannot be read; Magento then answers `[]` with status 200."""


def parse_fields(text: str) -> Tree:
    """Read `items[id,sku,extension_attributes[website_ids]],total_count` into nested dicts, None at the leaves.

    Raises BadFieldsError if a character is not allowed or the brackets do not match.
    """
    if not _ALLOWED.fullmatch(text) or text.count("[") != text.count("]"):
        raise BadFieldsError(text)
    tree, rest = _parse(text)
    if rest:
        raise BadFieldsError(text)
    return tree


def _parse(text: str) -> tuple[Tree, str]:
    tree: Tree = {}
    while text:
        found = re.match(r"\w+", text, re.ASCII)
        if found is None:
            raise BadFieldsError(text)
        name, text = found.group(), text[found.end() :]
        tree[name] = None
        if text.startswith("["):
            tree[name], text = _parse(text[1:])
            if not text.startswith("]"):
                raise BadFieldsError(text)
            text = text[1:]
        if not text.startswith(","):
            break
        text = text[1:]
    return tree, text


@lru_cache(maxsize=64)
def projector(text: str) -> Callable[[object], object]:
    """Return what keeps the parts a `fields` text names; an empty list that is projected becomes null.

    Raises BadFieldsError if the text cannot be read.
    """
    return _compile(parse_fields(text))


def _compile(tree: Tree) -> Callable[[object], object]:
    """Turn a tree into a function, so that a page of records is not walked along the tree each time."""
    leaves = [name for name, below in tree.items() if below is None]
    branches = [(name, below, _compile(below)) for name, below in tree.items() if below is not None]

    def project(value: object) -> object:
        if isinstance(value, list):
            return [project(part) for part in value] or None
        if not isinstance(value, dict):
            return value
        kept = {name: value[name] for name in leaves if name in value}
        for name, below, inner in branches:
            part = value.get(name)
            if name == "custom_attributes" and isinstance(part, list):
                kept[name] = [row for row in part if row["attribute_code"] in below]
            elif name in value:
                kept[name] = inner(part)
        return kept

    return project
