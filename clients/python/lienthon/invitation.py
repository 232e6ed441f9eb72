"""Invitation codes: `lienthon:` and what a device needs to enrol. wire.md section 4."""

import base64
import binascii
from dataclasses import dataclass, field

from . import names, seal
from .code import MALFORMED, Refused
from .pack import is_int, packb, unpackb

PREFIX = "lienthon:"


@dataclass
class Invitation:
    join_url: str
    hub_curve: bytes
    root: bytes
    principal: str
    seed: bytes = field(repr=False)

    @property
    def keys(self):
        return seal.Keys.from_seed(self.seed)

    @property
    def issuer(self):
        """The invitation's own principal."""
        return "invite." + seal.key_id(self.keys.public).hex()[:8]

    def encode(self):
        fields = [1, self.join_url, self.hub_curve, self.root, self.principal, self.seed]
        return PREFIX + base64.urlsafe_b64encode(packb(fields)).rstrip(b"=").decode()


def decode(code):
    code = code.strip()
    if not code.startswith(PREFIX):
        raise Refused(MALFORMED, "an invitation begins with lienthon:")
    text = code[len(PREFIX) :]
    try:
        fields = unpackb(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise Refused(MALFORMED, "the invitation is damaged: copy the whole line") from None
    if not isinstance(fields, list) or len(fields) != 6 or not is_int(fields[0]) or fields[0] != 1:
        raise Refused(MALFORMED, "no invitation of version 1")
    _, url, curve, root, principal, seed = fields
    if not isinstance(url, str) or not isinstance(principal, str) or not names.is_principal(principal):
        raise Refused(MALFORMED, "the invitation names no principal")
    if any(not isinstance(key, bytes) or len(key) != 32 for key in (curve, root, seed)):
        raise Refused(MALFORMED, "a key of the invitation has not 32 bytes")
    return Invitation(url, curve, root, principal, seed)
