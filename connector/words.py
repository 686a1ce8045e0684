"""How numbers and outcomes are said to people: plural forms, and words for the names that programs use."""

import re


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: "1 product", "2 products", "2 categories" with that plural given."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def of_stream(number: int, name: str) -> str:
    """A number of records of a stream or an entity: "1 sellOrder", "2 sellOrders", "1 product_stock_status"."""
    return counted(number, re.sub("(?<=s)es$|s$", "", name), name)


def said(name: str) -> str:
    """A name from a step's report as people read it: left_out is "left out"."""
    return name.replace("_", " ")


def printable(text: str) -> str:
    """A text on one line, without control characters and what else a terminal would obey."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
