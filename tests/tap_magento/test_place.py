"""store_url as people copy it: cut at the path segment `rest` alone, and a scope in it is taken up or refused."""

import re

import pytest

from connector.addresses import SettingError
from connector.errors import RunError
from magento_api.place import Place, place_of, store_address

SHOP = "https://shop.example.com"


@pytest.mark.parametrize(
    ("path", "folder", "scope"),
    [
        ("", "", None),
        ("/", "", None),
        ("/rest", "", None),
        ("/rest/V1/", "", None),
        ("/rest/V1/products", "", None),
        ("/rest/de/V1", "", "de"),
        ("/rest/all/V1/orders", "", "all"),
        ("/rest/nl_be", "", "nl_be"),
        ("/rest//de//V1", "", "de"),
        ("/restaurant", "/restaurant", None),
        ("/restaurant/", "/restaurant", None),
        ("/restaurant/rest/V1", "/restaurant", None),
        ("/shop/rest-days", "/shop/rest-days", None),
        ("/rest-days/rest/de/v1", "/rest-days", "de"),
        ("/forest", "/forest", None),
        ("/index.php/rest/V1", "/index.php", None),
        ("/rest/rest/V1", "/rest", None),
        ("/rest/rest/de/V1", "/rest", "de"),
    ],
)
def test_the_address_ends_before_the_segment_rest(path: str, folder: str, scope: str | None) -> None:
    assert place_of(SHOP + path) == Place(SHOP + folder, scope)
    assert store_address(SHOP + path) == SHOP + folder


@pytest.mark.parametrize("path", ["/rest/a/b/V1", "/rest/de-at/V1", "/rest/async/V1", "/rest/7", "/rest/%20/V1"])
def test_what_stands_there_and_is_no_scope_is_refused_by_name(path: str) -> None:
    with pytest.raises(SettingError, match=re.escape(f"'{path.removesuffix('/V1')}'")):
        place_of(SHOP + path)
    with pytest.raises(RunError, match=r"^store_url .*store_code.*\.$"):
        store_address(SHOP + path)


@pytest.mark.parametrize("text", ["shop:abc", "http://shop:99999", "ftp://shop", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(RunError, match="store_url"):
        store_address(text)
