"""Simulated charging stations: honest and rude OCPP 1.6-J clients over real sockets.

Nothing here is shared with the product: what both got wrong in the same way, no test would see.
Read `station.py` first.
"""
