#!/usr/bin/env python3
"""Joins with an invitation code, and keeps who one is now in a file.

    join.py 'lienthon:…' me.json
"""

import base64
import json
import os
import sys

from lienthon import join


def main(code, path):
    joined = join(code)
    identity = joined.identity
    fields = {
        "principal": identity.principal,
        "url": joined.url,
        "hub": joined.hub,
        "hub_curve": joined.hub_curve,
        "root": joined.book.root,
        "seed": identity.keys.secret[:32],
        "curve_secret": identity.curve_secret,
    }
    text = {name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in fields.items()}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(text, file, indent=1)
    print(f"{identity.principal} belongs to the commune; its keys are in {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])
