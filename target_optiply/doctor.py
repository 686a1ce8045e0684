"""What `doctor` checks of Optiply: address, login, account, coupling, clock, and products with a SKU of ours."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector.collation import folded
from connector.findings import Finding, fail, note, ok, warn
from connector.http.probe import Reply, in_words, probe, resolve
from connector.words import counted
from optiply_api.login import Login
from target_optiply.settings import OptiplySettings, read_settings

PAGE = 100
MOST_PAGES = 200
SHOWN = 5
MOST_SKEW = 120
MEDIA_TYPE = "application/vnd.api+json"


def log_in(auth_url: str, config: Mapping[str, Any]) -> Reply:
    """One request for a token by user name and password."""
    form = {"grant_type": "password", "username": config.get("username"), "password": config.get("password")}
    client = (str(config.get("client_id")), str(config.get("client_secret")))
    return probe("POST", f"{auth_url.rstrip('/')}{Login.path}", data=form, auth=client, setting="auth_url")


class OptiplyChecks:
    """The checks in order; `token` is None until the login worked."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        """Takes target-config.json, which must be correct; the environment may name other addresses."""
        self.config = config
        self.settings: OptiplySettings = read_settings(config)
        self.token: str | None = None

    def get(self, resource: str, query: Mapping[str, str]) -> Reply:
        """One GET of the API."""
        headers = {"Authorization": f"Bearer {self.token}", "Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
        address = f"{self.settings.api_url.rstrip('/')}/{resource}"
        return probe("GET", address, headers=headers, params=dict(query), setting="api_url")

    def run(self) -> Iterator[Finding]:
        """Check after check; without a token the rest is left out."""
        for name, address in (("api_url", self.settings.api_url), ("auth_url", self.settings.auth_url)):
            if not resolve(address):
                yield fail("Optiply: name", f"{address}: the name is unknown", f"check {name}, or this machine's DNS")
                return
        answer = self._log_in()
        if self.token is None:
            remedy = answer.remedy or "check username, password, client_id and client_secret"
            remedy = "check auth_url" if answer.status == 404 else remedy
            yield fail("Optiply: login", f"{self.settings.auth_url} answers {answer.message}", remedy)
            return
        yield ok("Optiply: login", f"a token from {self.settings.auth_url}")
        yield from self._account()
        skew = answer.skew()
        if skew is not None and abs(skew) > MOST_SKEW:
            says = f"{in_words(skew)} away from this machine's"
            yield warn("Optiply: clock", says, "let this machine keep time by NTP")

    def _log_in(self) -> Reply:
        if not self.settings.credentials.complete:
            self.token = self.settings.credentials.access_token
            return Reply(200)
        answer = log_in(self.settings.auth_url, self.config)
        token = answer.value.get("access_token") if answer.good and isinstance(answer.value, dict) else None
        self.token = str(token) if token else None
        return answer

    def _account(self) -> Iterator[Finding]:
        account, coupling = self.settings.account_id, self.settings.coupling_id
        answer = self.get("products", {"filter[accountId]": account, "page[limit]": "1"})
        if not answer.good:
            told = f"products of account {account}: {answer.message}"
            yield fail("Optiply: account", told, "check account_id, api_url and what the login may do")
            return
        rows, _ = answer.listed("data")
        meta = answer.value.get("meta") if isinstance(answer.value, dict) else None
        count = meta.get("totalResourceCount") if isinstance(meta, dict) else None
        told = counted(count, "product") if isinstance(count, int) else "an unknown number of products"
        yield ok("Optiply: account", f"account {account} can be read: {told}")
        couplings = {str(name) for row in rows for name in _remote_ids(_attributes(row))}
        if coupling is None:
            yield note("Optiply: coupling", "none is set; Optiply then keeps remote ids without an owner")
        elif couplings and coupling not in couplings:
            told = f"{coupling}, but products there belong to {', '.join(sorted(couplings))}"
            yield warn("Optiply: coupling", told, "check coupling_id, or another integration fills this account")
        else:
            yield ok("Optiply: coupling", coupling)

    def collisions(self, skus: Mapping[str, str]) -> Iterator[Finding]:
        """Products in Optiply with a SKU of ours and another remote id; `skus`: SKU (case-folded) → our product id."""
        met: list[str] = []
        for page in range(MOST_PAGES):
            query = {"filter[accountId]": self.settings.account_id, "sort": "id"}
            answer = self.get("products", query | {"page[offset]": str(page * PAGE), "page[limit]": str(PAGE)})
            if not answer.good:
                yield note("SKUs", f"unknown: Optiply's products cannot be listed ({answer.message})")
                return
            rows, _ = answer.listed("data")
            found = (_collision(_attributes(row), skus, self.settings.coupling_id) for row in rows)
            met += [told for told in found if told]
            if len(rows) < PAGE:
                break
        if met:
            examples = ", ".join(met[:SHOWN])
            products = f"{counted(len(met), 'product')} in Optiply {'has' if len(met) == 1 else 'have'}"
            says = f"{products} a SKU of this shop and another remote id: {examples}"
            yield warn("SKUs", says, "a create adopts them by SKU; rename there what is another product")
        else:
            yield ok("SKUs", "no product in Optiply has a SKU of this shop under another remote id")


def _attributes(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("attributes")
    return found if isinstance(found, dict) else {}


def _remote_ids(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Coupling → remote id."""
    found = attributes.get("remoteIdMap")
    return found if isinstance(found, dict) else {}


def _collision(attributes: Mapping[str, Any], skus: Mapping[str, str], coupling: str | None) -> str | None:
    sku = str(attributes.get("skuCode") or "").strip()
    ours = skus.get(folded(sku))
    remote = _remote_ids(attributes)
    theirs = remote[coupling] if coupling is not None and coupling in remote else next(iter(remote.values()), None)
    if not sku or ours is None or theirs == ours:
        return None
    return f"{sku} (there {theirs or 'without remote id'}, here {ours})"
