"""The hub's memory stays below what it computes from its limits, with everything at its limit at once.

A sanitizer's build has no honest size, so there the hub's own count is compared; the size of the process is compared for a
plain build, where one stands in build/.
"""

import subprocess
import threading

import pytest
import zmtp
from bodies import notice
from harness import BIN, REPO, Identity, Process, may_publish, may_subscribe, run, wait_until

from lienthon import code, op, part, seal
from lienthon.pack import packb

MIB = 1024 * 1024
LIMITS = {
    "sessions": 60, "strangers": 16, "joiners": 16, "receiving": 8 * MIB, "unfinished": 8 * MIB, "sending": 4 * MIB,
    "unread": MIB, "intake": 5 * MIB, "at-hand": 4 * MIB, "waiting": 1024, "all-subscriptions": 300, "questions": 6,
    "pages": 4, "pieces": 4, "ids": 1024, "origins": 1024, "grants": MIB, "levels": 1024, "deferred": 16,
    "cancellations": 16}


def is_sanitized(program):
    return b"__asan_init" in program.read_bytes() or b"__tsan_init" in program.read_bytes()


def plain_hub(folder):
    """A hub without sanitizers that knows these limits; None: there is none here."""
    for program in [BIN / "lienthond", *sorted(REPO.glob("build/*/bin/lienthond"))]:
        if program.exists() and not is_sanitized(program):
            if subprocess.run([program, "-C", folder, "--check"], capture_output=True).returncode == 0:
                return program
    return None


def size_of(process):
    with open(f"/proc/{process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


class Load:
    """What many bad peers do at once."""

    def __init__(self, commune):
        self.commune = commune
        self.person = commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
        self.peers = []

    def peer(self, door="listen"):
        secret = self.person.identity.curve_secret if door == "listen" else Identity.generate("x").curve_secret
        url = self.commune.url if door == "listen" else self.commune.join_url
        made = zmtp.Peer(url, self.commune.hub_curve, secret, timeout=5)
        self.peers.append(made)
        if door == "listen":
            made.send(packb([op.HELLO, 1, "bad"]))
            made.receive()
        return made

    def silent(self, door):
        try:
            self.peer(door)
        except OSError:
            pass

    def never_reads(self):
        """Subscribes, asks for long answers, and takes nothing of what comes."""
        try:
            peer = self.peer()
            for sid in range(4):
                peer.send(packb([op.SUBSCRIBE, sid, sid, ["thu/#"], {"credit": 1024}]))
            for ref in range(8):
                peer.send(packb([op.QUERY, ref, "history", {"pattern": "thu/#", "limit": 1000}]))
        except OSError:
            pass

    def never_ends(self, door):
        try:
            peer = self.peer(door)
            for _ in range(48):
                peer.send(bytes(64 * 1024), more=True)
        except OSError:
            pass

    def publishes_much(self, count):
        """Full batches, as fast as they go, answers unread."""
        parts = [part.make(self.person.name, "thu/day", "notice.v1", notice("a" * 9000)) for _ in range(200)]
        try:
            peer = self.peer()
            for ref in range(count):
                messages = seal.seal([part.make(self.person.name, "thu/day", "notice.v1", one.body).raw for one in parts],
                                     self.person.identity.keys)
                peer.send(packb([op.PUBLISH, ref]), more=True)
                for number, message in enumerate(messages):
                    peer.send(message, more=number + 1 < len(messages))
        except OSError:
            pass

    def run(self):
        work = [(self.publishes_much, 8)] * 4 + [(self.never_ends, "listen")] * 10 + [(self.never_ends, "join")] * 10
        threads = [threading.Thread(target=self.never_reads) for _ in range(30)]
        threads += [threading.Thread(target=what, args=(argument,)) for what, argument in work]
        for thread in threads:
            thread.start()
        return threads

    def close(self):
        for peer in self.peers:
            peer.close()


def drive(commune, measure):
    """Runs the load, measures all the while; the most that was measured. The office is served at the end."""
    load = Load(commune)
    threads = load.run()
    most = [0]

    def look():
        most[0] = max(most[0], measure())
        return not any(thread.is_alive() for thread in threads)

    try:
        wait_until(look, "the load is over", timeout=90)
        office = commune.client(commune.identity("van-phong"))
        assert office.ping()
    finally:
        load.close()
        for thread in threads:
            thread.join()
    return most[0]


def test_what_the_hub_counts_stays_below_the_bound(make_commune):
    commune = make_commune(limits=LIMITS).start()
    asker = commune.issue(rights=["query"]).client()
    bound = asker.query("stats")["memory_bound"]
    before = asker.query("stats")["memory_used"]

    def used():
        try:
            return asker.query("stats")["memory_used"]
        except Exception as refused:
            assert getattr(refused, "code", None) == code.BUSY
            return 0

    most = drive(commune, used)
    assert before + 4 * MIB < most <= bound, (before, most, bound)


def test_the_process_stays_below_the_bound(make_commune):
    commune = make_commune(limits=LIMITS)
    program = plain_hub(commune.dir)
    if program is None:
        pytest.skip("no build without sanitizers in build/")
    commune.hub = Process([program, "-C", commune.dir], commune.dir)
    commune.client(commune.identity("van-phong")).close()
    said = run(program, "-C", commune.dir, "--check").stdout
    bound = int(said.split("in all")[1].split()[0]) * MIB
    before = size_of(commune.hub)
    most = drive(commune, lambda: size_of(commune.hub))
    assert before + 4 * MIB < most <= bound, (before, most, bound)
