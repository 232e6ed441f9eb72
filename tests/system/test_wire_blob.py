"""PUT, GET, CHUNK: blobs by their hash, resumed, bounded: wire.md section 5."""

import hashlib
import os

import pytest
from bodies import notice
from harness import may_publish, may_subscribe

from lienthon import Refused, code, op
from lienthon.client import chunk_text


@pytest.fixture
def camera(hub):
    return hub.issue(publish=[may_publish("thu/#")])


def refuse(function, *args):
    with pytest.raises(Refused) as refusal:
        function(*args)
    assert refusal.value.text
    return refusal.value.code


def chunk(client, sha256, size, offset, data):
    """(code, size) of one PUT."""
    client.send([op.PUT, "p", sha256, size, offset], data)
    frame = client.wait(op.CHUNK, ref="p")
    assert frame.head[2] or not any(frame.payload)
    return frame.head[2], frame.head[3]


def test_a_blob_goes_in_and_comes_out(camera):
    data = os.urandom(700_000)
    found = camera.client().put(data)
    assert found == {"sha256": hashlib.sha256(data).digest(), "size": len(data)}
    assert camera.client().get(found["sha256"]) == data


def test_whoever_knows_the_hash_may_get_it(hub, camera):
    data = os.urandom(1000)
    sha256 = camera.client().put(data)["sha256"]
    assert hub.issue().client().get(sha256) == data


def test_a_part_of_a_blob_can_be_had(camera):
    data = os.urandom(1000)
    client = camera.client()
    sha256 = client.put(data)["sha256"]
    client.send([op.GET, "g", sha256, 100, 50])
    frame = client.wait(op.CHUNK, ref="g")
    assert frame.head[2:5] == [0, 1000, 100] and b"".join(frame.payload) == data[100:150]


def test_who_does_not_show_that_it_reads_is_told_26_before_the_hub_holds_much_for_it(camera):
    client = camera.client()
    found = client.put(os.urandom(200_000))
    unread, pings, codes = 0, [], []
    while code.BUSY not in codes and unread < 64 * 1024 * 1024:
        client.send([op.GET, "g", found["sha256"], 0, found["size"]])
        while True:  # no PING is answered
            frame = op.decode(client.socket.recv_multipart())
            if frame.head[0] == op.CHUNK:
                break
            pings += [frame.ref] if frame.head[0] == op.PING else []
        codes.append(frame.head[2])
        unread += sum(map(len, frame.payload))
    assert 8 * 1024 * 1024 < unread < 32 * 1024 * 1024 and codes[-1] == code.BUSY
    for ping in pings:
        client.send([op.PONG, ping, 0])
    assert client.get(found["sha256"])


def test_a_long_answer_goes_on_while_it_is_read(hub):
    asker = hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
    client = asker.client()
    made = [asker.part("thu/dai", "notice.v1", notice("a" * 9000)) for _ in range(250)]
    for start in range(0, 250, 50):
        client.publish(*map(asker.seal, made[start:start + 50]))
    refs = [f"q{n}" for n in range(12)]
    for ref in refs:
        client.send([op.QUERY, ref, "history", {"pattern": "thu/dai", "limit": 1000}])
    for ref in refs:
        count, more = 0, True
        while more:
            frame = client.wait(op.RESULT, ref=ref)
            assert frame.head[2] == code.DONE
            count, more = count + len(frame.head[3]), frame.head[4]
        assert count == 250


def test_an_unknown_blob_is_27(camera):
    client = camera.client()
    client.send([op.GET, "g", os.urandom(32), 0, 100])
    frame = client.wait(op.CHUNK, ref="g")
    assert frame.head[2] == code.NOT_FOUND and chunk_text(frame)


def test_putting_resumes_at_the_size_that_chunk_returns(camera):
    data = os.urandom(300_000)
    sha256 = hashlib.sha256(data).digest()
    client = camera.client()
    assert chunk(client, sha256, len(data), 0, data[:100_000]) == (0, 100_000)
    client.close()
    again = camera.client()
    assert chunk(again, sha256, len(data), 0, data[:10]) == (0, 100_000), "nothing is written at a wrong offset"
    assert chunk(again, sha256, len(data), 200_000, data[200_000:]) == (0, 100_000)
    assert chunk(again, sha256, len(data), 100_000, data[100_000:]) == (0, 300_000)
    assert again.get(sha256) == data


