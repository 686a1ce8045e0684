"""Singer target for Optiply: writes each record as exactly one object of Optiply's public API."""
