"""The pure parts: error table, pace, reader, models, matching and the client's reading of answers."""

import logging
from decimal import Decimal
from typing import Any

import pytest
import requests
import responses
from pydantic import ValidationError
from singer_sdk.singerlib.exceptions import InvalidInputLine

from connector.addresses import Way
from connector.errors import LoginRefused
from connector.http.answers import CUT, LASTING, UNSENT
from connector.http.clock import ServerClock, moment
from connector.http.credentials import Credentials
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.request import Patience
from connector.http.table import Fate, judge
from connector.singer.reader import Reader
from delivery.decide import decide, natural_key
from delivery.record import read_record
from delivery.report import WriteReport
from optiply_api.words import said
from target_optiply.client import OptiplyClient
from target_optiply.errors import TABLE, UNREADABLE
from tests.target_optiply.logins import shared_token
from vocabulary.entity import Entity, complaint, entity_named
from vocabulary.optiply import BUY_ORDERS, ENTITIES, PRODUCTS, SELL_ORDERS, SUPPLIER_PRODUCTS, SUPPLIERS


class TestErrorTable:
    @pytest.mark.parametrize(
        ("method", "status", "body", "fate"),
        [
            ("POST", 500, "", Fate.PARK),
            ("POST", 503, "", Fate.PARK),
            ("POST", CUT, "", Fate.PARK),
            ("POST", UNREADABLE, "", Fate.PARK),
            ("POST", UNSENT, "", Fate.AGAIN),
            ("POST", 429, "", Fate.AGAIN),
            ("POST", 409, "", Fate.EXISTS),
            ("POST", 404, "", Fate.ORPHAN),
            ("POST", 400, "X is NOT A VALID address".casefold(), Fate.WITHOUT),
            ("POST", 400, "Is Not A Valid Address", Fate.WITHOUT),
            ("PATCH", 400, "anything else", Fate.REFUSE),
            ("PATCH", 404, "", Fate.CREATE_AGAIN),
            ("DELETE", 404, "", Fate.GONE),
            ("GET", 404, "", Fate.REFUSE),
            ("PATCH", 500, "", Fate.AGAIN),
            ("PATCH", 502, "", Fate.AGAIN),
            ("GET", CUT, "", Fate.AGAIN),
            ("GET", 401, "", Fate.RENEW),
            ("GET", 403, "insufficient_scope", Fate.STOP),
            ("GET", 403, "", Fate.REFUSE),
            ("GET", 302, "", Fate.REFUSE),
            ("GET", 100, "", Fate.REFUSE),
        ],
    )
    def test_each_answer_has_its_fate(self, method: str, status: Any, body: str, fate: Fate) -> None:
        assert judge(TABLE, method, status, text=body).fate is fate

    def test_no_create_is_ever_sent_again_once_it_may_have_arrived(self) -> None:
        for status in (*range(500, 600), CUT, UNREADABLE):
            assert judge(TABLE, "POST", status).fate is Fate.PARK

    def test_every_row_can_be_reached(self) -> None:
        for number, row in enumerate(TABLE):
            methods = ("GET", "POST", "PATCH", "DELETE") if row.method == "*" else (row.method,)
            firsts = {
                next(place for place, other in enumerate(TABLE) if other.fits(method, cause, text=row.marker or ""))
                for method in methods
                for cause in row.causes or {100}
            }
            assert number in firsts, row

    @pytest.mark.parametrize("cause", [CUT, UNSENT, UNREADABLE, LASTING, *range(100, 600)])
    def test_what_is_repeated_without_a_limit_lets_all_slow_down(self, cause: Any) -> None:
        row = judge(TABLE, "GET", cause)
        assert row.fate is not Fate.AGAIN or row.tries is not None or row.slow


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
        token = shared_token("https://login.example/api", Credentials("u", "p", "c", "s", "token"), first_wait=0.0)
        return OptiplyClient(
            "https://api.example/v1",
            Way({}, True),
            token,
            Pool(Pace(2, first_wait=0.001)),
            WriteReport(logging.getLogger("target-optiply")),
            Patience(answer=60, request=1, first_wait=0.001),
            ServerClock("Optiply"),
            account_id="5",
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
        assert client.create("products", {}).fate is Fate.DONE

    @responses.activate
    @pytest.mark.parametrize("error", [requests.ReadTimeout(), requests.ConnectionError("reset")])
    def test_a_create_that_was_cut_is_sent_once(self, client: OptiplyClient, error: Exception) -> None:
        responses.post("https://api.example/v1/products", body=error)
        assert client.create("products", {}).fate is Fate.PARK
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
            ({"errors": [{"title": "\x1b[31mno\x07"}]}, "[31mno"),
        ],
    )
    def test_the_apis_words_are_found_in_order_and_addresses_left_out(self, body: Any, words: str) -> None:
        assert said(body) == words


def test_optiplys_clock_is_read_off_its_answers() -> None:
    clock = ServerClock("Optiply")
    clock.observe({"Date": "Thu, 15 Jan 2026 08:00:00 GMT"})
    assert clock.iso().startswith("2026-01-15T08:00:0")
    clock.observe({"Date": "not a date"})
    assert abs((moment("2026-01-15T08:00:00.500Z") - clock.now()).total_seconds()) < 60
