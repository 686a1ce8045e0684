"""The shop as one run sees it: address, credentials, the server's time, rights, and what several streams share."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from typing_extensions import override

from connector.errors import AccessDenied, LoginRefused, RunError, StreamError, Unreadable
from connector.http.answers import Answer
from connector.http.clock import date_of
from connector.http.pool import Row
from connector.http.request import Request
from connector.lists.pages import Isolate
from connector.lists.source import Crumb
from magento_api import search
from magento_api.source import MagentoSource
from tap_magento.config import custom_attribute_codes
from tap_magento.listing import ProductListing, Taken

LOGGER = logging.getLogger("tap-magento")
STORE_CONFIGS = "/store/storeConfigs"


class Shop(MagentoSource):
    """A Magento shop. `listing`: the products, once a stream has listed them; `taken`: once one has read them all."""

    listing: ProductListing | None = None
    taken: Taken | None = None
    _store_configs: list[Row] | StreamError
    _heard: datetime | None = None
    _denied: dict[str, str] | None = None

    @override
    def fields(self, properties: Mapping[str, Any], is_selected: Callable[[Crumb], bool]) -> str:
        return search.projection(properties, is_selected, custom_attribute_codes(self.config))

    @override
    def look(self) -> datetime | None:
        """Asks for the settings of the store views: is the address right, what time is it there.

        Raises RunError: wrong address, unknown scope, redirect, refused credentials. No record was read by then.
        """
        try:
            answer = self._ask(STORE_CONFIGS, search.plain_query())
        except AccessDenied as denied:
            self.explain(denied)
            self._store_configs = denied
        except Unreadable as trouble:
            raise RunError(self._wrong_address(trouble)) from trouble
        except StreamError as error:
            raise RunError(self._no_first_answer(error)) from error
        else:
            self._store_configs = (
                answer.value
                if isinstance(answer.value, list)
                else StreamError(f"GET {STORE_CONFIGS}: the answer is not a list of records; {self.words.check}.")
            )
        return self._heard

    def _ask(self, path: str, query: str, tries: int | None = None) -> Answer:
        """One small question, from a worker, so that a signal can end the waiting; notes the server's time."""
        answer = self.pool.one(lambda address: self.client.get(address, tries=tries), Request(path, lambda _: query))
        self._heard = date_of(answer.headers) or self._heard
        return answer

    def _wrong_address(self, trouble: Unreadable) -> str:
        if self._scoped and trouble.status == 404:
            return self._unknown_scope()
        return (
            f"{self._store} does not answer as a Magento shop ({trouble.status} on {STORE_CONFIGS}: {trouble.reason}): "
            "check store_url; it is the address of the shop itself, without /rest."
        )

    def _no_first_answer(self, error: StreamError) -> str:
        if self._scoped and "[400" in str(error):
            return self._unknown_scope()
        return str(error)

    def _unknown_scope(self) -> str:
        return (
            f"The shop has no store view with the code '{self.config['store_code']}': set store_code to one of Stores "
            "> All Stores in the admin, to 'all' for the admin's values, or leave it out."
        )

    @property
    def store_configs(self) -> list[Row]:
        """The rows of storeConfigs from the first look.

        Raises StreamError: the right to read them is missing (AccessDenied), or they are not a list.
        """
        self.start()
        if isinstance(self._store_configs, StreamError):
            raise self._store_configs
        return self._store_configs

    def products(self, isolate: Isolate) -> ProductListing:
        """The run's listing: the one of product_ids, or an own reading where that stream was not read before."""
        if self.listing is None:
            listing = ProductListing(self, isolate, self.taken)
            for _ in listing.pages():
                continue
            self.listing = listing
        return self.listing

    @override
    def explain(self, denied: AccessDenied) -> StreamError:
        """Tells wrong credentials from a missing right: asks one path per selected stream, once for each right.

        Raises LoginRefused when every selected stream answers 401.
        """
        if self._denied is None or denied.right not in self._denied.values():
            self._denied = self._ask_each_stream()
            if len(self._denied) == len(self.selected()):
                error = LoginRefused(
                    f"The shop refuses the credentials on every stream asked (401, right {denied.right}): "
                    f"{self.client.signer.remedy}."
                )
                self.client.dead = error
                raise error
        return StreamError(
            f"The shop accepts the credentials but not for this stream: the right {denied.right} is missing. Give "
            "it to the integration (System > Extensions > Integrations > API) or to the user's role, then run again."
        )

    def _ask_each_stream(self) -> dict[str, str]:
        denied: dict[str, str] = {}
        for name, path in self.selected():
            try:
                self._ask(path, search.probe_query(), tries=1)
            except AccessDenied as error:
                denied[name] = error.right
            except (Unreadable, StreamError) as error:
                LOGGER.debug("Asked %s about access: %s", name, error)
        return denied
