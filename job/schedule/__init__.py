"""When which work is due, for one folder."""