def test_putting_resumes_after_a_restart(commune):
    camera = commune.issue()
    data = os.urandom(200_000)
    sha256 = hashlib.sha256(data).digest()
    assert chunk(camera.client(), sha256, len(data), 0, data[:150_000]) == (0, 150_000)
    commune.restart()
    client = camera.client()
    _, at = chunk(client, sha256, len(data), 0, data[:10])
    assert at in (10, 150_000)
    while at < len(data):
        found, at = chunk(client, sha256, len(data), at, data[at:])
        assert found == 0
    assert client.get(sha256) == data


def test_what_is_there_already_is_told_at_once(camera, hub):
    data = os.urandom(5000)
    sha256 = camera.client().put(data)["sha256"]
    assert chunk(hub.issue().client(), sha256, len(data), 0, data[:10]) == (0, 5000)


def test_a_wrong_hash_is_22_and_begins_again(camera):
    data = os.urandom(2000)
    sha256 = hashlib.sha256(data + b"x").digest()
    client = camera.client()
    client.send([op.PUT, 1, sha256, 2000, 0], data)
    frame = client.wait(op.CHUNK, ref=1)
    assert frame.head[2] == code.BODY_WRONG and chunk_text(frame)
    client.send([op.GET, 2, sha256, 0, 10])
    assert client.wait(op.CHUNK, ref=2).head[2] == code.NOT_FOUND
    right = data + b"x"
    assert chunk(client, sha256, 2001, 0, right) == (0, 2001)


def test_what_is_not_whole_is_each_principals_own(hub, camera):
    data = os.urandom(2000)
    sha256 = hashlib.sha256(data).digest()
    other = hub.issue().client()
    assert chunk(camera.client(), sha256, 2000, 0, data[:1000]) == (0, 1000)
    assert chunk(other, sha256, 2000, 0, data[:500]) == (0, 500)
    other.send([op.GET, 2, sha256, 0, 10])
    assert other.wait(op.CHUNK, ref=2).head[2] == code.NOT_FOUND


def test_a_blob_above_the_limit_is_17(camera):
    client = camera.client()
    size = client.limits["blob"] + 1
    assert refuse(client.send_chunk, os.urandom(32), size, 0, b"x") == code.TOO_LARGE


def test_a_chunk_above_256_kib_is_17(camera):
    data = os.urandom(256 * 1024 + 1)
    client = camera.client()
    client.send([op.PUT, 1, hashlib.sha256(data).digest(), len(data), 0], data)
    answer = client.wait(op.CHUNK, op.BYE)
    assert (answer.head[1] if answer.op == op.BYE else answer.head[2]) in (code.TOO_LARGE, code.MALFORMED)


def test_more_than_was_said_is_refused(camera):
    client = camera.client()
    assert refuse(client.send_chunk, os.urandom(32), 10, 0, bytes(11)) in (code.MALFORMED, code.TOO_LARGE)


def test_an_empty_blob_is_a_blob_or_refused_in_a_sentence(camera):
    client = camera.client()
    empty = hashlib.sha256(b"").digest()
    client.send([op.PUT, 1, empty, 0, 0], b"")
    frame = client.wait(op.CHUNK, ref=1)
    assert frame.head[2] == 0 or chunk_text(frame)


@pytest.mark.parametrize("head", [
    [op.PUT, 1, b"short", 10, 0], [op.PUT, 1, bytes(32), -1, 0], [op.PUT, 1, bytes(32), 10, 11], [op.PUT, 1, bytes(32)],
    [op.GET, 1, bytes(31), 0, 10], [op.GET, 1, bytes(32), -1, 10], [op.GET, 1, bytes(32), 0, "x"],
])
def test_a_malformed_put_or_get_is_refused(hub, camera, head):
    client = camera.client()
    client.send(head, *([b"x"] if head[0] == op.PUT else []))
    answer = client.wait(op.CHUNK, op.BYE)
    told = answer.head[1] if answer.op == op.BYE else answer.head[2]
    assert told in (code.MALFORMED, code.TOO_LARGE, code.NOT_FOUND)


def test_unfinished_blobs_count_against_a_quota(make_commune):
    commune = make_commune(limits={"quota": 300_000, "blob": 250_000}).start()
    client = commune.issue().client()
    first, second = os.urandom(200_000), os.urandom(200_000)
    assert chunk(client, hashlib.sha256(first).digest(), 250_000, 0, first)[0] == 0
    client.send([op.PUT, 2, hashlib.sha256(second).digest(), 250_000, 0], second)
    frame = client.wait(op.CHUNK, ref=2)
    assert frame.head[2] in (code.TOO_LARGE, code.BUSY) and chunk_text(frame)
    other = commune.issue().client()
    assert chunk(other, hashlib.sha256(second).digest(), 250_000, 0, second)[0] == 0, "another has its own"
