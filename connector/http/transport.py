"""Sends requests made by hand over connections that each thread keeps: what a session does beside it costs much CPU."""

import threading
from collections.abc import Mapping

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from connector.addresses import Way
from connector.http.request import Request

CONNECT_SECONDS = 15.0


class Transport:
    """Connections of one program to one system; used from several threads at once."""

    def __init__(self, headers: Mapping[str, str], way: Way, seconds: float) -> None:
        """`seconds` is how long to wait for an answer."""
        self._headers = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive", **headers}
        self._way = way
        self._timeout = (min(CONNECT_SECONDS, seconds), seconds)
        self._local = threading.local()
        self._adapters: list[HTTPAdapter] = []

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
        adapter: HTTPAdapter | None = getattr(self._local, "adapter", None)
        if adapter is None:
            adapter = self._local.adapter = HTTPAdapter()
            self._adapters.append(adapter)
        return adapter.send(request, timeout=self._timeout, verify=self._way.verify, proxies=self._way.proxies)

    def close(self) -> None:
        """Closes every connection."""
        for adapter in self._adapters:
            adapter.close()
