"""The loudspeaker through a sound card: PulseAudio's null sink keeps real time as a card does, and its monitor is what was heard."""

import array
import os
import signal
import socket
from pathlib import Path

import pytest
from harness import BIN, Process, environment, run, wait_until
from loa import RATE, Heard, Speaker
from test_speaker import LONG, SHORT, TEXT, Desk
from test_speaker_sound import find

from lienthon import part, seal

pytestmark = pytest.mark.slow

ALSA = """
pcm_type.pulse {{ lib "libasound_module_pcm_pulse.so" }}
pcm.!default {{ type plug slave.pcm nghe }}
pcm.nghe {{ type pulse server "unix:{socket}" }}
"""


class Card:
    """A sound card without loudspeakers, and a microphone in front of them."""

    def __init__(self, dir, channels=1):
        self.dir, self.socket, self.channels = dir, dir / "the", channels
        self.recording = dir / "heard.raw"
        self.processes = []
        (dir / "asound.conf").write_text(ALSA.format(socket=self.socket))
        self.plug_in()

    def plug_in(self):
        """The recording begins anew with it."""
        env = environment(HOME=str(self.dir), XDG_RUNTIME_DIR=str(self.dir))
        self.recording.unlink(missing_ok=True)
        self.server = Process(["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1",
                               "-L", "module-null-sink sink_name=loa",
                               "-L", f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}"], self.dir, env=env)
        self.processes.append(self.server)
        wait_until(self.answers, "the sound server", watch=self.server)
        self.microphone = Process(["parec", "-s", f"unix:{self.socket}", "-d", "loa.monitor", "--format=s16le",
                                   f"--rate={RATE}", f"--channels={self.channels}", "--latency-msec=50", str(self.recording)], self.dir,
                                  env=env)
        self.processes.append(self.microphone)
        wait_until(lambda: self.recording.exists() and self.recording.stat().st_size > RATE // 4, "the microphone",
                   watch=self.microphone)

    def split(self):
        """Left and right are a card each: `trai`, `phai`."""
        env = environment(HOME=str(self.dir), XDG_RUNTIME_DIR=str(self.dir))
        for name, channel in (("trai", "front-left"), ("phai", "front-right")):
            run("pactl", "-s", f"unix:{self.socket}", "load-module", "module-remap-sink", f"sink_name={name}", "master=loa", "channels=1",
                f"master_channel_map={channel}", "channel_map=mono", "remix=no", env=env)
            with open(self.dir / "asound.conf", "a") as conf:
                conf.write(f'pcm.{name} {{ type plug slave.pcm {{ type pulse server "unix:{self.socket}" device "{name}" }} }}\n')

    def pull_out(self):
        self.microphone.kill()
        self.server.kill()
        self.socket.unlink(missing_ok=True)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.socket)) == 0

    @property
    def env(self):
        return environment(ALSA_CONFIG_PATH=str(self.dir / "asound.conf"))

    def seconds(self):
        """How long the recording is by now."""
        return self.recording.stat().st_size / 2 / RATE

    def samples(self):
        return array.array("h", self.recording.read_bytes()[:self.recording.stat().st_size // 2 * 2])

    def heard(self, begin, end):
        """Seconds between the first and the last loud moment of that part of the recording."""
        samples = self.samples()
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
    for process in made.processes:
        process.forget()
        Process.running.remove(process)


@pytest.fixture
def loa(hub, card):
    made = Speaker(hub, "loa.an-thuong.77", output="both", card="default", speed=100)
    made.start(env=card.env)
    yield made
    made.stop()
    made.file.unlink()


def told_by(hub, name):
    """Its health and its state, as the hub has them."""
    def last(topic):
        found = hub.office.query("last", pattern=topic)
        return seal.decode(found[0]).part.content() if found else {}

    return (last("an-thanh-1/suc-khoe/" + name.replace(".", "/")),
            last("an-thanh-1/an-thuong/loa/" + name.rpartition(".")[2]))


def becomes(hub, loa, health, state):
    """Waits until its health and state are that."""
    return wait_until(lambda: (told := told_by(hub, loa.name))[0].get("state") == health and
                      told[1].get("state") == state and told, f"{health} and {state}", watch=loa.process)


def test_a_card_that_is_pulled_out_in_the_middle_is_told_and_the_notice_is_said_when_it_is_back(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(TEXT)
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    card.pull_out()
    while "không phát được qua card" not in desk.until(posted, "received")[1]["detail"]:
        pass
    health, state = becomes(hub, loa, "ill", "fault")
    assert health["ill"]["what"].startswith("card: ") and state["fault"].startswith("card: ")
    assert state["output"] == "card file"
    card.plug_in()
    _, content, _ = desk.until(posted, "done")
    assert "card" not in content["detail"], "what became of it at last"
    assert card.heard(0, card.seconds()) > 3, "from its beginning"
    _, state = becomes(hub, loa, "well", "idle")
    assert "fault" not in state
    assert {line["how"] for line in loa.played()} == {"failed", "whole"}


def test_a_card_that_is_pulled_out_in_silence_is_told_and_so_is_its_return(hub, card, loa):
    card.pull_out()
    health, state = becomes(hub, loa, "ill", "fault")
    assert "cannot open the sound card" in health["ill"]["what"] and "cannot open" in state["fault"]
    card.plug_in()
    becomes(hub, loa, "well", "idle")


def test_done_is_said_when_the_card_has_played_the_last_of_it(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(SHORT + " " + SHORT)
    desk.until(posted, "done")
    ended = card.seconds()
    said = Heard(loa.wait_for_sound(posted.id)).seconds
    heard = card.heard(begun, ended + 0.2)
    assert said - 1.2 < heard < said + 0.5, "the card has played as much as the file holds"


def test_a_long_one_is_whole(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(" ".join(f"Nhà số {number} mời đến trạm y tế lúc {number} giờ." for number in range(1, 6)))
    desk.until(posted, "done")
    said, heard = Heard(loa.wait_for_sound(posted.id)), card.samples()
    assert said.seconds > 12
    at = find(said.samples[:3 * RATE], heard)[0]  # the chime
    assert at > begun - 0.1

    def there(begin):
        around = heard[int((at + begin - 0.3) * RATE):int((at + begin + 1.3) * RATE)]
        return find(said.samples[begin * RATE:(begin + 1) * RATE], around)[1] > 0.9

    assert sum(there(begin) for begin in range(1, 14)) > 10, "a busy machine may have a hole in it"


def test_a_cancelled_notice_falls_silent_on_the_card_and_that_is_said(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(LONG)
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    desk.post({}, relation=3, re=posted.id)
    desk.until(posted, "skipped")
    silent = card.seconds()
    own = Heard(wait_until(loa.own_words, "the words of cancellation", watch=loa.process)[0])
    wait_until(lambda: card.seconds() > silent + own.seconds + 2.5, "a recording of what came after", watch=card.server)
    at, alike = find(own.samples, card.samples())
    assert alike > 0.8 and at > silent - 0.5
    assert card.heard(at + own.seconds + 0.2, at + own.seconds + 1.2) == 0


def test_an_alarm_is_heard_within_half_a_second_of_its_arrival_and_alone(hub, card, loa):
    desk = Desk(hub)
    begun = card.seconds()
    routine = desk.post(TEXT + " " + TEXT, priority=1)
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    at, clock = card.seconds(), part.now_ms()
    flash = desk.post({"text": SHORT}, priority=3)
    desk.until(flash, "done")
    desk.until(routine, "done")
    alarm = Heard(loa.sound_of(flash.id)).samples
    heard = card.samples()
    where, alike = find(alarm, heard)
    assert alike > 0.9, "bells and words as they are in the file, and nothing mixed with them"
    [line] = [line for line in loa.played() if line["priority"] == 3]
    assert where < at + (line["arrived"] - clock) / 1000 + 0.5
    rest = Heard(loa.sound_of(routine.id)).samples
    assert find(rest, heard)[0] > where + len(alarm) / RATE - 0.3, "the rest of the other comes behind"
    assert has_no_click(heard, where)


def has_no_click(heard, where):
    """No click where the one dies away and the other begins: no step as large as speech and bells make themselves."""
    around = heard[int((where - 0.1) * RATE):int((where + 0.002) * RATE)]
    return max(abs(b - a) for a, b in zip(around, around[1:])) < 12000


def test_where_the_card_is_lost_another_one_plays_on_and_the_receipt_names_it(hub, card, tmp_path):
    (tmp_path / "hai").mkdir()
    other = Card(tmp_path / "hai")
    asound = card.dir / "asound.conf"
    asound.write_text(asound.read_text() + f'pcm.hai {{ type plug slave.pcm {{ type pulse server "unix:{other.socket}" }} }}\n')
    loa = Speaker(hub, "loa.an-thuong.78", output="card card:hai", speed=100)
    loa.start(env=card.env)
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(TEXT)
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    card.pull_out()
    _, content, _ = desk.until(posted, "done")
    assert "không phát được qua card: " in content["detail"] and "hai" not in content["detail"]
    assert other.heard(0, other.seconds()) > 3
    health, state = becomes(hub, loa, "ill", "idle")
    assert health["ill"]["what"].startswith("card: ") and state["output"] == "card card:hai"
    [line] = loa.played()
    assert line["how"] == "whole"
    loa.stop()
    loa.file.unlink()
    other.end()
    for process in other.processes:
        process.forget()
        Process.running.remove(process)


def test_a_card_that_is_away_when_it_starts_keeps_no_other_from_speaking_and_joins_in_later(hub, card, tmp_path):
    (tmp_path / "hai").mkdir()
    asound = card.dir / "asound.conf"
    asound.write_text(asound.read_text() +
                      f'pcm.hai {{ type plug slave.pcm {{ type pulse server "unix:{tmp_path}/hai/the" }} }}\n')
    loa = Speaker(hub, "loa.an-thuong.79", output="card:hai card", speed=100)
    loa.start(env=card.env)
    assert "cannot open the sound card 'hai'" in loa.process.text()
    desk = Desk(hub)
    posted = desk.post(SHORT)
    assert "không phát được qua card:hai" in desk.until(posted, "done")[1]["detail"]
    becomes(hub, loa, "ill", "idle")
    other = Card(tmp_path / "hai")
    becomes(hub, loa, "well", "idle")
    posted = desk.post(SHORT)
    assert "card" not in desk.until(posted, "done")[1]["detail"]
    assert other.heard(0, other.seconds()) > 0.3
    loa.stop()
    loa.file.unlink()
    other.end()
    for process in other.processes:
        process.forget()
        Process.running.remove(process)


@pytest.fixture
def two(hub, card, tmp_path):
    """A loudspeaker with two cards, each with a sound server of its own."""
    (tmp_path / "hai").mkdir()
    other = Card(tmp_path / "hai")
    asound = card.dir / "asound.conf"
    asound.write_text(asound.read_text() + f'pcm.hai {{ type plug slave.pcm {{ type pulse server "unix:{other.socket}" }} }}\n')
    loa = Speaker(hub, "loa.an-thuong.76", output="card card:hai", speed=100)
    loa.start(env=card.env)
    yield loa, other
    card.server.signal(signal.SIGCONT)
    loa.stop()
    loa.file.unlink()
    other.end()
    for process in other.processes:
        process.forget()
        Process.running.remove(process)


def test_a_sound_server_that_hangs_in_the_middle_holds_nobody_else(hub, card, two):
    loa, other = two
    desk = Desk(hub)
    begun = card.seconds()
    posted = desk.post(TEXT)
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    card.server.signal(signal.SIGSTOP)
    _, content, _ = desk.until(posted, "done")
    assert "không phát được qua card: the sound card 'default'" in content["detail"] and "hai" not in content["detail"]
    assert other.heard(0, other.seconds()) > 3
    health, _ = becomes(hub, loa, "ill", "idle")
    assert health["ill"]["what"].startswith("card: the sound card 'default'")
    card.server.signal(signal.SIGCONT)
    becomes(hub, loa, "well", "idle")
    assert "card" not in desk.until(desk.post(SHORT), "done")[1]["detail"]


def test_a_sound_server_that_hangs_in_silence_is_told_and_an_alarm_goes_another_way_at_once(hub, card, two):
    loa, other = two
    desk = Desk(hub)
    card.server.signal(signal.SIGSTOP)
    health, _ = becomes(hub, loa, "ill", "idle")
    assert "the sound card 'default' does not answer" in health["ill"]["what"]
    at, clock = other.seconds(), part.now_ms()
    flash = desk.post({"text": SHORT}, priority=3)
    assert "không phát được qua card: " in desk.until(flash, "done")[1]["detail"]
    [line] = [line for line in loa.played() if line["priority"] == 3]
    heard = other.samples()
    loud = next(i for i in range(int(at * RATE), len(heard)) if abs(heard[i]) > 300) / RATE
    assert loud < at + (line["arrived"] - clock) / 1000 + 0.5
    loa.stop()  # nor does it keep it from ending


def test_a_card_whose_process_is_killed_has_another_with_the_next_announcement(hub, card, loa):
    desk = Desk(hub)
    posted = desk.post(TEXT)
    [child] = children(loa.process.pid, "--serve-card")
    wait_until(lambda: loa.is_playing(posted.id), "it is said", watch=loa.process)
    begun = card.seconds()
    wait_until(lambda: card.heard(begun, card.seconds()) > 1, "it is heard", watch=loa.process)
    os.kill(child, signal.SIGKILL)
    while "has lost the process" not in desk.until(posted, "received")[1]["detail"]:
        pass
    desk.until(posted, "done")


def test_what_rests_for_a_card_that_was_away_is_said_when_it_answers_again(hub, card):
    loa = Speaker(hub, "loa.an-thuong.93", settings={"breaker": 1, "breaker-rest": "10m"}, output="card", card="default", speed=100)
    loa.start(env=card.env)
    desk = Desk(hub)
    card.pull_out()
    becomes(hub, loa, "ill", "fault")
    failed = desk.post(SHORT, priority=2)
    loa.wait_for_log("nothing is tried at")
    waits = desk.post("Tin sau.", priority=2)
    card.plug_in()
    done = set()
    while done != {failed.id, waits.id}:
        found = desk.receipt()
        if found.content()["outcome"] == "done":
            done.add(found.re)
    assert "the far side is there again target=" in loa.process.text()
    loa.stop()
    loa.file.unlink()


def test_two_zones_begin_together_on_their_cards(hub, tmp_path):
    """Two channels of one sound server, so that both are recorded by one clock."""
    both = Card(tmp_path, channels=2)
    both.split()
    zones = {"mot": "an-thanh-1/tat-ca/thong-bao", "hai": "an-thanh-1/tat-ca/thong-bao"}
    loa = Speaker(hub, "loa.tram-card", role="speaker-station", settings={"targets": zones}, speed=100,
                  zones={"mot": "card:trai", "hai": "card:phai"})
    loa.start(env=both.env)
    wait_until(lambda: loa.process.text().count("subscribed target=") == 2, "both zones", watch=loa.process)
    desk = Desk(hub)
    late = []
    for text in ({"text": SHORT}, SHORT):  # with a chime and without
        begun = both.recording.stat().st_size // 4 * 2
        posted = desk.post(text, topic="an-thanh-1/tat-ca/thong-bao")
        for _ in zones:
            desk.until(posted, "done")
        heard = both.samples()[begun:]
        first = [next(i for i, sample in enumerate(heard[channel::2]) if abs(sample) > 300) for channel in (0, 1)]
        late.append(abs(first[0] - first[1]) / RATE)
    assert max(late) < 0.1, late
    loa.stop()
    loa.file.unlink()
    both.end()
    for process in both.processes:
        process.forget()
        Process.running.remove(process)


def test_who_wants_to_hear_it_first_is_told_that_the_sound_server_hangs(card):
    run(BIN / "lienthon-say", SHORT, env=card.env)
    assert card.heard(0, card.seconds()) > 0.5
    card.server.signal(signal.SIGSTOP)
    assert "does not answer" in run(BIN / "lienthon-say", SHORT, env=card.env, status=1).stderr
    card.server.signal(signal.SIGCONT)


def children(pid, word):
    """Of that process those that were called with a word."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found if word.encode() in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")]
