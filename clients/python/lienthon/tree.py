"""The hub's public log: the RFC 9162 tree (SHA-256) whose head `time.v1` tells.

A message's leaf is SHA-256(0x00 ‖ SHA-256(sealed bytes)): the inner hash stays when a body is erased.
"""

from hashlib import sha256

from . import seal


def leaf(sealed):
    return sha256(b"\x00" + sha256(sealed).digest()).digest()


def node(left, right):
    return sha256(b"\x01" + left + right).digest()


def root(leaves):
    return seal.merkle_root(leaves, node) if leaves else sha256(b"").digest()


def path(leaves, index):
    return seal.merkle_path(leaves, index, node)


def root_from_path(one, index, size, hashes):
    return seal.root_from_path(one, index, size, hashes, node)
