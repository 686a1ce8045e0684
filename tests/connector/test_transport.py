"""What the transport makes of an answer, and what it leaves out: nobody reads cookies, and none goes back."""

import socket
import threading
from collections.abc import Iterator

import pytest

from connector.addresses import Way
from connector.http.request import Request
from connector.http.transport import Transport

BODY = '{"name":"Größe"}'.encode()
ANSWER = (
    b"HTTP/1.1 201 Made\r\nContent-Type: application/json; charset=utf-8\r\nSet-Cookie: PHPSESSID=abc; path=/\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


@pytest.fixture
def server() -> Iterator[tuple[str, list[bytes]]]:
    """Its address and the requests that came, over connections that stay open."""
    listener = socket.create_server(("127.0.0.1", 0))
    came: list[bytes] = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            request = b""
            while part := connection.recv(65536):
                request += part
                if request.endswith(b"{}"):
                    came.append(request)
                    request = b""
                    connection.sendall(ANSWER)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", came
    listener.close()
    thread.join(10)


def test_an_answer_has_its_status_headers_body_and_address(server: tuple[str, list[bytes]]) -> None:
    address, came = server
    transport = Transport({"Accept": "application/json"}, Way.to(address), 10)
    url = f"{address}/some/path?with=query"
    for _ in range(2):
        answer = transport.send(transport.prepared(Request("/some/path", method="POST", body=b"{}"), url))
        assert (answer.status_code, answer.reason, answer.url) == (201, "Made", url)
        assert answer.headers["content-TYPE"] == "application/json; charset=utf-8"
        assert answer.content == BODY
    transport.close()
    assert len(came) == 2, "both over the one connection that the server took"
    assert came[0].startswith(b"POST /some/path?with=query HTTP/1.1\r\n")
    assert b"content-length: 2\r\n" in came[0].lower()
    assert came[0].endswith(b"\r\n\r\n{}")
    assert b"cookie" not in came[1].lower()
