"""A Liên Thôn client, written from wire.md alone."""

from . import bundle, code, grant, invitation, names, op, pack, part, seal, tree
from .book import Book
from .client import Client, Closed, Delivery, Identity, Timeout
from .code import Refused
from .invitation import Invitation
from .joining import join
from .judge import Judge
from .seal import Keys

__all__ = [
    "Book", "Client", "Closed", "Delivery", "Identity", "Invitation", "Judge", "Keys", "Refused",
    "Timeout", "bundle", "code", "grant", "invitation", "join", "names", "op", "pack", "part",
    "seal", "tree",
]
