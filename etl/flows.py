"""The flows by their systems' names, and the one way to run one: flags, mapping table, input, store, output."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from connector.files import replacing
from connector.settings import did_you_mean
from etl.core.flags import ConfigError, Flags
from etl.core.flow import Flow, FlowResult, run
from etl.core.input import Input
from etl.core.mapping import FieldMap, parse_field_map
from store.place import VARIABLE, Place
from store.snapshot import Snapshot

DEFAULT = "magento"
_FLOWS = {
    "magento": "etl.magento.flow:MAGENTO",
    "picqer": "etl.picqer.flow:PICQER",
    "easyecom": "etl.easyecom.flow:EASYECOM",
    # The ways back: what is read is Optiply, what is written the other system.
    "purchase_orders": "etl.outward.picqer:FLOW",
    "easyecom_purchases": "etl.outward.easyecom:FLOW",
}
_MAPS = "field_maps"
_ONE_MAP = "field_map.csv"


class EtlError(Exception):
    """The run cannot be done; the text is one sentence with the remedy."""


@dataclass(frozen=True)
class Prepared:
    """A flow with its flags, its mapping table, and notes on the flags for the log."""

    flow: Flow[Any, Any]
    config: Any  # the flow's own flags
    field_map: FieldMap
    notes: list[str]

    def run(self, source: Input, snapshot: Snapshot, now: datetime, path: Path) -> FlowResult:
        """Runs the flow; the file at `path` has its name only once the store is committed (etl.core.flow.run)."""
        with replacing(path, durable=True) as file:
            return run(self.flow, source, self.config, self.field_map, snapshot, now, file.writelines)


def flow_of(values: Mapping[str, Any]) -> Flow[Any, Any]:
    """The flow of a configuration's `system`, Magento's where it names none. Raises ConfigError."""
    name = values.get("system") or DEFAULT
    if not isinstance(name, str) or name not in _FLOWS:
        hint = did_you_mean(str(name), _FLOWS) or f"known are {', '.join(_FLOWS)}."
        raise ConfigError(f"config: system={name!r} is not known; {hint}")
    module, _, flow = _FLOWS[name].partition(":")
    found: Flow[Any, Any] = getattr(import_module(module), flow)
    return found


def with_system(values: Mapping[str, Any], shape: str | None) -> Mapping[str, Any]:
    """The configuration for input of a system's shape; where it names none, the shape does.

    Raises ConfigError where it names another.
    """
    named = values.get("system")
    if shape is not None and named and named != shape:
        raise ConfigError(f"config: system={named!r}, but the input is that of {shape}; correct system, or the input")
    return values if shape is None or named else {**values, "system": shape}


def load_config(values: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """Config mapping → the flags of its flow, and notes for the log. Raises ConfigError."""
    return flow_of(values).load_config(values)


def prepare(values: Mapping[str, Any], root: Path, allow_disable: int | None = None) -> Prepared:
    """The flow of a configuration, ready to run on the folder `root`. Raises ConfigError or EtlError."""
    flow = flow_of(values)
    config, notes = flow.load_config(values)
    if allow_disable is not None:
        config = config.allowing(allow_disable)
    return Prepared(flow, config, load_field_map(flow, config, root), notes)


def load_field_map(flow: Flow[Any, Any], config: Flags, root: Path) -> FieldMap:
    """The mapping table: the setting `field_map`, else the folder's own configs/, else the packaged copy."""
    package, name = Path(__file__).resolve().parent, f"{flow.name}.csv"
    own = [folder / "configs" for folder in (root, Path())]
    places = [
        *(place for folder in own for place in (folder / _MAPS / name, folder / _ONE_MAP)),
        package / _MAPS / name,
        package.parent / "configs" / _MAPS / name,
    ]
    if config.field_map:
        places = [root / config.field_map, Path(config.field_map)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise EtlError(f"{places[0]} does not exist; name the mapping table in the setting field_map.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EtlError(f"{path} is not UTF-8 text; save it as UTF-8.") from None
    return parse_field_map(text, str(path), flow.fields, config.own_sources)


def snapshot_place(config: Flags, environment: Mapping[str, str], root: Path) -> Place:
    """The snapshot folder (setting, else SNAPSHOT_DIR, else snapshots/ of the job folder) and the database, if any."""
    directory = Path(config.snapshot_dir or environment.get("SNAPSHOT_DIR") or root / "snapshots")
    return Place.of(directory, config.snapshot_url or environment.get(VARIABLE))
