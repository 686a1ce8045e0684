"""What these programs take of the Singer SDK, loaded without the libraries of what none of them does.

The SDK imports joblib, and with it NumPy, to empty sinks side by side, universal-pathlib, and with it fsspec, for batch
files, and for its own HTTP streams, which none of these is, backoff, and with it asyncio, and jsonpath-ng: half of the
time that it takes to load. They are loaded when something of them is called.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any


class _OfLater:
    """Stands for a function or class of a module that is loaded when it is called, or asked what it made."""

    def __init__(self, module: str, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)
        self._module, self._name = module, name

    def __call__(self, *arguments: object, **named: object) -> object:
        return self._itself(*arguments, **named)

    def __instancecheck__(self, value: object) -> bool:
        return isinstance(value, self._itself)

    @property
    def _itself(self) -> Any:  # noqa: ANN401 - whatever the module has by this name
        return getattr(import_module(self._module), self._name)


@contextmanager
def _loaded_when_called(*names: str) -> Iterator[None]:
    """What is imported from these modules meanwhile is loaded at its first call; later imports are as ever."""
    absent = [name for name in names if name not in sys.modules]
    for name in absent:
        module = ModuleType(name)
        vars(module)["__getattr__"] = partial(_OfLater, name)
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


with _loaded_when_called("joblib", "upath", "backoff", "jsonpath_ng", "jsonpath_ng.ext"):
    from singer_sdk import BatchSink, RecordSink, SchemaDirectory, Sink, Stream, Tap, Target
    from singer_sdk.about import python_versions
    from singer_sdk.exceptions import ConfigValidationError, MappingError, RecordsWithoutSchemaException
    from singer_sdk.helpers._catalog import pop_deselected_record_properties
    from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TapCapabilities
    from singer_sdk.helpers.conform import TypeConformanceLevel
    from singer_sdk.helpers.types import Context
    from singer_sdk.mapper import RemoveRecordTransform, SameRecordTransform
    from singer_sdk.plugin_base import PluginBase, _ConfigInput
    from singer_sdk.singerlib import Catalog
    from singer_sdk.singerlib.encoding import GenericSingerReader
    from singer_sdk.singerlib.encoding.base import GenericSingerWriter
    from singer_sdk.singerlib.exceptions import InvalidInputLine
    from singer_sdk.singerlib.messages import Message
    from singer_sdk.sinks.core import BaseJSONSchemaValidator

__all__ = [
    "BaseJSONSchemaValidator",
    "BatchSink",
    "CapabilitiesEnum",
    "Catalog",
    "ConfigValidationError",
    "Context",
    "GenericSingerReader",
    "GenericSingerWriter",
    "InvalidInputLine",
    "MappingError",
    "Message",
    "PluginBase",
    "PluginCapabilities",
    "RecordSink",
    "RecordsWithoutSchemaException",
    "RemoveRecordTransform",
    "SameRecordTransform",
    "SchemaDirectory",
    "Sink",
    "Stream",
    "Tap",
    "TapCapabilities",
    "Target",
    "TypeConformanceLevel",
    "_ConfigInput",
    "pop_deselected_record_properties",
    "python_versions",
]
