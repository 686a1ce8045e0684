"""What `--about` says of a program, in the forms that the Singer SDK gives its own: text, JSON and markdown."""

from collections.abc import Mapping
from importlib.metadata import metadata
from typing import Any

import msgspec

from connector.names import PACKAGE

FORMATS = ("text", "json", "markdown")

About = dict[str, Any]


def about(name: str, description: str, settings: Mapping[str, Any]) -> About:
    """Name, description, version, Python versions and settings (a JSON Schema), by the keys that the SDK uses."""
    from connector.singer.sdk import python_versions

    distribution = metadata(PACKAGE)
    return {
        "name": name,
        "description": description,
        "version": str(distribution["Version"]),
        "supported_python_versions": python_versions(distribution),
        "capabilities": ["about"],
        "settings": dict(settings),
    }


def render(info: About, form: str) -> str:
    """The text for a terminal, a program or a page; `form` is one of FORMATS."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(info), indent=2).decode()
    required = set(info["settings"].get("required", []))
    rows = [
        (name, kind(spec), "required" if name in required else plain(spec.get("default")), spec.get("description", ""))
        for name, spec in info["settings"]["properties"].items()
    ]
    if form == "markdown":
        table = [("Setting", "Type", "Default", "Description"), ("---",) * 4, *rows]
        cells = [" | ".join(part.replace("|", "\\|") for part in row) for row in table]
        return f"# `{info['name']}`\n\n{info['description']}\n\n" + "\n".join(f"| {row} |" for row in cells)
    lines = [
        f"Name: {info['name']}", f"Description: {info['description']}", f"Version: {info['version']}",
        "Supported Python Versions: " + ", ".join(info["supported_python_versions"]), "Settings:",
    ]  # fmt: skip
    for name, types, default, description in rows:
        lines += [f"  {name} ({types}{', ' + default if default else ''})", f"      {description}"]
    return "\n".join(lines)


def kind(spec: Mapping[str, Any]) -> str:
    """The type of a setting in words, from its JSON Schema."""
    if "enum" in spec:
        return " or ".join(map(str, spec["enum"]))
    if "anyOf" in spec:
        return " or ".join(kind(option) for option in spec["anyOf"] if option.get("type") != "null")
    types = spec.get("type", "any")
    return " or ".join(name for name in ([types] if isinstance(types, str) else types) if name != "null")


def plain(value: object) -> str:
    """A default as it would stand in JSON; empty without one."""
    return "" if value is None else msgspec.json.encode(value).decode()
