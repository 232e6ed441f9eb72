"""Whoever sends rubbish is slowed, then cut, and does not begin anew with a new connection; nobody else notices."""

import threading

import pytest
from bodies import notice
from harness import may_publish, may_subscribe, wait_until
from talk import say, take, texts

import lienthon
from lienthon import Identity, code, op, part
from lienthon.link import Link
from lienthon.pack import packb

RUBBISH = packb([op.PUBLISHED, 1, []])  # what only a hub may say


@pytest.fixture
def strict(make_commune):
    """A hub that forgives slowly."""
    return make_commune(limits={"faults": 40, "forgiven": 8}).start()


def someone(commune):
    return commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


def forbidden(client, count=1):
    """The codes of so many messages that are not allowed, one after the other."""
    parts = [part.make(client.identity.principal, "cam/day", "notice.v1", notice()) for _ in range(count)]
    return [client.publish(one)[0][0] for one in parts]


def publish(client):
    return client.publish(part.make(client.identity.principal, "thu/a", "notice.v1", notice()))[0][0]


def ask(client):
    try:
        return client.query("stats") and code.DONE
    except lienthon.Refused as refused:
        return refused.code


def ask_again(client):
    try:
        return client.again(client.identity.principal, "khong-co", 1) and code.DONE
    except lienthon.Refused as refused:
        return refused.code


def flood(client, frames=100_000):
    """Sends rubbish until the hub ends the session; what it said last."""
    last = None
    for _ in range(frames):
        client.send_frames(RUBBISH)
        while client.socket.poll(0):
            frame = op.decode(client.socket.recv_multipart())
            if frame.op == op.BYE:
                last = frame.head[1:3]
            if last and last[0] == code.BUSY:
                return last
    return last


def test_a_few_errors_cost_nothing(commune):
    client = someone(commune).client()
    for _ in range(20):
        client.send_frames(RUBBISH)
        assert client.wait(op.BYE).head[1] == code.MALFORMED
        client.hello()
    assert set(forbidden(client, 30)) == {code.NOT_ALLOWED}
    say(client, "thu/a", *["vẫn nhận"] * 20)


def test_who_has_too_many_is_told_to_wait_and_served_again_later(strict):
    person = someone(strict)
    client = person.client()
    codes = forbidden(client, 60)
    assert codes[:40] == [code.NOT_ALLOWED] * 40 and code.BUSY in codes[40:]
    wait_until(lambda: publish(client) == code.BUSY, "it has to wait")
    wait_until(lambda: ask(client) == code.BUSY, "also with what it asks")
    wait_until(lambda: ask_again(client) == code.BUSY, "and what it wants once more")
    assert client.ping(), "what keeps a connection alive is answered"
    say(someone(strict).client(), "thu/a", "người khác")
    wait_until(lambda: publish(client) == code.DONE, "one that goes on trying is heard once a second")
    wait_until(lambda: publish(client) == publish(client) == code.DONE, "and forgiven in the end")


def test_a_flood_is_cut_and_a_new_connection_does_not_begin_anew(strict):
    person = someone(strict)
    client = person.client(events=True)
    found, text = flood(client)
    assert found == code.BUSY and text
    client.disconnected()
    client.close()
    again = person.client()
    assert code.BUSY in [publish(again) for _ in range(5)]
    assert "offender cut principal=" + person.name in strict.hub.text()
    say(someone(strict).client(), "thu/a", "người khác")


def test_others_notice_nothing_of_a_flood(strict):
    """Rubbish from four participants at once, again and again; two others talk meanwhile."""
    people = [someone(strict) for _ in range(4)]
    speaker, listener = someone(strict).client(), someone(strict).client()
    listener.subscribe("thu/#", sid=1)
    strict.office.close()
    over, floods = threading.Event(), []

    def run(person):
        while not over.is_set():
            link = Link(strict.url, strict.hub_curve, person.identity.curve_public, person.identity.curve_secret)
            link.send([op.HELLO, 1, "flood"])
            for _ in range(3000):
                link.send_frames(RUBBISH, b"x" * 1000)
                if over.is_set():
                    break
            floods.append(person.name)
            link.close()

    threads = [threading.Thread(target=run, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: "offender cut" in strict.hub.text(), "the first is cut")
        for number in range(50):
            say(speaker, "thu/a", f"câu {number}")
            assert texts(take(listener, 1)) == [f"câu {number}"]
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert floods


def test_on_the_port_for_joining_the_address_answers_for_it(strict):
    stranger = Identity.generate("x")

    def link():
        return Link(strict.join_url, strict.hub_curve, stranger.curve_public, stranger.curve_secret, events=True)

    with link() as first:
        assert flood(first)[0] == code.BUSY
        first.disconnected()
    with link() as second:
        second.send_frames(RUBBISH)
        assert second.wait(op.BYE).head[1] in (code.MALFORMED, code.BUSY)
        second.disconnected()
    say(someone(strict).client(), "thu/a", "trong nhà vẫn nghe")


def test_a_batch_that_is_refused_whole_slows_and_does_not_cut(commune):
    """A program with a mistake sends what it has kept; it is told why, and lives."""
    person = someone(commune)
    client = person.client()
    for _ in range(2):
        made = [part.make(person.name, "thu/a", "notice.v1", {"text": 5}) for _ in range(200)]
        assert {found for found, _ in client.publish(*made)} == {code.BODY_WRONG}
    assert publish(client) in (code.DONE, code.BUSY)
    client.ping()
    assert not client.taken(op.BYE)
