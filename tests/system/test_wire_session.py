"""Connecting, HELLO, liveness, BYE, and whatever a stranger may throw at frame 0: wire.md section 5."""

import random
import socket
import struct
import time

import pytest
import zmtp
from bodies import notice
from harness import BIN, Failed, may_publish, may_subscribe, run, wait_until

import lienthon
from lienthon import Identity, Refused, code, op
from lienthon.client import chunk_text
from lienthon.pack import packb


@pytest.fixture
def anyone(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


def test_welcome_names_the_hub_its_time_and_its_limits(hub, anyone):
    client = anyone.client(hello=False)
    welcome = client.hello()
    assert welcome.head[:3] == [op.WELCOME, 1, "hub"]
    assert abs(welcome.head[3] - lienthon.part.now_ms()) < 60_000
    limits = welcome.head[4]
    assert limits["message"] == 256 * 1024
    assert limits["age"] == 7 * 86_400 and limits["ahead"] == 120
    for name in ("blob", "batch", "credit", "heartbeat"):
        assert type(limits[name]) is int and limits[name] > 0


def test_the_highest_version_that_both_speak_is_chosen(anyone):
    client = anyone.client(hello=False)
    assert client.hello(version=7).head[1] == 1


def test_a_version_that_is_not_spoken_gets_bye_30(anyone):
    client = anyone.client(hello=False)
    client.send([op.HELLO, 0, "old"])
    bye = client.wait(op.BYE)
    assert bye.head[1] == code.NO_VERSION and bye.head[2]


BEFORE_HELLO = [
    [op.PUBLISH, 1],
    [op.SUBSCRIBE, 1, 1, ["thu/#"], {}],
    [op.UNSUBSCRIBE, 1, 1, False],
    [op.QUERY, 1, "stats", {}],
    [op.PUT, 1, bytes(32), 1, 0],
    [op.GET, 1, bytes(32), 0, 1],
]


def refusal(frame):
    """(code, text) of whatever the hub answers with."""
    if frame.op == op.BYE:
        return frame.head[1:3]
    if frame.op == op.PUBLISHED:
        return frame.head[2][0]
    if frame.op == op.CHUNK:
        return frame.head[2], chunk_text(frame)
    return frame.head[2:4]


@pytest.mark.parametrize("head", BEFORE_HELLO, ids=lambda head: op.NAMES[head[0] - 1])
def test_hello_comes_first(anyone, head):
    """A PUBLISH and its like could be answered by ref; code 29 is told one way or the other."""
    client = anyone.client(hello=False)
    payload = [b"x"] if head[0] in (op.PUBLISH, op.PUT) else []
    client.send(head, *payload)
    told, text = refusal(client.wait(op.BYE, op.PUBLISHED, op.SUBSCRIBED, op.RESULT, op.CHUNK))
    assert told == code.HELLO_FIRST and text
    assert client.hello().head[0] == op.WELCOME


def test_an_unknown_key_gets_no_connection(hub):
    stranger = Identity.generate("nguoi.la")
    client = lienthon.Client(hub.url, hub.hub_curve, stranger, hello=False, events=True, watch=hub.hub.pidfd)
    with client:
        assert client.handshake() is False


def test_a_client_that_expects_another_hub_is_not_let_in(hub, anyone):
    client = lienthon.Client(hub.url, Identity.generate("a").curve_public, anyone.identity, hello=False)
    with client:
        client.send([op.HELLO, 1, "x"])
        with pytest.raises(lienthon.Timeout):
            client.wait(timeout=0.5)


def test_ping_is_answered_with_the_hubs_time(anyone):
    assert abs(anyone.client().ping() - lienthon.part.now_ms()) < 60_000


def test_what_is_behind_in_frame_0_is_ignored(anyone):
    client = anyone.client(hello=False)
    client.send([op.HELLO, 1, "agent", "more", {"a": 1}])
    client.wait(op.WELCOME)
    client.send([op.PING, "a ref of text", 1, [2]])
    assert client.wait(op.PONG).ref == "a ref of text"


def test_an_unknown_op_gets_bye_16_and_the_session_begins_again(anyone):
    client = anyone.client()
    client.send([99, 1])
    bye = client.wait(op.BYE)
    assert bye.head[1] == code.MALFORMED and bye.head[2]
    client.send([op.QUERY, 5, "stats", {}])
    assert refusal(client.wait(op.RESULT, op.BYE))[0] == code.HELLO_FIRST
    client.hello()
    client.ping()


def test_bye_ends_the_session_and_what_was_not_durable(hub, anyone, topic):
    client = anyone.client()
    client.subscribe(topic, sid="s")
    client.send([op.BYE, 0, "until later"])
    client.hello()
    anyone.client().say(topic, "notice.v1", notice())
    client.subscribe(topic, sid="again")
    later = anyone.client().say(topic, "notice.v1", notice())
    delivery = client.next()
    assert (delivery.sid, delivery.part.id) == ("again", later.id)


MALFORMED = {
    "empty": [b""],
    "no array": [packb({"op": 1})],
    "an int": [packb(1)],
    "an empty array": [packb([])],
    "op as text": [packb(["PUBLISH", 1])],
    "op as float": [packb([3.0, 1])],
    "op as true": [b"\x92\xc3\x01"],
    "op negative": [packb([-1])],
    "op of 2^64-1": [packb([2**64 - 1])],
    "bytes after": [packb([op.PING, 1]) + b"\x00"],
    "cut off": [packb([op.HELLO, 1, "agent"])[:-2]],
    "the reserved byte": [b"\xc1"],
    "array of 3.7 milliards": [bytes.fromhex("dddddddddd0a2b")],
    "map of 4 milliards": [b"\x93\x05\x01\xdf\xff\xff\xff\xff"],
    "bin of 4 GiB": [b"\x92\x0d\xc6\xff\xff\xff\xff"],
    "an ext": [b"\x92\x10\xd4\x01\x00"],
    "nested 200 deep": [b"\x91" * 200 + b"\x01"],
    "nested 100,000 deep": [b"\x91" * 100_000 + b"\x01"],
    "no UTF-8": [b"\x93\x01\x01\xa2\xff\xfe"],
    "HELLO without a version": [packb([op.HELLO])],
    "HELLO with a text for a version": [packb([op.HELLO, "1", "x"])],
    "PUBLISH without a ref": [packb([op.PUBLISH]), b"x"],
    "PUBLISH with a ref that is a map": [packb([op.PUBLISH, {}]), b"x"],
    "PUBLISH with a ref that is nil": [packb([op.PUBLISH, None]), b"x"],
    "PUBLISH with a ref of 65 bytes": [packb([op.PUBLISH, "r" * 65]), b"x"],
    "PUBLISH with a negative ref": [packb([op.PUBLISH, -5]), b"x"],
    "PUBLISH with a ref of 2^53": [packb([op.PUBLISH, 2**53]), b"x"],
    "SUBSCRIBE without a ref": [packb([op.SUBSCRIBE])],
    "ACK without a list": [packb([op.ACK, 1])],
    "ACK with a list of ints": [packb([op.ACK, 1, [1, 2]])],
    "ACK with an unknown outcome": [packb([op.ACK, 1, [[1, 9]]])],
    "ACK with a seq of text": [packb([op.ACK, 1, [["1", 0]]])],
    "CREDIT of text": [packb([op.CREDIT, 1, "more"])],
    "CREDIT negative": [packb([op.CREDIT, 1, -1])],
    "PING without a ref": [packb([op.PING])],
    "BYE alone": [packb([op.BYE])],
    "an op of the hub": [packb([op.PUBLISHED, 1, []])],
    "DELIVER from a client": [packb([op.DELIVER, 1, []])],
    "JOIN at this door": [packb([op.JOIN, 1, "invite.00000000"])],
    "frame 0 above 128 KiB": [packb([op.HELLO, 1, "x" * 140_000])],
    "a text above 255 bytes": [packb([op.HELLO, 1, "x" * 256])],
    "an empty delimiter first": [b"", packb([op.PING, 1])],
    "PING with a payload of 200 frames": [packb([op.PING, 1]), *[b"x"] * 200],
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_frame_costs_its_sender_an_error_and_never_the_hub(hub, anyone, topic, name):
    client = anyone.client()
    other = anyone.client()
    client.send_frames(*MALFORMED[name])
    other.say(topic, "notice.v1", notice())
    fresh = anyone.client()
    fresh.say(topic, "notice.v1", notice())
    assert hub.hub.is_running()


@pytest.mark.parametrize("name", [
    "empty", "no array", "op as text", "bytes after", "cut off", "array of 3.7 milliards", "an op of the hub",
    "PUBLISH without a ref", "PUBLISH with a ref of 65 bytes", "HELLO with a text for a version",
    "frame 0 above 128 KiB", "nested 200 deep", "SUBSCRIBE without a ref",
])
def test_what_cannot_be_answered_by_ref_gets_bye_16_or_17(anyone, name):
    client = anyone.client()
    client.send_frames(*MALFORMED[name])
    bye = client.wait(op.BYE)
    assert bye.head[1] in (code.MALFORMED, code.TOO_LARGE) and bye.head[2]


def test_random_frames_never_end_the_hub(hub, anyone):
    chance = random.Random(2026)
    seeds = [frames for frames in MALFORMED.values() if len(b"".join(frames)) < 1000]
    client = anyone.client()
    for turn in range(600):
        frames = [bytearray(frame) for frame in chance.choice(seeds)]
        for frame in frames:
            for _ in range(chance.randrange(4)):
                if frame:
                    frame[chance.randrange(len(frame))] = chance.randrange(256)
        if chance.random() < 0.3:
            frames = [packb([chance.randrange(1, 22)] + [chance.choice([1, "a", b"b", [], {}, None, -1, 2.5])
                      for _ in range(chance.randrange(6))])] + frames[1:]
        client.send_frames(*frames)
        if turn % 50 == 0:
            client.send([op.HELLO, 1, "x"])
    last = anyone.client()
    last.ping()
    assert hub.hub.is_running()


def test_a_hand_written_peer_that_speaks_no_zmtp_does_no_harm(hub, anyone):
    host, port = hub.url.removeprefix("tcp://").split(":")
    for junk in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" + bytes(8) + b"\x7f" + b"\x03" * 200, struct.pack(">Q", 2**63)):
        with socket.create_connection((host, int(port)), timeout=10) as raw:
            raw.sendall(junk)
    anyone.client().ping()


@pytest.mark.parametrize("name", ["stats", "principals"])
def test_a_ref_may_be_an_int_or_a_text(anyone, name):
    client = anyone.client()
    for ref in (0, 2**53 - 1, "x" * 64):
        client.send([op.QUERY, ref, name, {}])
        assert client.wait(op.RESULT).ref == ref


def test_a_silent_client_is_pinged_and_then_given_up(make_commune):
    commune = make_commune(limits={"heartbeat": 1}).start()
    person = commune.issue(subscribe=[may_subscribe("thu/#")], rights=["query"])
    silent = person.client(hello=False)
    assert silent.hello().head[4]["heartbeat"] == 1
    # wait() answers PINGs: take the frames as they come, and answer nothing.
    until, heard = time.monotonic() + 6, []
    while (left := until - time.monotonic()) > 0:
        if silent.socket.poll(int(left * 1000)):
            heard.append(op.decode(silent.socket.recv_multipart()).op)
    assert heard[0] == op.PING
    silent.send([op.QUERY, 1, "stats", {}])
    assert refusal(silent.wait(op.RESULT, op.BYE))[0] == code.HELLO_FIRST


def test_whoever_answers_pings_stays(make_commune):
    commune = make_commune(limits={"heartbeat": 1}).start()
    person = commune.issue(subscribe=[may_subscribe("thu/#")], publish=[may_publish("thu/#")])
    client = person.client()
    client.subscribe("thu/#", sid=1)
    client.pump(5)
    client.say("thu/con", "notice.v1", notice())
    assert client.next().part.topic == "thu/con"


def test_more_connections_than_configured_are_26(make_commune):
    commune = make_commune(limits={"sessions": 3}).start()
    people = [commune.issue() for _ in range(3)]
    commune.close_clients()
    inside = [person.client() for person in people]
    late = people[0].client(hello=False)
    with pytest.raises(lienthon.Closed) as closed:
        late.hello()
    assert closed.value.code == code.BUSY and closed.value.text
    late.close()
    inside[0].ping()
    inside.pop().bye()
    wait_until(lambda: is_let_in(people[2]), "there is room again")


def is_let_in(person):
    try:
        person.client(timeout=2).ping()
        return True
    except Failed:
        return False


def test_a_port_in_use_is_told_in_a_sentence(hub, make_commune):
    other = make_commune()
    other.configure(listen=hub.url)
    found = run(BIN / "lienthond", "-C", other.dir, status=1)
    assert hub.url.rsplit(":", 1)[1] in found.stderr


def test_a_query_without_hello_changes_nothing_for_others(anyone):
    quiet = anyone.client(hello=False)
    quiet.send([op.ACK, 1, [[1, 0]]])
    quiet.send([op.CREDIT, 1, 5])
    with pytest.raises(Refused):
        anyone.client().query("no-such-name")


def memory_of(process):
    """Resident bytes."""
    with open(f"/proc/{process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def test_a_hand_written_peer_can_do_what_a_client_does(hub, anyone):
    peer = zmtp.Peer(hub.url, hub.hub_curve, anyone.identity.curve_secret)
    peer.send(packb([op.HELLO, 1, "by hand"]))
    frame, more = peer.receive()
    assert op.decode([frame]).op == op.WELCOME and not more
    peer.close()


@pytest.mark.parametrize("door", ["listen", "join"])
def test_a_message_without_end_costs_the_connection_and_not_the_hubs_memory(hub, anyone, door):
    url = hub.url if door == "listen" else hub.join_url
    secret = anyone.identity.curve_secret if door == "listen" else Identity.generate("x").curve_secret
    other = anyone.client()
    peer = zmtp.Peer(url, hub.hub_curve, secret, timeout=5)
    before = memory_of(hub.hub)
    piece = bytes(64 * 1024)
    with pytest.raises(OSError):
        for _ in range(8000):
            peer.send(piece, more=True)
    assert peer.is_cut()
    assert memory_of(hub.hub) - before < 300 * 1024 * 1024, "of the 500 MiB that were to be sent"
    other.ping()
    peer.close()


def test_a_frame_that_is_too_large_costs_the_connection(hub, anyone):
    peer = zmtp.Peer(hub.url, hub.hub_curve, anyone.identity.curve_secret, timeout=5)
    with pytest.raises(OSError):
        peer.send(bytes(32 * 1024 * 1024))
        peer.receive()
    assert peer.is_cut()
    anyone.client().ping()
    peer.close()
