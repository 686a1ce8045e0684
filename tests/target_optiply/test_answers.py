"""Optiply's answers in every odd shape: what settles a record, what is looked up, what ends the run in a sentence."""

import json
import time
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from connector.errors import LoginRefused, Outage
from connector.http.clock import ServerClock, retry_after
from connector.http.tokens import SharedToken
from tests.target_optiply.logins import shared_token

pytestmark = pytest.mark.timeout(60)
DEEP = "[" * 5000 + "]" * 5000


@pytest.mark.parametrize(
    ("status", "body"),
    [(204, ""), (200, ""), (202, " \n"), (200, "{}"), (200, '{"data": null}'), (200, "\ufeff{}"), (200, "null")],
)
def test_a_change_is_done_by_any_2xx_that_names_no_error(bench: Any, singer: Any, status: int, body: str) -> None:
    bench.run(singer.stream("products", singer.product(1)))
    answer = {"status": status, "body": body, "acts": True}
    bench.sandbox.faults_optiply.add({"method": "PATCH", "path": "/products/", **answer})
    changed = singer.stream("products", singer.product(1, stockLevel=9))
    assert bench.run(changed).count("products") == {"updated": 1}
    bench.forget_requests()
    assert bench.run(changed).count("products") == {"existing": 1}
    assert bench.writes() == {}


@pytest.mark.parametrize("body", ["html", "[]", '{"errors": [{"detail": "no"}]}', DEEP, "\ufeff"])
def test_a_change_answered_by_something_else_has_failed(bench: Any, singer: Any, body: str) -> None:
    bench.run(singer.stream("products", singer.product(1)))
    bench.sandbox.faults_optiply.add({"method": "PATCH", "path": "/products/", "status": 200, "body": body})
    run = bench.run(singer.stream("products", singer.product(1, stockLevel=9)))
    assert run.count("products") == {"failed": 1}
    assert run.report["reasons"][0]["reason"] == "the answer is not one that Optiply's API promises"


def test_a_removal_answered_by_a_firewalls_page_has_failed(bench: Any, singer: Any) -> None:
    bench.run([*singer.stream("products", singer.product(1)), *singer.stream("sellOrders", singer.order(1, 1))])
    bench.sandbox.faults_optiply.add({"method": "DELETE", "path": "/sellOrders/", "status": 200, "body": "html"})
    run = bench.run(singer.stream("sellOrders", {"remoteId": "1", "deleted_at": "2026-02-01T00:00:00Z"}))
    assert run.count("sellOrders") == {"failed": 1}


@pytest.mark.parametrize(
    "body",
    [
        *("", "html", "null", "[]", '{"data": null}', '{"data": []}', DEEP, '{"data": {"id": null}}'),
        *('{"data": {"id": ["7"]}}', '{"data": {"id": "' + "9" * 5000 + '"}}', '{"data": {"id": true}}'),
        '{"data": {"id": 1e999999999}}',
    ],
)
def test_a_create_answered_without_a_usable_id_is_looked_up_and_taken_over(bench: Any, singer: Any, body: str) -> None:
    answer = {"status": 201, "body": body, "acts": True}
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", **answer})
    run = bench.run(singer.stream("products", singer.product(1)), unanswered_wait=60)
    assert run.count("products") == {"adopted": 1}
    assert len(bench.objects("products")) == 1


@pytest.mark.parametrize("mark", ["\ufeff", ""])
def test_an_id_is_read_as_number_or_text_with_or_without_a_byte_order_mark(bench: Any, singer: Any, mark: str) -> None:
    body = mark + '{"data": {"id": 4711.0}}'
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "status": 200, "body": body})
    run = bench.run(singer.stream("products", singer.product(1)))
    assert run.count("products") == {"created": 1}
    assert run.results["bookmarks"]["products"][0]["id"] == "4711"


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ('{"id": "5", "attributes": null}', "lists products 5 with attributes of another shape"),
        ('{"id": "5", "attributes": {"remoteIdMap": ["x"]}}', "lists products 5 with remoteIdMap of another shape"),
        ('{"attributes": {}}', "cannot be listed (the answer is not one"),
        ("7", "cannot be listed (the answer is not one"),
        (DEEP, "cannot be listed (the answer is not one"),
    ],
)
def test_a_list_that_does_not_tell_whose_an_object_is_creates_nothing(
    bench: Any, singer: Any, caplog: Any, row: str, what: str
) -> None:
    body = f'{{"data": [{row}]}}'
    bench.sandbox.faults_optiply.add({"method": "GET", "path": "/products$", "status": 200, "body": body})
    run = bench.run(singer.stream("products", singer.product(1)))
    assert (run.code, bench.writes()) == (1, {})
    assert what in caplog.text


def test_an_object_with_an_older_spelling_of_our_id_is_ours(bench: Any, singer: Any, optiply_client: Any) -> None:
    optiply_client.query = {"accountId": "1380", "couplingId": "77"}
    optiply_client.product(remoteId="1.0", skuCode="renamed")
    assert bench.run(singer.stream("products", singer.product(1))).count("products") == {"adopted": 1}


