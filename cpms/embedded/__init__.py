"""PostgreSQL and Redis from wheels, and the supervisor that runs everything on one machine.

Knows no app and no Django: `addresses` is read by the settings, `python -m cpms.embedded` runs
the deployment.
"""
