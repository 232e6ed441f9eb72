"""The part: what a sender signs. wire.md section 2."""

import secrets
import time
from dataclasses import dataclass, field

from . import names
from .code import MALFORMED, Refused
from .pack import is_int, packb, read_body, unpackb

NOTHING, ANSWERS, REPLACES, CANCELS = 0, 1, 2, 3
RETAIN, RECEIPT, DRILL = 1, 2, 4
THUONG, KHAN, THUONG_KHAN, HOA_TOC = 0, 1, 2, 3
PUBLIC, INTERNAL, SECRET = 0, 1, 2

MINUTE_MS, DAY_MS = 60_000, 86_400_000

FIELDS = (
    "version", "id", "from", "topic", "type", "priority", "label", "created",
    "expires", "deliver_at", "relation", "re", "flags", "origin", "body",
)


def now_ms():
    return time.time_ns() // 1_000_000


def new_id(at):
    """A UUIDv7 of the time `at` (ms)."""
    made = bytearray(at.to_bytes(6, "big") + secrets.token_bytes(10))
    made[6] = 0x70 | (made[6] & 0x0F)
    made[8] = 0x80 | (made[8] & 0x3F)
    return bytes(made)


@dataclass
class Part:
    """One message's part. `raw` is the bytes that came, or those that encode() made."""

    sender: str
    topic: str
    type: str
    body: bytes
    id: bytes = b""
    priority: int = THUONG
    label: int = PUBLIC
    created: int = 0
    expires: int = 0
    deliver_at: int = 0
    relation: int = NOTHING
    re: bytes | None = None
    flags: int = 0
    origin: str | None = None
    raw: bytes = field(default=b"", repr=False)

    def values(self):
        return [
            1, self.id, self.sender, self.topic, self.type, self.priority, self.label, self.created,
            self.expires, self.deliver_at, self.relation, self.re, self.flags, self.origin, self.body,
        ]

    def encode(self):
        self.raw = packb(self.values())
        return self.raw

    def content(self):
        """The body as a dict; Refused(22) if it is none."""
        return read_body(self.body)


def make(sender, topic, type, body, *, created=None, **fields):
    """A new part with its id and bytes; `body` a dict, or bytes as they shall stand."""
    created = now_ms() if created is None else created
    if isinstance(body, dict):
        body = packb(body)
    fields.setdefault("id", new_id(created))
    part = Part(sender, topic, type, body, created=created, **fields)
    part.encode()
    return part


def _check(ok, what):
    if not ok:
        raise Refused(MALFORMED, what)


def decode(raw):
    """The part in these bytes, or Refused(16)."""
    fields = unpackb(raw)
    _check(isinstance(fields, list), "a part is an array")
    _check(len(fields) == 15, f"a part has 15 fields, not {len(fields)}")
    version, id, sender, topic, type, priority, label, created = fields[:8]
    expires, deliver_at, relation, re, flags, origin, body = fields[8:]
    _check(is_int(version) and version == 1, "version: not 1")
    _check_id(id, "id")
    _check(isinstance(sender, str) and names.is_principal(sender), "from: no principal")
    _check(isinstance(topic, str) and names.is_topic(topic), "topic: no topic")
    _check(isinstance(type, str) and names.is_type(type), "type: no type")
    _check(is_int(priority, 3), "priority: not 0 to 3")
    _check(is_int(label, 2), "label: not 0 to 2")
    for name, value in (("created", created), ("expires", expires), ("deliver_at", deliver_at)):
        _check(is_int(value), f"{name}: not a time")
    _check(is_int(relation, 3), "relation: not 0 to 3")
    _check((re is None) == (relation == NOTHING), "re: nil exactly when relation is 0")
    if re is not None:
        _check(isinstance(re, bytes) and len(re) == 16, "re: not 16 bytes")
        _check(re != id, "re: the message itself")
    _check(is_int(flags, 7), "flags: an unknown one")
    _check(origin is None or (isinstance(origin, str) and names.is_origin(origin)), "origin: no origin")
    _check(isinstance(body, bytes), "body: not bin")
    _check_times(id, priority, created, expires, deliver_at)
    return Part(sender, topic, type, body, id, priority, label, created, expires, deliver_at,
                relation, re, flags, origin, bytes(raw))


def _check_id(id, name):
    _check(isinstance(id, bytes) and len(id) == 16, f"{name}: not 16 bytes")
    _check(id[6] >> 4 == 7 and id[8] >> 6 == 2, f"{name}: no UUIDv7")


def _check_times(id, priority, created, expires, deliver_at):
    made = int.from_bytes(id[:6], "big")
    _check(abs(made - created) <= MINUTE_MS, "id: not made within a minute of created")
    if priority == HOA_TOC:
        _check(expires != 0 and expires <= created + DAY_MS, "expires: priority 3 ends within 24 h")
    if expires:
        _check(deliver_at < expires, "deliver_at: not before expires")


def takes_place(new, old):
    """May `new`, a replacement or cancellation, take the place of `old`?"""
    if new.relation not in (REPLACES, CANCELS) or new.re != old.id:
        return False
    if (new.topic, new.type) != (old.topic, old.type) or (new.flags ^ old.flags) & DRILL:
        return False
    if new.sender == old.sender:
        return new.priority >= old.priority
    return new.priority > old.priority or new.priority == HOA_TOC
