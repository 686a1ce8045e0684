"""How one signs in at Optiply; what each answer to a request for a token means stands in answers.csv."""

import logging

from connector.http.password_grant import PasswordGrant
from connector.http.table import read_table


class Login(PasswordGrant):
    """Asks Optiply for a token."""

    table = read_table(__file__)
    name = "Optiply's login"
    who = "Optiply"
    path = "/auth/oauth/token"
    setting = "auth_url"
    log = logging.getLogger("optiply")
