"""The tap: its settings, its streams in reading order, and how a run goes and ends."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any, cast

import click
from singer_sdk import Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers.capabilities import PluginCapabilities, TapCapabilities
from singer_sdk.plugin_base import _ConfigInput
from singer_sdk.singerlib import Catalog
from typing_extensions import override

from connector.errors import EndpointMissing, ProgramError, RunError
from connector.singer import tap_cli as cli
from connector.singer.state import bookmarks_in
from connector.singer.stream import MagentoStream, missing_module
from connector.singer.writer import PageWriter
from tap_magento.config import custom_attribute_codes, tidy, unknown_keys, with_scope, without_secrets, wrong_values
from tap_magento.settings import SETTINGS
from tap_magento.shop import Shop
from tap_magento.streams import catalog, inventory, marketing, sales, store

STREAMS: tuple[type[MagentoStream], ...] = (
    store.StoresStream,
    store.WebsitesStream,
    store.StoreGroupsStream,
    store.StoreViewsStream,
    store.StoreConfigsStream,
    catalog.ProductAttributesStream,
    catalog.ProductAttributeDetailsStream,
    catalog.CategoriesStream,
    catalog.ProductsStream,
    catalog.ProductIdsStream,
    catalog.ProductChecksStream,
    inventory.SourcesStream,
    inventory.StocksStream,
    inventory.StockSourceLinksStream,
    inventory.SourceItemsStream,
    inventory.ProductItemStocksStream,
    inventory.ProductStockStatusesStream,
    inventory.SalableQuantitiesStream,
    marketing.CustomersStream,
    marketing.SalesRulesStream,
    marketing.CouponsStream,
    sales.OrdersStream,
    sales.OrderItemsStream,
    sales.InvoicesStream,
    sales.ShipmentsStream,
    sales.CreditMemosStream,
)
"""In reading order: what later streams refer to comes first."""


class TapMagento(Tap):
    """Reads a Magento 2 shop over its REST API."""

    name = "tap-magento"
    package_name = "magento-optiply"
    config_jsonschema = th.PropertiesList(*SETTINGS).to_dict()
    capabilities = [
        TapCapabilities.CATALOG,
        TapCapabilities.STATE,
        TapCapabilities.DISCOVER,
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    message_writer_class = PageWriter

    @cached_property
    def failures(self) -> dict[str, ProgramError]:
        """The streams that failed in this run, with the reason."""
        return {}

    @property
    def writer(self) -> PageWriter:
        """Where messages go."""
        assert isinstance(self.message_writer, PageWriter)
        return self.message_writer

    @cached_property
    def shop(self) -> Shop:
        """The shop of this run; not looked at before a stream needs it."""
        return Shop(self.config, self.run_id, self._access_paths)

    @cached_property
    def run_id(self) -> str:
        """What marks this run's completeness in the state."""
        return uuid.uuid4().hex

    @cached_property
    def attribute_codes(self) -> list[str]:
        """Codes of the custom attributes to read with each product."""
        return custom_attribute_codes(self.config)

    @override
    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        self._config = tidy(self._config)
        for sentence in unknown_keys(self._config):
            self.logger.warning(sentence)
        # A value of another type is said once, by the schema.
        errors = without_secrets(super()._validate_config(raise_errors=False)) or wrong_values(self._config)
        if errors and raise_errors:
            raise ConfigValidationError("Config validation failed", errors=errors)
        if not errors:
            self._config = with_scope(self._config)
        return errors

    @override
    def discover_streams(self) -> Sequence[MagentoStream]:
        return [stream(self) for stream in STREAMS]

    @property
    @override
    def catalog(self) -> Catalog:
        """The catalogue with this tap's own keys and schemas, whatever catalogue chose the streams."""
        return self._singer_catalog

    @override
    def load_state(self, state: dict[str, Any]) -> None:
        """Takes bookmarks of any earlier run or tap, and drops the completeness marks: they were that run's.

        Raises:
            RunError: when it is not a state.
        """
        super().load_state({"bookmarks": bookmarks_in(state)})
        for entry in self.state.setdefault("bookmarks", {}).values():
            entry.pop("complete", None)
            entry.pop("run_id", None)
        cast("dict[str, Any]", self.state)["run_id"] = self.run_id

    def chosen(self) -> Iterator[MagentoStream]:
        """The selected streams in reading order."""
        by_class = {type(stream): stream for stream in self.streams.values() if isinstance(stream, MagentoStream)}
        for declared in STREAMS:
            stream = by_class[declared]
            if stream.selected:
                yield stream

    def _access_paths(self) -> list[tuple[str, str]]:
        return [(stream.name, stream.path) for stream in self.chosen()]

    def read(self) -> None:
        """Reads every selected stream; one that fails does not stop the others.

        Raises:
            RunError: the shop as a whole cannot be read.
            Stopped: a signal asked to stop.
        """
        self.state_writer.write_state(self.state)
        if not any(self.chosen()):
            self.shop.report.note("No stream is selected, so nothing is read: select some in the catalogue.")
            return
        self.shop.start()
        for stream in self.chosen():
            stream.prepare()
        skipped: list[MagentoStream] = []
        for stream in self.chosen():
            try:
                stream.sync()
            except RunError:
                raise
            except EndpointMissing as error:
                if stream.inventory_module:
                    skipped.append(stream)
                else:
                    self._fail(stream, error)
            except ProgramError as error:
                self._fail(stream, error)
        if skipped:
            self.shop.report.note(missing_module(skipped))
        self.state_writer.write_state(self.state)

    def _fail(self, stream: MagentoStream, error: ProgramError) -> None:
        self.shop.report.begin(stream.name).error = str(error)
        self.failures[stream.name] = error
        self.logger.error("%s failed: %s", stream.name, error)

    @override
    def _setup_signal_handlers(self) -> None:
        """Nothing here: the command alone listens to signals."""

    @classmethod
    @override
    def cb_config(cls, ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> _ConfigInput:
        """Merges the configuration files; `ENV` adds TAP_MAGENTO_* variables."""
        merged: dict[str, Any] = {}
        for name in value:
            merged |= {} if name == "ENV" else cli.read_json(Path(name), "config")
        return _ConfigInput(config=merged, parse_env="ENV" in value)

    @classmethod
    @override
    def get_singer_command(cls) -> click.Command:
        """The SDK's options and HotGlue's `--access-token`."""
        command = super().get_singer_command()
        command.help = cli.HELP
        help_text = "Log in anew, save the access token in the config file, and end."
        command.params.append(click.Option(["--access-token"], is_flag=True, help=help_text))
        return command

    @classmethod
    @override
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: _ConfigInput | None = None,
        state: IO[str] | None = None,
        catalog: IO[str] | None = None,
        access_token: bool = False,
    ) -> None:
        """Runs the command line; see the exit codes in `cli.run`."""
        if about:
            cls.print_about(about_format)
            return
        given = config or _ConfigInput()
        saved = dict(given.config)

        def action() -> int:
            tap = cls(
                config=given.config,
                state=cli.read_optional(state, "state"),
                catalog=cli.read_catalog(catalog),
                parse_env_config=given.parse_env,
            )
            if access_token:
                return cli.refresh_token(tap, cli.config_file(sys.argv), saved)
            return cli.run(tap)

        sys.exit(cli.guarded(action))


def main() -> None:
    """The console script `tap-magento`."""
    TapMagento.cli()
