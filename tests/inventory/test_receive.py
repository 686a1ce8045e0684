"""The receiver, as a warehouse system meets it: answers, refusals, odd requests, and what the log says."""

import asyncio
import gzip
import hmac
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from aiohttp.test_utils import TestClient, TestServer

from inventory import soap
from inventory.audit import status
from inventory.errors import InventoryError
from inventory.messages import MOST_BYTES
from inventory.receive import Settings, application
from inventory.tables import Store
from tests.inventory.test_messages import BODY, CALL, envelope

TOKEN = "a-token-of-the-warehouse"
REST = "/rest/default/V1/orderflow/inventory/"
SOAP = f"/soap/default?services={soap.SERVICE}"
PROGRAM = """
import logging, os, sys
from pathlib import Path
from inventory.receive import Settings, serve
logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(message)s")
def started(port):
    print(port, flush=True)
settings = Settings(Path(sys.argv[1]), os.environ["WAREHOUSE"], body_seconds=1.0, idle_seconds=1.0)
serve(settings, "127.0.0.1", int(sys.argv[2]), started)
"""


class Receiver:
    """A running receiver."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "snapshots"
        environment = {**os.environ, "WAREHOUSE": TOKEN}
        self.program = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.folder), "0"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        assert self.program.stdout is not None
        self.port = int(self.program.stdout.readline())
        self.address = f"http://127.0.0.1:{self.port}"

    def post(self, path: str, body: bytes, *, token: str | None = TOKEN, **headers: str) -> requests.Response:
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return requests.post(self.address + path, data=body, headers=sent, timeout=10)

    def queued(self) -> dict[str, int]:
        with Store.open(self.folder) as store:
            return status(store).states

    def stop(self) -> str:
        self.program.send_signal(signal.SIGTERM)
        _, log = self.program.communicate(timeout=20)
        return log


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    running = Receiver(tmp_path_factory.mktemp("receiver"))
    yield running
    running.stop()


def numbered(number: int, body: bytes = BODY) -> bytes:
    return body.replace(b"71}", f"{number}}}".encode())


def test_the_extension_s_answer_is_given_and_the_same_again_changes_nothing(shared: Receiver) -> None:
    for _ in range(2):
        answer = shared.post(REST, BODY)
        assert (answer.status_code, answer.text) == (200, "Success - Message 71 Received")
    assert shared.queued() == {"received": 1}
    answer = shared.post(REST, BODY.replace(b'"7"', b'"8"'))
    assert answer.status_code == 409
    assert "another content" in answer.json()["message"]


def test_no_answer_names_software_or_is_kept_or_taken_for_a_page(shared: Receiver) -> None:
    sent = ((REST, numbered(90)), (SOAP, b"<a"), ("/", b""), (REST, b"{"))
    answers = [*(shared.post(*one) for one in sent), shared.post(REST, b"", token="wrong")]
    assert [answer.status_code for answer in answers] == [200, 400, 404, 400, 401]
    for answer in answers:
        assert "Server" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers.get("WWW-Authenticate") == ("Bearer" if answer.status_code == 401 else None)


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"


@pytest.mark.parametrize("begun", [b"", HEAD + b"X-Slow: ", HEAD + b"\r\n", HEAD + b"\r\n" + HEAD + b"X-Slow: "])
def test_a_connection_that_asks_nothing_or_nothing_more_is_hung_up_on(begun: bytes, shared: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=30) as line:
        line.sendall(begun)
        told = b""
        while more := line.recv(65536):
            told += more
    assert told.count(b" 401 ") == begun.count(b"\r\n\r\n"), "ended by the receiver, without another answer"


def test_a_small_body_that_unpacks_to_a_huge_one_is_refused(shared: Receiver) -> None:
    bomb = gzip.compress(b" " * (MOST_BYTES * 40))
    assert len(bomb) < MOST_BYTES / 10
    for encoding in ("gzip", "deflate"):
        data = bomb if encoding == "gzip" else zlib.compress(b" " * (MOST_BYTES * 40))
        assert shared.post(REST, data, Content_Encoding=encoding).status_code == 413
    assert shared.post(REST, numbered(91)).status_code == 200


def test_the_token_is_compared_in_constant_time_and_by_its_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token of any length costs the same: only digests, of one length, reach the comparison."""
    seen: list[tuple[int, int]] = []
    compare = hmac.compare_digest

    def watched(left: bytes, right: bytes) -> bool:
        seen.append((len(left), len(right)))
        return compare(left, right)

    monkeypatch.setattr("inventory.receive.hmac.compare_digest", watched)
    app = application(Settings(tmp_path, TOKEN))

    async def ask() -> list[int]:
        async with TestClient(TestServer(app)) as client:
            shown = ("", "x", TOKEN[:-1], TOKEN + "x", "x" * 4000, TOKEN)
            sent = [{"Authorization": f"Bearer {token}"} for token in shown]
            return [(await client.get("/", headers=one)).status for one in sent]

    assert asyncio.run(ask()) == [401] * 5 + [404]
    assert seen == [(32, 32)] * 6


