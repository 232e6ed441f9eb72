"""Real processes for the system tests: a commune's folder, its hub, and people who talk to it.

It builds nothing: LT_BIN names the folder of the programs (build/asan/bin unless set). Whatever is
started writes into a log that a failed test shows, and is stopped by its own pid; a sanitizer's
report in any log fails the test.
"""

import base64
import itertools
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import yaml

import lienthon
from lienthon import Client, Identity, Keys, grant, part, seal
from lienthon.code import DONE

REPO = Path(__file__).parents[2]
BIN = Path(os.environ.get("LT_BIN", REPO / "build" / "asan" / "bin"))
PEERS = BIN.parent / "tests"  # tests/peers
LONG = os.environ.get("LT_LONG", "0") == "1"
DEADLINE = 20.0

HOUR = 3_600_000
DAY = 24 * HOUR

SANITIZER = re.compile(r"(Address|Leak|Thread|Memory|UndefinedBehavior)Sanitizer|runtime error:")


class Failed(AssertionError):
    """A program did not do what the harness needs of it."""


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    text = text.strip()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_PORTS = random.Random(os.getpid())


def free_port():
    """A port below the range that the kernel gives to outgoing connections, so that none takes it meanwhile."""
    while True:
        port = _PORTS.randrange(12_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def environment(**extra):
    env = dict(os.environ)
    env.setdefault("ASAN_OPTIONS", "abort_on_error=1:detect_leaks=1")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
    for name in ("LIENTHON_DIR", "LIENTHON_PASSPHRASE_FILE", "LANGUAGE"):
        env.pop(name, None)
    env["LC_ALL"] = "C.UTF-8"  # whoever runs the tests: English, unless a test says otherwise
    env.update(extra)
    return env


def vietnamese(**extra):
    """As on an officer's machine where that locale was never generated."""
    return environment(LC_ALL="vi_VN.UTF-8", **extra)


class Process:
    """A program that runs until it is told to stop. Its output goes to `log`."""

    running = []  # of this test process, newest last
    _numbers = itertools.count(1)

    def __init__(self, args, log_dir, *, env=None, cwd=None, stdin=subprocess.DEVNULL, **popen):
        self.args = [str(arg) for arg in args]
        self.name = Path(self.args[0]).name
        self.log = Path(log_dir) / f"{self.name}-{next(self._numbers)}.log"
        self.killed = False
        self.seen_to = 0  # how much of the log an earlier test has shown
        with open(self.log, "wb") as log:
            self.popen = subprocess.Popen(self.args, stdout=log, stderr=subprocess.STDOUT, stdin=stdin,
                                          env=env or environment(), cwd=cwd, **popen)
        self.pid = self.popen.pid
        self.pidfd = os.pidfd_open(self.pid)
        Process.running.append(self)

    def text(self):
        return self.log.read_text(errors="replace")

    def is_running(self):
        return self.popen.poll() is None

    def signal(self, number):
        self.popen.send_signal(number)

    def wait(self, timeout=DEADLINE):
        """Its exit status, once it has ended by itself."""
        try:
            status = self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {timeout} s:\n{self.text()[-4000:]}") from None
        return status

    def stop(self, timeout=DEADLINE, status=0):
        """SIGTERM, and the exit status must be 0: sanitizers speak through it."""
        if self.popen.poll() is None:
            self.signal(signal.SIGTERM)
        found = self.wait(timeout)
        if found != status:
            raise Failed(f"{self.name} ended with status {found}:\n{self.text()[-6000:]}")
        self.check_log()

    def kill(self):
        """As a power cut would."""
        self.killed = True
        if self.popen.poll() is None:
            self.signal(signal.SIGKILL)
        self.popen.wait()
        self.check_log()

    def check_log(self):
        found = SANITIZER.search(self.text())
        if found:
            text = self.text()
            raise Failed(f"{self.name}: a sanitizer's report:\n{text[max(0, found.start() - 500):][:6000]}")

    def forget(self):
        """Its descriptor stays open (and readable) till now: clients watch it."""
        os.close(self.pidfd)


def end_all(processes):
    """Ends what a test left running, however it ended."""
    for process in processes:
        if process.popen.poll() is None:
            process.signal(signal.SIGTERM)
    for process in processes:
        try:
            process.popen.wait(10)
        except subprocess.TimeoutExpired:
            process.signal(signal.SIGKILL)
            process.popen.wait()
        process.forget()


def wait_until(condition, what, timeout=DEADLINE, watch=None):
    """Asks `condition` until it is true, ten times a second, or at once when `watch` (a process) ends."""
    until = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > until:
            raise Failed(f"after {timeout} s still not: {what}")
        if select.select([watch.pidfd] if watch else [], [], [], 0.1)[0]:
            raise Failed(f"{watch.name} ended before: {what}\n{watch.text()[-4000:]}")


def run(*args, status=0, timeout=60, input=None, env=None, cwd=None):
    """Runs a program to its end; `status` None: whatever it ends with."""
    args = [str(arg) for arg in args]
    found = subprocess.run(args, capture_output=True, timeout=timeout, env=env or environment(), cwd=cwd,
                           input=input, text=True)
    said = f"{' '.join(args)}\nstatus {found.returncode}\n{found.stdout}\n{found.stderr}"
    if status is not None and found.returncode != status:
        raise Failed(said)
    if SANITIZER.search(found.stderr):
        raise Failed(said)
    return found


@dataclass
class Person:
    """A principal with a grant that the tests have given it."""

    commune: object = field(repr=False)
    identity: Identity
    body: dict = field(repr=False)
    grant: bytes = field(repr=False)  # sealed

    @property
    def name(self):
        return self.identity.principal

    def client(self, **options):
        return self.commune.client(self.identity, **options)

    def part(self, topic, type, body, **fields):
        return part.make(self.name, topic, type, body, **fields)

    def seal(self, made):
        return seal.seal_one(made.raw, self.identity.keys)


def may_publish(*topics, types=("*",), max_priority=3, max_label=1, **hands):
    return {"topics": list(topics), "types": list(types), "max_priority": max_priority,
            "max_label": max_label, **hands}


def may_subscribe(*topics, max_label=1):
    return {"topics": list(topics), "max_label": max_label}


class Commune:
    """A commune's folder and, once start() was called, its hub."""

    NAME = "Xã An Thạnh 1"
    HAMLETS = {"an-thuong": "Ấp An Thường", "an-lac": "Ấp An Lạc", "an-hoa": "Ấp An Hòa"}

    def __init__(self, dir):
        self.dir = Path(dir)
        self.hub = None
        self._clients = []
        self._office = None
        self._serials = itertools.count(part.now_ms())
        self._names = itertools.count(1)

    @classmethod
    def init(cls, dir, limits=None, **settings):
        """`lienthon init`, with free ports and, if given, other limits (keys of hub.limits)."""
        self = cls(dir)
        hamlets = [arg for slug, name in cls.HAMLETS.items() for arg in ("--hamlet", f"{slug}={name}")]
        run(BIN / "lienthon", "init", dir, "--name", cls.NAME, *hamlets, "--no-passphrase")
        self.configure(limits, **settings)
        return self

    def configure(self, limits=None, **hub):
        config = self.config
        config["hub"].update(listen=f"tcp://127.0.0.1:{free_port()}", join=f"tcp://127.0.0.1:{free_port()}")
        config["hub"].update(hub)
        if limits:
            config["hub"].setdefault("limits", {}).update(limits)
        (self.dir / "commune.yaml").write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
        for path in [self.dir / "identity.yaml", *self.dir.glob("identities/*.yaml")]:
            if path.exists():
                identity = yaml.safe_load(path.read_text())
                if "hub" in identity:
                    identity["hub"] = config["hub"]["listen"]
                    path.write_text(yaml.safe_dump(identity, allow_unicode=True, sort_keys=False))

    # What the folder says

    @property
    def config(self):
        return yaml.safe_load((self.dir / "commune.yaml").read_text(encoding="utf-8"))

    @property
    def xa(self):
        return self.config["xa"]

    @property
    def url(self):
        return self.config["hub"]["listen"]

    @property
    def join_url(self):
        return self.config["hub"]["join"]

    @property
    def root(self):
        return unb64(self.config["root"])

    @property
    def hub_curve(self):
        return unb64(self.config["hub"]["curve"])

    @property
    def data(self):
        return self.dir / self.config["hub"].get("data", "data/hub")

    def identity(self, principal):
        """One whose keys lie in the folder."""
        keys = Keys.from_seed(unb64((self.dir / "keys" / f"{principal}.seed").read_text()))
        return Identity(principal, keys, unb64((self.dir / "keys" / f"{principal}.curve").read_text()))

    @property
    def root_keys(self):
        return Keys.from_seed(unb64((self.dir / "keys" / "root.seed").read_text()))

    # The hub

    def start(self, program=BIN / "lienthond", **popen):
        """Starts the hub (or a peer in its place) and waits until it lets the office in."""
        self.hub = Process([program, "-C", self.dir], self.dir, **popen)
        self.client(self.identity("van-phong")).close()
        return self

    def stop(self):
        self.close_clients()
        self.hub.stop()

    def kill(self):
        self.hub.kill()
        self._office = None

    def restart(self):
        self.stop()
        return self.start()

    def client(self, identity, **options):
        """A client that has said HELLO; it stops waiting at once when the hub has ended."""
        options.setdefault("timeout", DEADLINE)
        try:
            client = Client(self.url, self.hub_curve, identity, watch=self.hub.pidfd, **options)
        except (lienthon.Closed, lienthon.Timeout) as error:
            raise Failed(f"{identity.principal}: no session ({error})\n{self.hub.text()[-4000:]}") from None
        self._clients.append(client)
        return client

    def close_clients(self):
        for client in self._clients:
            client.close()
        self._clients.clear()
        self._office = None

    @property
    def office(self):
        """A connected client of the office's."""
        if self._office is None or self._office.socket.closed:
            self._office = self.client(self.identity("van-phong"))
        return self._office

    # Grants

    def issue(self, principal=None, identity=None, *, issuer=None, created=None, hand_in=True, **body):
        """A Person with a grant that the root (or the Person `issuer`) has sealed and the hub has taken."""
        identity = identity or Identity.generate(principal or f"nguoi.so-{next(self._names)}")
        now = part.now_ms()
        body.setdefault("serial", next(self._serials))
        body.setdefault("not_before", now - HOUR)
        body.setdefault("expires", now + 30 * DAY)
        body.setdefault("role", "test")
        made = grant.make_body(identity.principal, identity.keys.public, identity.curve_public, **body)
        sealed = self.seal_grant(made, issuer, created)
        if hand_in:
            self.hand_in(sealed, by=issuer)
        return Person(self, identity, made, sealed)

    def seal_grant(self, body, issuer=None, created=None):
        """Sealed by the root, or by the Person `issuer`."""
        made = grant.make(issuer.name if issuer else "root", body, created=created)
        return seal.seal_one(made.raw, issuer.identity.keys if issuer else self.root_keys)

    def hand_in(self, sealed, by=None):
        [(code, value)] = self.office.publish(sealed)
        if code not in (DONE, 1):
            raise Failed(f"the hub did not take a grant: {code} {value}")

    def revoke(self, person, issuer=None):
        body = dict(person.body, revoked=True, serial=next(self._serials))
        sealed = self.seal_grant(body, issuer)
        self.hand_in(sealed)
        return sealed

    def next_serial(self):
        return next(self._serials)

    # The command

    def lienthon(self, *args, as_=None, **options):
        """Runs the command in this folder."""
        named = ["--as", as_] if as_ else []
        return run(BIN / "lienthon", *args, *named, "-C", self.dir, **options)

    def remove(self):
        self.close_clients()
        shutil.rmtree(self.dir, ignore_errors=True)
