"""Why a connection failed, in plain words with the remedy; a library's own words and codes stay out.

Told from the chain of exceptions that requests, urllib3, ssl and socket build, and never by their text alone where a
class or a number says the same. Sources: OpenSSL's X509_V_ERR_* (verification codes) and its reasons of the TLS layer.
"""

import errno
import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from connector.addresses import shown_proxy

# What a TLS client reads where a server answers in plain HTTP, by version of OpenSSL (1.1 and 3.0, 3.2 and later).
_PLAIN = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL", "HTTP_REQUEST"}
_TLS_ONLY = re.compile(
    rb"plain HTTP request was sent to HTTPS port"  # nginx
    rb"|speaking plain HTTP to an SSL-enabled server port"  # Apache
    rb"|sent an HTTP request to an HTTPS server"  # Go
)
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.ENETDOWN, errno.EHOSTDOWN}
_OWN_CERTIFICATE = "or name a file with it in the environment variable REQUESTS_CA_BUNDLE"
_LET_HOST = "let the host install a certificate of a known authority"
_CHAIN = "let the host install the whole chain of certificates"
# X509_V_ERR_*: code -> (what is wrong with the certificate, what helps).
_CERTIFICATES = {
    9: ("is not valid yet", "check this machine's clock, or let the host install a valid one"),
    10: ("has expired", "let the host renew it (and check this machine's clock)"),
    18: ("is self-signed, so no authority vouches for it", f"{_LET_HOST}, {_OWN_CERTIFICATE}"),
    19: ("ends in a self-signed one that this machine does not know", f"{_LET_HOST}, {_OWN_CERTIFICATE}"),
    20: ("comes from an authority that this machine does not know", f"{_CHAIN}, {_OWN_CERTIFICATE}"),
    21: ("comes from an authority that this machine does not know", f"{_CHAIN}, {_OWN_CERTIFICATE}"),
    23: ("has been revoked", "let the host install a valid one"),
}
_OTHER_NAME = {62, 63, 64}
# Reasons of the TLS layer that begin or end so -> (what is said, what helps).
_ALERTS = (
    ("UNRECOGNIZED_NAME", "the server does not know the name {host}", "check the host in {setting}"),
    (
        "CERTIFICATE_REQUIRED",
        "the server demands a certificate of its clients",
        "ask the host to let this machine in without one",
    ),
    ("", "the server and this machine agree on no version of TLS", "ask the host for TLS 1.2 or later"),
)


@dataclass(frozen=True)
class Reason:
    """Why a connection failed.

    `kind`: certificate, plain (a port without TLS), tls, proxy, host (unknown name), refused, timeout, cut or address.
    `lasting`: asking again changes nothing; a person must.
    """

    kind: str
    says: str
    remedy: str
    lasting: bool = False

    def __str__(self) -> str:
        """The two as one sentence without a full stop."""
        return f"{self.says}: {self.remedy}"


def why(error: BaseException, url: str, *, setting: str, proxy: str | None = None) -> Reason:
    """What an exception of a request to `url` means; `setting` is the name of the setting that holds the address.

    `proxy` is the one in use, if any (`connector.addresses.environ_proxies`); it is shown without its password.
    """
    place = _Place(url, setting, proxy)
    chain = list(_chain(error))
    if any(isinstance(link, (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)) for link in chain):
        return _of_proxy(chain, place)
    return _of_server(chain, place)


def tls_only(status: int, content: bytes, url: str, *, setting: str) -> Reason | None:
    """Whether an answer to plain HTTP says that its port speaks TLS only; None where it says something else."""
    if status != 400 or not _TLS_ONLY.search(content[:2000]):
        return None
    return _Place(url, setting, None).needs_tls()


@dataclass(frozen=True)
class _Place:
    url: str
    setting: str
    proxy: str | None

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or "the server"

    @property
    def port(self) -> str:
        parts = urlsplit(self.url)
        return f"port {parts.port or (443 if self.is_tls else 80)} of {self.host}"

    @property
    def is_tls(self) -> bool:
        return self.url.lower().startswith("https:")

    def needs_tls(self) -> Reason:
        return Reason("tls", f"{self.port} speaks TLS only", f"write https:// in {self.setting}", lasting=True)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An exception with all that it wraps: as an argument, as its `reason`, as its cause or context."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            waiting += [*link.args, getattr(link, "reason", None), link.__cause__, link.__context__]
            yield link


