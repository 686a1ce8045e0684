"""What each answer of Optiply means to a reader, by answers.csv: repeat, stop or isolate, with the remedy."""

from connector.http.table import Table, read_table

TABLE: Table = read_table(__file__)
