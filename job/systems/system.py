"""What a system declares of itself, so that a job folder can be for it; the declarations stand in beside it."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from connector.addresses import LONGEST_SECONDS
from connector.findings import Finding
from connector.singer.catalog import catalog_of, names_of
from inventory.shop import Shop
from job.folder import JobFolder
from job.systems.account import Account
from job.systems.beginning import Asked, Sandbox
from job.systems.held import Held
from job.systems.lazily import later as later
from job.systems.outward import Outward
from job.systems.reads import select_read
from job.timing import Rule, Size
from store.care import Known, TakenOver
from store.snapshot import Place, Snapshot
from vocabulary.entity import Entity

Schema = dict[str, Any]
Config = Mapping[str, Any]
Grid = tuple[tuple[str, ...], list[list[Any]]]
"""A table: its titles and its rows."""

AT_LEAST_0 = {"minimum": 0}
AT_LEAST_1 = {"minimum": 1}
SECONDS = {"minimum": 0, "maximum": int(LONGEST_SECONDS)}
TIMEOUT = {"exclusiveMinimum": 0, "maximum": int(LONGEST_SECONDS)}


class Checks(Protocol):
    """What `doctor` checks of a source: `run` asks little, `whole` reads every product once the login works."""

    login_works: bool

    def run(self) -> Iterator[Finding]:
        """The checks in order; without an answer or a login the rest is left out."""

    def whole(self, beside: Callable[[Mapping[str, str]], Iterator[Finding]] | None) -> Iterator[Finding]:
        """The checks that read every product; `beside` compares their SKUs (folded → product id) with elsewhere."""


class DestinationChecks(Protocol):
    """What `doctor` checks of a destination; `token` is None until the login worked."""

    token: str | None

    def run(self) -> Iterator[Finding]:
        """The checks in order; without a token the rest is left out."""

    def collisions(self, skus: Mapping[str, str]) -> Iterator[Finding]:
        """Products there with a SKU of ours (folded → product id) and another remote id."""


class Missing(Protocol):
    """Products that a complete listing lacked, one that it had, and whether one run may disable so many."""

    @property
    def product_ids(self) -> tuple[str, ...]:
        """Ids of the missing ones."""

    @property
    def known(self) -> str:
        """Id of the one that is there."""

    @property
    def within_limit(self) -> bool:
        """Whether they are few enough."""


@dataclass(frozen=True)
class SettingsFile:
    """One configuration file of a folder.

    declared: properties and required names, as the programs that read it declare them. forms: bounds and forms that
    those declarations cannot say. in_headers: settings that travel in a header as they are. trimmed: blanks around a
    text are taken away. complaints: sentences on values that are of the right type and still of no use.
    """

    name: str
    title: str
    declared: Callable[[], tuple[Schema, list[str]]]
    forms: Mapping[str, Schema]
    in_headers: frozenset[str]
    trimmed: bool
    complaints: Callable[[Config], Iterator[str]]


@dataclass(frozen=True)
class SecondQuestion:
    """How products that a complete listing lacked are asked for by id: the tap's streams and settings of the question.

    of: the stream of what changed. find: the missing, by config, tap's output, store and how many may go (0: by share).
    """

    of: str
    listing: str
    answers: str
    ids: str
    known: str
    find: Callable[[Config, Path, Snapshot, int], Missing | None]


@dataclass(frozen=True)
class Beside:
    """What `snapshot why` may ask beside the store. read: stream and record of the last run, by streams and a text that
    the record's line holds. unread: a sentence on a record (stream, id) that cannot be read, None for others.
    """

    read: Callable[[Collection[str], bytes], Iterator[tuple[str, dict[str, Any]]]]
    unread: Callable[[str, str], str | None]


@dataclass(frozen=True)
class Facts:
    """SQL over the tables of facts that the flow keeps in the store.

    keep: makes sure of those tables. count: how many products there are. refused: (stream, remote id, status, reason,
    since) of what no record stands for. gone: whether the product :id is proven gone.
    """

    keep: Callable[[Snapshot], None]
    count: str
    refused: str
    gone: str


RECORDS_ALONE = Facts(
    keep=lambda _store: None,
    count="SELECT count(*) FROM records WHERE stream = 'products'",
    refused="SELECT '', '', '', '', NULL WHERE 1 = 0",
    gone="SELECT 0 WHERE :id = ''",
)
"""Of a flow that keeps nothing which no record stands for."""


@dataclass(frozen=True)
class Destination:
    """Where a flow's records go: its program, settings and checks; account: it, to be asked, until the block ends."""

    program: str
    settings: SettingsFile
    sandbox: Mapping[str, str]
    checks: Callable[[Config], DestinationChecks]
    account: Callable[[Config], AbstractContextManager[Account]]


