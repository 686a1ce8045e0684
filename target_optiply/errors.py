"""The tables of what each answer of Optiply means: to a request for a resource, and to one for a token."""

from __future__ import annotations

from connector.http.table import Fate, Meaning, Table, causes

# Ways a request can end without a usable status.
CUT = "cut"  # sent, but no answer came: connection cut or timeout
UNSENT = "unsent"  # no connection was made, so nothing can have happened
UNREADABLE = "unreadable"  # 2xx whose body is not the promised JSON (a firewall's page, say)
LASTING = "unreachable"  # asking again changes nothing: a wrong address, proxy or certificate
_IN_WORDS = {
    CUT: "the connection ended without an answer",
    UNSENT: "no connection was made",
    UNREADABLE: "the answer is not one that Optiply's API promises",
}
_BRIEFLY = 3
LOGIN_TRIES = 6


def in_words(status: int | str) -> str:
    """How a request ended, for people."""
    return _IN_WORDS.get(str(status), f"status {status}")


TABLE: Table = (
    Meaning(causes(LASTING), Fate.STOP, "The address, the proxy or the certificate is wrong; a person must act."),
    Meaning(
        causes(UNREADABLE), Fate.PARK, "Something answered for Optiply; the record may exist.", method="POST"
    ),
    Meaning(causes(UNREADABLE), Fate.AGAIN, "A proxy or firewall answered in Optiply's place.", tries=_BRIEFLY),
    Meaning(causes(401), Fate.RENEW, "The token has ended; a second refusal in a row stops the run."),
    Meaning(
        causes(403), Fate.STOP, "The login may not write; no record will pass.", marker="insufficient_scope"
    ),
    Meaning(causes(409), Fate.EXISTS, "Such a pair exists (supplierProducts, productCompositions).", method="POST"),
    *(
        Meaning(
            causes(400),
            Fate.WITHOUT,
            "One bad e-mail costs the addresses only.",
            method=method,
            marker="is not a valid address",
        )
        for method in ("POST", "PATCH")
    ),
    Meaning(causes(404), Fate.CREATE_AGAIN, "Somebody deleted it in Optiply.", method="PATCH"),
    Meaning(causes(404), Fate.GONE, "It is gone, which is what was wanted.", method="DELETE"),
    Meaning(causes(429), Fate.AGAIN, "Too fast; Retry-After is obeyed.", slow=True),
    Meaning(causes(UNSENT), Fate.AGAIN, "No connection: nothing was sent.", slow=True),
    Meaning(
        causes(CUT), Fate.PARK, "The record may exist: Optiply has no idempotency key.", method="POST", slow=True
    ),
    Meaning(
        causes(502, 503, 504), Fate.PARK, "The server may have acted before it failed.", method="POST", slow=True
    ),
    Meaning(causes(range(500, 600)), Fate.PARK, "The server may have acted before it failed.", method="POST"),
    Meaning(causes(500), Fate.AGAIN, "A fault, or a wrong type: Optiply answers 500 to both.", tries=_BRIEFLY),
    Meaning(causes(502), Fate.AGAIN, "Gateway trouble passes.", slow=True),
    Meaning(causes(503), Fate.AGAIN, "Maintenance passes; Retry-After is obeyed.", slow=True),
    Meaning(causes(504), Fate.AGAIN, "Slow answers happen on long lists.", slow=True),
    Meaning(causes(CUT), Fate.AGAIN, "Reading, changing and deleting can be repeated safely.", slow=True),
    Meaning(causes(range(500, 600)), Fate.AGAIN, "An unknown fault.", tries=_BRIEFLY),
    Meaning(causes(range(400, 500)), Fate.REFUSE, "Refused for good; the same request would be refused again."),
    Meaning(causes(range(300, 400)), Fate.REFUSE, "Not an answer of the API; check api_url."),
    Meaning(None, Fate.REFUSE, "An answer that nobody knows."),
)
LOGIN_TABLE: Table = (
    Meaning(causes(LASTING), Fate.STOP, "The address, the proxy or the certificate is wrong; a person must act."),
    Meaning(causes(range(200, 300)), Fate.AGAIN, "An answer without a token.", tries=LOGIN_TRIES),
    Meaning(
        causes(UNSENT, CUT, 408, 429, range(500, 600)), Fate.AGAIN, "Trouble passes.", tries=LOGIN_TRIES, slow=True
    ),
    Meaning(None, Fate.REFUSE, "The login is refused."),
)
