"""Small servers for tests of failing connections: TLS with a self-signed certificate, plain text, a slammed door."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

# Made for these tests alone, for localhost and 127.0.0.1, good until 2126.
PEM = """\
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIAVQmsnMc+hnQwn2Gg4ItUUOMn2B8dzT3k0+jcl7xjPqoAoGCCqGSM49
AwEHoUQDQgAEuQs+v+VjSWW1kdHptb2zIg1mWoEZZMDuQaJKzpQ1dxE0u+el3xvJ
LkvQ3vtcK+ViMts5VaQIcfYjgUg3KN188g==
-----END EC PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUOCO90pSHTPS1d7nzxYod//3l/zEwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTEzMzYyOFoYDzIxMjYxMTAx
MTMzNjI4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS5Cz6/5WNJZbWR0em1vbMiDWZagRlkwO5BokrOlDV3ETS756XfG8ku
S9De+1wr5WIy2zlVpAhx9iOBSDco3Xzyo28wbTAdBgNVHQ4EFgQUXAugFWWnB5S6
lOTbckmwtnOCfFYwHwYDVR0jBBgwFoAUXAugFWWnB5S6lOTbckmwtnOCfFYwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAKfrWR3E8DhwW/sEUHt3yeMmPlB3KNYh1w28+r3Tlc06AiBU
hDlbIgUQ7vVJjKZetX3ox6VhT1augw9AKaUp1dH9lw==
-----END CERTIFICATE-----
"""


def certificate(folder: Path) -> Path:
    """The certificate and its key in a file."""
    path = folder / "localhost.pem"
    path.write_text(PEM)
    return path


@contextlib.contextmanager
def listening(answer: bytes | None, tls: Path | None = None, host: str = "127.0.0.1") -> Iterator[int]:
    """The port of a server that reads once, writes `answer` and closes; None closes without reading."""
    server = socket.create_server((host, 0), backlog=50)
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(5)
                if answer is None:
                    continue
                with context.wrap_socket(connection, server_side=True) if context else connection as wrapped:
                    wrapped.recv(65536)
                    wrapped.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)
