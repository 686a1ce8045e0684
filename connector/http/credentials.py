"""What signs in for a token of OAuth: user name and password, and the client that asks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Credentials:
    """What the token endpoint needs; `access_token` is used first when it is given."""

    username: str | None = None
    password: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    access_token: str | None = None

    @property
    def complete(self) -> bool:
        """Whether a token can be asked for."""
        return all((self.username, self.password, self.client_id, self.client_secret))
