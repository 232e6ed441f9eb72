"""Hand-written ZMTP 3 over CURVE, both sides, for what libzmq's own sender never does: a message without end."""

import os
import select
import socket
import struct

from nacl.bindings import crypto_box, crypto_box_keypair, crypto_box_open, crypto_scalarmult_base

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + bytes(32)
MORE, LONG, COMMAND = 1, 2, 4


def raw(url, timeout=20):
    """A TCP connection on which nothing has been said."""
    host, port = url.removeprefix("tcp://").split(":")
    return socket.create_connection((host, int(port)), timeout=timeout)


def is_closed(connection):
    """Has the other side ended it? Reads away what has come."""
    try:
        while select.select([connection], [], [], 0)[0]:
            if not connection.recv(65536):
                return True
        return False
    except ConnectionError:
        return True


class Frames:
    """What both sides have: frames in and out, the boxes' names apart."""

    MINE, THEIRS = b"CurveZMQMESSAGEC", b"CurveZMQMESSAGES"

    def __init__(self, connection):
        self.socket = connection
        self.nonce = 0

    def close(self):
        self.socket.close()

    def is_cut(self):
        """Has the hub ended the connection? (It may have, and the kernel still not take what is sent.)"""
        try:
            while self.socket.recv(65536):
                pass
            return True
        except TimeoutError:
            return False
        except ConnectionError:
            return True

    def _next_nonce(self, name):
        self.nonce += 1
        short = struct.pack(">Q", self.nonce)
        return short, name + short

    def _receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionResetError("the hub has closed the connection")
            data += piece
        return data

    def _receive_frame(self):
        flags = self._receive(1)[0]
        size = struct.unpack(">Q", self._receive(8))[0] if flags & LONG else self._receive(1)[0]
        return self._receive(size)

    def _send_frame(self, data, flags=0):
        if len(data) > 255:
            self.socket.sendall(bytes([flags | LONG]) + struct.pack(">Q", len(data)) + data)
        else:
            self.socket.sendall(bytes([flags, len(data)]) + data)

    def send(self, data, more=False):
        short, nonce = self._next_nonce(self.MINE)
        box = crypto_box(bytes([MORE if more else 0]) + data, nonce, self.other_passing, self.passing)
        self._send_frame(b"\x07MESSAGE" + short + box)

    def receive(self):
        """One frame and whether more follow."""
        frame = self._receive_frame()
        plain = crypto_box_open(frame[16:], self.THEIRS + frame[8:16], self.other_passing, self.passing)
        return plain[1:], bool(plain[0] & MORE)


class Peer(Frames):
    """A DEALER that has shaken hands. send() takes one frame; the caller says whether more follow."""

    def __init__(self, url, hub_curve, curve_secret, timeout=20):
        super().__init__(raw(url, timeout))
        self.hub, self.secret = hub_curve, curve_secret
        self.public = crypto_scalarmult_base(curve_secret)
        self._handshake()

    def _handshake(self):
        self.socket.sendall(GREETING)
        self._receive(64)
        passing_public, self.passing = crypto_box_keypair()
        short, nonce = self._next_nonce(b"CurveZMQHELLO---")
        box = crypto_box(bytes(64), nonce, self.hub, self.passing)
        self._send_frame(b"\x05HELLO\x01\x00" + bytes(72) + passing_public + short + box, COMMAND)
        welcome = self._receive_frame()
        plain = crypto_box_open(welcome[24:], b"WELCOME-" + welcome[8:24], self.hub, self.passing)
        self.other_passing, cookie = plain[:32], plain[32:]
        vouch_nonce = os.urandom(16)
        vouch = crypto_box(passing_public + self.hub, b"VOUCH---" + vouch_nonce, self.other_passing, self.secret)
        metadata = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER" + b"\x08Identity" + struct.pack(">I", 0)
        short, nonce = self._next_nonce(b"CurveZMQINITIATE")
        box = crypto_box(self.public + vouch_nonce + vouch + metadata, nonce, self.other_passing, self.passing)
        self._send_frame(b"\x08INITIATE" + cookie + short + box, COMMAND)
        ready = self._receive_frame()
        if not ready.startswith(b"\x05READY"):
            raise ConnectionRefusedError(repr(ready[:20]))


class Hub(Frames):
    """The far side of one connection, with a hub's key: a ROUTER that says whatever it is told to."""

    MINE, THEIRS = b"CurveZMQMESSAGES", b"CurveZMQMESSAGEC"
    METADATA = b"\x0bSocket-Type" + struct.pack(">I", 6) + b"ROUTER" + b"\x08Identity" + struct.pack(">I", 0)

    def __init__(self, connection, curve_secret):
        super().__init__(connection)
        self.secret = curve_secret
        self._handshake()

    def _handshake(self):
        self.socket.sendall(GREETING[:32] + b"\x01" + bytes(31))
        self._receive(64)
        hello = self._receive_frame()
        self.other_passing = hello[80:112]
        public, self.passing = crypto_box_keypair()
        crypto_box_open(hello[120:], b"CurveZMQHELLO---" + hello[112:120], self.other_passing, self.secret)
        nonce = os.urandom(16)
        # The cookie is for servers that keep nothing; this one has one client.
        box = crypto_box(public + bytes(96), b"WELCOME-" + nonce, self.other_passing, self.secret)
        self._send_frame(b"\x07WELCOME" + nonce + box, COMMAND)
        initiate = self._receive_frame()
        crypto_box_open(initiate[113:], b"CurveZMQINITIATE" + initiate[105:113], self.other_passing, self.passing)
        short, nonce = self._next_nonce(b"CurveZMQREADY---")
        self._send_frame(b"\x05READY" + short + crypto_box(self.METADATA, nonce, self.other_passing, self.passing),
                         COMMAND)
