"""What a service manager hears of the hub and of a bridge (sd_notify), and the keys that it hands over (credentials)."""

import os
import select
import signal
import socket
import time

import pytest

from harness import BIN, DEADLINE, Process, environment
from loa import Speaker


class Manager:
    """The socket that systemd gives to a unit of Type=notify."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.said = []

    def environment(self, **extra):
        return environment(NOTIFY_SOCKET=self.path, **extra)

    def hear(self, within):
        """What comes until then, or the first that comes."""
        if not select.select([self.socket], [], [], within)[0]:
            return None
        self.said += self.socket.recv(4096).decode().split("\n")
        return self.said[-1]

    def until(self, text, within=DEADLINE):
        end = time.monotonic() + within
        while not any(line.startswith(text) for line in self.said):
            assert time.monotonic() < end, f"'{text}' was not said: {self.said}"
            self.hear(end - time.monotonic())
        return next(line for line in self.said if line.startswith(text))

    def forget(self):
        while self.hear(0):
            pass
        self.said.clear()


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path)
    yield made
    made.socket.close()


def test_the_hub_is_ready_when_it_serves_and_its_own_loop_feeds_the_watchdog(make_commune, manager):
    commune = make_commune()
    hub = commune.hub = Process([BIN / "lienthond", "-C", commune.dir], commune.dir, env=manager.environment())
    manager.until("READY=1")
    office = commune.client(commune.identity("van-phong"))  # without waiting: it serves
    manager.forget()
    manager.until("WATCHDOG=1", 3)
    assert "connections=1 " in manager.until("STATUS=serves: ", 10)
    hub.signal(signal.SIGSTOP)
    os.waitpid(hub.pid, os.WUNTRACED)
    manager.forget()
    assert manager.hear(3) is None, "a hub that hangs does not feed it"
    hub.signal(signal.SIGCONT)
    manager.until("WATCHDOG=1", 3)
    office.close()
    hub.stop()
    manager.until("STOPPING=1", 3)


def test_a_bridge_is_ready_before_it_has_found_its_hub_and_says_when_it_has(commune, manager):
    speaker = Speaker(commune, "loa.an-thuong.01")
    commune.stop()
    bridge = Process([BIN / "lienthon-bridge", speaker.name, "-C", commune.dir], commune.dir, env=manager.environment())
    manager.until("READY=1")
    manager.until("WATCHDOG=1")
    commune.start()
    manager.until("STATUS=speaker: subscribed=1 of 1, in hand=0", 30)
    bridge.stop()
    manager.until("STOPPING=1", 3)


def test_a_hub_serves_with_the_keys_that_are_handed_over_when_its_folder_has_none(make_commune, tmp_path):
    commune = make_commune()
    handed_over = tmp_path / "credentials"
    handed_over.mkdir(mode=0o700)
    for kind in ("seed", "curve"):
        os.rename(commune.dir / "keys" / f"hub.{kind}", handed_over / f"hub.{kind}")
        (handed_over / f"hub.{kind}").chmod(0o400)
    refused = Process([BIN / "lienthond", "-C", commune.dir], commune.dir)
    assert refused.wait() == 1 and "hub.seed" in refused.text()
    commune.start(env=environment(CREDENTIALS_DIRECTORY=str(handed_over)))
    commune.stop()
