"""`python -m bench.peers`: the product beside other CRMs, with the same rows, on one machine in one run.

Peers are stock Flask-AppBuilder (`stock.py`: four models with their plain views) and Tryton (the calls that screens of
its desktop client make). Each has a copy of our rows in a base of its own in our embedded PostgreSQL, and gunicorn with
as many processes as ours. Tryton is installed into a virtual environment outside of the tree (`--venvs`). The first
run makes all that, which takes a quarter of an hour. All are asked in turn, round after round; medians are printed.

Another peer is a module like `tryton.py`, named in `__main__.py`. Odoo is in no registry of packages.
"""
