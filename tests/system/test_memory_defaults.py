"""The bound at its defaults, on a machine of 512 MB: everything that the limits allow is filled, then eighty bad peers come.

Takes minutes and needs a hub without sanitizers in build/, so it runs with --long only.
"""

import os
import secrets
import threading
from pathlib import Path

import pytest
import zmtp
from bodies import notice
from harness import LONG, Identity, Process, may_publish, may_subscribe, run, wait_until
from test_memory import MIB, Load, plain_hub

from lienthon import op, part, seal
from lienthon.pack import packb

MACHINE = 512 * MIB
GROUPS = Path("/sys/fs/cgroup")
pytestmark = pytest.mark.skipif(not LONG, reason="minutes: only with --long")


class Machine:
    """A group of processes that the kernel holds to that much memory; without root it holds nothing, the figures count."""

    def __init__(self, limit):
        unified = (GROUPS / "cgroup.controllers").exists()
        self.path = (GROUPS if unified else GROUPS / "memory") / f"lienthon-{os.getpid()}"
        self.limit_file = "memory.max" if unified else "memory.limit_in_bytes"
        self.holds = os.geteuid() == 0
        try:
            if self.holds:
                self.path.mkdir()
                (self.path / self.limit_file).write_text(str(limit))
        except OSError:
            self.holds = False

    def enter(self):
        if self.holds:
            (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        if self.path.exists():
            self.path.rmdir()


def most_of(process):
    """What the process has held at most, bytes."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")


class Fill:
    """What good participants may have, all of it."""

    def __init__(self, commune):
        self.commune = commune
        self.sender = commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
        self.keepers = []

    def batches(self, count, made, each=256):
        """count messages, made(n) says which; four batches on their way. How many were stored."""
        client, person = self.sender.client(timeout=120), self.sender
        waiting, stored = [], 0
        for start in range(0, count, each):
            raws = [made(n).raw for n in range(start, min(start + each, count))]
            waiting.append(client.send_publish(seal.seal(raws, person.identity.keys)))
            if len(waiting) > 4:
                stored += sum(code == 0 for code, _ in client.published(waiting.pop(0), timeout=120))
        for ref in waiting:
            stored += sum(code == 0 for code, _ in client.published(ref, timeout=120))
        client.close()
        return stored

    def part(self, text, **fields):
        return part.make(self.sender.name, "thu/ngay/" + fields.pop("last", "x"), "notice.v1", notice(text), **fields)

    def ids_and_origins(self):
        return self.batches(140_000, lambda n: self.part("a", origin=f"thu:{n}" if n < 70_000 else None))

    def deferred(self):
        later = part.now_ms() + 3_600_000
        return self.batches(32_000, lambda n: self.part("a", deliver_at=later + n))

    def cancelled(self):
        ids = [secrets.token_bytes(16) for _ in range(8_000)]
        return self.batches(8_000, lambda n: self.part("a", relation=part.REPLACES, re=ids[n]))

    def large(self):
        return self.batches(2048, lambda n: self.part("b" * 9_000))

    def grants(self, count):
        """As many participants as sixteen MiB of grants hold."""
        office, waiting, taken = self.commune.office, [], 0
        for start in range(0, count, 256):
            sealed = [self.commune.issue(hand_in=False, publish=[may_publish("thu/#")] * 8,
                                         subscribe=[may_subscribe("thu/#")] * 8).grant for _ in range(256)]
            taken += sum(code == 0 for code, _ in office.publish(*sealed, timeout=120))
        return taken

    def stuck(self, sessions, each):
        """Sessions that subscribe and then take nothing, as a hung program does."""
        held, patterns = 0, ["thu/+/x", "thu/ngay/#"]
        for number in range(sessions):
            if number % 100 == 0:
                person = self.commune.issue(subscribe=[may_subscribe("thu/#")])
            peer = zmtp.Peer(self.commune.url, self.commune.hub_curve, person.identity.curve_secret, timeout=20)
            self.keepers.append(peer)
            peer.send(packb([op.HELLO, 1, "stuck"]))
            peer.receive()
            for sid in range(each):
                peer.send(packb([op.SUBSCRIBE, sid, sid, [*patterns, f"thu/{number}/{sid}"], {"credit": 1024}]))
            held += 1
        return held

    def close(self):
        for peer in self.keepers:
            peer.close()


def storm(load):
    work = [(load.publishes_much, 8)] * 8 + [(load.never_ends, "listen")] * 36 + [(load.never_ends, "join")] * 36
    work += [(load.silent, "listen")] * 100 + [(load.silent, "join")] * 100
    threads = [threading.Thread(target=load.never_reads) for _ in range(40)]
    threads += [threading.Thread(target=what, args=(argument,)) for what, argument in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=300)


def test_everything_full_at_once_on_a_machine_of_512_mb(make_commune):
    commune = make_commune()
    program = plain_hub(commune.dir)
    if program is None:
        pytest.skip("no build without sanitizers in build/")
    machine = Machine(MACHINE)
    try:
        commune.hub = Process([program, "-C", commune.dir], commune.dir, preexec_fn=machine.enter)
        bound = int(run(program, "-C", commune.dir, "--check").stdout.split("in all")[1].split()[0]) * MIB
        assert bound < MACHINE
        commune.client(commune.identity("van-phong")).close()
        fill, load = Fill(commune), Load(commune)
        figures = {}

        def note(what, count):
            figures[what] = (count, most_of(commune.hub) // MIB)
            print(f"{what}: {count}, most so far {figures[what][1]} MiB", flush=True)

        note("sessions that are stuck", fill.stuck(850, 9))
        note("grants", fill.grants(8192))
        note("ids and origins", fill.ids_and_origins())
        note("deferred", fill.deferred())
        note("replacements", fill.cancelled())
        note("large", fill.large())
        storm(load)
        note("storm", len(load.peers))
        load.close()
        fill.close()
        assert commune.hub.is_running()
        office = commune.client(commune.identity("van-phong"), timeout=60)
        assert office.ping()
        most = most_of(commune.hub)
        assert bound // 3 < most <= bound, (figures, most // MIB, bound // MIB)
        commune.stop()
    finally:
        commune.close_clients()
        if commune.hub and commune.hub.is_running():
            commune.hub.kill()
        machine.remove()
