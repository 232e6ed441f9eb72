"""A DEALER over CURVE to a hub's port: frames out, frames in, with deadlines. wire.md section 5.

What it sends is whatever the caller hands it: whoever tests a hub needs to say wrong things, too.
"""

import itertools
import time

import zmq
from zmq.utils import z85

from . import op
from .code import Refused


_numbers = itertools.count(1)


class Timeout(Exception):
    """Nothing of what was waited for came in time."""


class Closed(Exception):
    """The session is over: the hub said BYE (`code`, `text`), or what was watched has ended (code None).

    `proof`: the sealed grant or revocation that a BYE 20 has with it, to be judged; None otherwise.
    """

    def __init__(self, code, text, proof=None):
        super().__init__(f"BYE {code}: {text}")
        self.code = code
        self.text = text
        self.proof = proof


def closed_by(bye):
    return Closed(*bye.head[1:3], proof=bye.payload[0] if bye.payload else None)


class Link:
    """`watch`: a descriptor that becomes readable when waiting has become pointless (a pidfd, say).

    `events`: handshake() and disconnected() are wanted.
    """

    def __init__(self, url, hub_curve, curve_public, curve_secret, *, timeout=20.0, watch=None, events=False):
        self.timeout = timeout
        self.watch = watch
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.reconnect_ivl = 50
        self.socket.sndhwm = self.socket.rcvhwm = 100_000
        self.socket.curve_serverkey = z85.encode(hub_curve)
        self.socket.curve_publickey = z85.encode(curve_public)
        self.socket.curve_secretkey = z85.encode(curve_secret)
        self._monitor = self._watch_events() if events else None
        self._kept = []
        self.socket.connect(url)

    def close(self, linger_ms=0):
        if self.socket.closed:
            return
        if self._monitor is not None:
            # In this order: libzmq's own thread waits for ever to tell its events to a closed monitor.
            self.socket.monitor(None, 0)
            self._monitor.close(0)
        self.socket.close(linger_ms)

    def __del__(self):
        if "socket" in self.__dict__:
            self.close()

    def _watch_events(self):
        # pyzmq's own get_monitor_socket() names it after the descriptor, which may be used again too soon.
        address = f"inproc://lienthon-events-{next(_numbers)}"
        self.socket.monitor(address, zmq.EVENT_ALL)
        monitor = zmq.Context.instance().socket(zmq.PAIR)
        monitor.connect(address)
        return monitor

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Sending

    def send_frames(self, *frames):
        """These very bytes, as one message."""
        self.socket.send_multipart([bytes(frame) for frame in frames])

    def send(self, head, *payload):
        self.send_frames(*op.encode(head, payload))

    # Waiting

    def _poll(self, socket, until):
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        if self.watch is not None:
            poller.register(self.watch, zmq.POLLIN)
        ready = dict(poller.poll(max(0, int((until - time.monotonic()) * 1000))))
        if socket in ready:
            return True
        if ready:
            raise Closed(None, "what this link depends on has ended")
        return False

    def handshake(self, timeout=None):
        """True once the hub has let the connection in, False when it has turned it away."""
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while self._poll(self._monitor, until):
            event = int.from_bytes(self._monitor.recv_multipart()[0][:2], "little")
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return True
            if event in (zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
                         zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL, zmq.EVENT_DISCONNECTED):
                return False
        raise Timeout("no handshake")

    def disconnected(self, timeout=None):
        """Waits until the connection has been cut from the other side."""
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        while self._poll(self._monitor, until):
            event = int.from_bytes(self._monitor.recv_multipart()[0][:2], "little")
            if event == zmq.EVENT_DISCONNECTED:
                return
        raise Timeout("not cut")

    def _read(self, until):
        """The next frame from the socket, or Timeout. Tells handle() of it first."""
        if not self._poll(self.socket, until):
            raise Timeout("nothing came")
        frame = op.decode(self.socket.recv_multipart())
        if frame.op == op.PING:
            self.send([op.PONG, frame.ref, time.time_ns() // 1_000_000])
        return frame

    def handle(self, frame):
        """True if a subclass has dealt with the frame, so that wait() does not see it."""
        return False

    def wait(self, *ops, ref=None, timeout=None):
        """The next frame of one of these ops (of any, if none is given), and with this ref.

        A BYE that is not waited for ends the wait: Closed. Other frames are kept for later waits.
        """
        until = time.monotonic() + (self.timeout if timeout is None else timeout)
        passed = 0
        while True:
            while passed < len(self._kept):
                frame = self._kept[passed]
                if (not ops or frame.op in ops) and (ref is None or frame.ref == ref):
                    return self._kept.pop(passed)
                if frame.op == op.BYE:
                    raise closed_by(self._kept.pop(passed))
                passed += 1
            try:
                frame = self._read(until)
            except Timeout:
                wanted = ", ".join(op.NAMES[one - 1] for one in ops) or "anything"
                raise Timeout(f"no {wanted}{'' if ref is None else f' for ref {ref!r}'};"
                              f" kept: {self._kept[:8]}") from None
            if not self.handle(frame):
                self._kept.append(frame)

    def pump(self, seconds=0.0):
        """Handles what has come (or comes within that time) without waiting for anything in particular."""
        until = time.monotonic() + seconds
        while True:
            try:
                frame = self._read(until)
            except Timeout:
                return
            if not self.handle(frame):
                self._kept.append(frame)

    def taken(self, *ops):
        """The frames of these ops that have been kept, without waiting."""
        found = [frame for frame in self._kept if frame.op in ops]
        self._kept = [frame for frame in self._kept if frame.op not in ops]
        return found


def refuse_if(code, text):
    if code >= 16:
        raise Refused(code, text)
