"""Who may ask EasyEcom's sandbox: logins, tokens for one location, the key, pace, burst and quota."""

import requests

from sandbox.systems import Sandbox

PRODUCTS = "/Products/GetProductMaster"
ORDERS = "/wms/V2/getPurchaseOrderDetails"


def test_a_token_comes_for_json_and_for_a_form(easy):
    told = easy.login().json()
    assert told["message"] is None
    assert told["data"]["token"]["expires_in"] == 7_776_000
    assert told["data"]["time_zone"] == "Asia/Kolkata"
    body = {"email": "sandbox@example.com", "password": "sandbox-password", "location_key": easy.south}
    answer = requests.post(f"{easy.sandbox.easyecom_url}/access/token", data=body, headers=easy.headers, timeout=20)
    assert answer.status_code == 200
    assert answer.json()["data"]["token"]["jwt_token"] != told["data"]["token"]["jwt_token"]


def test_wrong_credentials_and_an_unknown_location_are_refused(easy):
    wrong, unknown = easy.login(password="x"), easy.login(location_key="nowhere")
    assert (wrong.status_code, wrong.json()["message"]) == (401, "Invalid user credentials provided")
    assert (unknown.status_code, unknown.json()["message"]) == (400, "Invalid location key provided")


def test_a_location_signs_in_once_in_a_minute_and_others_are_not_held_up(easy):
    easy.store.settings.token_cooldown = 60
    assert easy.login().status_code == 403
    assert easy.login(location_key=easy.south).status_code == 200
    easy.sandbox.call(lambda: easy.sandbox.clock.advance(seconds=61))
    assert easy.login().status_code == 200
    assert easy.login().status_code == 403


def test_what_a_token_reads_is_of_its_location_alone(easy):
    mine = {row["po_id"] for row in easy.all(ORDERS, created_after="2025-01-01", limit=10)}
    easy.sign_in(easy.south)
    theirs = {row["po_id"] for row in easy.all(ORDERS, created_after="2025-01-01", limit=10)}
    assert mine
    assert theirs
    assert not mine & theirs
    assert mine | theirs == set(easy.store.purchase_orders.ids)
    easy.sign_in(easy.shop)
    assert easy.get(PRODUCTS) == {"data": "No Data Found"}


def test_without_token_or_key_nothing_is_told(easy):
    kept = dict(easy.headers)
    for missing in ("Authorization", "x-api-key"):
        easy.headers = {name: value for name, value in kept.items() if name != missing}
        assert easy.refused("GET", PRODUCTS) == (401, 401, "Invalid Api token.")
        assert easy.refused("GET", "/getAllLocation")[0] == 401
    easy.store.settings.key_needed = "products"
    assert easy.refused("GET", PRODUCTS)[0] == 403
    assert easy.ask("GET", "/getAllLocation").status_code == 200


def test_a_token_ends_with_its_lifetime_and_when_it_is_revoked(easy):
    easy.store.settings.token_lifetime = 3600
    easy.sign_in(easy.main)
    easy.get(PRODUCTS)
    easy.sandbox.call(lambda: easy.sandbox.clock.advance(seconds=3601))
    assert easy.refused("GET", PRODUCTS) == (401, 401, "Invalid Api token.")
    easy.sign_in(easy.main)
    assert easy.control("do", {"do": "revoke-tokens"}).status_code == 200
    assert easy.refused("GET", PRODUCTS)[0] == 401
    easy.sign_in(easy.main)
    easy.get(PRODUCTS)


def test_a_token_outlives_the_process(tmp_path):
    def ask(running, headers):
        return requests.get(f"{running.easyecom_url}/getAllLocation", headers=headers, timeout=20).status_code

    with Sandbox(magento=False, easyecom=True, state_dir=tmp_path) as running:
        token = running.call(lambda: running.easyecom_account.tokens.make("en24001main"))
        headers = {"x-api-key": "sandbox-easyecom-key", "Authorization": f"Bearer {token}"}
        assert ask(running, headers) == 200
    with Sandbox(magento=False, easyecom=True, state_dir=tmp_path) as running:
        assert ask(running, headers) == 200


def test_a_burst_is_let_through_and_then_the_pace_holds(easy):
    easy.store.settings.rate_tier = "Default"
    easy.account.limiter.clear()
    easy.sandbox.clock.ticking = False
    statuses = [easy.ask("GET", "/getAllLocation").status_code for _ in range(12)]
    assert statuses == [200] * 10 + [429] * 2
    refused = easy.ask("GET", "/getAllLocation")
    assert "Retry-After" not in refused.headers
    easy.sandbox.call(lambda: easy.sandbox.clock.advance(seconds=0.4))
    assert [easy.ask("GET", "/getAllLocation").status_code for _ in range(3)] == [200, 200, 429]
    easy.store.settings.retry_after = True
    assert easy.ask("GET", "/getAllLocation").headers["Retry-After"] == "1"
    easy.store.settings.throttle_status = 403
    assert easy.ask("GET", "/getAllLocation").status_code == 403


def test_the_quota_counts_logins_and_ends_with_the_indian_day(easy):
    easy.store.settings.rate_tier = "Default"
    easy.store.settings.per_day = 3
    easy.account.limiter.clear()
    assert easy.login().status_code == 200
    assert [easy.ask("GET", "/getAllLocation").status_code for _ in range(3)] == [200, 200, 429]
    assert easy.account.limiter.used == 3
    # The first day begins at 13:30 in India, so its midnight is ten and a half hours away.
    easy.sandbox.call(lambda: easy.sandbox.clock.advance(seconds=10.4 * 3600))
    assert easy.ask("GET", "/getAllLocation").status_code == 429
    easy.sandbox.call(lambda: easy.sandbox.clock.advance(seconds=0.2 * 3600))
    assert easy.ask("GET", "/getAllLocation").status_code == 200
