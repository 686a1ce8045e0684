"""Made-up customers of the Picqer sandbox: names and addresses that must never leave the tap."""

from typing import Any

_FIRST = ("Aaltje", "Bram", "Cornelia", "Dirkje", "Evert", "Femke", "Gerrit", "Hilletje", "Ibrahim", "Jacoba")
_LAST = ("Achterberg", "van Bommel", "Couperus", "Duyvendak", "Éénhoorn", "Fontijn", "Groothuis", "Hazelhoff")
_STREETS = ("Oudezijds Achterweg", "Lange Vijverhout", "Kromme Elleboogsteeg", "Zeven Steegjespad")
_CITIES = (("Amsterdam", "1012LG"), ("Rotterdam", "3011AA"), ("Zaandam", "1506XY"), ("Leiden", "2312BK"))


def name(person: int) -> str:
    """Return the name of a made-up customer."""
    return f"{_FIRST[person % len(_FIRST)]} {_LAST[person // len(_FIRST) % len(_LAST)]}"


def address(person: int) -> dict[str, Any]:
    """Return what an order tells about the person who placed it."""
    city, zipcode = _CITIES[person % len(_CITIES)]
    street = f"{_STREETS[person // 4 % len(_STREETS)]} {person + 1}"
    told: dict[str, Any] = {
        "telephone": f"06{person:08d}",
        "emailaddress": f"{name(person).replace(' ', '.').lower()}.{person}@customers.example",
        "customer_remarks": None,
    }
    for kind in ("delivery", "invoice"):
        told |= {
            f"{kind}name": name(person),
            f"{kind}contactname": None,
            f"{kind}address": street,
            f"{kind}address2": None,
            f"{kind}zipcode": zipcode,
            f"{kind}city": city,
            f"{kind}region": None,
            f"{kind}country": "NL",
        }
    return told
