"""MessagePack, strictly.

python3-msgpack writes; it is too lax to read what strangers send (a double key's last value wins,
an ext becomes an object), so reading is done here. Every legal width is taken; nothing is allocated
by a declared count.
"""

import math
import struct

import msgpack

from .code import BODY_WRONG, MALFORMED, Refused

INT_LIMIT = 2**53
BODY_DEPTH = 16

_FIXED = {
    0xC4: (">B", "bin"), 0xC5: (">H", "bin"), 0xC6: (">I", "bin"),
    0xCA: (">f", "float"), 0xCB: (">d", "float"),
    0xCC: (">B", "int"), 0xCD: (">H", "int"), 0xCE: (">I", "int"), 0xCF: (">Q", "int"),
    0xD0: (">b", "int"), 0xD1: (">h", "int"), 0xD2: (">i", "int"), 0xD3: (">q", "int"),
    0xD9: (">B", "str"), 0xDA: (">H", "str"), 0xDB: (">I", "str"),
    0xDC: (">H", "array"), 0xDD: (">I", "array"), 0xDE: (">H", "map"), 0xDF: (">I", "map"),
}


def packb(value):
    return msgpack.packb(value, use_bin_type=True)


class Reader:
    """Takes values off the front of `data`; refuses with MALFORMED what is no clean MessagePack."""

    def __init__(self, data, max_depth=32):
        self.data = bytes(data)
        self.at = 0
        self.max_depth = max_depth

    def ended(self):
        return self.at == len(self.data)

    def bytes(self, count):
        if len(self.data) - self.at < count:
            raise Refused(MALFORMED, f"cut off at byte {len(self.data)}")
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken

    def head(self):
        """What comes next: (kind, value or length)."""
        byte = self.bytes(1)[0]
        if byte < 0x80:
            return "int", byte
        if byte < 0x90:
            return "map", byte & 0x0F
        if byte < 0xA0:
            return "array", byte & 0x0F
        if byte < 0xC0:
            return "str", byte & 0x1F
        if byte >= 0xE0:
            return "int", byte - 256
        if byte == 0xC0:
            return "nil", None
        if byte in (0xC2, 0xC3):
            return "bool", byte == 0xC3
        if byte in _FIXED:
            form, kind = _FIXED[byte]
            return kind, struct.unpack(form, self.bytes(struct.calcsize(form)))[0]
        raise Refused(MALFORMED, f"byte {self.at - 1}: an ext or reserved value (0x{byte:02x})")

    def value(self, depth=0):
        kind, value = self.head()
        if kind in ("int", "float", "bool", "nil"):
            return value
        if kind == "bin":
            return self.bytes(value)
        if kind == "str":
            try:
                return self.bytes(value).decode("utf-8")
            except UnicodeDecodeError:
                raise Refused(MALFORMED, f"byte {self.at}: a string that is not UTF-8") from None
        if depth >= self.max_depth:
            raise Refused(MALFORMED, f"nested more than {self.max_depth} deep")
        if kind == "array":
            found = []
            for _ in range(value):
                found.append(self.value(depth + 1))
            return found
        return self._map(value, depth)

    def _map(self, count, depth):
        found = {}
        for _ in range(count):
            key = self.value(depth + 1)
            if not isinstance(key, str):
                raise Refused(MALFORMED, "a key that is no string")
            if key in found:
                raise Refused(MALFORMED, f"the key {key!r} twice")
            found[key] = self.value(depth + 1)
        return found


def unpackb(data, max_depth=32):
    """The one value that `data` holds, nothing behind it."""
    reader = Reader(data, max_depth)
    value = reader.value()
    if not reader.ended():
        raise Refused(MALFORMED, f"{len(reader.data) - reader.at} bytes after the value")
    return value


def is_int(value, most=INT_LIMIT - 1):
    """An unsigned integer of the wire: no float, no boolean, below 2^53."""
    return type(value) is int and 0 <= value <= most


def _check_numbers(value, path):
    if type(value) is int and abs(value) >= INT_LIMIT:
        raise Refused(BODY_WRONG, f"{path}: an integer outside ±(2^53 − 1)")
    if type(value) is float and not math.isfinite(value):
        raise Refused(BODY_WRONG, f"{path}: not a number, or infinite")
    if isinstance(value, list):
        for index, item in enumerate(value):
            _check_numbers(item, f"{path}[{index}]")
    if isinstance(value, dict):
        for key, item in value.items():
            _check_numbers(item, f"{path}.{key}")


def read_body(data):
    """A message's body as a dict, or Refused(BODY_WRONG): wire.md section 2, before the type is asked."""
    try:
        body = unpackb(data, BODY_DEPTH)
    except Refused as error:
        raise Refused(BODY_WRONG, f"body: {error.text}") from None
    if not isinstance(body, dict):
        raise Refused(BODY_WRONG, "body: no map")
    _check_numbers(body, "body")
    return body
