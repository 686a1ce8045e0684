"""Tests of Picqer's flow, and what they share: an account that is read, and an Optiply that takes what is offered."""
