"""Magento's `fields` parameter: which parts of an answer are kept, with its odd cases (2.4.7)."""

from __future__ import annotations

import re

Tree = dict[str, "Tree | None"]

_ALLOWED = re.compile(r"[\w\[\],]+", re.ASCII)


class BadFieldsError(ValueError):
    """The `fields` text cannot be read; Magento then answers `[]` with status 200."""


def parse_fields(text: str) -> Tree:
    """Read `items[id,sku,extension_attributes[website_ids]],total_count` into nested dicts, None at the leaves.

    Raises:
        BadFieldsError: If a character is not allowed or the brackets do not match.
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


def project(value: object, tree: Tree) -> object:
    """Keep what the tree names; an empty list that is projected becomes null, unknown names are ignored."""
    if isinstance(value, list):
        return [project(part, tree) for part in value] or None
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, below in tree.items():
        if name not in value:
            continue
        part = value[name]
        if below is None or not isinstance(part, (dict, list)):
            kept[name] = part
        elif name == "custom_attributes":
            kept[name] = [row for row in part if row["attribute_code"] in below]
        else:
            kept[name] = project(part, below)
    return kept
