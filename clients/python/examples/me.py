"""Who one is, from the file that join.py wrote."""

import base64
import json

from lienthon import Book, Client, Identity, Judge, Keys


def load(path):
    """(client, judge): connected, and ready to judge what comes."""
    with open(path) as file:
        fields = json.load(file)
    keys = {name: base64.b64decode(fields[name]) for name in ("hub_curve", "root", "seed", "curve_secret")}
    identity = Identity(fields["principal"], Keys.from_seed(keys["seed"]), keys["curve_secret"])
    book = Book(keys["root"])
    return Client(fields["url"], keys["hub_curve"], identity, book=book, hub=fields["hub"]), Judge(book)
