"""The rules of Picqer's flow: what the mapping table cannot say, as rows that it reads."""
