"""A token of Optiply's login, asked for as the target does."""

import logging
import threading

from connector.addresses import Way
from connector.http.clock import ServerClock
from connector.http.credentials import Credentials
from connector.http.pace import Pace
from connector.http.pool import Pool
from connector.http.request import Patience
from connector.http.tokens import SharedToken
from delivery.report import WriteReport
from optiply_api.login import Login

GOOD = Credentials("sandbox", "sandbox-password", "sandbox-client", "sandbox-secret")


def shared_token(auth_url: str, credentials: Credentials = GOOD, *, first_wait: float = 0.01) -> SharedToken:
    """A token that is asked for at an address when it is first needed."""
    pool = Pool(Pace(1, first_wait=first_wait), threading.Event())
    patience = Patience(answer=60, request=300, first_wait=first_wait)
    report = WriteReport(logging.getLogger("target-optiply"))
    log_in = Login(auth_url, Way({}, True), credentials, pool, report, patience, ServerClock("Optiply"))
    return SharedToken(log_in, credentials.access_token)
