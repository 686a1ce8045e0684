"""A target as most systems need it: its settings, its destination, and a warning for each key that nobody uses."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import override

from connector.settings import unknown_keys
from connector.singer.settings import Setting
from connector.singer.target import DeliveryTarget
from delivery.destination import Destination
from delivery.report import WriteReport
from delivery.session import Session
from delivery.settings import Settings

PLATFORM_KEYS = frozenset({"system", "hg_sync_output"})
"""What a folder's configuration holds for other programs."""


@dataclass(frozen=True)
class Made:
    """How a target's settings are read, its destination is made of them, and where records go, in words."""

    read: Callable[[Mapping[str, Any]], Any]
    make: Callable[[Any, WriteReport], Destination]
    place: Callable[[Any], str]


class PlainTarget(DeliveryTarget):
    """A system declares its name and help, and of what it is made."""

    made: ClassVar[Made]

    @classmethod
    @override
    def where(cls, config: dict[str, Any]) -> str:
        return cls.made.place(cls.made.read(config))

    @override
    def connect(self, config_file: Path | None) -> Session:
        settings: Settings = self.made.read(self.config)
        known = self.config_jsonschema["properties"].keys() | PLATFORM_KEYS
        for sentence in unknown_keys(self.config, known, "is unknown and not used"):
            self.logger.warning("%s.", sentence)
        report = WriteReport(self.logger)
        return Session(settings, self.made.make(settings, report), report)


def given(config: Mapping[str, Any], settings: Iterable[Setting]) -> dict[str, Any]:
    """What a configuration says, and the defaults of what it does not say."""
    defaults = {setting.name: setting.default for setting in settings if setting.default is not None}
    return defaults | {name: value for name, value in config.items() if value not in (None, "")}
