"""Two simulated grid operators in one process, over real HTTP: a capacity provider that speaks
OSCP 2.0, and a VTN that speaks OpenADR 3.1. Nothing here is shared with the product. Read
`run.py` first.
"""
