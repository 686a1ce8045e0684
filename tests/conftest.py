"""Fixtures shared by all tests: a fresh sandbox on free ports, and a client that speaks Optiply's API to it.

And the size of the comparison with the oracle: how many random shops, and which.
"""

import json
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from sandbox.postgres import postgres, programs
from sandbox.systems import Sandbox
from tests.warm import warm_starts


def pytest_addoption(parser: pytest.Parser) -> None:
    """How much of the random part of the tests is run."""
    group = parser.getgroup("oracle")
    group.addoption("--shops", type=int, default=2000, help="random shops that the ETL and the oracle live through")
    group.addoption("--first-seed", type=int, default=0, help="another number, other shops")


def pytest_configure(config: pytest.Config) -> None:
    """The marker of the tests that are about how a program starts."""
    config.addinivalue_line("markers", "files: about stores in files, not in a database")
    config.addinivalue_line("markers", "cold: the programs start as anybody would start them, not warm (tests/warm.py)")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What this machine lacks is said, so that nobody takes skipped tests for passed ones."""
    if programs() is None:
        terminalreporter.write_line("PostgreSQL was not found here: the tests of stores in a database were skipped.")


@pytest.fixture(scope="session", autouse=True)
def warm_programs() -> Iterator[None]:
    """Programs of this repository start without their imports."""
    with warm_starts():
        yield


@pytest.fixture(autouse=True)
def cold_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """They start as ever in a test that is marked `cold`."""
    if request.node.get_closest_marker("cold"):
        monkeypatch.setenv("COLD_PROGRAMS", "1")


@pytest.fixture
def shops(request: pytest.FixtureRequest) -> int:
    """About how many random shops to try; at least one round of them is."""
    return int(request.config.getoption("--shops"))


@pytest.fixture
def first_seed(request: pytest.FixtureRequest) -> int:
    """The number of the first round of random shops."""
    return int(request.config.getoption("--first-seed"))


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Both servers over a small shop, fresh for one test."""
    with Sandbox(products=40, orders=30) as running:
        yield running


@pytest.fixture
def optiply_sandbox() -> Iterator[Sandbox]:
    """Optiply's server alone, fresh for one test; it starts in a few milliseconds."""
    with Sandbox(magento=False) as running:
        yield running


@pytest.fixture
def free_port() -> Callable[[], int]:
    """Return a function that names a port which was free a moment ago."""

    def pick() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
            return port

    return pick


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    """The address of a server of the tests' own."""
    if programs() is None and not os.environ.get("REQUIRE_POSTGRES"):
        pytest.skip("PostgreSQL is not installed here")
    with postgres() as url:
        yield url


class OptiplyClient:
    """Speaks Optiply's API as a well-behaved client would, without any retry."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.headers["Content-Type"] = "application/vnd.api+json"
        self.query = {"accountId": "1380", "couplingId": "77"}
        self.login()

    def token(self, **form: str) -> requests.Response:
        """Ask for a token with the sandbox's client credentials."""
        return requests.post(
            f"{self.sandbox.auth_url}/auth/oauth/token",
            data=form,
            auth=("sandbox-client", "sandbox-secret"),
            timeout=10,
        )

    def login(self) -> None:
        answer = self.token(grant_type="password", username="sandbox", password="sandbox-password").json()
        self.session.headers["Authorization"] = f"Bearer {answer['access_token']}"

    def send(self, method: str, path: str, body: Any = None, **query: str) -> requests.Response:
        """Send any request; `timeout` is generous, as nothing here waits on purpose."""
        data = None if body is None else json.dumps(body)
        url = f"{self.sandbox.optiply_url}/{path}"
        return self.session.request(method, url, data=data, params={**self.query, **query}, timeout=10)

    def post(self, type_: str, **attributes: Any) -> requests.Response:
        return self.send("POST", type_, {"data": {"type": type_, "attributes": attributes}})

    def create(self, type_: str, **attributes: Any) -> dict[str, Any]:
        """Create an object and return its `data`, with `id` as a string."""
        answer = self.post(type_, **attributes)
        assert answer.status_code == 201, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def patch(self, type_: str, id_: str, **attributes: Any) -> requests.Response:
        return self.send("PATCH", f"{type_}/{id_}", {"data": {"type": type_, "attributes": attributes}})

    def get(self, path: str, **query: str) -> requests.Response:
        return self.send("GET", path, **query)

    def delete(self, type_: str, id_: str) -> requests.Response:
        return self.send("DELETE", f"{type_}/{id_}")

    def product(self, **attributes: Any) -> str:
        """Create a product and return its id."""
        return str(self.create("products", **{"name": "A product", "stockLevel": 1, **attributes})["id"])


@pytest.fixture
def optiply_client(optiply_sandbox: Sandbox) -> Iterator[OptiplyClient]:
    """A logged-in client of `optiply_sandbox`."""
    client = OptiplyClient(optiply_sandbox)
    with client.session:
        yield client
