"""Fixtures for the tests of the sandboxes of Magento and Picqer: a running server and a client that speaks its API."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox.systems import Sandbox


class MagentoClient:
    """Asks the sandbox as a plain client would: no retries, and the answer as it came."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.shop = sandbox.shop
        self.headers: dict[str, str] = {"Authorization": "Bearer sandbox-integration-token"}

    def ask(self, path: str, query: str = "", scope: str = "all", **more: Any) -> requests.Response:
        """GET a path below /V1/; path and query go out exactly as given."""
        prefix = f"/rest/{scope}/V1/" if scope else "/rest/V1/"
        return self.raw(prefix + path + (f"?{query}" if query else ""), **more)

    def raw(self, target: str, method: str = "GET", **more: Any) -> requests.Response:
        request = requests.Request(method, self.sandbox.magento_url, headers=self.headers, **more)
        prepared = request.prepare()
        prepared.url = self.sandbox.magento_url + target
        with requests.Session() as session:
            return session.send(prepared, timeout=20)

    def json(self, path: str, query: str = "", scope: str = "all") -> Any:
        answer = self.ask(path, query, scope)
        assert answer.status_code == 200, (path, query, answer.status_code, answer.text[:300])
        return answer.json()

    def items(self, path: str, *filters: tuple[str, str, str], **more: Any) -> list[dict[str, Any]]:
        """Return the items of a list whose filters are all in force."""
        items: list[dict[str, Any]] = self.json(path, search(*([one] for one in filters), **more))["items"]
        return items

    def configure(self, **settings: Any) -> None:
        """Change settings of the server."""
        answer = requests.post(f"{self.sandbox.magento_url}/_sandbox/settings", json=settings, timeout=20)
        assert answer.status_code == 200, answer.text


def search(
    *groups: list[tuple[str, str, str]],
    sort: str | None = None,
    size: int | None = None,
    page: int | None = None,
    fields: str | None = None,
) -> str:
    """Write a searchCriteria; `sort` is `entity_id ASC, sku DESC`, or a field without a direction."""
    parts = []
    for g, group in enumerate(groups):
        for f, (field, condition, value) in enumerate(group):
            head = f"searchCriteria[filter_groups][{g}][filters][{f}]"
            parts += [f"{head}[field]={field}", f"{head}[condition_type]={condition}"]
            parts.append(f"{head}[value]={quote(value, safe='')}")
    for n, text in enumerate((sort or "").split(",") if sort else ()):
        field, _, direction = text.strip().partition(" ")
        parts.append(f"searchCriteria[sortOrders][{n}][field]={field}")
        if direction:
            parts.append(f"searchCriteria[sortOrders][{n}][direction]={direction}")
    numbers: Mapping[str, int | None] = {"pageSize": size, "currentPage": page}
    parts += [f"searchCriteria[{name}]={value}" for name, value in numbers.items() if value is not None]
    if fields:
        parts.append(f"fields={fields}")
    return "&".join(parts) or "searchCriteria="


@pytest.fixture(scope="module")
def magento() -> Iterator[MagentoClient]:
    """The default shop behind its API, shared by the tests of one module: they only read."""
    with Sandbox() as running:
        yield MagentoClient(running)


@pytest.fixture
def own_magento() -> Iterator[MagentoClient]:
    """The default shop behind its API, fresh for one test, which may change it."""
    with Sandbox() as running:
        yield MagentoClient(running)


@pytest.fixture(scope="session")
def criteria() -> Any:
    """The function that writes a searchCriteria."""
    return search


class PicqerClient:
    """Asks the sandbox of Picqer as a plain client would: no retries, and the answer as it came."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.store = sandbox.picqer
        self.key = "sandbox-picqer-key"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        url = f"{self.sandbox.picqer_url}/api/v1/{path}"
        return requests.request(method, url, json=body, params=query, auth=(self.key, "x"), timeout=20)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, (path, query, answer.status_code, answer.text[:300])
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        answer = self.ask("POST", path, body)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        return answer.json()

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Read a list page by page until a short one, as most clients do."""
        rows: list[dict[str, Any]] = []
        while True:
            page = self.get(path, **query, offset=len(rows))
            rows += page
            if len(page) < self.store.settings.page_size:
                return rows

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, int | None]:
        """Return the HTTP status and Picqer's code of a refusal."""
        answer = self.ask(method, path, body, **query)
        told = answer.json()
        assert told["error"] is True
        assert isinstance(told["error_message"], str)
        return answer.status_code, told["error_code"]

    def control(self, verb: str, body: Any = None) -> requests.Response:
        """Ask a control endpoint; with a body it is told something."""
        method = "GET" if body is None else "POST"
        return requests.request(method, f"{self.sandbox.picqer_url}/_sandbox/{verb}", json=body, timeout=20)


@pytest.fixture
def picqer() -> Iterator[PicqerClient]:
    """The default account of Picqer behind its API, fresh for one test."""
    with Sandbox(magento=False, picqer=True) as running:
        yield PicqerClient(running)


class EasyClient:
    """Asks the sandbox of EasyEcom as a plain client would: no retries, no waits, and the answer as it came."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.store = sandbox.easyecom
        self.account = sandbox.easyecom_account
        self.store.settings.rate_tier = "none"
        self.store.settings.token_cooldown = 0
        self.headers = {"x-api-key": "sandbox-easyecom-key"}
        self.main, self.south, self.shop = (row.location_key for row in self.store.locations.rows.values())
        self.sign_in(self.main)

    def login(self, **given: Any) -> requests.Response:
        body = {"email": "sandbox@example.com", "password": "sandbox-password", "location_key": self.main} | given
        return requests.post(f"{self.sandbox.easyecom_url}/access/token", json=body, headers=self.headers, timeout=20)

    def sign_in(self, location_key: str) -> None:
        token = self.login(location_key=location_key).json()["data"]["token"]["jwt_token"]
        self.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        url = f"{self.sandbox.easyecom_url}{path}"
        return requests.request(method, url, json=body, params=query, headers=self.headers, timeout=20)

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, (path, query, answer.status_code, answer.text[:300])
        return answer.json()

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Read a list by its links until there is none."""
        rows: list[dict[str, Any]] = []
        told = self.get(path, **query)
        while True:
            data = told["data"]
            nested = data if isinstance(data, dict) else told
            page = data["orders"] if isinstance(data, dict) else data
            rows += page if isinstance(page, list) else []
            if not nested.get("nextUrl"):
                return rows
            told = self.get(nested["nextUrl"])

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any, Any]:
        """Return the HTTP status, the code of the body under either of its names, and the message."""
        answer = self.ask(method, path, body, **query)
        told = answer.json()
        return answer.status_code, told.get("code", told.get("status")), told["message"]

    def control(self, verb: str, body: Any = None) -> requests.Response:
        """Ask a control endpoint; with a body it is told something."""
        method = "GET" if body is None else "POST"
        return requests.request(method, f"{self.sandbox.easyecom_url}/_sandbox/{verb}", json=body, timeout=20)


@pytest.fixture
def easy() -> Iterator[EasyClient]:
    """The default account of EasyEcom behind its API, without limits, fresh for one test."""
    with Sandbox(magento=False, easyecom=True) as running:
        yield EasyClient(running)
