"""A microphone in front of the loudspeaker, which is the monitor of PulseAudio's null sink: where the chime is not in what it
hears, nobody has heard the announcement."""

import signal
import subprocess

import pytest
from harness import Process, environment, wait_until
from loa import Speaker
from test_speaker import SHORT, TEXT, bridge, desk, speaker  # noqa: F401
from test_speaker_card import ALSA, Card, becomes

pytestmark = pytest.mark.slow
LIMITS = {"joins": 1000}


@pytest.fixture
def card(tmp_path):
    made = Card(tmp_path)
    (tmp_path / "asound.conf").write_text(
        ALSA.format(socket=made.socket) + f'pcm.micro {{ type pulse server "unix:{made.socket}" device "loa.monitor" }}\n')
    yield made
    made.end()
    for process in made.processes:
        process.forget()
        Process.running.remove(process)


@pytest.fixture
def loa(hub, card):
    made = []

    def make(**options):
        made.append(Speaker(hub, f"loa.an-thuong.{90 + len(made)}", output="card", card="default", speed=100, **options))
        return made[-1].start(env=card.env)

    yield make
    for one in made:
        one.stop()
        one.file.unlink()


def mute(card, yes):
    subprocess.run(["pactl", "-s", f"unix:{card.socket}", "set-sink-mute", "loa", "1" if yes else "0"], check=True, timeout=20,
                   env=environment(HOME=str(card.dir), XDG_RUNTIME_DIR=str(card.dir)))


def test_the_chime_that_is_heard_is_done_and_the_one_that_is_not_is_told(hub, card, desk, loa):  # noqa: F811
    made = loa(microphone="micro")
    heard = desk.post({"text": TEXT})
    assert "micrô" not in desk.until(heard, "done")[1]["detail"]
    mute(card, True)
    unheard = desk.post({"text": TEXT})
    _, content, _ = desk.until(unheard, "failed")
    assert "không ai nghe được" in content["detail"] and "micrô không nghe thấy tiếng chuông" in content["detail"]
    health, _ = becomes(hub, made, "ill", "fault")
    assert "micrô" in health["ill"]["what"]
    assert made.played()[-1]["how"] == "not-heard"
    without = desk.post(SHORT)
    desk.until(without, "done")  # no chime, so nothing is known of it
    mute(card, False)
    desk.until(desk.post({"text": TEXT}), "done")
    becomes(hub, made, "well", "idle")


def test_a_microphone_that_is_gone_is_told_and_speaks_against_nothing(hub, card, desk, loa):  # noqa: F811
    made = loa(microphone="khong-co")
    desk.until(desk.post({"text": SHORT}), "done")
    health, _ = becomes(hub, made, "ill", "idle")
    assert "micrô 'khong-co'" in health["ill"]["what"]


def test_what_an_alarm_has_interrupted_in_its_chime_is_not_doubted(card, desk, loa):  # noqa: F811
    made = loa(microphone="micro")
    routine = desk.post({"text": TEXT})
    wait_until(lambda: card.heard(max(0.0, card.seconds() - 1), card.seconds()) > 0.2, "it rings", watch=made.process)
    flash = desk.post({"text": SHORT}, priority=3)
    desk.until(flash, "done")
    assert "micrô" not in desk.until(routine, "done")[1]["detail"]


@pytest.fixture
def elsewhere(card, tmp_path):
    """Another sound server, at whose loudspeaker the microphone stands."""
    (tmp_path / "hai").mkdir()
    made = Card(tmp_path / "hai")
    (tmp_path / "asound.conf").write_text(
        ALSA.format(socket=card.socket) + f'pcm.micro {{ type pulse server "unix:{made.socket}" device "loa.monitor" }}\n')
    yield made
    made.end()
    for process in made.processes:
        process.forget()
        Process.running.remove(process)


def test_what_hears_only_noise_has_not_heard_the_chime(hub, elsewhere, desk, loa):  # noqa: F811
    with open("/dev/urandom", "rb") as noise:
        source = Process(["pacat", "-p", "-s", f"unix:{elsewhere.socket}", "-d", "loa", "--format=s16le", "--rate=22050", "--channels=1"],
                         elsewhere.dir, stdin=noise, env=environment(HOME=str(elsewhere.dir), XDG_RUNTIME_DIR=str(elsewhere.dir)))
    wait_until(lambda: elsewhere.heard(max(0.0, elsewhere.seconds() - 0.5), elsewhere.seconds()) > 0.3, "noise", watch=source)
    made = loa(microphone="micro")
    _, content, _ = desk.until(desk.post({"text": TEXT}), "failed")
    assert "micrô không nghe thấy tiếng chuông" in content["detail"]
    assert "micrô" in becomes(hub, made, "ill", "fault")[0]["ill"]["what"]
    source.kill()


def test_a_microphone_that_is_lost_while_it_listens_is_told_and_speaks_against_nothing(hub, card, elsewhere, desk, loa):  # noqa: F811
    made = loa(microphone="micro")
    posted = desk.post({"text": TEXT})
    wait_until(lambda: card.heard(max(0.0, card.seconds() - 1), card.seconds()) > 0.2, "it rings", watch=made.process)
    elsewhere.pull_out()
    assert "micrô" not in desk.until(posted, "done")[1]["detail"]
    health, _ = becomes(hub, made, "ill", "idle")
    assert "micrô 'micro'" in health["ill"]["what"]
    elsewhere.plug_in()
    desk.until(desk.post({"text": TEXT}), "failed")  # it is there again, and hears nothing of it


def test_a_microphone_that_hangs_is_told_and_holds_nobody(hub, elsewhere, desk, loa):  # noqa: F811
    made = loa(microphone="micro")
    elsewhere.server.signal(signal.SIGSTOP)
    try:
        assert "micrô" not in desk.until(desk.post({"text": TEXT}), "done")[1]["detail"]
        health, _ = becomes(hub, made, "ill", "idle")
        assert "micrô 'micro': không trả lời" in health["ill"]["what"]
    finally:
        elsewhere.server.signal(signal.SIGCONT)


def test_a_microphone_for_several_zones_is_refused(hub, speaker):  # noqa: F811
    made = speaker(start=False, settings={"targets": {"mot": "an-thanh-1/an-thuong/thong-bao", "hai": "an-thanh-1/tat-ca/thong-bao"}},
                   microphone="micro")
    assert "options.microphone: it hears one zone, and there are 2" in bridge(hub, made.name, "--check", status=1).stderr
