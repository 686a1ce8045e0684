"""The tap of the made-up depot: its articles by what changed, and a list of all their ids."""

from singer_sdk import typing as th

from connector.http.pool import Json
from connector.lists.plain import PlainSource
from connector.lists.question import Ask
from connector.lists.words import Words
from connector.singer.changes import ChangesStream
from connector.singer.kinds import KeyedStream
from connector.singer.settings import Setting, json_schema, reading_settings
from connector.singer.tap import SourceTap

_NAMES = {("id", "gt"): "above", ("id", "lteq"): "max", ("id", "in"): "ids",
          ("changed", "gteq"): "since", ("changed", "lteq"): "until"}


class Depot(PlainSource):
    """Answers rows and their count."""

    words = Words("the depot", "Ask its maker", "see its log", "check url", "count", "depot", "2020-01-01 00:00:00")
    first = "/labels"

    def query(self, ask: Ask, size: int) -> str:
        parts = [f"{_NAMES[each.field, each.condition]}={each.value}" for each in ask.where]
        parts += ["sort=-id"] if any(each.descending for each in ask.sort) else []
        return "&".join([*parts, f"limit={size}"])

    def rows_and_total(self, value: Json) -> tuple[Json, Json]:
        return value["rows"], value["count"]


class Articles(ChangesStream):
    """Articles; one row per article that changed."""

    name, path, keys, cursor, key, changes = "articles", "/articles", ("id",), "id", "id", "changed"
    always_selected, document = True, False
    schema = th.PropertiesList(
        th.Property("id", th.IntegerType), th.Property("title", th.StringType), th.Property("price", th.NumberType),
        th.Property("stock", th.IntegerType), th.Property("changed", th.StringType),
    ).to_dict()  # fmt: skip


class ArticleIds(KeyedStream):
    """Which articles there are; one row per article."""

    name, path, keys, cursor, key, always_selected = "article_ids", "/articles", ("id",), "id", "id", True
    absence_counts = True
    schema = th.PropertiesList(th.Property("id", th.IntegerType)).to_dict()


class TapDepot(SourceTap):
    """Reads a depot."""

    name, reads = "tap-depot", "a depot"
    settings = (Setting("url", True, {"type": ["string"]}), *reading_settings("depot", 20).values())
    config_jsonschema = json_schema(settings)
    declared = (Articles, ArticleIds)
    source_class = Depot
