"""What a hub bears: every limit has its code and sentence, the memory follows from them, and the others live on."""

import re

import pytest
import zmtp
from bodies import notice
from harness import BIN, may_publish, may_subscribe, run, wait_until
from talk import refuse, say

from lienthon import Identity, Refused, code, op, part
from lienthon.pack import packb, unpackb

MIB = 1024 * 1024


def someone(commune, **grant):
    grant.setdefault("publish", [may_publish("thu/#")])
    grant.setdefault("subscribe", [may_subscribe("thu/#")])
    grant.setdefault("rights", ["query"])
    return commune.issue(**grant)


@pytest.fixture
def small(make_commune):
    """A hub with small limits, to be reached in a moment."""
    return make_commune(limits={
        "subscriptions": 3, "durables": 2, "all-subscriptions": 5, "patterns": 4, "levels": 64, "deferred": 16,
        "cancellations": 16, "blobs": MIB, "blob": MIB, "quota": MIB}).start()


def test_subscriptions_and_patterns_above_a_limit_are_refused_and_the_rest_goes_on(small):
    first, second = someone(small).client(), someone(small).client()
    for sid in range(3):
        first.subscribe("thu/a", sid=sid)
    assert refuse(first, "thu/a", sid=3) == code.BUSY
    assert refuse(second, ["thu/1", "thu/2", "thu/3", "thu/4", "thu/5"]) == code.TOO_LARGE
    second.subscribe("thu/a", sid=1, durable="mot")
    second.subscribe("thu/a", sid=2, durable="hai")
    assert refuse(second, "thu/a", sid=3, durable="ba") == code.BUSY
    third = someone(small).client()
    assert refuse(third, "thu/a") == code.BUSY, "of everybody"
    first.unsubscribe(2)
    third.subscribe("thu/a")
    say(third, "thu/a", "còn đây")
    assert [client.next().part.content()["text"] for client in (first, second, third)] == ["còn đây"] * 3


def test_levels_of_patterns_are_counted_over_all_subscriptions(small):
    client = someone(small).client()
    deep = "thu/" + "/".join("abcdefghijklmn")
    client.subscribe([deep + suffix for suffix in ("1", "2", "3", "4")], sid=1)
    assert refuse(client, deep, sid=2) == code.BUSY
    client.unsubscribe(1)
    client.subscribe(deep, sid=2)


def test_deferred_messages_and_cancellations_have_a_limit(small):
    client = someone(small, publish=[may_publish("thu/#", max_priority=3)]).client()
    later = part.now_ms() + 3_600_000
    made = [part.make(client.identity.principal, "thu/hen", "notice.v1", notice(), deliver_at=later)
            for _ in range(17)]
    codes = [found for one in made for found, _ in client.publish(one)]
    assert codes == [code.DONE] * 16 + [code.BUSY]
    cancels = [part.make(client.identity.principal, "thu/hen", "notice.v1", {}, re=made[0].id, relation=part.CANCELS)
               for _ in range(17)]
    codes = [found for one in cancels for found, _ in client.publish(one)]
    assert codes == [code.DONE] * 16 + [code.BUSY]
    say(client, "thu/khac", "vẫn nhận")


def test_all_blobs_together_have_a_limit(small):
    client = someone(small).client()
    client.put(bytes(600_000))
    with pytest.raises(Refused) as refused:
        client.put(b"x" * 600_000)
    assert refused.value.code == code.BUSY and refused.value.text
    assert client.get(client.put(bytes(600_000))["sha256"]) == bytes(600_000)


# Memory