@dataclass(frozen=True)
class StockWriting:
    """How stock is written into a system, by the settings of its config.json. shop: it, as the inventory import needs
    it, until the block ends. checks: what `doctor` checks of the rights that writing needs. held: the changes
    in a snapshot folder that a person must decide; release: decides those of a SKU, True: as applied.
    """

    shop: Callable[[Config], AbstractContextManager[Shop]]
    checks: Callable[[Config], Iterator[Finding]]
    held: Callable[[Place], Sequence[Held]]
    release: Callable[[Place, str, bool], Sequence[Held]]


@dataclass(frozen=True)
class System:
    """A system that is read, and its flow.

    parts: part of a run → the tap's streams that belong to it. rescanned: the stream of which a scheduled full read
    takes the last days only. works: work of the schedule → its parts, with `work_titles` in words. sizes: how often
    which size of shop is read; others: rules besides those of a size; full: the rule of the full read and `variant`
    what it depends on in words, by the settings. entities: what the flow fills. listings: streams in which a record
    that is not there means something. question: how missing products are asked for by id; without one, two complete
    listings decide. field_map: reads the folder's mapping table. take_over: takes ids over that the target has;
    was_read: whether a run has read a record (stream, id). explain: the stories of `snapshot why` (whatever product or
    order is asked for, or an order only), and `told` puts one into sentences and tables. asked: what `init` asks for,
    and `configured` makes config.json of the answers.
    stock: how it is written there, where known. reads: the shapes that the flow reads, by stream, to ask for no more.
    """

    name: str
    title: str
    tap: str
    flow: str
    target: Destination
    settings: SettingsFile
    parts: Mapping[str, tuple[str, ...]]
    rescanned: str
    works: Mapping[str, tuple[str, ...]]
    work_titles: Mapping[str, str]
    sizes: tuple[Size, ...]
    full: Callable[[Config], Rule]
    variant: Callable[[Config], str]
    entities: tuple[Entity, ...]
    listings: tuple[str, ...]
    facts: Facts
    sandbox: Sandbox
    field_map: Callable[[Config, Path], object]
    checks: Callable[[Config], Checks]
    take_over: Callable[[Snapshot, str, Iterable[Known]], TakenOver]
    was_read: Callable[[Snapshot, str, str], bool]
    explain: Callable[[Snapshot, JobFolder, Beside, str, bool], list[Any]]
    told: Callable[[Any], Iterator[str | Grid]]
    asked: tuple[Asked, ...]
    configured: Callable[[Config], dict[str, Any]]
    others: Callable[[Config], tuple[Rule, ...]] = lambda _config: ()
    question: SecondQuestion | None = None
    stock: StockWriting | None = None
    outward: Outward | None = None
    reads: Callable[[], Mapping[str, type]] | None = None

    def streams(self) -> list[str]:
        """The tap's streams."""
        return names_of(self.tap)

    def catalog(self, config: Config) -> Schema:
        """The tap's own catalogue, without the network; of what the flow reads, its fields alone are selected."""
        return select_read(catalog_of(self.tap, config), self.reads() if self.reads else {})

    def works_of(self, parts: tuple[str, ...], *, full: bool) -> tuple[str, ...]:
        """The works that a run over these parts has done; a full read is an update as well."""
        way, gone = self.outward, set(parts)
        if way is not None and way.goes_in(parts):
            gone.add(way.part)
        done = [work for work, needed in self.works.items() if work != "full" and set(needed) <= gone]
        return (*done, "full") if full and set(self.works["full"]) <= gone else tuple(done)

    @property
    def kept(self) -> tuple[str, ...]:
        """The streams of the target whose records the store keeps."""
        return tuple(entity.name for entity in self.entities)

    @property
    def created_once(self) -> tuple[str, ...]:
        """Those of them that are written once and never updated."""
        return tuple(entity.name for entity in self.entities if not entity.patched_when_adopted)

    def streams_of(self, parts: Iterable[str]) -> set[str]:
        """The tap's streams that belong to these parts."""
        return {stream for part in parts for stream in self.parts[part]}

    def rules(self, size: Size, config: Config) -> tuple[Rule, ...]:
        """The rules for a shop: its update, its other works and its full read."""
        return (size.update, *size.others, *self.others(config), self.full(config))

    def size_for(self, products: int) -> Size:
        """The class of a shop with this many products."""
        return next(size for size in self.sizes if size.up_to is None or products <= size.up_to)
