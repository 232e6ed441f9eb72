"""`lienthon notice --recording`: an officer's voice from a file is what the loudspeaker plays, or nothing at all is sent."""

import json
import os
import signal
import wave

import pytest
from harness import BIN, Process, environment, run, vietnamese, wait_until
from loa import RATE, Heard, Speaker
from test_speaker_sound import envelope, find, recorded, wav_of

TEXT = "Ủy ban nhân dân xã thông báo lịch tiêm phòng."
ALL = "WAV, Ogg (Opus), MP3 or FLAC"


def resembles(said, path):
    heard = Heard(path).samples
    assert abs(len(heard) - len(said)) < RATE * 0.7
    assert find(envelope(said), envelope(heard) + [0] * 100)[1] > 0.95
    return True


def kept(hub):
    return [line for line in hub.lienthon("history", "--json").stdout.splitlines() if TEXT in line]


def post(hub, file, *more, **options):
    return hub.lienthon("notice", TEXT, "--to", "an-thuong", "--via", "loa", "--no-chime", "--recording", file, *more, **options)


@pytest.mark.parametrize("ending, media", [("wav", "audio/wav"), ("mp3", "audio/mpeg"), ("opus", "audio/ogg")])
def test_a_loudspeaker_plays_the_file_and_not_the_words(make_commune, tmp_path, ending, media):
    """Under a name that says nothing of what it is."""
    path, said = recorded(tmp_path, ending)
    file = path.rename(tmp_path / "Lời\tchủ tịch")
    hub = make_commune().start()
    loa = Speaker(hub, "loa.an-thuong.01").start()
    found = json.loads(post(hub, file, "--json").stdout)
    data = file.read_bytes()
    assert found["confirmed"] and found["recording"]["size"] == len(data) and found["recording"]["media"] == media
    assert abs(found["recording"]["ms"] - len(said) / RATE * 1000) < 200
    assert found["recording"]["name"] == "Lời_chủ tịch"
    id = bytes.fromhex(found["id"].replace("-", ""))
    assert resembles(said, loa.wait_for_sound(id))
    body = json.loads(kept(hub)[0])["body"]
    assert body["text"] == TEXT and body["speech"]["chime"] is False and "ms" not in body["speech"]["recording"]
    assert "đã phát" in hub.lienthon("status", found["id"], "--watch", env=vietnamese()).stdout
    loa.stop()


@pytest.mark.parametrize("make, status, said", [
    (lambda p: p.write_bytes(b""), 2, "empty"),
    (lambda p: p.write_bytes(b"no sound at all " * 100), 2, ALL),
    (lambda p: p.write_bytes(bytes(4) + b"ftypM4A " + bytes(500)), 2, "M4A or MP4 (AAC)"),
    (lambda p: p.write_bytes(bytes(4) + b"ftyp3gp4" + bytes(500)), 2, "this is 3GP"),
    (lambda p: p.write_bytes(b"RIFF"), 2, ALL),
    (lambda p: p.write_bytes(b"OggS" + bytes(22) + b"\x01\x1e\x80theora" + bytes(200)), 2, "Ogg without sound"),
    (lambda p: p.write_bytes(b"RIFF\x24\0\0\0WAVEfmt " + bytes(60)), 2, "a loudspeaker cannot play it"),
    (lambda p: p.mkdir(), 2, "this is no file"),
    (os.mkfifo, 2, "this is no file"),
    (lambda p: os.truncate(os.open(p, os.O_RDWR | os.O_CREAT), (64 << 20) + 1), 1, "65 MiB"),
    (lambda p: None, 3, "no such file"),
], ids=["empty", "text", "m4a", "3gp", "short", "theora", "broken", "folder", "pipe", "large", "missing"])
def test_what_a_loudspeaker_cannot_play_is_refused_with_what_it_can(hub, tmp_path, make, status, said):
    before = len(kept(hub))
    make(tmp_path / "thu.mp3")
    found = post(hub, tmp_path / "thu.mp3", "--json", status=status)
    assert said in found.stderr and "thu.mp3" in found.stderr
    assert json.loads(found.stdout)["error"]
    assert len(kept(hub)) == before


def test_without_the_hub_nothing_is_kept_for_later(make_commune, tmp_path):
    """A notice that left later would speak of a recording that nobody has."""
    path, _ = recorded(tmp_path, "mp3")
    hub = make_commune()
    found = post(hub, path, "--wait", "1", status=4)
    assert "nothing was sent" in found.stderr and not found.stdout
    hub.start()
    hub.lienthon("notice", "Tin khác.", "--to", "an-thuong")
    assert not kept(hub)
    post(hub, path)
    assert len(kept(hub)) == 1


@pytest.mark.parametrize("limits, said, status", [({"blob": 5000}, "at most 4", 1), ({"quota": 5000}, "unfinished blobs", 1)])
def test_a_hub_that_has_no_room_for_it_says_so_and_nothing_is_sent(make_commune, tmp_path, limits, said, status):
    path, _ = recorded(tmp_path, "wav")
    hub = make_commune(limits=limits).start()
    found = post(hub, path, status=status)
    assert said in found.stderr and "nothing was sent" in found.stderr
    found = post(hub, path, status=status, env=vietnamese())
    assert "chưa gửi gì" in found.stderr and "blob" not in found.stderr, "also what the hub says of it"
    assert not kept(hub)


