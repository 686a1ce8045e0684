"""A server on loopback that answers as Picqer's API v1 does, over a seeded account that lives on from day to day."""
