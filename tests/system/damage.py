"""What happens to a hub's disk while it is stopped."""

import sqlite3
from contextlib import closing

from harness import PEERS, Failed

from lienthon import tree

LYING_HUB = PEERS / "lying_hub"


def database(data):
    return closing(sqlite3.connect(data / "hub.db", isolation_level=None))


def change_message(data, within, change, *, lying=False):
    """change(sealed bytes) instead of those of the stored message that holds `within`; its seq. A hub that was broken
    into (LYING_HUB) has another log too, so that it hands out what it has made of it (`lying`)."""
    with database(data) as store:
        for seq, sealed in store.execute("SELECT seq, sealed FROM message ORDER BY seq DESC"):
            if within in sealed:
                changed = change(sealed)
                store.execute("UPDATE message SET sealed = ? WHERE seq = ?", (changed, seq))
                if lying:
                    store.execute("UPDATE leaf SET hash = ? WHERE seq = ?", (tree.leaf(changed), seq))
                return seq
    raise Failed("no stored message holds these bytes")


def flip_a_bit(data, within, *, lying=False):
    """Of the bytes that are looked for; the message's seq."""
    def flip(sealed):
        at = sealed.index(within)
        return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1:]

    return change_message(data, within, flip, lying=lying)


def break_pages(path, within):
    """The header of each page that holds these bytes; how many."""
    data, broken = bytearray(path.read_bytes()), 0
    for at in range(4096, len(data), 4096):
        if within in data[at:at + 4096]:
            data[at:at + 64] = b"\xff" * 64
            broken += 1
    path.write_bytes(data)
    return broken


def break_table(path, name):
    """The page at which the table begins."""
    with database(path.parent) as store:
        [(page,)] = store.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,))
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096:(page - 1) * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
