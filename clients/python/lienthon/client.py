"""The client: a session with a hub. Synchronous, one thread; it waits by polling.

It republishes what was not confirmed and knows what it subscribed to, so that `reconnect()` is
enough after the hub was gone. Judging what comes is for judge.py.
"""

import hashlib
import itertools
import time
from collections import deque
from dataclasses import dataclass, field

from nacl import bindings, utils

from . import op, seal
from .code import MALFORMED, TAKEN_OVER, Refused
from .link import Closed, Link, Timeout, closed_by, refuse_if
from .part import make

__all__ = ["Client", "Closed", "Delivery", "Identity", "Timeout"]


@dataclass
class Identity:
    """Who one is: a principal, the keys that seal, and the X25519 secret of the connection."""

    principal: str
    keys: seal.Keys
    curve_secret: bytes = field(repr=False)

    @property
    def curve_public(self):
        return bindings.crypto_scalarmult_base(self.curve_secret)

    @classmethod
    def generate(cls, principal):
        return cls(principal, seal.Keys.from_seed(utils.random(32)), utils.random(32))


@dataclass
class Delivery:
    sid: object
    seq: int
    attempt: int
    raw: bytes = field(repr=False)

    @property
    def sealed(self):
        return seal.decode(self.raw)

    @property
    def part(self):
        return self.sealed.part


def chunk_text(frame):
    """The sentence of a refused CHUNK."""
    return frame.head[5] if len(frame.head) > 5 else ""


def _joined(before, value):
    """A long answer and what goes on with it: a list, or a `status` with more rows and receipts."""
    if before is None or not isinstance(value, dict):
        return value if before is None else before + value
    return {key: before[key] + more if isinstance(more, list) else more for key, more in value.items()}


