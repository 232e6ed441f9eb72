"""kill -9 of the hub under load: every confirmed message reaches the durable subscriber, and none
that was not sent."""

import os
import random

import pytest
import zmq
from bodies import notice
from harness import Failed, may_publish, may_subscribe, wait_until

from lienthon import code, op, part, seal

ROUNDS = int(os.environ.get("LT_KILLS", "20"))
SENDERS, OUTSTANDING, MESSAGES = 3, 6, 300


class Checker:
    """What was sent, confirmed and received, by (sender, id)."""

    def __init__(self):
        self.sent, self.confirmed, self.received = {}, {}, {}

    def send(self, key, raw):
        self.sent[key] = raw

    def confirm(self, key, found, seq):
        assert found in (code.DONE, code.DONE_BEFORE), (found, seq)
        assert self.confirmed.setdefault(key, seq) == seq, "one message under two seqs"

    def receive(self, delivery):
        made = delivery.part
        key = (made.sender, made.id)
        assert key in self.sent, "a message that nobody sent"
        assert delivery.raw == self.sent[key], "not the bytes that were sent"
        assert self.received.setdefault(key, delivery.seq) == delivery.seq, "one message under two seqs"

    def missing(self):
        return [key for key in self.confirmed if key not in self.received]

    def check(self):
        assert not self.missing()
        for key, seq in self.confirmed.items():
            assert self.received[key] == seq
        assert len(set(self.received.values())) == len(self.received), "two messages under one seq"


class Sender:
    """Keeps a few PUBLISHes on the way; what was not confirmed goes out again after a reconnect."""

    def __init__(self, person, topic, checker, chance):
        self.person, self.topic, self.checker, self.chance = person, topic, checker, chance
        self.client = person.client()
        self.waiting = {}  # ref -> keys

    def step(self, more):
        self.client.pump(0)
        for frame in self.client.taken(op.PUBLISHED):
            for key, (found, seq) in zip(self.waiting.pop(frame.ref), frame.head[2]):
                self.checker.confirm(key, found, seq)
        while more and len(self.waiting) < OUTSTANDING:
            self.send()

    def send(self):
        parts = [self.person.part(self.topic, "notice.v1", notice(f"Tin {n}."), priority=self.chance.choice((0, 0, 1, 2)))
                 for n in range(self.chance.randrange(1, 20))]
        sealed = seal.seal([made.raw for made in parts], self.person.identity.keys)
        keys = [(self.person.name, made.id) for made in parts]
        for key, raw in zip(keys, sealed):
            self.checker.send(key, raw)
        self.waiting[self.client.send_publish(sealed)] = keys


class Reader:
    """A durable subscriber that acknowledges most of what it gets."""

    def __init__(self, person, topic, checker, chance):
        self.checker, self.chance = checker, chance
        self.client = person.client()
        self.client.subscribe(topic, durable="loa", sid="loa", credit=200)
        self.open = 0  # delivered to this connection and not acknowledged

    def step(self, more=False):
        self.client.pump(0)
        while self.client.deliveries:
            delivery = self.client.deliveries.popleft()
            self.checker.receive(delivery)
            # Half of the credit stays: who acknowledges nothing of it would wait for himself.
            if self.open >= 100 or self.chance.random() < 0.97:
                self.client.ack(delivery)
            else:
                self.open += 1


def run_until(senders, reader, enough, watch, more=True, timeout=60):
    """Serves all of them until `enough` says so."""
    clients = [sender.client for sender in senders] + [reader.client]
    poller = zmq.Poller()
    for client in clients:
        poller.register(client.socket, zmq.POLLIN)

    def served():
        for sender in senders:
            sender.step(more)
        reader.step()
        if enough():
            return True
        poller.poll(50)
        return enough()

    try:
        wait_until(served, "enough confirmed and received", timeout, watch)
    except Failed as failed:
        checker, waiting = reader.checker, [len(sender.waiting) for sender in senders]
        raise Failed(f"{failed}; sent {len(checker.sent)}, confirmed {len(checker.confirmed)}, not received"
                     f" {len(checker.missing())}, waiting {waiting}, not acknowledged {reader.open}") from None


def reconnect(client, hub):
    client.watch = client.link_options["watch"] = hub.pidfd
    client.reconnect()


@pytest.mark.parametrize("rounds", [pytest.param(ROUNDS, id=f"{ROUNDS} times")])
def test_every_confirmed_message_survives_kill_9_under_load(commune, topic, rounds):
    chance = random.Random(int(os.environ.get("LT_SEED", "2026")))
    checker = Checker()
    people = [commune.issue(publish=[may_publish("thu/#")]) for _ in range(SENDERS)]
    listener = commune.issue(subscribe=[may_subscribe("thu/#")], rights=["query"])
    senders = [Sender(person, topic, checker, chance) for person in people]
    reader = Reader(listener, topic, checker, chance)
    for _ in range(rounds):
        wanted = len(checker.confirmed) + chance.randrange(30, MESSAGES)
        run_until(senders, reader, lambda: len(checker.confirmed) >= wanted, commune.hub)
        commune.kill()
        for one in (*senders, reader):
            one.client.watch = None
            one.step(False)  # what had left the hub before
        commune.start()
        for one in (*senders, reader):
            reconnect(one.client, commune.hub)
        reader.open = 0
    run_until(senders, reader, lambda: not any(sender.waiting for sender in senders) and not checker.missing(),
              commune.hub, more=False)
    checker.check()
    assert set(checker.confirmed) == set(checker.sent), "in the end everything was confirmed"
    check_store(commune, listener, topic, checker)


def check_store(commune, listener, topic, checker):
    """The hub's own history holds each message once, under the seq that was told."""
    commune.restart()
    client = listener.client()
    client.subscribe(topic, sid="all", from_="all", credit=500)
    stored = []
    while len(stored) < len(checker.sent):
        delivery = client.next("all")
        client.ack(delivery)
        made = seal.decode(delivery.raw).part
        stored.append((made.sender, made.id))
        assert checker.confirmed[stored[-1]] == delivery.seq
    assert len(set(stored)) == len(stored)


def test_a_hub_that_is_killed_while_it_starts_comes_back(commune, topic):
    person = commune.issue(publish=[may_publish("thu/#")])
    sealed = person.seal(person.part(topic, "notice.v1", notice()))
    [(_, seq)] = person.client().publish(sealed)
    for _ in range(3):
        commune.kill()
        commune.hub = type(commune.hub)(commune.hub.args, commune.dir)
    commune.kill()
    commune.start()
    assert person.client().publish(sealed) == [(code.DONE_BEFORE, seq)]
    assert person.client().say(topic, "notice.v1", notice(), created=part.now_ms())
