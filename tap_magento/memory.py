"""What a reading of stock finds of an earlier one, whether that can be relied on, and what it leaves behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo

from connector.addresses import SettingError
from connector.canonical import canonical
from connector.errors import StreamError
from connector.times import utc_text
from connector.zone import Zone
from tap_magento.bulk import BulkStock
from tap_magento.listing import Listed
from tap_magento.seen import LAYOUT, Exported, Seen, SeenFile, SeenProduct, seen_file
from tap_magento.shop import Shop

NIGHT_HOUR = 2


@dataclass
class StockMemory:
    """What an earlier run has seen, and what this one will leave behind.

    `afresh`: this run is to read everything. `earlier` is what was seen of this shop, `seen` the same while it is
    relied on, and `how` says why it is not, or what came of it. What this run finds: `stock`, a text that changes with
    what feeds the stock, `prints`, the products' fingerprints, and `moved`, those that have just moved.
    """

    shop: Shop
    file: SeenFile
    afresh: bool
    how: str = field(default="", init=False)
    earlier: Seen | None = field(default=None, init=False)
    seen: Seen | None = field(default=None, init=False)
    stock: str = field(default="", init=False)
    prints: Mapping[int, str] = field(default_factory=dict, init=False)
    moved: set[int] = field(default_factory=set, init=False)
    _began: str = field(default="", init=False)

    def __post_init__(self) -> None:
        assert self.shop.clock is not None
        self._began = self.shop.clock.bookmark  # of the two clocks the earlier: too early costs questions, nothing else
        found = self.file.read()
        if found is not None and found.place == self._place and found.began <= self._began:
            self.earlier = found
        self.how = self._why_not()
        self.seen = None if self.how else self.earlier

    def _why_not(self) -> str:
        """Why what was seen is not relied on, empty if it is."""
        if self.afresh:
            return "all was asked for"
        if self.earlier is None:
            return "no earlier reading is known"
        return "all is read once a night" if self.earlier.began < self._last_night() else ""

    @property
    def _place(self) -> str:
        return canonical([self.shop.config["store_url"], self.shop.config.get("store_code")])

    def _last_night(self) -> str:
        zone: tzinfo
        try:
            zone = Zone(str(self.shop.store_configs[0].get("timezone"))).info
        except (StreamError, SettingError, IndexError, AttributeError):
            zone = timezone.utc
        now = datetime.fromisoformat(self._began).replace(tzinfo=timezone.utc).astimezone(zone)
        night = now.replace(hour=NIGHT_HOUR, minute=0, second=0)
        return utc_text(night if night <= now else night - timedelta(days=1))

    def give_up(self, why: str) -> None:
        """Relies no longer on what was seen."""
        self.seen, self.how = None, why

    def keep(self, products: Sequence[Listed], bulk: BulkStock) -> None:
        """Leaves behind what this reading found, after its last page."""
        if not self.prints:
            return
        before = {one.id: one for one in self.earlier.products} if self.earlier else {}
        seen = Seen(
            layout=LAYOUT,
            place=self._place,
            stock=self.stock,
            began=self._began,
            products=[self._product(one, bulk.answered, before.get(one.id)) for one in products],
            elsewhere={number: status for number, status in bulk.elsewhere.items() if isinstance(status, int)},
        )
        try:
            self.file.write(seen)
        except OSError as error:
            self.shop.report.note(
                f"{self.file.path} cannot be written ({error.strerror}), so the next run reads all stock; make its "
                "folder writable."
            )

    def _product(self, one: Listed, answered: Mapping[int, Exported | None], before: SeenProduct | None) -> SeenProduct:
        own = self.prints[one.id]
        just_moved = one.id in self.moved or (before is not None and before.fingerprint != own)
        return SeenProduct(
            one.id,
            str(one.sku),
            one.status,
            one.type_id,
            own if one.id in answered else None,
            answered.get(one.id),
            self._began if just_moved else before.moved if before else "",
        )


def memory_of(shop: Shop, *, afresh: bool) -> StockMemory | None:
    """The notes of this run's folder; None where nothing lasts, or another way of reading is wanted."""
    file = seen_file(shop.config)
    return StockMemory(shop, file, afresh) if file is not None and shop.config["stock_reading"] == "auto" else None
