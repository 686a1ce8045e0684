"""The vocabulary of the depot as a destination: a label for each article."""

from vocabulary.entity import Entity, needed
from vocabulary.values import Price, Stock, Text255

LABELS = Entity(
    "Depot", "labels", "labels", {"name": needed(Text255), "price": Price | None, "count": Stock | None}, ("name",)
)
