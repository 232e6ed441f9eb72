"""The loudspeaker through a sound card: PulseAudio's null sink keeps real time as a card does, and its monitor is what was heard."""

import array
import socket

import pytest
from harness import Process, environment, wait_until
from loa import RATE, Heard, Speaker
from test_speaker import LONG, SHORT, Desk

pytestmark = pytest.mark.slow

ALSA = """
pcm_type.pulse {{ lib "libasound_module_pcm_pulse.so" }}
pcm.!default {{ type plug slave.pcm nghe }}
pcm.nghe {{ type pulse server "unix:{socket}" }}
"""


class Card:
    """A sound card without loudspeakers, and a microphone in front of them."""

    def __init__(self, dir):
        self.dir, self.socket = dir, dir / "the"
        env = environment(HOME=str(dir), XDG_RUNTIME_DIR=str(dir))
        self.server = Process(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                               "-L", "module-null-sink sink_name=loa",
                               "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}"], dir, env=env)
        wait_until(self.answers, "the sound server", watch=self.server)
        (dir / "asound.conf").write_text(ALSA.format(socket=self.socket))
        self.recording = dir / "heard.raw"
        self.microphone = Process(["parec", "-s", f"unix:{self.socket}", "-d", "loa.monitor", "--format=s16le",
                                   f"--rate={RATE}", "--channels=1", "--latency-msec=50", str(self.recording)], dir, env=env)
        wait_until(lambda: self.recording.exists() and self.recording.stat().st_size > RATE // 4, "the microphone",
                   watch=self.microphone)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    @property
    def env(self):
        return environment(ALSA_CONFIG_PATH=str(self.dir / "asound.conf"))

    def seconds(self):
        """How long the recording is by now."""
        return self.recording.stat().st_size / 2 / RATE

    def heard(self, begin, end):
        """Seconds between the first and the last loud moment of that part of the recording."""
        samples = array.array("h", self.recording.read_bytes()[:self.recording.stat().st_size // 2 * 2])
        loud = [i for i in range(int(begin * RATE), min(int(end * RATE), len(samples))) if abs(samples[i]) > 300]
        return (loud[-1] - loud[0]) / RATE if loud else 0.0

    def end(self):
        for process in (self.microphone, self.server):
            process.kill()


@pytest.fixture
def card(tmp_path):
    made = Card(tmp_path)
    yield made
    made.end()
    for process in (made.microphone, made.server):
        process.forget()
        Process.running.remove(process)


@pytest.fixture
def loa(hub, card):
    made = Speaker(hub, "loa.an-thuong.77", output="both", card="default", speed=100)
    made.start(env=card.env)
    yield made
    made.stop()
    made.file.unlink()


def test_done_is_said_when_the_card_has_played_the_last_of_it(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(SHORT + " " + SHORT)
    desk.until(posted, "done")
    ended = card.seconds()
    said = Heard(loa.wait_for_sound(posted.id)).seconds
    heard = card.heard(begun, ended + 0.2)
    assert said - 1.2 < heard < said + 0.5, "the card has played as much as the file holds"


def test_a_cancelled_notice_falls_silent_on_the_card(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(LONG)
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    desk.post({}, relation=3, re=posted.id)
    desk.until(posted, "skipped")
    silent = card.seconds()
    wait_until(lambda: card.seconds() > silent + 2.5, "a recording of what came after", watch=card.server)
    assert card.heard(silent + 1, silent + 2.5) == 0