def test_check_prints_how_the_memory_comes_about_and_the_hub_logs_the_same(commune):
    said = run(BIN / "lienthond", "-C", commune.dir, "--check").stdout
    rows = [int(row) for row in re.findall(r"^  .{38} +(\d+) MiB", said, re.MULTILINE)]
    in_all = int(re.search(r"in all +(\d+) MiB", said)[1])
    logged = int(re.search(r"memory bound bytes=(\d+)", commune.hub.text())[1])
    assert len(rows) > 15 and rows[-1] > 0 and in_all == -(-logged // MIB)
    assert abs(sum(rows[: rows.index(in_all)]) - in_all) < len(rows), "the rows add up, but for rounding"
    assert in_all < 448, "a machine with 512 MB bears the defaults"


def test_more_memory_than_is_allowed_is_refused_at_the_start(make_commune):
    commune = make_commune(limits={"memory": 200 * MIB})
    for arguments in ([], ["--check"]):
        found = run(BIN / "lienthond", "-C", commune.dir, *arguments, status=1)
        assert re.search(r"hub\.limits\.memory: .* needs up to 4\d\d MiB, this allows 200", found.stderr)
    commune.configure(limits={"memory": 500 * MIB})
    assert "in order" in run(BIN / "lienthond", "-C", commune.dir, "--check").stdout


def test_more_than_the_machine_has_is_told(make_commune):
    commune = make_commune(limits={"at-hand": 64 * 1024 * MIB})
    assert "more than this machine has" in run(BIN / "lienthond", "-C", commune.dir, "--check").stdout
    commune.start()
    assert "memory bound above the machine's" in commune.hub.text()


# Messages without end


def unfinished(commune, person, size, frame=64 * 1024, door="listen"):
    """A peer that has begun a message of that size and does not end it; the peer and what it could send."""
    url = commune.url if door == "listen" else commune.join_url
    secret = person.identity.curve_secret if person else Identity.generate("x").curve_secret
    peer = zmtp.Peer(url, commune.hub_curve, secret, timeout=20)
    if person and door == "listen":
        peer.send(packb([op.HELLO, 1, "by hand"]))
        peer.receive()
    sent = 0
    try:
        while sent < size:
            peer.send(bytes(frame), more=True)
            sent += frame
    except OSError:
        pass
    return peer, sent


@pytest.mark.parametrize("door", ["listen", "join"])
def test_very_many_small_frames_without_end_cost_the_connection(make_commune, door):
    commune = make_commune(limits={"unfinished": 8 * MIB}).start()
    person = someone(commune)
    other = person.client()
    peer, sent = unfinished(commune, person, 64 * MIB, frame=512, door=door)
    assert sent < 64 * MIB and peer.is_cut()
    say(other, "thu/a", "vẫn nhận")
    peer.close()


def test_who_has_not_shaken_hands_may_send_little(commune):
    person = someone(commune)
    with zmtp.raw(commune.url) as peer:
        peer.sendall(zmtp.GREETING + b"\x06" + (7 * MIB).to_bytes(8, "big"))
        peer.sendall(bytes(4 * MIB))
        wait_until(lambda: zmtp.is_closed(peer), "it is cut long before the handshake's time is over", timeout=8)
    say(person.client(), "thu/a", "vẫn nhận")


def test_several_at_once_do_not_add_up(make_commune):
    commune = make_commune(limits={"receiving": 8 * MIB}).start()
    person = someone(commune)
    other = person.client()
    peers = [unfinished(commune, person, 2 * MIB)[0] for _ in range(12)]
    wait_until(lambda: sum(zmtp.is_closed(peer.socket) for peer in peers) >= 8, "all but a few have been cut")
    say(other, "thu/a", "vẫn nhận")
    for peer in peers:
        peer.close()


def test_a_stop_in_the_middle_of_messages_leaves_nothing_behind(make_commune):
    """The sanitizer would tell of what libzmq had half taken in."""
    commune = make_commune(limits={"receiving": 64 * MIB}).start()
    person = someone(commune)
    peers = [unfinished(commune, person, MIB)[0] for _ in range(12)]
    commune.stop()  # with exit status 0
    for peer in peers:
        peer.close()


def test_strangers_do_not_fill_the_hubs_door(make_commune):
    commune = make_commune(limits={"strangers": 8, "heartbeat": 5}).start()
    person = someone(commune)
    silent = [peer for peer in (knock(commune.url) for _ in range(30)) if peer]
    wait_until(lambda: sum(not zmtp.is_closed(peer) for peer in silent) <= 8, "no more than eight stay")
    wait_until(lambda: is_let_in(person), "a participant is let in")
    for peer in silent:
        peer.close()


def test_one_participant_does_not_take_all_connections(make_commune):
    commune = make_commune(limits={"own-sessions": 3}).start()
    person, other = someone(commune), someone(commune)
    held = [person.client() for _ in range(3)]
    refused = zmtp.Peer(commune.url, commune.hub_curve, person.identity.curve_secret)
    refused.send(packb([op.HELLO, 1, "thu"]))
    bye = unpackb(refused.receive()[0])
    assert bye[:2] == [op.BYE, code.BUSY] and "as many connections as it may" in bye[2]
    assert refused.is_cut()
    assert other.client().ping() and all(client.ping() for client in held)
    held.pop().close()
    wait_until(lambda: is_let_in(person), "one was closed, another is let in")


def knock(url):
    """A connection that says nothing; None: cut before it was there."""
    try:
        return zmtp.raw(url)
    except OSError:
        return None


def is_let_in(person):
    try:
        with person.client(timeout=2) as client:
            client.ping()
        return True
    except AssertionError:
        return False
