"""Sends requests made by hand over connections that each thread keeps: what a session does beside it costs much CPU.

What proxies, certificates, timeouts and the ways to fail are stays that of `requests`: the library below it, urllib3,
would cost two thirds of this alone, and all of that would have to be done here (docs/performance.md).
"""

import threading
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from typing_extensions import override

from connector.addresses import Way
from connector.http.request import Request

CONNECT_SECONDS = 15.0


class _Adapter(HTTPAdapter):
    """Answers without what nobody reads of them: cookies and a guess at their encoding cost a fifth of a request."""

    @override
    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response.reason, response.raw = resp.status, resp.reason, resp
        response.headers = CaseInsensitiveDict(resp.headers)
        response.request, response.url = req, str(req.url)
        return response


class Transport:
    """Connections of one program to one system; used from several threads at once."""

    def __init__(self, headers: Mapping[str, str], way: Way, seconds: float) -> None:
        """`seconds` is how long to wait for an answer."""
        self._headers = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive", **headers}
        self._way = way
        self._timeout = (min(CONNECT_SECONDS, seconds), seconds)
        self._local = threading.local()
        self._adapters: list[_Adapter] = []

    def prepared(self, request: Request, url: str) -> requests.PreparedRequest:
        """A request to an address that is encoded already."""
        prepared = requests.PreparedRequest()
        prepared.method, prepared.url, prepared.body = request.method, url, request.body
        prepared.headers = CaseInsensitiveDict(self._headers)
        if request.body is not None:
            prepared.headers["Content-Length"] = str(len(request.body))
        return prepared

    def send(self, request: requests.PreparedRequest) -> requests.Response:
        """The answer; no redirect is followed, no cookie kept and no password taken from a file."""
        adapter: _Adapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = _Adapter()
            self._adapters.append(adapter)
        return adapter.send(request, timeout=self._timeout, verify=self._way.verify, proxies=self._way.proxies)

    def close(self) -> None:
        """Closes every connection."""
        for adapter in self._adapters:
            adapter.close()