@pytest.fixture
def on_its_way(make_commune, tmp_path):
    """A command whose recording the hub has in part."""
    hub = make_commune().start()
    file = tmp_path / "dai.wav"
    file.write_bytes(wav_of(os.urandom(60 << 20), "b").replace(b"WAVEfmt \x10\0\0\0\x03\0", b"WAVEfmt \x10\0\0\0\x01\0", 1))
    made = []

    def size():
        return sum(path.stat().st_size for path in hub.data.rglob("*") if path.is_file())

    def run_it(*more):
        before = size()
        process = Process([BIN / "lienthon", "-C", hub.dir, "notice", TEXT, "--to", "an-thuong", "--recording", file, *more], tmp_path)
        made.append(process)
        wait_until(lambda: size() > before + (2 << 20), "a part of the recording", watch=process)
        return process

    yield hub, file, run_it
    for process in made:
        if process.is_running():
            process.kill()


def test_a_hub_that_is_killed_in_the_middle_is_waited_for(on_its_way):
    hub, _, run_it = on_its_way
    process = run_it()
    hub.kill()
    assert process.is_running()
    hub.start()
    assert process.wait(60) == 0, process.text()
    assert len(kept(hub)) == 1


def test_a_hub_that_stands_still_is_not_waited_for_longer_than_it_was_said(on_its_way):
    hub, file, run_it = on_its_way
    process = run_it("--wait", "2")
    hub.hub.signal(signal.SIGSTOP)
    assert process.wait(60) == 4, process.text()
    hub.hub.signal(signal.SIGCONT)
    assert "nothing was sent; the same command goes on there" in process.text()
    assert not kept(hub)
    post(hub, file)
    assert len(kept(hub)) == 1


def test_it_is_heard_before_it_is_sent(hub, tmp_path):
    path, said = recorded(tmp_path, "opus")
    out = tmp_path / "nghe.wav"
    post(hub, path, "--hear-to", out, "--yes")
    assert resembles(said, out)
    before = len(kept(hub))
    post(hub, path, "--hear-to", out, "--repeat", "2", status=2)
    assert len(Heard(out).samples) > 1.8 * len(said), "as often as a loudspeaker plays it"
    assert len(kept(hub)) == before, "nobody has said yes"


def test_what_cannot_be_heard_is_not_sent(hub, tmp_path):
    """Silence is a sound that can be read; a loudspeaker does not play it."""
    silent = tmp_path / "im.wav"
    silent.write_bytes(wav_of([0] * RATE, "h"))
    before = len(kept(hub))
    found = post(hub, silent, "--hear-to", tmp_path / "nghe.wav", "--yes", status=1)
    assert "was not sent" in found.stderr and "không có tiếng" in found.stderr
    assert len(kept(hub)) == before


def test_without_the_loudspeakers_program_its_bytes_still_tell(hub, tmp_path):
    alone = tmp_path / "lienthon"
    alone.write_bytes((BIN / "lienthon").read_bytes())
    alone.chmod(0o755)
    path, _ = recorded(tmp_path, "mp3")
    words = ("-C", hub.dir, "notice", TEXT, "--to", "an-thuong", "--json", "--recording")
    found = run(alone, *words, path, env=environment(PATH="/usr/bin:/bin"))
    assert "ms" not in json.loads(found.stdout)["recording"]
    path.write_text("no sound")
    assert ALL in run(alone, *words, path, env=environment(PATH="/usr/bin:/bin"), status=2).stderr


def test_what_cannot_be_decoded_in_time_is_told(hub, tmp_path):
    path, _ = recorded(tmp_path, "mp3")
    for name, text in (("lienthon", (BIN / "lienthon").read_bytes()), ("lienthon-say", b"#!/bin/sh\nkill -XCPU $$\n")):
        (tmp_path / name).write_bytes(text)
        (tmp_path / name).chmod(0o755)
    found = run(tmp_path / "lienthon", "-C", hub.dir, "notice", TEXT, "--to", "an-thuong", "--recording", path, status=2)
    assert "takes too long" in found.stderr


def test_a_long_one_is_told_and_sent(hub, tmp_path):
    """From where the officer stands: its name is not the folder's that -C names."""
    with wave.open(str(tmp_path / "dai.wav"), "wb") as file:
        file.setparams((1, 1, 4000, 0, "NONE", ""))
        file.writeframes(bytes([100, 150]) * (2000 * 60 * 15 + 4000))
    found = post(hub, "dai.wav", "--json", cwd=tmp_path)
    assert "lasts 16 minutes" in found.stderr and "15" in found.stderr
    assert json.loads(found.stdout)["recording"]["ms"] == 902_000


def test_say_plays_a_file_beside_any_words(tmp_path):
    path, said = recorded(tmp_path, "mp3")
    found = run(BIN / "lienthon-say", "--recording", path, "--out", tmp_path / "nghe.wav", TEXT)
    assert not found.stdout, "these words are not said"
    assert find(envelope(said), envelope(Heard(tmp_path / "nghe.wav").samples))[1] > 0.95
    path.write_text("no sound")
    assert "thu.mp3" in run(BIN / "lienthon-say", "--recording", path, "--out", tmp_path / "nghe.wav", TEXT, status=1).stderr


def test_a_replacement_does_not_go_on_playing_what_it_replaces(make_commune, tmp_path):
    path, said = recorded(tmp_path, "wav")
    hub = make_commune().start()
    loa = Speaker(hub, "loa.an-thuong.01").start()
    first = json.loads(post(hub, path, "--at", "+1h", "--json").stdout)["id"]
    second = hub.lienthon("replace", first, TEXT + " Hoãn.").stdout.strip()
    assert "recording" not in json.dumps(json.loads(kept(hub)[0])["body"])
    heard = Heard(loa.wait_for_sound(bytes.fromhex(second.replace("-", ""))))
    assert heard.has_speech()
    third = hub.lienthon("replace", second, TEXT, "--recording", path).stdout.strip()
    loa.wait_for_sound(bytes.fromhex(third.replace("-", "")))
    assert json.loads(kept(hub)[0])["body"]["speech"]["recording"]["media"] == "audio/wav"
    loa.stop()
