"""Servers on loopback for trying and testing: they answer as Magento, Optiply and Picqer do."""
