"""A server on loopback that answers as EasyEcom's API does, over a seeded account that lives on from day to day."""