@pytest.mark.parametrize("detail", [["a", "b"], {"a": 1}, 7, ""])
def test_words_that_are_not_text_are_not_repeated(bench: Any, singer: Any, detail: Any) -> None:
    body = json.dumps({"errors": [{"detail": detail, "title": "Bad shelf"}]})
    bench.sandbox.faults_optiply.add({"method": "POST", "path": "/products$", "status": 422, "body": body})
    run = bench.run(singer.stream("products", singer.product(1)))
    assert run.report["reasons"][0]["reason"] == "status 422: Bad shelf"


class TestLogin:
    """The token endpoint's answers."""

    def token(self, bench: Any, **answer: Any) -> SharedToken:
        bench.sandbox.faults_optiply.add({"path": "oauth/token", "status": 200, **answer})
        return shared_token(bench.sandbox.auth_url, first_wait=0.001)

    @pytest.mark.parametrize("lifetime", ['"3600"', '"soon"', "null", "[1]", "true", "-5", "1e999999999"])
    def test_any_lifetime_will_do(self, bench: Any, lifetime: str) -> None:
        token = self.token(bench, body=f'\ufeff{{"access_token": "abc", "expires_in": {lifetime}}}')
        assert token.token() == "abc"

    @pytest.mark.parametrize("body", ["html", "[]", '{"access_token": 5}', DEEP, '{"access_token": null}'])
    def test_no_token_is_an_outage_in_words(self, bench: Any, body: str) -> None:
        with pytest.raises(Outage, match=r"gave no token in 6 tries \(status 200\)"):
            self.token(bench, body=body).token()

    @pytest.mark.parametrize("odd", ["abc\\u200b", "abc\\r\\ndef", "\\u2026"])
    def test_a_token_that_no_header_can_carry_is_refused_unseen(self, bench: Any, odd: str) -> None:
        with pytest.raises(LoginRefused, match="the token that Optiply answers the login with holds") as caught:
            self.token(bench, body=f'{{"access_token": "{odd}"}}').token()
        assert "abc" not in str(caught.value)

    def test_a_redirect_is_not_followed_and_names_the_setting(self, bench: Any) -> None:
        with pytest.raises(LoginRefused, match=r"status 302.*auth_url"):
            self.token(bench, status=302).token()

    def test_a_rest_is_kept_also_when_it_is_given_as_a_date(self, bench: Any) -> None:
        until = format_datetime(bench.sandbox.clock.now() + timedelta(hours=2), usegmt=True)
        with pytest.raises(Outage, match=r"asks for 7[12]\d\d seconds of rest"):
            self.token(bench, status=429, headers={"Retry-After": until}).token()

    def test_a_port_that_speaks_no_tls_is_named_at_once(self, bench: Any) -> None:
        began = time.monotonic()
        with pytest.raises(Outage, match=r"speaks no TLS: write http:// in auth_url"):
            shared_token(bench.sandbox.auth_url.replace("http:", "https:"), first_wait=5).token()
        assert time.monotonic() - began < 5

    def test_nothing_at_the_port_is_told_in_words(self) -> None:
        with pytest.raises(Outage, match=r"nothing answers at port 9 of 127\.0\.0\.1"):
            shared_token("http://127.0.0.1:9", first_wait=0.001).token()


def test_an_api_behind_the_wrong_scheme_ends_the_run_at_once(bench: Any, singer: Any, caplog: Any) -> None:
    api_url = bench.config["api_url"].replace("http:", "https:")
    assert bench.run(singer.stream("products", singer.product(1)), api_url=api_url).code == 1
    assert "speaks no TLS: write http:// in api_url" in caplog.text


class TestClock:
    """Optiply's clock decides how far back objects are listed."""

    def test_one_that_is_days_ahead_is_not_believed_and_named(self) -> None:
        clock = ServerClock("Optiply")
        here = clock.now()
        clock.observe({"Date": format_datetime(here + timedelta(days=3), usegmt=True)})
        assert abs(clock.now() - here) < timedelta(minutes=1)
        assert "3.0 days ahead" in str(clock.complaint())

    def test_one_that_is_behind_is_used_as_it_lists_too_much_at_worst(self) -> None:
        clock = ServerClock("Optiply")
        here = clock.now()
        clock.observe({"Date": format_datetime(here - timedelta(days=3), usegmt=True)})
        assert here - clock.now() > timedelta(days=2)
        assert clock.complaint() is None

    @pytest.mark.parametrize("header", ["²", "soon", "", "-5", "1.5", "Mon, 99 Foo 2026 99:99:99 GMT", "1 2 3"])
    def test_a_rest_that_cannot_be_read_is_none(self, header: str) -> None:
        assert retry_after({"Retry-After": header, "Date": "Thu, 15 Jan 2026 08:00:00 GMT"}) is None
