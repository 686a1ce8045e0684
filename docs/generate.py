"""Writes the generated tables of README.md and docs/*.md, and configs/schemas/, or checks that they are current.

A table stands between `<!-- generated: NAME -->` and `<!-- end generated -->`; NAME is a function below. Run by
`make docs` and, with --check, by `make check`.
"""

import csv
import re
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from connector.http.table import Table
from connector.singer.sdk import Tap
from etl.core.flags import Flags
from etl.outward.flags import ExportFlags
from job.inventory.settings import inventory_schema
from job.settings.schemas import job_settings as own_settings
from job.settings.schemas import stale_schemas, write_schemas

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"(<!-- generated: (?P<name>[a-z_]+) -->\n).*?(<!-- end generated -->)", re.DOTALL)


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A markdown table; pipes and line ends inside cells are made harmless."""
    head = list(head)
    lines = [head, ["---"] * len(head), *([cell(value) for value in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cell(value: object) -> str:
    """One cell's text."""
    return re.sub(r"\s+", " ", str("" if value is None else value)).replace("|", "\\|").strip()


def settings(schema: Mapping[str, Any]) -> str:
    """Name, type, default and meaning of each setting in a JSON Schema."""
    required = set(schema.get("required", []))
    return table(
        ("setting", "type", "default", "meaning"),
        (
            (
                f"`{name}`" + (" (required)" if name in required else ""),
                kind(spec),
                default(spec),
                spec.get("description", ""),
            )
            for name, spec in schema["properties"].items()
            if spec.get("description")
        ),
    )


def kind(spec: Mapping[str, Any]) -> str:
    """The type of a setting in words."""
    if "enum" in spec:
        return " or ".join(f"`{value}`" for value in spec["enum"])
    if "anyOf" in spec:
        return " or ".join(dict.fromkeys(kind(option) for option in spec["anyOf"] if option.get("type") != "null"))
    types = spec.get("type", "any")
    types = [types] if isinstance(types, str) else types
    return " or ".join(name for name in types if name != "null")


def default(spec: Mapping[str, Any]) -> str:
    """The default of a setting, as it would stand in JSON."""
    import json

    value = spec.get("default")
    return "" if value is None else f"`{json.dumps(value)}`"


def tap_settings() -> str:
    """Settings of tap-magento."""
    from tap_magento.config import ETL_KEYS
    from tap_magento.tap import TapMagento

    schema = TapMagento.config_jsonschema
    own = {name: spec for name, spec in schema["properties"].items() if name not in ETL_KEYS}
    return settings({**schema, "properties": own})


def etl_settings() -> str:
    """Flags of the ETL."""
    from etl.magento.flags import FlowConfig

    return settings(FlowConfig.model_json_schema())


def etl_settings_easyecom() -> str:
    """Every setting of EasyEcom's flow, and of the way back."""
    from etl.easyecom.flags import EasyFlags
    from etl.outward.flags import EasyExports

    return _both_ways(EasyFlags, EasyExports)


def etl_settings_picqer() -> str:
    """Every setting of Picqer's flow, and of the way back."""
    from etl.outward.flags import PicqerExports
    from etl.picqer.flags import PicqerFlags

    return _both_ways(PicqerFlags, PicqerExports)


def _both_ways(flags: type[Flags], exports: type[ExportFlags]) -> str:
    from etl.outward.flags import export_schema

    schema = flags.model_json_schema()
    back = export_schema(exports)
    return settings({**schema, "properties": {**schema["properties"], **back}})


def target_settings() -> str:
    """Settings of target-optiply."""
    from target_optiply.target import TargetOptiply

    return settings(TargetOptiply.config_jsonschema)


# The settings that README shows: what says which shop and account, and what people change; the rest have good defaults.
MAIN_SETTINGS = {
    "config.json": (
        "store_url", "access_token", "start_date", "use_inventory_source_items", "warehouse_ids", "order_statuses",
        "custom_mappings", "max_concurrency", "schedule",
    ),
    "target-config.json": ("account_id",),
}  # fmt: skip


def main_settings() -> str:
    """The ten settings that matter most, with the file each stands in. Raises KeyError for a name nobody declares."""
    from etl.magento.flags import FlowConfig
    from tap_magento.tap import TapMagento
    from target_optiply.target import TargetOptiply

    tap = TapMagento.config_jsonschema["properties"]
    declared = {
        "config.json": {**tap, **FlowConfig.model_json_schema()["properties"], **own_settings()},
        "target-config.json": TargetOptiply.config_jsonschema["properties"],
    }
    listed = ((file, name, declared[file][name]) for file, names in MAIN_SETTINGS.items() for name in names)
    return table(
        ("setting", "in", "default", "meaning"),
        ((f"`{name}`", f"`{file}`", default(spec), spec["description"]) for file, name, spec in listed),
    )


def job_settings() -> str:
    """Settings of optiply-sync."""
    return settings({"properties": own_settings()})


