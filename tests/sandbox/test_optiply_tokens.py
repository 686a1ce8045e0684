"""The token endpoint of the Optiply sandbox and its bearer check."""

from typing import Any

import pytest
import requests

LOGIN = {"grant_type": "password", "username": "sandbox", "password": "sandbox-password"}
CLIENT = ("sandbox-client", "sandbox-secret")


def ask(url: str, *, auth: tuple[str, str] | None = CLIENT, **more: Any) -> requests.Response:
    return requests.post(f"{url}/auth/oauth/token", auth=auth, timeout=10, **more)


@pytest.mark.parametrize("place", ["data", "params"])
def test_the_password_grant_works_in_the_form_and_in_the_query(optiply_sandbox, place):
    answer = ask(optiply_sandbox.auth_url, **{place: LOGIN})
    assert answer.status_code == 200
    body = answer.json()
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 3600
    assert body["scope"] == "read write delete"


def test_the_refresh_grant_gives_a_new_access_token(optiply_client):
    first = optiply_client.token(**LOGIN).json()
    second = optiply_client.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 200
    assert second.json()["access_token"] != first["access_token"]


@pytest.mark.parametrize(
    ("auth", "form", "status", "error", "text"),
    [
        (CLIENT, {**LOGIN, "password": "wrong"}, 400, "invalid_grant", "Bad credentials"),
        (CLIENT, {**LOGIN, "username": "nobody"}, 401, "unauthorized", "UserDetailsService returned null"),
        (("sandbox-client", "wrong"), LOGIN, 401, "invalid_client", "Bad client credentials"),
        (None, LOGIN, 401, "unauthorized", "Full authentication"),
        (CLIENT, {"grant_type": "client_credentials"}, 400, "unsupported_grant_type", "client_credentials"),
        (CLIENT, {"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant", "Invalid refresh token"),
        (CLIENT, {"username": "sandbox"}, 400, "invalid_request", "Missing grant type"),
    ],
)
def test_a_bad_login_is_refused_in_the_words_of_spring(optiply_sandbox, auth, form, status, error, text):
    answer = ask(optiply_sandbox.auth_url, auth=auth, data=form)
    assert answer.status_code == status
    assert answer.json()["error"] == error
    assert text in answer.json()["error_description"]


def test_an_expired_token_is_refused_until_a_new_one_comes(optiply_client):
    optiply_client.sandbox.clock.advance(seconds=3601)
    refused = optiply_client.get("products")
    assert refused.status_code == 401
    assert refused.json()["error"] == "invalid_token"
    assert refused.json()["error_description"].startswith("Access token expired: ")
    optiply_client.login()
    assert optiply_client.get("products").status_code == 200


def test_the_life_of_a_token_can_be_shortened_and_ended(optiply_client):
    optiply_client.sandbox.optiply.settings.token_lifetime = 2
    assert optiply_client.token(**LOGIN).json()["expires_in"] == 2
    optiply_client.sandbox.tokens.expire_all()
    assert optiply_client.get("products").status_code == 401


@pytest.mark.parametrize("header", ["Bearer unknown", "Basic abc", ""])
def test_a_request_without_a_known_token_is_refused(optiply_client, header):
    optiply_client.session.headers["Authorization"] = header
    answer = optiply_client.get("products")
    assert answer.status_code == 401
    assert "error" in answer.json()


def test_a_token_whose_scope_lacks_the_right_may_not_delete(optiply_client):
    id_ = optiply_client.product()
    optiply_client.sandbox.optiply.settings.scope = "read write"
    answer = optiply_client.delete("products", id_)
    assert answer.status_code == 403
    assert answer.json()["error"] == "insufficient_scope"


def test_no_secret_of_a_token_request_reaches_the_request_log(optiply_sandbox):
    ask(optiply_sandbox.auth_url, params=LOGIN)
    (entry,) = optiply_sandbox.requests.entries
    assert "sandbox-password" not in entry.query
    assert entry.sent is None
    assert not entry.is_write
