"""The operations of wire.md section 5, as numbers; outcomes of an ACK; what a frame 0 looks like."""

from . import pack
from .code import MALFORMED, Refused

(HELLO, WELCOME, PUBLISH, PUBLISHED, SUBSCRIBE, SUBSCRIBED, DELIVER, ACK, CREDIT, UNSUBSCRIBE, QUERY,
 RESULT, PUT, GET, CHUNK, PING, PONG, BYE, JOIN, JOINED, AGAIN) = range(1, 22)

NAMES = (
    "HELLO WELCOME PUBLISH PUBLISHED SUBSCRIBE SUBSCRIBED DELIVER ACK CREDIT UNSUBSCRIBE QUERY "
    "RESULT PUT GET CHUNK PING PONG BYE JOIN JOINED AGAIN"
).split()

ACK_DONE, ACK_AGAIN, ACK_GAVE_UP, ACK_WORKING = 0, 1, 2, 3

PUBLISH_MOST = 256
CHUNK_MOST = 256 * 1024

# How many fields a hub's frame 0 has at least, the op among them.
_LEAST = {WELCOME: 5, PUBLISHED: 3, SUBSCRIBED: 4, DELIVER: 3, RESULT: 5, CHUNK: 5, PING: 2, PONG: 3,
          BYE: 3, JOINED: 5}


class Frame:
    """One protocol message: `op`, `head` (the whole array of frame 0) and `payload` frames."""

    def __init__(self, head, payload=()):
        self.op = head[0]
        self.head = head
        self.payload = list(payload)

    @property
    def ref(self):
        return self.head[1]

    def __repr__(self):
        name = NAMES[self.op - 1] if 1 <= self.op <= len(NAMES) else "op"
        return f"<{name} {self.head[1:]} +{len(self.payload)} frames>"


def encode(head, payload=()):
    return [pack.packb(head), *payload]


def decode(frames):
    head = pack.unpackb(frames[0])
    if not isinstance(head, list) or not head or not pack.is_int(head[0]):
        raise Refused(MALFORMED, "frame 0 is no array that begins with an op")
    if len(head) < _LEAST.get(head[0], 1):
        raise Refused(MALFORMED, f"{NAMES[head[0] - 1]} is too short")
    return Frame(head, frames[1:])
