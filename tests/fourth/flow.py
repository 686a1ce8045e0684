"""The depot's flow into its own labels: what is read of an article, and that a label goes when its article is gone."""

from typing import Any

from msgspec import Struct
from sqlalchemy import MetaData

from connector.values import id_text
from etl.core.entity import Filled, Records, default_steps
from etl.core.fitting import conversions_of
from etl.core.flags import Flags
from etl.core.flow import Flow, Offered
from etl.core.mapping import MapEntity, MapTable
from etl.core.streams import Stream, Streams
from store.care import take_over
from tests.fourth.labels import LABELS


class Article(Struct):
    id: Any = None
    title: Any = None
    price: Any = None
    stock: Any = None
    changed: Any = None


class ArticleId(Struct):
    id: Any = None


class Config(Flags):
    entities = ("labels",)


FIELDS = MapEntity({"remoteId": None, **conversions_of(LABELS)}, ("remoteId", "name"), Article.__struct_fields__)
DEPOT = Flow(
    name="depot",
    streams=Streams(
        "Depot", (Stream("articles", Article, "id"), Stream("article_ids", ArticleId, "id", lone={"id": id_text}))
    ),
    fields=MapTable("Article", "Label", {"labels": FIELDS}, own="labels"),
    flags=Config,
    facts=MetaData(),
    begin=Records,
    steps=default_steps([Filled(LABELS, "articles", newest="changed", absence="delete", listing="article_ids")]),
    offers=lambda _config: [Offered(LABELS)],
    take_over=lambda snapshot, stream, known: take_over(snapshot, stream, known, "imported"),
)
