"""Simulated peers over real sockets: honest and rude OCPP 1.6-J stations, and an eMSP (`emsp`).

Nothing here is shared with the product: what both got wrong in the same way, no test would see.
For the stations, read `station.py` first.
"""
