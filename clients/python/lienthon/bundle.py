"""Bundles: sealed messages in a file, for where there is no link. wire.md section 5."""

from .code import MALFORMED, Refused
from .pack import Reader, packb

HEAD = ["lienthon bundle", 1]


def write(sealed):
    """The bytes of a bundle; grants go before what leans on them, as the caller orders them."""
    return packb(HEAD) + b"".join(sealed)


def read(data):
    """The sealed messages (bytes) in a bundle, in order."""
    reader = Reader(data)
    if reader.value() != HEAD:
        raise Refused(MALFORMED, "no bundle of version 1")
    found = []
    while not reader.ended():
        begin = reader.at
        reader.value()
        found.append(reader.data[begin : reader.at])
    return found