class Client(Link):
    """`book`: where the grants are learned while it is connected; the hub's key in its grant in force there takes the place
    of `hub_curve`. `hub` is the hub's principal, where it has not been welcomed yet in this run.
    """

    GRANTS = "$grants"  # sid of the client's own subscription

    def __init__(self, url, hub_curve, identity, *, agent="lienthon-python/1", hello=True, book=None, hub=None, **link):
        self.url, self.hub_curve, self.identity, self.agent = url, hub_curve, identity, agent
        self.book, self.hub = book, hub
        self.link_options = link
        self.unconfirmed = {}  # ref -> [sealed]
        self.subscriptions = {}  # sid -> (patterns, options)
        self.taken_over = {}  # sid -> the hub's sentence: a newer connection has that durable subscription
        self.deliveries = deque()
        self.limits = {}
        self._refs = itertools.count(1)
        self._asked = {}  # ref of a SUBSCRIBE that was answered -> sid
        self._connect()
        if hello:
            self.hello()

    def hub_keys(self):
        """The keys that the hub may have, in the order in which they are tried: its own change may not be through yet."""
        grant = self.book.find(self.hub) if self.book and self.hub else None
        newer = [grant.curve] if grant and grant.tells_time() and grant.curve != self.hub_curve else []
        return newer + [self.hub_curve]

    def _connect(self):
        *first, last = self.hub_keys()
        for key in first:
            self._open(key, events=True)
            try:
                if self.handshake():
                    return
            except Timeout:
                pass
            self.close()
        self._open(last)

    def _open(self, key, **more):
        Link.__init__(self, self.url, key, self.identity.curve_public, self.identity.curve_secret,
                      **{**self.link_options, **more})

    def new_ref(self):
        return next(self._refs)

    # The session

    def hello(self, version=1, timeout=None):
        self.send([op.HELLO, version, self.agent])
        welcome = self.wait(op.WELCOME, timeout=timeout)
        self.hub, self.limits = welcome.head[2], welcome.head[4]
        if self.book is not None:
            self.send([op.SUBSCRIBE, self.GRANTS, self.GRANTS, ["$lt/grants/#"], {"from": "retained"}])
        return welcome

    def bye(self, text="done", linger_ms=1000):
        """Says BYE and closes; close() alone just goes."""
        self.send([op.BYE, 0, text])
        self.close(linger_ms)

    def reconnect(self, timeout=None):
        """A new connection: HELLO, the subscriptions again, and what was not confirmed."""
        self.close()
        self.deliveries.clear()
        self._asked.clear()
        self._connect()
        self.hello(timeout=timeout)
        for sid, (patterns, options) in list(self.subscriptions.items()):
            self.subscribe(patterns, sid=sid, options=options)
        self.republish()

    def handle(self, frame):
        if frame.op == op.DELIVER:
            marks = frame.head[2]
            if len(marks) != len(frame.payload):
                raise Refused(MALFORMED, "DELIVER: not as many messages as it names")
            if frame.head[1] == self.GRANTS:
                self._learn(marks, frame.payload)
                return True
            for (seq, attempt), raw in zip(marks, frame.payload):
                self.deliveries.append(Delivery(frame.head[1], seq, attempt, raw))
            return True
        if frame.op == op.PUBLISHED:
            self.unconfirmed.pop(frame.ref, None)
        if frame.op == op.SUBSCRIBED and frame.head[2] == TAKEN_OVER and frame.ref in self._asked:
            self.taken_over[self._asked.pop(frame.ref)] = frame.head[3]
            return True
        return frame.op == op.SUBSCRIBED and frame.ref == self.GRANTS

    def _learn(self, marks, sealed):
        for raw in sealed:
            try:
                self.book.learn(raw)
            except Refused:
                pass  # it is no grant, whatever the hub says
        self.send([op.ACK, self.GRANTS, [[seq, op.ACK_DONE] for seq, _ in marks]])

    def ping(self, timeout=None):
        """The hub's time (ms)."""
        ref = self.new_ref()
        self.send([op.PING, ref])
        return self.wait(op.PONG, ref=ref, timeout=timeout).head[2]

    # Publishing

    def send_publish(self, messages, ref=None):
        """Sends sealed messages (bytes), or parts, which are sealed as one batch; returns the ref."""
        ref = self.new_ref() if ref is None else ref
        loose = [message for message in messages if not isinstance(message, bytes)]
        sealed = iter(seal.seal([part.raw or part.encode() for part in loose], self.identity.keys)
                      if loose else [])
        raw = [message if isinstance(message, bytes) else next(sealed) for message in messages]
        self.unconfirmed[ref] = raw
        self.send([op.PUBLISH, ref], *raw)
        return ref

    def published(self, ref, timeout=None):
        """[(code, seq or text), …] of a send_publish()."""
        return [tuple(entry[:2]) for entry in self.wait(op.PUBLISHED, ref=ref, timeout=timeout).head[2]]

    def publish(self, *messages, timeout=None):
        return self.published(self.send_publish(messages), timeout)

    def say(self, topic, type, body, **fields):
        """Makes, seals and publishes one message; returns its part, or raises Refused."""
        part = make(self.identity.principal, topic, type, body, **fields)
        [(code, value)] = self.publish(part)
        refuse_if(code, value)
        return part

    def republish(self):
        for ref, raw in list(self.unconfirmed.items()):
            self.send([op.PUBLISH, ref], *raw)

    # Receiving

    def subscribe(self, patterns, sid=None, options=None, timeout=None, **named):
        """How many wait; Refused otherwise. `named` are the options, `from_` for `from`."""
        options = dict(options or {})
        options.update({name.rstrip("_"): value for name, value in named.items()})
        sid = self.new_ref() if sid is None else sid
        patterns = [patterns] if isinstance(patterns, str) else list(patterns)
        ref = self.new_ref()
        self.send([op.SUBSCRIBE, ref, sid, patterns, options])
        code, value = self.wait(op.SUBSCRIBED, ref=ref, timeout=timeout).head[2:4]
        refuse_if(code, value)
        self.subscriptions[sid] = (patterns, options)
        self._asked = {**{old: one for old, one in self._asked.items() if one != sid}, ref: sid}
        self.taken_over.pop(sid, None)
        return value

    def unsubscribe(self, sid, forget=False):
        ref = self.new_ref()
        self.send([op.UNSUBSCRIBE, ref, sid, forget])
        code, value = self.wait(op.SUBSCRIBED, ref=ref).head[2:4]
        refuse_if(code, value)
        self.subscriptions.pop(sid, None)
        self.taken_over.pop(sid, None)

    def next(self, sid=None, timeout=None):
        """The next delivery, of that subscription if one is named.

        Refused (TAKEN_OVER) when none comes any more, since a newer connection has it; without a sid only where it has all.
        """
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            for index, delivery in enumerate(self.deliveries):
                if sid is None or delivery.sid == sid:
                    del self.deliveries[index]
                    return delivery
            if self.taken_over and (sid in self.taken_over or sid is None and self.taken_over.keys() >= self.subscriptions.keys()):
                raise Refused(TAKEN_OVER, self.taken_over.get(sid) or next(iter(self.taken_over.values())))
            for index, frame in enumerate(self._kept):
                if frame.op == op.BYE:
                    raise closed_by(self._kept.pop(index))
            try:
                frame = self._read(until)
            except Timeout:
                raise Timeout(f"no delivery; kept: {self._kept[:8]}") from None
            if not self.handle(frame):
                self._kept.append(frame)

    def ack(self, *deliveries, outcome=op.ACK_DONE, detail=None):
        by_sid = {}
        for delivery in deliveries:
            mark = [delivery.seq, outcome] + ([] if detail is None else [detail])
            by_sid.setdefault(delivery.sid, []).append(mark)
        for sid, marks in by_sid.items():
            self.send([op.ACK, sid, marks])

    def credit(self, sid, more):
        self.send([op.CREDIT, sid, more])

    # Asking

    def query(self, name, args=None, timeout=None, **named):
        """The whole answer, of several RESULTs joined. Refused otherwise."""
        ref = self.new_ref()
        args = dict(args or {}, **{key.rstrip("_"): value for key, value in named.items()})
        self.send([op.QUERY, ref, name, args])
        found = None
        while True:
            code, value, more = self.wait(op.RESULT, ref=ref, timeout=timeout).head[2:5]
            refuse_if(code, value)
            found = _joined(found, value)
            if not more:
                return found

    def again(self, principal, durable, *seqs, timeout=None):
        """Dead letters of a subscription are to be delivered to it again; [(code, text), …]. Refused otherwise."""
        ref = self.new_ref()
        self.send([op.AGAIN, ref, principal, durable, list(seqs)])
        code, value = self.wait(op.RESULT, ref=ref, timeout=timeout).head[2:4]
        refuse_if(code, value)
        return [tuple(entry[:2]) for entry in value]

    # Blobs

    def send_chunk(self, sha256, size, offset, data, timeout=None):
        """One PUT; how much of the blob the hub then has. Refused otherwise."""
        ref = self.new_ref()
        self.send([op.PUT, ref, sha256, size, offset], data)
        frame = self.wait(op.CHUNK, ref=ref, timeout=timeout)
        refuse_if(frame.head[2], chunk_text(frame))
        return frame.head[3]

    def put(self, data, chunk=op.CHUNK_MOST):
        """Hands a blob over, from where an earlier attempt ended; returns its reference for a body."""
        sha256 = hashlib.sha256(data).digest()
        at = self.send_chunk(sha256, len(data), 0, data[:chunk])
        while at < len(data):
            at = self.send_chunk(sha256, len(data), at, data[at : at + chunk])
        return {"sha256": sha256, "size": len(data)}

    def get(self, sha256, chunk=op.CHUNK_MOST):
        """A whole blob, its hash checked."""
        data = b""
        while True:
            ref = self.new_ref()
            self.send([op.GET, ref, sha256, len(data), chunk])
            frame = self.wait(op.CHUNK, ref=ref)
            refuse_if(frame.head[2], chunk_text(frame))
            taken = b"".join(frame.payload)
            data += taken
            if len(data) >= frame.head[3] or not taken:
                break
        if hashlib.sha256(data).digest() != sha256:
            raise Refused(MALFORMED, "the blob that came has another hash")
        return data