@pytest.mark.parametrize("path", ["/rest/V1/orderflow/inventory", "/rest/all/V1/orderflow/inventory", REST])
def test_every_scope_of_rest_is_one_channel(path: str, shared: Receiver) -> None:
    assert shared.post(path, numbered(72)).status_code == 200


def test_json_is_answered_where_it_is_asked_for_with_the_refused_rows(shared: Receiver) -> None:
    answer = shared.post(REST, numbered(73), Accept="application/json")
    assert answer.json() == "Success - Message 73 Received"
    rows = b'[{"sku":"A1","qty":"7"},{"sku":"A1","qty":"x"}]'
    mixed = re.sub(rb"\[\{.*?\}\]", rows, numbered(74), count=1)
    answer = shared.post(REST, mixed, Accept="application/json")
    assert answer.status_code == 200
    assert answer.json() == {
        "message": "Success - Message 74 Received",
        "errors": [{"message": "qty is not a number", "parameters": {"line": 2, "sku": "A1"}}],
    }
    assert shared.post(REST, mixed).text == "Success - Message 74 Received"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"{}", 422),
        (b'{"productQtys":[],"productSeqs":[],"messageSeqId":1}', 422),
        (b'{"productQtys":[{"sku":"A","qty":"1"}],"productSeqs":[],"messageSeqId":1}', 422),
    ],
)
def test_a_message_without_a_good_row_is_refused(body: bytes, code: int, shared: Receiver) -> None:
    answer = shared.post(REST, body)
    assert answer.status_code == code
    assert answer.json()["message"].endswith(".")


@pytest.mark.parametrize("token", [None, "", "a-token-of-the-warehousE", "ä", f"{TOKEN} x", "x" * 5000])
def test_without_the_token_nothing_is_taken(token: str | None, shared: Receiver) -> None:
    headers = {} if token is None else {"Authorization": f"Bearer {token}".encode()}
    for path in (REST, SOAP, "/", f"{SOAP}&wsdl=1"):
        answer = requests.post(shared.address + path, data=numbered(99), headers=headers, timeout=10)  # type: ignore[arg-type]
        assert answer.status_code == 401
        assert TOKEN not in answer.text
    assert requests.get(f"{shared.address}{SOAP}&wsdl", timeout=10).status_code == 401


def test_another_scheme_of_authorization_is_not_taken(shared: Receiver) -> None:
    answer = shared.post(REST, numbered(99), token=None, Authorization=f"Basic {TOKEN}")
    assert answer.status_code == 401


