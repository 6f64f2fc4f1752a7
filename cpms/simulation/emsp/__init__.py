"""A simulated eMSP: a process of its own that speaks OCPI 2.2.1 or 2.3.0 with a CPO over real HTTP.

It registers by an invitation, reads what there is, takes what it is pushed, answers for its
drivers' cards in real time, gives commands, and shows all of it on a page. What it acknowledged
is in its ledger. Nothing here is shared with the product. Read `emsp.py` first.
"""
