"""Scripts of the pages reach the browser anew when any of them has changed."""

from __future__ import annotations

import re

from flask import Flask


def test_scripts_are_kept_for_ever_at_the_address_of_their_version(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/login/").text
    addresses = re.findall(r'<script type="module" src="([^"]+)"', page)
    assert addresses
    assert len({address.rpartition("/")[0] for address in addresses}) == 1, "an import leads into the same folder"
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
        assert "immutable" in answer.headers["Cache-Control"]


def test_a_page_of_an_older_version_gets_scripts_that_nobody_keeps(app: Flask) -> None:
    answer = app.test_client().get("/scripts/older/page.js")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert app.test_client().get("/scripts/older/nothing.js").status_code == 404
