"""A Magento shop as something to ask: address, credentials, how a question is written and an answer read."""

from typing import ClassVar

from typing_extensions import override

from connector.errors import LoginRefused
from connector.http.pool import Json
from connector.http.request import Counting
from connector.http.tokens import Signer
from connector.lists.question import Ask
from connector.lists.source import Source
from connector.lists.words import Words
from magento_api import search
from magento_api.api import Api, way_to
from magento_api.auth import AdminLogin, Bearer
from magento_api.login import Login
from magento_api.place import store_address

MAGENTO = Words(
    who="the shop",
    expert="Ask the shop's developer",
    log="look up the report id in the shop's var/log and var/report",
    check="check store_url and the shop's version",
    total="total_count",
    name="Magento",
    oldest="2008-01-01 00:00:00",
)
"""Magento's first release is of March 2008."""


class MagentoSource(Source):
    """A shop that is asked with the settings of `magento_api.settings`, and those on patience of `connector`.

    `counts`: where requests are counted, if not in its own report.
    """

    words = MAGENTO
    counts: Counting | None = None
    api: ClassVar[type[Api]] = Api

    @override
    def connect(self) -> Api:
        self._store = store_address(str(self.config["store_url"]))
        counts = self.counts or self.report
        self.log_in = Login(self._store, self.config, counts, self.pool.stopping, self.logger)
        self._scoped = bool(self.config.get("store_code"))
        return self.api(self._store, way_to(self._store), self._signer(), self.pool, counts, self.config, self.logger)

    @override
    def query(self, ask: Ask, size: int) -> str:
        return search.query(ask, size)

    @override
    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        return search.rows_and_total(value)

    @override
    def renewed_token(self) -> str | None:
        return self.log_in() if isinstance(self.client.signer, AdminLogin) else None

    def _signer(self) -> Signer:
        config = self.config
        if config.get("use_oauth"):
            from magento_api.oauth import oauth

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
