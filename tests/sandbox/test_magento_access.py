"""Who may ask the Magento sandbox, and how it is configured: tokens, rights, lock-out, OAuth, limits, old paging."""

import base64
import json
import time
from urllib.parse import quote

import pytest
import requests
from requests_oauthlib import OAuth1

from sandbox.magento import auth as magento_auth

DENIED = "The consumer isn't authorized to access %resources."
SIGN_IN = "The account sign-in was incorrect or your account is disabled temporarily. Please wait and try again later."


def sign_in(magento, password="sandbox-password", path="integration/admin/token", **more):
    body = {"username": "admin", "password": password, **more}
    return magento.raw(f"/rest/V1/{path}", "POST", json=body)


def test_a_missing_or_wrong_token_and_a_missing_right_get_the_same_401(own_magento, criteria):
    answers = []
    for header in ("", "Bearer wrong", "Bearer", "Basic sandbox-integration-token"):
        own_magento.headers = {"Authorization": header} if header else {}
        answers.append(own_magento.ask("orders", criteria(size=1)))
    own_magento.headers = {"Authorization": "Bearer sandbox-integration-token"}
    own_magento.configure(missing_acl=["Magento_Sales::actions_view"])
    answers.append(own_magento.ask("orders", criteria(size=1)))
    for answer in answers:
        assert answer.status_code == 401
        assert answer.json() == {"message": DENIED, "parameters": {"resources": "Magento_Sales::actions_view"}}
    assert own_magento.ask("products", criteria(size=1)).status_code == 200


def test_integration_tokens_may_be_forbidden_as_bearer(own_magento, criteria):
    own_magento.configure(bearer=False)
    assert own_magento.ask("orders", criteria(size=1)).status_code == 401
    own_magento.headers["Authorization"] = f"Bearer {sign_in(own_magento).json()}"
    assert own_magento.ask("orders", criteria(size=1)).status_code == 200


def test_an_admin_token_lives_one_hour_of_the_shops_clock(own_magento, criteria):
    token = sign_in(own_magento).json()
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["exp"] - claims["iat"] == 3600
    own_magento.headers["Authorization"] = f"Bearer {token}"
    assert own_magento.ask("orders", criteria(size=1)).status_code == 200
    own_magento.sandbox.clock.advance(seconds=3601)
    assert own_magento.ask("orders", criteria(size=1)).status_code == 401


def test_six_wrong_passwords_lock_the_account_for_half_an_hour(own_magento):
    for _ in range(6):
        wrong = sign_in(own_magento, "wrong")
        assert (wrong.status_code, wrong.json()) == (401, {"message": SIGN_IN})
    assert sign_in(own_magento).status_code == 401
    own_magento.sandbox.clock.advance(seconds=1801)
    assert sign_in(own_magento).status_code == 200


def test_a_missing_credential_is_a_400(own_magento):
    answer = own_magento.raw("/rest/V1/integration/admin/token", "POST", json={"username": "admin"})
    assert (answer.status_code, answer.json()["parameters"]) == (400, {"fieldName": "password"})


def test_two_factor_sign_in_needs_its_own_endpoint(own_magento, criteria):
    own_magento.configure(two_factor=True)
    refused = sign_in(own_magento)
    assert (refused.status_code, refused.json()["parameters"]) == (400, {"active_providers": ["google"]})
    path = "tfa/provider/google/authenticate"
    assert sign_in(own_magento, path=path, otp="000000").status_code == 401
    own_magento.headers["Authorization"] = f"Bearer {sign_in(own_magento, path=path, otp='123456').json()}"
    assert own_magento.ask("orders", criteria(size=1)).status_code == 200


def oauth(**more):
    given = {
        "client_key": magento_auth.CONSUMER_KEY,
        "client_secret": magento_auth.CONSUMER_SECRET,
        "resource_owner_key": magento_auth.INTEGRATION_TOKEN,
        "resource_owner_secret": magento_auth.TOKEN_SECRET,
        "signature_method": "HMAC-SHA256",
    }
    return OAuth1(**{**given, **more})


def test_a_request_signed_with_oauth_is_let_in(own_magento, criteria):
    own_magento.configure(bearer=False)
    url = f"{own_magento.sandbox.magento_url}/rest/all/V1/orders?" + criteria(
        [("updated_at", "gteq", "2026-01-01 00:00:00")], [("increment_id", "neq", "a+b&c=ü/")], size=5
    )
    assert requests.get(url, auth=oauth(), timeout=20).status_code == 200
    wrong = oauth(client_secret="wrong")
    answer = requests.get(url, auth=wrong, timeout=20)
    assert (answer.status_code, answer.json()["message"]) == (401, "The signature is invalid. Verify and try again.")
    old = requests.get(url, auth=oauth(signature_method="HMAC-SHA1"), timeout=20)
    assert (old.status_code, old.json()) == (
        400,
        {"message": "Signature method %1 is not supported", "parameters": ["HMAC-SHA1"]},
    )


def signed(magento, path, nonce="n1", stamp=None):
    """Sign a request as Magento 2.4.7 expects it: with the path as Laminas normalises it."""
    url = magento.sandbox.magento_url + path
    given = {
        "oauth_consumer_key": magento_auth.CONSUMER_KEY,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(time.time()) if stamp is None else stamp),
        "oauth_token": magento_auth.INTEGRATION_TOKEN,
        "oauth_version": "1.0",
    }
    given["oauth_signature"] = magento_auth.signature("GET", url, "", given)
    magento.headers["Authorization"] = "OAuth " + ",".join(f'{k}="{quote(v, safe="")}"' for k, v in given.items())
    return magento.raw(path)


