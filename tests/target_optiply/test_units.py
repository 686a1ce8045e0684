"""The pure parts: error table, pace, reader, models, matching and the client's reading of answers."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from pydantic import ValidationError
from singer_sdk.singerlib.exceptions import InvalidInputLine

from connector.errors import LoginRefused
from connector.http.clock import ServerClock, moment
from connector.http.pace import Pace
from connector.singer.reader import Reader
from delivery.decide import decide, natural_key
from delivery.record import read_record
from target_optiply.answers import said
from target_optiply.auth import Credentials, Token
from target_optiply.client import OptiplyClient
from target_optiply.errors import CUT, RULES, UNREADABLE, UNSENT, Verdict, classify
from vocabulary.entity import Entity, complaint, entity_named
from vocabulary.optiply import BUY_ORDERS, ENTITIES, PRODUCTS, SELL_ORDERS, SUPPLIER_PRODUCTS, SUPPLIERS


class TestErrorTable:
    @pytest.mark.parametrize(
        ("method", "status", "body", "verdict"),
        [
            ("POST", 201, "", Verdict.DONE),
            ("DELETE", 204, "", Verdict.DONE),
            ("POST", 500, "", Verdict.PARK),
            ("POST", 503, "", Verdict.PARK),
            ("POST", CUT, "", Verdict.PARK),
            ("POST", UNREADABLE, "", Verdict.PARK),
            ("POST", UNSENT, "", Verdict.AGAIN),
            ("POST", 429, "", Verdict.AGAIN),
            ("POST", 409, "", Verdict.ADOPT_PAIR),
            ("POST", 404, "", Verdict.REFUSE),
            ("POST", 400, "X is NOT A VALID address".casefold(), Verdict.WITHOUT_EMAIL),
            ("POST", 400, "Is Not A Valid Address", Verdict.WITHOUT_EMAIL),
            ("PATCH", 400, "anything else", Verdict.REFUSE),
            ("PATCH", 404, "", Verdict.CREATE_AGAIN),
            ("DELETE", 404, "", Verdict.GONE),
            ("GET", 404, "", Verdict.REFUSE),
            ("PATCH", 500, "", Verdict.AGAIN_BRIEFLY),
            ("PATCH", 502, "", Verdict.AGAIN),
            ("GET", CUT, "", Verdict.AGAIN),
            ("GET", 401, "", Verdict.RENEW),
            ("GET", 403, "insufficient_scope", Verdict.STOP),
            ("GET", 403, "", Verdict.REFUSE),
            ("GET", 302, "", Verdict.REFUSE),
            ("GET", 100, "", Verdict.REFUSE),
        ],
    )
    def test_each_answer_has_its_verdict(self, method: str, status: Any, body: str, verdict: Verdict) -> None:
        assert classify(method, status, body) is verdict

    def test_no_create_is_ever_sent_again_once_it_may_have_arrived(self) -> None:
        for status in (*range(500, 600), CUT, UNREADABLE):
            assert classify("POST", status, "") is Verdict.PARK

    def test_every_row_can_be_reached(self) -> None:
        for number, rule in enumerate(RULES):
            methods = ("GET", "POST", "PATCH", "DELETE") if rule.method == "*" else (rule.method,)
            text = str(rule.status)
            statuses = range(int(text[0]) * 100, int(text[0]) * 100 + 100) if text.endswith("xx") else [rule.status]
            firsts = {
                next(place for place, other in enumerate(RULES) if other.fits(method, status, rule.marker or ""))
                for method in methods
                for status in statuses
            }
            assert number in firsts, rule


class TestPace:
    def window(self, pace: Pace, latency: float) -> None:
        for _ in range(max(6, 3 * pace.limit)):
            pace.answered(latency)

    def test_it_rises_to_the_ceiling_while_each_step_gains(self) -> None:
        pace = Pace(10)
        for _ in range(12):
            self.window(pace, 0.05)
        assert pace.limit == 10

    def test_it_stays_where_another_request_only_waits_longer(self) -> None:
        """A server that works on two at a time: more in flight only make each other wait."""
        pace = Pace(10)
        for _ in range(15):
            self.window(pace, 0.05 * max(1.0, pace.limit / 2))
        assert pace.limit in (2, 3)

    def test_it_gives_way_when_answers_take_twice_as_long(self) -> None:
        pace = Pace(10)
        for _ in range(12):
            self.window(pace, 0.05)
        self.window(pace, 0.15)
        assert pace.limit == 9

    def test_trouble_halves_it_once_however_many_fail_together(self) -> None:
        pace = Pace(8, first_pause=60)
        for _ in range(12):
            self.window(pace, 0.05)
        for _ in range(8):
            pace.troubled()
        assert pace.limit == 4

    def test_nobody_leaves_before_retry_after(self) -> None:
        pace = Pace(4, first_pause=0.0)
        pace.troubled(30)
        stop = threading.Event()
        waited: list[float] = []
        stop.wait = lambda timeout=None: waited.append(timeout or 0) or True  # type: ignore[assignment, func-returns-value]
        assert pace.hold(stop) is False
        assert 25 < waited[0] <= 30

    def test_it_never_falls_below_one_nor_passes_its_ceiling(self) -> None:
        pace = Pace(1, first_pause=0.0)
        for _ in range(5):
            pace.troubled()
            self.window(pace, 0.01)
        assert pace.limit == 1


class TestReader:
    def test_decimals_are_kept_exactly(self) -> None:
        message = Reader().deserialize_json(b'{"type":"RECORD","stream":"s","record":{"price":12.30}}')
        assert message["record"]["price"] == Decimal("12.30")

    @pytest.mark.parametrize(
        "line", ['{"type": "R', "[1]", '{"type":"CHAT"}', "null", '{"type":"RECORD","record":[7]}', '{"type":"STATE"}']
    )
    def test_a_broken_line_is_named_by_number_and_not_shown(self, line: str) -> None:
        lines = ['{"type":"STATE","value":{}}\n', "\n", line]
        with pytest.raises(InvalidInputLine, match="Line 3 of the input") as caught:
            Reader().process_lines(iter(lines), {"STATE": lambda message: None})  # type: ignore[arg-type]
        assert line not in str(caught.value)


class TestModels:
    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ("2026-01-15T08:00:00Z", "2026-01-15T08:00:00Z"),
            ("2026-01-15T10:00:00+02:00", "2026-01-15T08:00:00Z"),
            ("2026-01-15 08:00:00", "2026-01-15T08:00:00Z"),
            ("2026-01-15T08:00:00.123Z", "2026-01-15T08:00:00Z"),
            ("2026-01-15T08:00:00.1234567Z", "2026-01-15T08:00:00Z"),
            ("2026-01-15", "2026-01-15T00:00:00Z"),
        ],
    )
    def test_times_become_utc_to_the_second(self, given: str, read: str) -> None:
        assert PRODUCTS.checked({"createdAtRemote": given}) == {"createdAtRemote": read}

    def test_money_is_rounded_half_up_to_cents_and_never_through_binary(self) -> None:
        assert SELL_ORDERS.checked({"totalValue": Decimal("2.675")}) == {"totalValue": Decimal("2.68")}

    def test_whole_floats_are_whole_numbers_and_others_are_refused(self) -> None:
        assert PRODUCTS.checked({"stockLevel": Decimal("7.0")}) == {"stockLevel": 7}
        with pytest.raises(ValidationError):
            PRODUCTS.checked({"stockLevel": Decimal("7.5")})

    def test_null_is_kept_where_optiply_has_one_and_absent_stays_absent(self) -> None:
        assert PRODUCTS.checked({"price": None}) == {"price": None}
        with pytest.raises(ValidationError):
            PRODUCTS.checked({"name": None})

    def test_the_complaint_names_the_field_and_not_the_value(self) -> None:
        with pytest.raises(ValidationError) as caught:
            SUPPLIERS.checked({"globalLocationNumber": "Janneke"})
        field, sentence = complaint(caught.value)
        assert field == "globalLocationNumber"
        assert "Janneke" not in sentence

    @pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
    def test_what_an_entity_declares_its_attributes_have(self, entity: Entity) -> None:
        assert {*entity.natural_key, *(entity.removal or {})} <= set(entity.attributes)

    def test_entities_load_after_what_they_refer_to(self) -> None:
        order = [entity.name for entity in ENTITIES]
        for entity in ENTITIES:
            for parent in entity.needs:
                assert order.index(parent) < order.index(entity.name)

    def test_other_names_stand_for_no_entity(self) -> None:
        assert entity_named("orders", ENTITIES) is None
        assert entity_named("sell_order_lines", ENTITIES) is entity_named("SellOrderLines", ENTITIES) is not None


def known(resource: str, remote_id: str) -> str | None:
    return {("products", "1"): "11", ("products", "2"): "12", ("suppliers", "S"): "5"}.get((resource, remote_id))


class TestRecords:
    def test_references_become_optiplys_ids_also_inside_lines_given_as_text(self) -> None:
        lines = '[{"productRemoteId":"2","quantity":1,"subtotalValue":3.5}]'
        record = {
            "remoteId": "B",
            "supplierRemoteId": "S",
            "placed": "2026-01-01",
            "totalValue": 1,
            "orderLines": lines,
        }
        job = read_record(BUY_ORDERS, "buyOrders", record)
        assert decide(job, known) is None
        assert job.body["supplierId"] == 5
        assert job.body["orderLines"] == [{"productId": 12, "quantity": 1, "subtotalValue": Decimal("3.50")}]

    def test_an_id_given_outright_needs_no_look_up(self) -> None:
        record = {"remoteId": "x", "name": "n", "productId": 77, "supplierRemoteId": "S"}
        job = read_record(SUPPLIER_PRODUCTS, "supplierProducts", record)
        assert decide(job, known) is None
        assert job.body["productId"] == 77

    def test_a_float_id_of_a_frame_is_the_whole_number(self) -> None:
        assert read_record(PRODUCTS, "products", {"remoteId": Decimal("7.0")}).remote_id == "7"

    @pytest.mark.parametrize(
        ("record", "keys", "remote_id"),
        [
            ({"remoteId": "a", "externalId": "b"}, (), "a"),
            ({"externalId": "b"}, (), "b"),
            ({"x": "1", "y": 2}, ("x", "y"), "1-2"),
            ({"id": "900"}, ("id",), "id:900"),
        ],
    )
    def test_what_names_a_record(self, record: Any, keys: Any, remote_id: str) -> None:
        assert read_record(PRODUCTS, "products", record, keys).remote_id == remote_id

    def test_a_change_of_what_can_only_be_said_once_is_refused_with_the_remedy(self) -> None:
        record = {"remoteId": "x", "id": "3", "supplierRemoteId": "S", "_changed": ["supplierRemoteId"]}
        problem = decide(read_record(SUPPLIER_PRODUCTS, "supplierProducts", record), known)
        assert problem is not None
        assert "delete the record and send it anew" in problem.reason

    def test_lines_never_go_with_an_update(self) -> None:
        record = {"remoteId": "x", "id": "3", "totalValue": 4, "orderLines": []}
        job = read_record(SELL_ORDERS, "sellOrders", record)
        assert decide(job, known) is None
        assert (job.action, job.body) == ("update", {"totalValue": Decimal("4.00")})

    def test_natural_keys_compare_across_spellings(self) -> None:
        ours = {"placed": "2026-01-15T08:00:00Z", "totalValue": Decimal("12.5")}
        theirs = {"placed": "2026-01-15T09:00:00+01:00", "totalValue": "12.50"}
        assert natural_key(SELL_ORDERS, ours) == natural_key(SELL_ORDERS, theirs)
        assert natural_key(PRODUCTS, {"skuCode": None}) is None


class TestClient:
    """Against canned answers, for what a real server would not say on request."""

    @pytest.fixture
    def client(self) -> OptiplyClient:
        credentials = Credentials("u", "p", "c", "s", "token")
        token = Token("https://login.example/api", credentials, first_pause=0.0)
        return OptiplyClient(
            "https://api.example/v1",
            token,
            Pace(2, 0.001),
            ServerClock(),
            threading.Event(),
            account_id="5",
            patience=1,
        )

    @responses.activate
    def test_every_request_carries_content_type_and_the_account(self, client: OptiplyClient) -> None:
        responses.post("https://api.example/v1/products", json={"data": {"id": 9}}, status=201)
        assert client.create("products", {"name": "a", "price": Decimal("1.50")}).id == "9"
        request = responses.calls[0].request
        assert request.headers["Content-Type"] == "application/vnd.api+json"
        assert request.url == "https://api.example/v1/products?accountId=5"
        assert request.body == b'{"data":{"type":"products","attributes":{"name":"a","price":1.50}}}'

    @responses.activate
    def test_two_401_in_a_row_stop_the_run_without_showing_the_token(self, client: OptiplyClient) -> None:
        body = {"error": "invalid_token", "error_description": "Access token expired: very-secret"}
        responses.get("https://api.example/v1/products", json=body, status=401)
        responses.post("https://login.example/api/auth/oauth/token", json={"access_token": "new", "expires_in": 60})
        with pytest.raises(LoginRefused) as caught:
            list(client.objects("products", {}, of_account=False))
        assert "very-secret" not in str(caught.value)

    @responses.activate
    def test_a_refused_connection_is_tried_again_also_for_a_create(self, client: OptiplyClient) -> None:
        responses.post("https://api.example/v1/products", body=requests.ConnectTimeout())
        responses.post("https://api.example/v1/products", json={"data": {"id": "1"}}, status=201)
        assert client.create("products", {}).verdict is Verdict.DONE

    @responses.activate
    @pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError("reset")])
    def test_a_create_that_was_cut_is_sent_once(self, client: OptiplyClient, error: Exception) -> None:
        responses.post("https://api.example/v1/products", body=error)
        assert client.create("products", {}).verdict is Verdict.PARK
        assert len(responses.calls) == 1

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"errors": [{"detail": "d", "title": "t", "meta": {"message": "m"}}]}, "m"),
            ({"errors": [{"detail": "d", "title": "t"}]}, "d"),
            ({"errors": [{"title": "t"}]}, "t"),
            ({"message": "top"}, "top"),
            ({"error": "invalid_grant", "error_description": "token abc"}, "invalid_grant"),
            ({"errors": [{"detail": "jan@shop.example is not a valid address"}]}, "<address> is not a valid address"),
            ({}, "no reason given"),
        ],
    )
    def test_the_apis_words_are_found_in_order_and_addresses_left_out(self, body: Any, words: str) -> None:
        assert said(body) == words


def test_optiplys_clock_is_read_off_its_answers() -> None:
    clock = ServerClock()
    clock.observe("Thu, 15 Jan 2026 08:00:00 GMT")
    assert clock.iso().startswith("2026-01-15T08:00:0")
    clock.observe("not a date")
    assert abs((moment("2026-01-15T08:00:00.500Z") - clock.now()).total_seconds()) < 60
