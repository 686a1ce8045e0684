"""Which flow takes a folder's buy orders where, by its `system`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from etl.core.flags import ConfigError, load_flags
from etl.outward.flags import EasyExports, ExportFlags, PicqerExports


@dataclass(frozen=True)
class Way:
    """A flow by its name, the settings that are its own, and what it takes over from the way in."""

    flow: str
    flags: type[ExportFlags]
    of_both: Callable[[Mapping[str, Any]], dict[str, Any]] = lambda _config: {}


def _picqer() -> Way:
    from etl.picqer.flags import PicqerFlags

    def main_warehouse(config: Mapping[str, Any]) -> dict[str, Any]:
        """One for both ways: what is sent to another one would not be found again."""
        return {"main_warehouse": load_flags(PicqerFlags, config)[0].main}

    return Way("purchase_orders", PicqerExports, main_warehouse)


_WAYS: Mapping[str, Callable[[], Way]] = {
    "picqer": _picqer,
    "easyecom": lambda: Way("easyecom_purchases", EasyExports),
}


def way_of(config: Mapping[str, Any]) -> Way:
    """The way of a folder. Raises ConfigError where its system takes no purchase orders."""
    system = str(config.get("system"))
    if system not in _WAYS:
        raise ConfigError(f"config: no buy orders can be sent to system={system!r}; known are {', '.join(_WAYS)}.")
    return _WAYS[system]()