def _of_proxy(chain: list[BaseException], place: _Place) -> Reason:
    name = f"the proxy {shown_proxy(place.proxy)}" if place.proxy else "the proxy of the environment"
    where = "correct http_proxy, https_proxy or all_proxy, or name the host in no_proxy"
    codes = [found[1] for link in chain if (found := _TUNNEL.search(str(link)))]
    if "407" in codes:
        return Reason("proxy", f"{name} demands a login", f"write it into the proxy's address, or {where}", True)
    if codes:
        return Reason("proxy", f"{name} does not connect to {place.host} (it answers {codes[0]})", where)
    if any(isinstance(link, ssl.SSLError) and link.reason in _PLAIN for link in chain):
        return Reason("proxy", f"{name} speaks no TLS", "write http:// before its address in the environment", True)
    return Reason("proxy", f"{name} cannot be reached", f"start it, {where}")


def _of_server(chain: list[BaseException], place: _Place) -> Reason:
    numbers = {link.errno for link in chain if isinstance(link, OSError)}
    certificate = next((link for link in chain if isinstance(link, ssl.SSLCertVerificationError)), None)
    tls = next((link for link in chain if isinstance(link, ssl.SSLError)), None)
    if certificate is not None:
        return _of_certificate(certificate, place)
    if tls is not None and not isinstance(tls, (ssl.SSLEOFError, ssl.SSLZeroReturnError)):
        return _of_tls(str(tls.reason or ""), place)
    if _has(chain, socket.gaierror, urllib3.exceptions.NameResolutionError):
        return Reason("host", f"the name {place.host} is unknown", f"check the host in {place.setting}")
    if _has(chain, ConnectionRefusedError):
        return Reason("refused", f"nothing answers at {place.port}", f"check the host and port in {place.setting}")
    if _has(chain, TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
        return Reason("timeout", f"{place.host} did not answer in time", "try again later, or ask the host")
    if numbers & _UNREACHABLE or _has(chain, urllib3.exceptions.NewConnectionError):
        return Reason("address", f"{place.host} cannot be reached from here", f"check the host in {place.setting}")
    # A TLS server answers plain HTTP with an alert, whose first bytes stand where the status line should.
    if any(isinstance(link, http.client.BadStatusLine) and "\x15\x03" in str(link) for link in chain):
        return place.needs_tls()
    hint = "" if place.is_tls else f"; where that port speaks TLS, write https:// in {place.setting}"
    return Reason("cut", "the connection was cut", f"try again later, or ask the host{hint}")


def _of_certificate(error: ssl.SSLCertVerificationError, place: _Place) -> Reason:
    code = getattr(error, "verify_code", 0)
    if code in _OTHER_NAME or (not code and "match" in str(error)):
        says, remedy = f"the certificate shown is not for {place.host}", "write the name that it is for"
        return Reason("certificate", says, f"{remedy} in {place.setting}, or let the host install one for it", True)
    message = str(getattr(error, "verify_message", "") or "no reason given")
    wrong, remedy = _CERTIFICATES.get(code, (f"is not valid ({message})", _LET_HOST))
    return Reason("certificate", f"the certificate of {place.host} {wrong}", remedy, lasting=True)


def _of_tls(reason: str, place: _Place) -> Reason:
    if reason in _PLAIN:
        return Reason("plain", f"{place.port} speaks no TLS", f"write http:// in {place.setting}", lasting=True)
    says, remedy = next((says, remedy) for part, says, remedy in _ALERTS if part in reason)
    return Reason("tls", says.format(host=place.host), remedy.format(setting=place.setting), lasting=True)


def _has(chain: list[BaseException], *kinds: type[BaseException]) -> bool:
    return any(isinstance(link, kinds) for link in chain)
