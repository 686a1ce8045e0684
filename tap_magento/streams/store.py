"""Store settings: websites, groups and views, and the settings of each view."""

from collections.abc import Iterator

from typing_extensions import override

from connector.http.pool import Row
from connector.singer.kinds import PlainStream
from tap_magento.shop import STORE_CONFIGS, Shop


class StoresStream(PlainStream):
    """Store views with their website, currency and timezone; one row per store view, the admin's left out."""

    name = "stores"
    path = STORE_CONFIGS
    keys = ("id",)
    source: Shop

    @override
    def pages(self) -> Iterator[list[Row]]:
        """The rows of the run's first look at the shop, which asked this very endpoint."""
        yield [dict(row) for row in self.readable(self.source.store_configs)]


class StoreConfigsStream(PlainStream):
    """Every setting of each store view that the API shows; one row per store view, the admin's left out."""

    name = "store_configs"
    path = STORE_CONFIGS
    keys = ("id",)


class WebsitesStream(PlainStream):
    """Websites; one row per website, the admin's (id 0) included."""

    name = "websites"
    path = "/store/websites"
    keys = ("id",)


class StoreGroupsStream(PlainStream):
    """Store groups; one row per group, the admin's (id 0) included."""

    name = "store_groups"
    path = "/store/storeGroups"
    keys = ("id",)


class StoreViewsStream(PlainStream):
    """Store views, inactive ones too; one row per view, the admin's (id 0) included."""

    name = "store_views"
    path = "/store/storeViews"
    keys = ("id",)