def inventory_settings() -> str:
    """The object `inventory` of config.json."""
    return settings(inventory_schema())


def streams() -> str:
    """Streams of tap-magento, in alphabetical order."""
    from tap_magento.tap import TapMagento

    return listed(TapMagento(config={"store_url": "http://127.0.0.1", "access_token": "none"}))


def optiply_streams() -> str:
    """Streams of tap-optiply."""
    from tap_optiply.tap import TapOptiply

    return listed(TapOptiply(config={"account_id": 1, "access_token": "none"}))


def picqer_streams() -> str:
    """Streams of tap-picqer."""
    from tap_picqer.tap import TapPicqer

    return listed(TapPicqer(config={"picqer_url": "http://127.0.0.1", "api_key": "none"}))


def picqer_tap_settings() -> str:
    """Settings of tap-picqer."""
    from tap_picqer.tap import TapPicqer

    return settings(TapPicqer.config_jsonschema)


def picqer_tap_errors() -> str:
    """The error table of tap-picqer."""
    from tap_picqer.errors import TABLE

    return reader_errors(TABLE)


def easyecom_streams() -> str:
    """Streams of tap-easyecom."""
    from tap_easyecom.tap import TapEasyecom

    return listed(TapEasyecom(config=dict.fromkeys(("email", "password", "location_key", "x_api_key"), "none")))


def easyecom_tap_settings() -> str:
    """Settings of tap-easyecom."""
    from tap_easyecom.tap import TapEasyecom

    return settings(TapEasyecom.config_jsonschema)


def easyecom_tap_errors() -> str:
    """The error table of tap-easyecom."""
    from tap_easyecom.client import EasyecomClient

    return reader_errors(EasyecomClient.table)


def listed(tap: Tap) -> str:
    """The streams of a tap, in alphabetical order."""
    return table(
        ("stream", "key", "read", "by default", "one row is"),
        (
            (
                f"`{name}`",
                ", ".join(f"`{key}`" for key in stream.primary_keys or ()),
                f"changes by `{stream.replication_key}`" if stream.replication_key else "in full",
                "yes" if stream.selected else "",
                (stream.__doc__ or "").strip().splitlines()[0],
            )
            for name, stream in sorted(tap.streams.items())
        ),
    )


def optiply_tap_settings() -> str:
    """Settings of tap-optiply."""
    from tap_optiply.tap import TapOptiply

    return settings(TapOptiply.config_jsonschema)


def optiply_tap_errors() -> str:
    """The error table of tap-optiply."""
    from tap_optiply.errors import TABLE

    return reader_errors(TABLE)


def tap_errors() -> str:
    """The tap's error table: what each answer of the shop means."""
    from magento_api.errors import TABLE

    return reader_errors(TABLE)


def reader_errors(rows: Table) -> str:
    """What each answer means to a tap."""
    return table(
        ("answer", "kind of body", "what happens", "what it means", "what to do"),
        ((causes(row.causes), row.body.value, row.fate.value, row.says, row.remedy) for row in rows),
    )


def causes(listed: Collection[int | str] | None) -> str:
    """Statuses in order, runs of neighbours as a range."""
    if listed is None:
        return "anything else"
    numbers = sorted(cause for cause in listed if isinstance(cause, int))
    words = sorted(cause for cause in listed if isinstance(cause, str))
    if len(numbers) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{numbers[0]} to {numbers[-1]}"
    return ", ".join([*words, *map(str, numbers)])


def stock_errors() -> str:
    """What answers to a write mean to target-magento; whatever else comes means what it means to the tap."""
    from target_magento.errors import WRITES

    return table(
        ("method", "answer", "what happens", "what it means", "what to do"),
        ((row.method, causes(row.causes), row.fate.value, row.says, row.remedy) for row in WRITES),
    )


def stock_settings() -> str:
    """Settings of target-magento."""
    from target_magento.target import TargetMagento

    return settings(TargetMagento.config_jsonschema)


def stock_rights() -> str:
    """The rights of Magento's admin that writing stock needs."""
    from target_magento.rights import RIGHTS

    return table(
        ("tick", "resource", "needed for"),
        ((right.tick, f"`{right.resource}`", right.needed_for) for right in RIGHTS),
    )


def target_errors() -> str:
    """The target's error table: what each answer of Optiply means."""
    from target_optiply.errors import TABLE

    return table(
        ("method", "answer", "whose body says", "what happens", "why"),
        (
            ("any" if row.method == "*" else row.method, causes(row.causes), row.marker, row.fate.value, row.says)
            for row in TABLE
        ),
    )


def commands() -> str:
    """The commands of optiply-sync with what they do and an example each."""
    from job.cli import main as optiply_sync

    return table(("command", "does", "example"), _commands(optiply_sync))


def fleet_commands() -> str:
    """The commands of optiply-fleet with what they do and an example each."""
    from fleet.cli import main as optiply_fleet

    return table(("command", "does", "example"), _commands(optiply_fleet))


