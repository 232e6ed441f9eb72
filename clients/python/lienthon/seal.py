"""Seals: one signature over a batch of parts. wire.md section 3.

PyNaCl hands the check to libsodium, whose 1.0.18 is as strict as the page asks; the vectors hold
another version to it.
"""

from dataclasses import dataclass, field
from hashlib import blake2b

from nacl import bindings
from nacl.exceptions import CryptoError

from . import part as parts
from .code import BAD_SEAL, MALFORMED, Refused
from .pack import is_int, packb, unpackb

DOMAIN = b"lienthon/seal/1\n"
BATCH_MOST = 1024


def H(data):
    return blake2b(data, digest_size=32).digest()


def key_id(public):
    return H(public)[:8]


def leaf_hash(data):
    return H(b"\x00" + data)


def node_hash(left, right):
    return H(b"\x01" + left + right)


def _split(count):
    """The largest power of two smaller than count."""
    return 1 << ((count - 1).bit_length() - 1)


def merkle_root(leaves, node=node_hash):
    if len(leaves) == 1:
        return leaves[0]
    cut = _split(len(leaves))
    return node(merkle_root(leaves[:cut], node), merkle_root(leaves[cut:], node))


def merkle_path(leaves, index, node=node_hash):
    """The inclusion path of a leaf, from the leaf up."""
    if len(leaves) == 1:
        return []
    cut = _split(len(leaves))
    if index < cut:
        return merkle_path(leaves[:cut], index, node) + [merkle_root(leaves[cut:], node)]
    return merkle_path(leaves[cut:], index - cut, node) + [merkle_root(leaves[:cut], node)]


def root_from_path(leaf, index, count, path, node=node_hash):
    """The root that a path leads to, or None if it is not as long as it must be (RFC 9162 2.1.3.2)."""
    last, found = count - 1, leaf
    for step in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            found = node(step, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = node(found, step)
        index, last = index >> 1, last >> 1
    return found if last == 0 else None


@dataclass
class Keys:
    """An Ed25519 pair that seals."""

    public: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, seed):
        return cls(*bindings.crypto_sign_seed_keypair(seed))

    def sign(self, data):
        return bindings.crypto_sign(data, self.secret)[:64]


def signed_bytes(count, root):
    return DOMAIN + count.to_bytes(4, "big") + root


@dataclass
class Sealed:
    """A sealed message. `raw` is the bytes as they came; `part` is decoded on demand, by part()."""

    part_raw: bytes
    key: bytes
    count: int
    index: int
    path: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    raw: bytes = field(repr=False)
    _part: object = field(default=None, repr=False)

    @property
    def part(self):
        if self._part is None:
            self._part = parts.decode(self.part_raw)
        return self._part


def decode(raw):
    """Opens the two arrays, not the part; Refused(16)."""
    outer = unpackb(raw)
    if not isinstance(outer, list) or len(outer) != 2:
        raise Refused(MALFORMED, "a sealed message is an array of 2")
    part_raw, fields = outer
    if not isinstance(part_raw, bytes):
        raise Refused(MALFORMED, "the part is not bin")
    if not isinstance(fields, list) or len(fields) != 5:
        raise Refused(MALFORMED, "a seal is an array of 5")
    key, count, index, path, signature = fields
    if not isinstance(key, bytes) or len(key) != 8:
        raise Refused(MALFORMED, "seal.key: not 8 bytes")
    if not is_int(count, BATCH_MOST) or count < 1:
        raise Refused(MALFORMED, "seal.count: not 1 to 1024")
    if not is_int(index, count - 1):
        raise Refused(MALFORMED, "seal.index: outside the batch")
    if not isinstance(path, bytes) or len(path) % 32 or len(path) > 320:
        raise Refused(MALFORMED, "seal.path: not up to 10 hashes of 32 bytes")
    if not isinstance(signature, bytes) or len(signature) != 64:
        raise Refused(MALFORMED, "seal.signature: not 64 bytes")
    return Sealed(part_raw, key, count, index, path, signature, bytes(raw))


def verify(sealed, public):
    """Refused(18) unless the seal holds under that whole public key."""
    if sealed.key != key_id(public):
        raise Refused(BAD_SEAL, "the seal is of another key")
    path = [sealed.path[at : at + 32] for at in range(0, len(sealed.path), 32)]
    root = root_from_path(leaf_hash(sealed.part_raw), sealed.index, sealed.count, path)
    if root is None:
        raise Refused(BAD_SEAL, "the path does not fit the batch")
    try:
        bindings.crypto_sign_open(sealed.signature + signed_bytes(sealed.count, root), public)
    except (CryptoError, ValueError):
        raise Refused(BAD_SEAL, "the signature does not hold") from None


def seal(raw_parts, keys):
    """Sealed messages (bytes) for the parts (bytes), 1..1024, under one signature."""
    leaves = [leaf_hash(raw) for raw in raw_parts]
    root = merkle_root(leaves)
    signature = keys.sign(signed_bytes(len(leaves), root))
    key = key_id(keys.public)
    return [
        packb([raw, [key, len(leaves), index, b"".join(merkle_path(leaves, index)), signature]])
        for index, raw in enumerate(raw_parts)
    ]


def seal_one(raw_part, keys):
    return seal([raw_part], keys)[0]
