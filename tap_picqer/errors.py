"""What an answer of Picqer means, by answers.csv: from status to retry, fatal or isolate, with the remedy.

Picqer words its failures as an object with a code and a message; the code stands behind the message in brackets.
"""

from connector.http.table import Table, read_table

NOT_FOUND, OTHER_KEY = 20, 31
"""Codes of Picqer: nothing of that id (or no parts); not for this kind of key."""
TABLE: Table = read_table(__file__)
