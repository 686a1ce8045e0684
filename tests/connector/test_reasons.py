"""A failed connection is explained in plain words with the remedy, by trying each failure on a real socket."""

import http.client
import re
import ssl
from pathlib import Path

import pytest
import requests

from connector.reasons import Reason, tls_only, why
from tests.connector.doors import certificate, listening

LIBRARY = re.compile(r"[A-Z]{3,}_[A-Z_]+|0x[0-9a-f]{4,}|HTTPS?ConnectionPool|Errno|_ssl\.c|Max retries|Traceback")


def reason_of(url: str, proxy: str | None = None, verify: str | bool = True) -> Reason:
    session = requests.Session()
    session.trust_env = False
    session.verify = verify
    proxies = {"http": proxy, "https": proxy} if proxy else {}
    try:
        session.get(url, timeout=2, proxies=proxies)
    except requests.RequestException as error:
        reason = why(error, url, setting="store_url", proxy=proxy)
    else:
        pytest.fail("the request succeeded")
    finally:
        session.close()
    assert not LIBRARY.search(str(reason).replace("REQUESTS_CA_BUNDLE", "")), reason
    return reason


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


def test_tls_to_a_plain_port() -> None:
    with listening(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as port:
        reason = reason_of(f"https://127.0.0.1:{port}")
    assert str(reason) == f"port {port} of 127.0.0.1 speaks no TLS: write http:// in store_url"
    assert reason.lasting


def test_plain_to_a_tls_port_that_answers_with_an_alert() -> None:
    with listening(b"\x15\x03\x01\x00\x02\x02\x46\r\n") as port:
        reason = reason_of(f"http://127.0.0.1:{port}")
    assert str(reason) == f"port {port} of 127.0.0.1 speaks TLS only: write https:// in store_url"


def test_plain_to_a_tls_port_that_only_cuts_gets_the_hint(pem: Path) -> None:
    with listening(b"", tls=pem) as port:
        reason = reason_of(f"http://127.0.0.1:{port}")
    assert reason.kind == "cut"
    assert "write https:// in store_url" in reason.remedy


@pytest.mark.parametrize(
    "answer",
    [
        b"<center>The plain HTTP request was sent to HTTPS port</center>",
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ],
)
def test_plain_to_a_tls_port_that_says_so(answer: bytes) -> None:
    reason = tls_only(400, answer, "http://shop:8443", setting="store_url")
    assert str(reason) == "port 8443 of shop speaks TLS only: write https:// in store_url"
    assert tls_only(400, b"{}", "http://shop", setting="store_url") is None
    assert tls_only(200, answer, "http://shop", setting="store_url") is None


def test_a_self_signed_certificate_gets_the_remedy(pem: Path) -> None:
    with listening(b"", tls=pem) as port:
        reason = reason_of(f"https://127.0.0.1:{port}")
    assert "self-signed" in reason.says
    assert "REQUESTS_CA_BUNDLE" in reason.remedy
    assert reason.kind == "certificate"
    assert reason.lasting


def test_a_certificate_for_another_host(pem: Path) -> None:
    with listening(b"", tls=pem, host="127.0.0.2") as port:
        reason = reason_of(f"https://127.0.0.2:{port}", verify=str(pem))
    assert reason.says == "the certificate shown is not for 127.0.0.2"
    assert "store_url" in reason.remedy


@pytest.mark.parametrize(
    ("code", "says"),
    [(9, "is not valid yet"), (10, "has expired"), (20, "does not know"), (23, "revoked"), (79, "too weak")],
)
def test_other_faults_of_a_certificate(code: int, says: str) -> None:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_code, error.verify_message = code, "the key is too weak"
    wrapped = requests.exceptions.SSLError(requests.packages.urllib3.exceptions.SSLError(error))
    reason = why(wrapped, "https://shop", setting="store_url")
    assert reason.says.startswith("the certificate of shop ")
    assert says in reason.says


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("TLSV1_UNRECOGNIZED_NAME", "does not know the name shop"),
        ("TLSV1_ALERT_PROTOCOL_VERSION", "agree on no version of TLS"),
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "demands a certificate of its clients"),
        ("SOMETHING_NEW", "agree on no version of TLS"),
        ("RECORD_LAYER_FAILURE", "port 443 of shop speaks no TLS"),
    ],
)
def test_alerts_of_tls(word: str, says: str) -> None:
    error = ssl.SSLError(1, f"[SSL: {word}] raw words (_ssl.c:1006)")
    error.reason = word
    reason = why(requests.exceptions.SSLError(error), "https://shop", setting="store_url")
    assert says in reason.says
    assert word not in str(reason)


def test_a_refused_connection_and_an_unknown_host() -> None:
    with listening(None) as port:
        pass
    refused = reason_of(f"http://127.0.0.1:{port}")
    assert str(refused) == f"nothing answers at port {port} of 127.0.0.1: check the host and port in store_url"
    assert not refused.lasting
    unknown = reason_of("http://nowhere.invalid")
    assert str(unknown) == "the name nowhere.invalid is unknown: check the host in store_url"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_connection_that_is_closed_at_once_is_cut(scheme: str) -> None:
    with listening(None) as port:
        assert reason_of(f"{scheme}://127.0.0.1:{port}").kind == "cut"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_dead_proxy_is_named_as_proxy_without_its_password(scheme: str) -> None:
    with listening(None) as port:
        pass
    reason = reason_of(f"{scheme}://shop.invalid", proxy=f"http://me:secret@127.0.0.1:{port}")
    assert reason.says == f"the proxy http://127.0.0.1:{port} cannot be reached"
    assert "https_proxy" in reason.remedy


@pytest.mark.parametrize(("status", "says"), [(407, "demands a login"), (502, "does not connect to shop.invalid")])
def test_a_proxy_that_refuses(status: int, says: str) -> None:
    with listening(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()) as port:
        assert says in reason_of("https://shop.invalid", proxy=f"http://127.0.0.1:{port}").says


def test_a_proxy_that_speaks_no_tls() -> None:
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        reason = reason_of("https://shop.invalid", proxy=f"https://127.0.0.1:{port}")
    assert reason.says == f"the proxy https://127.0.0.1:{port} speaks no TLS"


def test_silence_is_a_timeout() -> None:
    error = requests.exceptions.ReadTimeout("HTTPConnectionPool(host='shop', port=80): Read timed out.")
    assert str(why(error, "http://shop", setting="store_url")).startswith("shop did not answer in time")


def test_an_odd_status_line_is_a_cut() -> None:
    error = requests.exceptions.ConnectionError(http.client.BadStatusLine("SSH-2.0-OpenSSH"))
    assert why(error, "https://shop", setting="store_url").kind == "cut"
