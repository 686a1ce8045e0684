"""The shop's customers: made-up names, addresses and e-mail addresses that must never reach Optiply."""

import random

from sandbox.shop.world import SHOP_OPENED, Json

_FIRST = ("Aaltje", "Bram", "Cornelia", "Dirkje", "Evert", "Femke", "Gerrit", "Hilletje", "Ibrahim", "Jacoba")
_LAST = ("Achterberg", "van Bommel", "Couperus", "Duyvendak", "Éénhoorn", "Fontijn", "Groothuis", "Hazelhoff")
_STREETS = ("Oudezijds Achterweg", "Lange Vijverhout", "Kromme Elleboogsteeg", "Zeven Steegjespad")
_CITIES = (("Amsterdam", "1012LG"), ("Rotterdam", "3011AA"), ("Zaandam", "1506XY"), ("Leiden", "2312BK"))


def customer_json(customer_id: int, rng: random.Random) -> Json:
    """Build a customer as `GET /V1/customers/search` lists it."""
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    city, postcode = rng.choice(_CITIES)
    email = f"{first}.{last.replace(' ', '')}.{customer_id}@customers.example".lower()
    address = {
        "id": customer_id,
        "customer_id": customer_id,
        "region": {"region_code": None, "region": None, "region_id": 0},
        "region_id": 0,
        "country_id": "NL",
        "street": [f"{rng.choice(_STREETS)} {customer_id}"],
        "telephone": f"06{customer_id:08d}",
        "postcode": postcode,
        "city": city,
        "firstname": first,
        "lastname": last,
        "default_shipping": True,
        "default_billing": True,
    }
    return {
        "id": customer_id,
        "group_id": 1,
        "default_billing": str(customer_id),
        "default_shipping": str(customer_id),
        "created_at": SHOP_OPENED,
        "updated_at": SHOP_OPENED,
        "created_in": "Default Store View",
        "email": email,
        "firstname": first,
        "lastname": last,
        "store_id": 1,
        "website_id": 1,
        "addresses": [address],
        "disable_auto_group_change": 0,
        "extension_attributes": {"is_subscribed": False},
    }


def guest(customer: Json) -> Json:
    """Return a customer without an account: the same person, ordering as a guest."""
    return {**customer, "id": None}