def _commands(group: click.Group, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield f"`{prefix}{name}`", *_told(command)


def _told(command: click.Command) -> tuple[str, str]:
    """The first sentences of a command's help, and its example."""
    does, _, example = (command.help or "").partition("Example:")
    return does.replace("\b", "").strip().partition("\n\n")[0], f"`{' '.join(example.split())}`"


def programs() -> str:
    """The Singer programs with what they do and an example each."""
    from etl.mapper import main as optiply_etl
    from tap_easyecom.tap import TapEasyecom
    from tap_magento.tap import TapMagento
    from tap_optiply.tap import TapOptiply
    from tap_picqer.tap import TapPicqer
    from target_easyecom.target import TargetEasyEcom
    from target_magento.target import TargetMagento
    from target_optiply.target import TargetOptiply
    from target_picqer.target import TargetPicqer

    listed = {
        "tap-magento": TapMagento.get_singer_command(),
        "tap-picqer": TapPicqer.get_singer_command(),
        "tap-easyecom": TapEasyecom.get_singer_command(),
        "optiply-etl": optiply_etl,
        "target-optiply": TargetOptiply.get_singer_command(),
        "tap-optiply": TapOptiply.get_singer_command(),
        "target-magento": TargetMagento.get_singer_command(),
        "target-picqer": TargetPicqer.get_singer_command(),
        "target-easyecom": TargetEasyEcom.get_singer_command(),
    }
    return table(("program", "does", "example"), ((f"`{name}`", *_told(command)) for name, command in listed.items()))


def rights() -> str:
    """The rights of Magento's admin that reading needs."""
    from tap_magento.rights import RIGHTS

    return table(
        ("tick", "resource", "needed for"),
        ((right.tick, f"`{right.resource}`", right.needed_for) for right in RIGHTS),
    )


def writing_rights() -> str:
    """The rights of Magento's admin that writing stock needs."""
    from target_magento.rights import RIGHTS

    return table(
        ("tick", "resource", "needed for", ""),
        (
            (right.tick, f"`{right.resource}`", right.needed_for, "with inventory management" if right.sources else "")
            for right in RIGHTS
        ),
    )


def conversions() -> str:
    """The named conversions of the field map."""
    from etl.core.convert import CONVERSIONS

    return table(
        ("conversion", "what it makes of a value"),
        ((f"`{name}`", (rule.__doc__ or "").strip()) for name, rule in CONVERSIONS.items()),
    )


def rules() -> str:
    """The golden cases of the tests, as examples that anyone can read."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("golden", ROOT / "tests" / "etl" / "golden" / "golden.py")
    assert spec
    assert spec.loader
    golden = module_from_spec(spec)
    sys.modules["golden"] = golden
    spec.loader.exec_module(golden)
    text: str = golden.render()
    return text


def field_map() -> str:
    """The mapping table as it stands in configs/field_maps/magento.csv."""
    return _mapping_table("magento")


def field_map_picqer() -> str:
    """The mapping table as it stands in configs/field_maps/picqer.csv."""
    return _mapping_table("picqer")


def field_map_easyecom() -> str:
    """The mapping table as it stands in configs/field_maps/easyecom.csv."""
    return _mapping_table("easyecom")


def _mapping_table(system: str) -> str:
    with (ROOT / "configs" / "field_maps" / f"{system}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return table(rows[0], rows[1:])


GENERATORS: dict[str, Callable[[], str]] = {
    function.__name__: function
    for function in (
        tap_settings,
        etl_settings,
        target_settings,
        job_settings,
        inventory_settings,
        main_settings,
        streams,
        field_map,
        field_map_picqer,
        etl_settings_picqer,
        field_map_easyecom,
        etl_settings_easyecom,
        rules,
        tap_errors,
        optiply_streams,
        optiply_tap_settings,
        optiply_tap_errors,
        picqer_streams,
        picqer_tap_settings,
        picqer_tap_errors,
        easyecom_streams,
        easyecom_tap_settings,
        easyecom_tap_errors,
        target_errors,
        stock_settings,
        stock_errors,
        stock_rights,
        commands,
        fleet_commands,
        programs,
        rights,
        writing_rights,
        conversions,
    )
}


def render(text: str) -> str:
    """The text with each generated block renewed."""
    return BLOCK.sub(lambda match: match[1] + "\n" + GENERATORS[match["name"]]() + "\n" + match[3], text)


def main() -> int:
    """Write the files, or with --check return 1 and name those that are out of date."""
    stale = []
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        fresh = render(text)
        if fresh != text:
            stale.append(path)
            if "--check" not in sys.argv:
                path.write_text(fresh, encoding="utf-8")
    schemas = ROOT / "configs" / "schemas"
    stale += stale_schemas(schemas) if "--check" in sys.argv else write_schemas(schemas)
    for path in stale:
        verdict = "out of date, run `make docs`" if "--check" in sys.argv else "written"
        sys.stdout.write(f"{path.relative_to(ROOT)}: {verdict}\n")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
