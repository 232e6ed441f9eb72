"""Receivers that are stuck, or were away for long: they cost disk, and delay nobody."""

import os
import signal
import time

import pytest
from bodies import notice
from harness import DEADLINE, LONG, Failed, environment, may_publish, may_subscribe
from test_client_lib import drive  # noqa: F401

from lienthon import code, part, seal

TOPIC = "thu/cham/thong-bao"
MIB = 1 << 20
AWAY_FOR = int(os.environ.get("LT_AWAY", "1000000" if LONG else "20000"))


def rss(process):
    for line in open(f"/proc/{process.pid}/status", encoding="ascii"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) << 10
    raise Failed("no VmRSS")


class Sender:
    """Publishes and remembers the seqs, in order."""

    def __init__(self, person):
        self.person, self.client, self.seqs = person, person.client(), []

    def publish(self, count, text="Tin.", **fields):
        body = notice(text)
        parts = [part.make(self.person.name, TOPIC, "notice.v1", body, **fields) for _ in range(count)]
        answers = self.client.publish(*seal.seal([made.raw for made in parts], self.person.identity.keys))
        assert {found for found, _ in answers} == {code.DONE}
        self.seqs += [seq for _, seq in answers]


class Reader:
    """Takes what comes and acknowledges it; once each, in order."""

    def __init__(self, person, durable, credit=256, **options):
        self.client = person.client()
        self.sid = durable
        self.waiting = self.client.subscribe(TOPIC, durable=durable, sid=durable, credit=credit, **options)
        self.seqs = []

    def take(self):
        self.client.pump(0)
        got = list(self.client.deliveries)
        self.client.deliveries.clear()
        for delivery in got:
            assert not self.seqs or delivery.seq > self.seqs[-1], "out of order, or twice"
            self.seqs.append(delivery.seq)
        if got:
            self.client.ack(*got)
        return len(got)

    def has(self, seqs):
        until = time.monotonic() + 3 * DEADLINE
        while len(self.seqs) < len(seqs):
            assert time.monotonic() < until, f"{len(self.seqs)} of {len(seqs)} have come"
            self.client.socket.poll(100)
            self.take()
        assert self.seqs == list(seqs)


def test_one_that_reads_nothing_and_one_that_acknowledges_nothing_delay_nobody(make_commune, drive):  # noqa: F811
    commune = make_commune()
    # Without this a sanitizer keeps freed memory back, and says nothing about what the hub holds.
    options = environment()["ASAN_OPTIONS"] + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
    commune.start(env=environment(ASAN_OPTIONS=options))
    team = commune.issue(publish=[may_publish("thu/#", max_priority=3)])
    listeners = [commune.issue(subscribe=[may_subscribe("thu/#")]) for _ in range(3)]
    stuck = drive(commune, listeners[0])
    token, _ = stuck.subscribe(TOPIC, "loa", credit=1000)
    stuck.expect("subscribed", token=token)
    mute = Reader(listeners[1], "loa", credit=10)
    live, sender = Reader(listeners[2], "loa"), Sender(team)
    large = "ắ" * 20_000  # 60 kB
    sender.publish(2, large)
    live.has(sender.seqs)
    for _ in sender.seqs:
        stuck.settle(stuck.expect("message"))
    stuck.process.send_signal(signal.SIGSTOP)  # its connection stands, and nothing is read from it
    try:
        sizes = []
        for _ in range(50):
            sender.publish(50, large)
            live.take()
            sizes.append(rss(commune.hub))
        live.has(sender.seqs)
        # When what it keeps at hand is full (32 MiB), another 100 MB that wait for either of them cost nothing.
        grown = max(sizes[16:]) - sizes[16]
        assert grown < 24 * MIB, f"the hub grew by {grown // MIB} MiB"
        mute.client.pump(1)
        assert len(mute.client.deliveries) == 10, "its credit"
    finally:
        stuck.process.send_signal(signal.SIGCONT)
    for seq in sender.seqs[2:40]:
        event = stuck.expect("message")
        assert event.seq == seq, "it goes on where it stood"
        stuck.settle(event)
    stuck.kill()


@pytest.mark.slow
def test_one_that_was_away_for_long_catches_up_beside_the_others(make_commune):
    commune = make_commune()
    commune.start()
    team, away, listener = (commune.issue(publish=[may_publish("thu/#")]),
                            commune.issue(subscribe=[may_subscribe("thu/#")]),
                            commune.issue(subscribe=[may_subscribe("thu/#")]))
    Reader(away, "loa").client.close()
    live, sender = Reader(listener, "loa", credit=1000), Sender(team)
    began = time.monotonic()
    while len(sender.seqs) < AWAY_FOR:
        sender.publish(200)
        live.take()
    live.has(sender.seqs)
    stored = time.monotonic()
    back = Reader(away, "loa", credit=1000)
    assert back.waiting == AWAY_FOR
    rounds, slowest = 0, 0.0
    while len(back.seqs) < AWAY_FOR // 2:
        back.client.socket.poll(100)
        back.take()
        rounds += 1
        if rounds % 5 == 0:
            asked = time.monotonic()
            sender.publish(3)
            live.has(sender.seqs)
            slowest = max(slowest, time.monotonic() - asked)
            assert len(back.seqs) < AWAY_FOR, "the others had theirs while it was catching up"
    assert slowest, "others published meanwhile"
    back.has(sender.seqs)
    back.client.ping()  # its answer comes behind the last acknowledgement
    done = time.monotonic()
    print(f"stored {AWAY_FOR} in {stored - began:.1f} s, caught up in {done - stored:.1f} s, "
          f"slowest of the others meanwhile {slowest * 1000:.0f} ms, hub {rss(commune.hub) // MIB} MiB")
    commune.restart()
    assert Reader(away, "loa").waiting == 0
