"""deploy/demo as a user starts it: its lines, the sound, a second run, and that it leaves nothing behind."""

import os
import re
import signal
import time
from pathlib import Path

import pytest
from harness import BIN, REPO, Process, environment, wait_until
from loa import Heard

pytestmark = pytest.mark.slow

SPEAKERS = [f"loa.{hamlet}.{n}" for hamlet in ("an-thuong", "an-lac", "an-hoa") for n in ("01", "02")]


class Demo:
    def __init__(self, dir, log_dir):
        self.dir = dir
        self.process = Process([REPO / "deploy" / "demo", "--bin", BIN, "--dir", dir], log_dir,
                               env=environment(), start_new_session=True)

    def up(self):
        """Until it tells what to try next."""
        wait_until(lambda: "Ctrl-C" in self.process.text(), "the demo is up", timeout=120, watch=self.process)
        return self.process.text()

    def interrupt(self):
        """As Ctrl-C in its terminal does; how long it took to end."""
        begun = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.wait(15) == 0, self.process.text()
        return time.monotonic() - begun

    def left_over(self):
        """Processes that still name the demo's folder."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
            except OSError:
                continue
            if str(self.dir).encode() in words and int(path.parent.name) != os.getpid():
                found.append(words)
        return found


@pytest.fixture
def demo(tmp_path):
    made = []

    def start():
        made.append(Demo(tmp_path / "demo-data", tmp_path))
        return made[-1]

    yield start
    for one in made:
        if one.process.is_running():
            one.process.stop()
        one.process.forget()
        Process.running.remove(one.process)


def test_the_demo_says_who_played_the_first_notice_and_is_heard(demo):
    first = demo()
    said = first.up()
    for speaker in SPEAKERS:
        assert re.search(rf"^{re.escape(speaker)} … đã phát", said, re.M), f"{speaker}\n{said}"
    assert "\x1b" not in said, "plain lines, since this is no terminal"
    if str(first.dir / "sound") in said:
        sounds = sorted((first.dir / "sound").rglob("*.wav"))
        assert {path.parent.name for path in sounds} == set(SPEAKERS)
        for path in sounds:
            heard = Heard(path)
            assert 4 < heard.seconds < 20
            assert heard.has_speech(begin=3.2)
    assert first.interrupt() < 10
    assert first.left_over() == []
    assert {path.name for path in first.dir.parent.iterdir()} == {"demo-data", first.process.log.name}

    # The same folder serves again: nobody is invited twice.
    second = demo()
    said = second.up()
    assert "đã có trong" in said
    assert all(re.search(rf"^{re.escape(speaker)} … đã phát", said, re.M) for speaker in SPEAKERS), said
    second.process.signal(signal.SIGTERM)
    assert second.process.wait(12) == 0
    assert second.left_over() == []


def test_the_demo_stops_in_the_middle_of_its_beginning(demo):
    one = demo()
    wait_until(lambda: "loa.an-thuong.01" in one.process.text(), "the first one is enrolled", timeout=60, watch=one.process)
    assert one.interrupt() < 10
    assert one.left_over() == []
    again = demo()
    again.up()
    assert again.interrupt() < 10
