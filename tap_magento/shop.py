"""The shop as one run sees it: address, credentials, the server's time, rights, and what several streams share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connector.errors import AccessDenied, LoginRefused, RunError, StreamError, Unreadable
from connector.http.answers import Answer
from connector.http.api import Address, Api
from connector.http.pool import Pace, Pool, Row
from connector.lists.window import Clock, Window, window
from connector.report import ReadReport
from connector.times import server_time
from tap_magento.auth import AdminLogin, Bearer, Signer, oauth
from tap_magento.listing import ProductListing
from tap_magento.login import Login
from tap_magento.place import store_address
from tap_magento.search import plain_query, probe_query

LOGGER = logging.getLogger("tap-magento")
STORE_CONFIGS = "/store/storeConfigs"


class Shop:
    """Everything a stream needs to read, made once per run; the first look at the shop happens on first use."""

    def __init__(
        self, config: Mapping[str, Any], run_id: str, selected: Callable[[], Sequence[tuple[str, str]]]
    ) -> None:
        self.config = config
        self.run_id = run_id
        self.report = ReadReport(LOGGER)
        self.pool = Pool(Pace(int(config["max_concurrency"]), float(config["throttle_seconds"])))
        self.listing: ProductListing | None = None
        self._selected = selected
        self._store = store_address(str(config["store_url"]))
        self.log_in = Login(self._store, config, self.report, self.pool.stopping)
        self._scoped = bool(config.get("store_code"))
        self._clock: Clock | None = None
        self._heard: datetime | None = None
        self._configs: list[Row] | None = None
        self._denied: dict[str, str] | None = None
        self.api = Api(self._store, self._signer(), self.pool, self.report, dict(config))

    def _signer(self) -> Signer:
        config = self.config
        if config.get("use_oauth"):
            return oauth(config)
        token = config.get("oauth_token") or config.get("access_token")
        if config.get("username") and config.get("password") is not None:
            return AdminLogin(self.log_in, token)
        if token:
            return Bearer(str(token))
        raise LoginRefused(
            "The configuration holds no credentials: set access_token, or username and password, or use_oauth with "
            "consumer_key, consumer_secret, oauth_token and oauth_token_secret."
        )

    def start(self) -> None:
        """Takes the first look at the shop, once: is the address right, what time is it there.

        Raises:
            RunError: wrong address, unknown scope, redirect, refused credentials. No record was read by then.
        """
        if self._clock is not None:
            return
        try:
            answer = self._ask(STORE_CONFIGS, plain_query())
        except AccessDenied as denied:
            self.explain(denied)
        except Unreadable as trouble:
            raise RunError(self._wrong_address(trouble)) from trouble
        except StreamError as error:
            raise RunError(self._no_first_answer(error)) from error
        else:
            self._configs = answer.value if isinstance(answer.value, list) else None
        if self._heard is None:
            self.report.note("The shop does not say what time it is: this machine's clock is taken, and must be right.")
        self._clock = Clock.now(self._heard)
        self._say_what_is_odd(self._clock)

    def _ask(self, path: str, query: str, tries: int | None = None) -> Answer:
        """One small question, from a worker, so that a signal can end the waiting; notes the server's time."""
        answer = self.pool.one(lambda address: self.api.get(address, tries=tries), Address(path, lambda _: query))
        self._heard = server_time(answer.headers) or self._heard
        return answer

    def close(self) -> None:
        """Ends threads and connections, and saves the report."""
        self.pool.close()
        self.api.close()
        self.report.save()

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
    def store_configs(self) -> list[Row] | None:
        """The rows of storeConfigs from the first look; None where the right to read them is missing."""
        self.start()
        return self._configs

    def _say_what_is_odd(self, clock: Clock) -> None:
        oddity = clock.oddity()
        if oddity is None:
            return
        if clock.shop == clock.latest:
            self.report.note(oddity)
        else:
            # It costs rows read twice and nothing else; doctor tells it too.
            LOGGER.warning(oddity)

    def window(self, name: str, saved: str | None, *, document: bool) -> Window:
        """What this run reads of a stream whose last window ended at `saved`; see connector/lists/window.py."""
        self.start()
        assert self._clock is not None
        found = window(name, self._clock, saved, self.config, document=document)
        for note in found.notes:
            self.report.note(note)
        return found

    def explain(self, denied: AccessDenied) -> StreamError:
        """Tells wrong credentials from a missing right: asks one path per selected stream, once for each right.

        Raises:
            LoginRefused: when every selected stream answers 401.
        """
        if self._denied is None or denied.right not in self._denied.values():
            self._denied = self._ask_each_stream()
            if len(self._denied) == len(self._selected()):
                error = LoginRefused(
                    f"The shop refuses the credentials on every stream asked (401, right {denied.right}): "
                    f"{self.api.signer.remedy}."
                )
                self.api.dead = error
                raise error
        return StreamError(
            f"The shop accepts the credentials but not for this stream: the right {denied.right} is missing. Give "
            "it to the integration (System > Extensions > Integrations > API) or to the user's role, then run again."
        )

    def _ask_each_stream(self) -> dict[str, str]:
        denied: dict[str, str] = {}
        for name, path in self._selected():
            try:
                self._ask(path, probe_query(), tries=1)
            except AccessDenied as error:
                denied[name] = error.right
            except (Unreadable, StreamError) as error:
                LOGGER.debug("Asked %s about access: %s", name, error)
        return denied
