"""An MQTT 5 broker without manners, for the system tests: it sees each packet of its one client, and answers as a test has it. Real
brokers do not do what it does on request: hold an acknowledgement back, refuse a subscription, hang up."""

import socket
import struct
import threading

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, DISCONNECT = 1, 2, 3, 4, 8, 9, 14


def read_number(data, at):
    """A variable byte integer: its value, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 128:
            return value, at


def write_number(value):
    out = bytearray()
    while True:
        value, digit = value >> 7, value & 127
        out.append(digit | (128 if value else 0))
        if not value:
            return bytes(out)


def read_text(data, at):
    size = struct.unpack_from(">H", data, at)[0]
    return data[at + 2:at + 2 + size].decode(), at + 2 + size


def packet(kind, body, flags=0):
    return bytes([kind << 4 | flags]) + write_number(len(body)) + body


class Far:
    """`acknowledges`: it says PUBACK. `refuses`: subscriptions are refused. `silent`: it says nothing at all."""

    def __init__(self, acknowledges=True, refuses=False, silent=False):
        self.acknowledges, self.refuses, self.silent = acknowledges, refuses, silent
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections, self.packets, self.client = 0, [], None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            self.client = client
            try:
                self.serve(client.makefile("rb"))
            except (OSError, IndexError):
                pass

    def serve(self, stream):
        while head := stream.read(1):
            size = bytearray()
            while not size or size[-1] & 128:
                size += stream.read(1)
            body = stream.read(read_number(size, 0)[0])
            self.packets.append((self.connections, head[0] >> 4, head[0] & 15, body))
            if not self.silent:
                self.answer(head[0] >> 4, body)

    def answer(self, kind, body):
        if kind == CONNECT:
            self.client.sendall(packet(CONNACK, bytes([0, 0, 0])))
        elif kind == SUBSCRIBE:
            self.client.sendall(packet(SUBACK, body[:2] + bytes([0, 0x87 if self.refuses else 1])))
        elif kind == PUBLISH and self.acknowledges:
            at = read_text(body, 0)[1]
            self.client.sendall(packet(PUBACK, body[at:at + 2]))

    def said(self, kind, connection=None):
        """The flags and bodies of all packets of a kind, the oldest first."""
        return [(flags, body) for number, of, flags, body in list(self.packets) if of == kind and connection in (None, number)]

    def hang_up(self):
        self.client.shutdown(socket.SHUT_RDWR)

    def say(self, topic, payload, retain=False):
        name = topic.encode()
        self.client.sendall(packet(PUBLISH, struct.pack(">H", len(name)) + name + b"\0" + payload, 1 if retain else 0))

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if self.client:
            self.client.close()
