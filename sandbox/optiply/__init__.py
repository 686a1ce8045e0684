"""The Optiply sandbox: answers as Optiply's API v1 does."""
