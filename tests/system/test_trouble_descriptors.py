"""A hub that has no open files left: who is connected goes on, who comes is refused or waits, and it recovers."""

import resource
import socket
from contextlib import ExitStack
from urllib.parse import urlparse

from bodies import notice
from harness import Failed, may_publish, may_subscribe, wait_until
from talk import texts

from lienthon import part

LIMIT = 100
TOPIC = "thu/nhieu/thong-bao"


def few_files():
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))


def test_who_is_connected_goes_on_without_descriptors(make_commune):
    commune = make_commune()
    commune.start(preexec_fn=few_files)
    assert "descriptors allow fewer connections" in commune.hub.text()
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    late = commune.issue(subscribe=[may_subscribe("thu/#")])
    sender, reader = team.client(), speaker.client()
    reader.subscribe(TOPIC, sid="loa", durable="loa")
    there = urlparse(commune.url)
    with ExitStack() as strangers:
        for _ in range(LIMIT):
            strangers.enter_context(socket.create_connection((there.hostname, there.port)))
        wait_until(lambda: "no descriptors left" in commune.hub.text(), "the log says so", watch=commune.hub)
        for n in range(20):
            sender.say(TOPIC, "notice.v1", notice(f"Tin {n}."))
            got = reader.next("loa")
            assert texts([got]) == [f"Tin {n}."]
            reader.ack(got)
        sender.put(b"x" * 300_000)
        assert not comes_in(late), "there is no descriptor for it"
        assert sender.ping() and reader.ping()
        assert commune.hub.text().count("no descriptors left") == 1
        said = commune.lienthon("notice", "Chờ chỗ.", "--to", "an-thuong", "--wait", "3", status=None)
        assert said.returncode in (1, 4) and "no room for one more connection" in said.stderr
    wait_until(lambda: comes_in(late), "it is let in when the others have gone", watch=commune.hub)
    wait_until(lambda: "descriptors are there again" in commune.hub.text(), "the log says so", watch=commune.hub)
    sender.say(TOPIC, "notice.v1", notice("Sau đó."))
    assert texts([reader.next("loa")]) == ["Sau đó."]
    assert abs(sender.ping() - part.now_ms()) < 60_000


def comes_in(person):
    try:
        person.client(timeout=2).close()
    except Failed:
        return False
    return True