@pytest.mark.parametrize("path", [REST, SOAP])
def test_a_body_over_5_mb_is_refused_whether_its_length_is_told_or_not(path: str, shared: Receiver) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    large = b" " * (MOST_BYTES + 1)
    for body in (large, iter([large[: len(large) // 2], large[: len(large) // 2], b"   "])):
        try:
            answer = requests.post(shared.address + path, data=body, headers=headers, timeout=20)
        except requests.ConnectionError:
            continue  # it may hang up while we still send
        assert answer.status_code == 413
    assert shared.post(REST, numbered(75)).status_code == 200


def test_a_body_just_below_5_mb_is_taken(shared: Receiver) -> None:
    assert shared.post(REST, numbered(76) + b" " * (MOST_BYTES - 200)).status_code == 200


def test_a_sender_that_stops_in_the_middle_is_hung_up_on(shared: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as line:
        head = f"POST {REST} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n{{"
        line.sendall(head.encode())
        assert b" 408 " in line.recv(65536)


@pytest.mark.parametrize(
    "path",
    ["/rest/../V1/orderflow/inventory/", "/rest/%2e%2e/V1/orderflow/inventory/",
     "/rest/a%0d%0ab/V1/orderflow/inventory/",
     "/rest/a'b/V1/orderflow/inventory/", "/rest/default/V1/orderflow/shipment/", "/", "/soap/default",
     "/soap/default?services=other", "/soap/%00?services=" + soap.SERVICE],
)  # fmt: skip
def test_other_paths_are_not_found(path: str, shared: Receiver) -> None:
    with socket.create_connection(("127.0.0.1", shared.port), timeout=10) as line:
        line.sendall(
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 2\r\n"
            "Connection: close\r\n\r\n{}".encode()
        )
        assert line.recv(65536).split()[1] in {b"404", b"400"}


def test_another_method_is_not_allowed(shared: Receiver) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.get(shared.address + REST, headers=headers, timeout=10).status_code == 405
    assert requests.put(shared.address + REST, headers=headers, timeout=10).status_code == 405
    assert requests.get(shared.address + SOAP, headers=headers, timeout=10).status_code == 405


@pytest.mark.parametrize(
    ("namespace", "kind"), [(soap.SOAP_11, "text/xml"), (soap.SOAP_12, "application/soap+xml")]
)
def test_a_soap_call_is_answered_in_its_own_version(namespace: str, kind: str, shared: Receiver) -> None:
    body = envelope(CALL, namespace).replace(b">71<", b">81<" if kind == "text/xml" else b">82<")
    answer = shared.post(SOAP, body, Content_Type=kind)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
    root = ElementTree.fromstring(answer.content)
    assert root.tag == f"{{{namespace}}}Envelope"
    space = f"{shared.address}/soap/default?services={soap.SERVICE}"
    result = root.find(f".//{{{space}}}{soap.OPERATION}Response/result")
    assert result is not None
    assert str(result.text).startswith("Success - Message 8")
    again = shared.post(SOAP, body.replace(b"<qty>7</qty>", b"<qty>8</qty>"), Content_Type=kind)
    assert again.status_code == 409
    assert ElementTree.fromstring(again.content).find(f".//{{{namespace}}}Fault") is not None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"<a", 400),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 400),
        (envelope("<messageSeqId>1</messageSeqId>"), 422),
        (envelope(CALL.replace("2.5", "x").replace(">7<", ">y<")), 422),
    ],
)
def test_a_bad_soap_call_is_answered_with_a_fault(body: bytes, code: int, shared: Receiver) -> None:
    answer = shared.post(SOAP, body, Content_Type="application/soap+xml")
    assert answer.status_code == code
    assert "root:" not in answer.text
    ElementTree.fromstring(answer.content)


def test_the_service_describes_itself(shared: Receiver) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = requests.get(f"{shared.address}{SOAP}&wsdl", headers=headers, timeout=10)
    root = ElementTree.fromstring(answer.content)
    space = "{http://www.w3.org/2001/XMLSchema}"
    elements = {element.get("name") for element in root.iter(f"{space}element")}
    assert {f"{soap.OPERATION}Request", "productQtys", "productSeqs", "messageSeqId", "lastOrderExported"} <= elements
    assert root.get("targetNamespace") == f"{shared.address}/soap/default?services={soap.SERVICE}"


def test_a_host_that_is_none_does_no_harm(shared: Receiver) -> None:
    for host in ('x"><y', "[", "a b", ""):
        answer = shared.post(SOAP, envelope(CALL).replace(b">71<", b">83<"), Host=host, Content_Type="text/xml")
        assert answer.status_code in {200, 400}
        if answer.status_code == 200:
            ElementTree.fromstring(answer.content)


def test_many_senders_at_once_lose_nothing(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    try:
        codes: list[int] = []
        numbers = [number for number in range(1, 41) for _ in range(2)]
        threads = [
            threading.Thread(target=lambda n=number: codes.append(receiver.post(REST, numbered(n)).status_code))  # type: ignore[misc]
            for number in numbers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert codes == [200] * 80
        assert receiver.queued() == {"received": 40}
    finally:
        receiver.stop()


def test_the_log_holds_neither_token_nor_sku_nor_address(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    receiver.post(REST, BODY)
    receiver.post(f"{REST}?token=SECRET-IN-THE-ADDRESS", BODY.replace(b"A1", b"SECRET-SKU"))
    receiver.post("/SECRET-PATH", b"SECRET-BODY", token="SECRET-TOKEN")
    receiver.post(SOAP, b"<SECRET-BODY")
    log = receiver.stop()
    assert "message 71: 1 taken, 0 refused" in log
    assert "POST rest 200" in log
    assert "SECRET" not in log
    assert TOKEN not in log
    assert "A1" not in log
    assert "Traceback" not in log


def test_a_killed_receiver_has_kept_what_it_answered_for(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path)
    assert receiver.post(REST, BODY).status_code == 200
    receiver.program.kill()
    receiver.program.communicate()
    assert receiver.queued() == {"received": 1}


@pytest.mark.parametrize("token", ["", "short", "a-token-with\nbreak-in-it", "a-token-with-ä-in-it"])
def test_a_token_that_is_none_is_refused_at_the_start(token: str, tmp_path: Path) -> None:
    with pytest.raises(InventoryError, match="at least 16 visible ASCII characters") as refused:
        application(Settings(tmp_path, token))
    assert not token or token not in str(refused.value)


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        program = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path), str(port)],
            capture_output=True, text=True, timeout=60, env={**os.environ, "WAREHOUSE": TOKEN}, check=False,
        )  # fmt: skip
    assert f"Port {port} of 127.0.0.1 cannot be used" in program.stderr


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_body_that_is_not_encoded_as_it_says_is_refused_in_a_sentence(encoding: str, shared: Receiver) -> None:
    answer = shared.post(REST, b"garbage", Content_Encoding=encoding)
    assert answer.status_code == 400
    assert answer.json() == {"message": "The body is not encoded as its headers say; send it as it is."}


def test_what_the_server_library_says_shows_no_byte_of_a_request(tmp_path: Path) -> None:
    """A header that is too long is quoted by it, and the token's header can be that."""
    running = Receiver(tmp_path)
    head = f"POST {REST} HTTP/1.1\r\nHost: x\r\n"
    for header in (f"Authorization: Bearer {TOKEN}" + "x" * 9000, f"Content-Length: {TOKEN}"):
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
            connection.sendall(f"{head}{header}\r\n\r\n".encode())
            assert connection.recv(12) == b"HTTP/1.0 400"
    assert running.post(REST, b"garbage", Content_Encoding="gzip").status_code == 400
    log = running.stop()
    assert TOKEN not in log
    assert "Traceback" not in log
    assert "a request could not be read" in log