def test_a_path_is_signed_as_laminas_normalises_it(own_magento):
    sku = quote("ODD/SLASH-1", safe="")
    path = f"/rest/V1/stockItems/{sku}"
    assert magento_auth.normalised(f"http://h:1{path}") == "http://h:1/rest/V1/stockItems/ODD/SLASH-1"
    assert magento_auth.normalised("http://h/a%20b%C3%BC%25x") == "http://h/a%20b%C3%BC%25x"
    assert signed(own_magento, path).status_code == 200
    raw = requests.get(own_magento.sandbox.magento_url + path, auth=oauth(), timeout=20)
    assert raw.status_code == 401


def test_a_nonce_serves_once_and_the_future_is_refused(own_magento):
    assert signed(own_magento, "/rest/V1/store/websites").status_code == 200
    again = signed(own_magento, "/rest/V1/store/websites")
    assert again.json()["message"] == "The nonce is already being used by the consumer with ID %1"
    late = signed(own_magento, "/rest/V1/store/websites", "n2", int(time.time()) + 4000)
    assert (late.status_code, late.json()["message"]) == (401, "An error occurred validating the nonce")
    assert signed(own_magento, "/rest/V1/store/websites", "n3", int(time.time()) - 3600).status_code == 200


def test_input_limits_cap_the_page_size_and_the_filters_of_a_group(own_magento, criteria):
    own_magento.configure(input_limit=True)
    refused = own_magento.ask("orders", criteria(size=301))
    assert (refused.status_code, refused.json()) == (
        400,
        {"message": "Maximum SearchCriteria pageSize is %max", "parameters": {"max": 300}},
    )
    plain = own_magento.json("orders", "searchCriteria=")
    assert (len(plain["items"]), plain["search_criteria"]["page_size"]) == (20, 20)
    assert len(own_magento.json("orders", criteria(size=0))["items"]) == 120
    many = own_magento.ask("products", criteria([("sku", "eq", str(n)) for n in range(21)]))
    assert (many.status_code, many.json()["parameters"]["max"]) == (400, 20)
    assert own_magento.ask("stockItems/lowStock", "scopeId=0&qty=1&pageSize=301").status_code == 200


def test_an_old_shop_repeats_its_last_page(own_magento, criteria):
    own_magento.configure(legacy_paging=True)
    last = own_magento.json("orders", criteria(sort="entity_id ASC", size=50, page=3))["items"]
    beyond = own_magento.json("orders", criteria(sort="entity_id ASC", size=50, page=4))["items"]
    assert len(last) == 20
    assert beyond == last


def test_maintenance_is_an_html_page_for_everybody(own_magento, criteria):
    own_magento.configure(maintenance=True)
    answer = own_magento.ask("orders", criteria(size=1))
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (503, "text/html")
    assert "Retry-After" not in answer.headers


def test_without_the_right_to_see_stock_a_product_comes_without_it(own_magento):
    assert "stock_item" in own_magento.json("products/PART-A")["extension_attributes"]
    own_magento.configure(missing_acl=["Magento_CatalogInventory::cataloginventory"])
    assert "stock_item" not in own_magento.json("products/PART-A")["extension_attributes"]
    assert own_magento.ask("stockItems/PART-A").status_code == 200, "that endpoint has a right of its own"


def test_the_stock_endpoints_need_the_right_to_the_catalogues_inventory(own_magento):
    own_magento.configure(missing_acl=["Magento_Catalog::catalog_inventory"])
    assert own_magento.ask("stockItems/PART-A").status_code == 401
    assert own_magento.ask("stockStatuses/PART-A").status_code == 401


def test_settings_that_do_not_exist_are_refused(own_magento):
    for wrong in ({"msi": "perhaps"}, {"misspelt": True}):
        answer = requests.post(f"{own_magento.sandbox.magento_url}/_sandbox/settings", json=wrong, timeout=20)
        assert answer.status_code == 400, wrong


@pytest.mark.parametrize(
    ("target", "status", "message"),
    [
        ("/rest/nope/V1/store/websites", 400, "Specified request cannot be processed."),
        ("/rest/", 400, "Specified request cannot be processed."),
        ("/rest/V1/nope", 404, "Request does not match any route."),
        ("/rest/nl/V1/nope", 404, "Request does not match any route."),
        ("/index.php/rest/V1/nope", 404, "Request does not match any route."),
    ],
)
def test_a_wrong_scope_and_a_wrong_route_are_told_apart(magento, target, status, message):
    answer = magento.raw(target)
    assert (answer.status_code, answer.json()) == (status, {"message": message})


def test_index_php_and_a_trailing_slash_lead_to_the_same_place(magento):
    expected = magento.json("store/websites")
    for target in ("/index.php/rest/V1/store/websites", "/rest/all/V1/store/websites/", "/rest/V1/store/websites"):
        assert magento.raw(target).json() == expected


def test_the_version_page_tells_two_numbers_and_the_edition(magento):
    assert magento.raw("/magento_version").text == "Magento/2.4 (Community)"


def test_the_date_header_is_the_shops_clock(magento):
    assert "Jan 2026" in magento.ask("store/websites").headers["Date"]
