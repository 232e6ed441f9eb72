"""How long a notice takes in its programme, where it is a recording: what does not fit is left for the next, and the sender sees
for which."""

import hashlib
import struct
import subprocess

import pytest
from harness import BIN
from loa import Speaker
from test_speaker import LONG, SHORT, Desk
from test_speaker_programme import MINUTE, clock, tell_hours
from test_speaker_sound import blob_of, wav_of

from lienthon import part

RATE = 22_050


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


@pytest.fixture
def on_air(hub):
    """A programme of three minutes, of which one to two are left, and a loudspeaker in it."""
    desk = Desk(hub)
    begun = part.now_ms() // MINUTE * MINUTE - MINUTE
    tell_hours(desk, begun, minutes=3)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True).start()
    loa.wait_for_log("hours told")
    yield desk, loa, begun
    loa.stop()


def tone(tmp_path, seconds, ending, name="thu"):
    """As somebody records it, and sends it: far smaller than what is heard."""
    wav, path = tmp_path / f"{name}.wav", tmp_path / f"{name}.{ending}"
    wav.write_bytes(wav_of([3000 if at // 50 % 2 else -3000 for at in range(seconds * RATE)], "h"))
    if ending == "mp3":
        subprocess.run(["lame", "--quiet", "-b", "32", wav, path], check=True)
    elif ending == "opus":
        subprocess.run(["opusenc", "--quiet", "--bitrate", "16", wav, path], check=True)
    return path


def post(desk, text, path, begun, **speech):
    body = {"text": text, "speech": {"chime": False, "recording": blob_of(desk, path.read_bytes()), **speech}}
    return desk.post(body, created=begun - MINUTE)


def until_left(desk, posted, begun):
    while "hết giờ" not in (content := desk.until(posted, "received")[1])["detail"]:
        pass
    assert content["detail"].startswith(f"chương trình trước đã hết giờ; chờ chương trình {clock(begun)} ngày ")


@pytest.mark.parametrize("ending", ["wav", "mp3", "opus"])
def test_a_recording_that_has_no_room_is_left_whatever_its_text_says(on_air, tmp_path, ending):
    desk, loa, begun = on_air
    left = post(desk, SHORT, tone(tmp_path, 125, ending), begun)
    until_left(desk, left, begun)
    assert loa.sound_of(left.id) is None


def test_repetitions_of_a_recording_count(on_air, tmp_path):
    desk, loa, begun = on_air
    left = post(desk, SHORT, tone(tmp_path, 45, "mp3"), begun, repeat=3)
    until_left(desk, left, begun)
    assert loa.sound_of(left.id) is None


def test_one_that_has_room_is_played_though_its_text_had_none(on_air, tmp_path):
    desk, loa, begun = on_air
    posted = post(desk, LONG + LONG, tone(tmp_path, 4, "mp3"), begun)
    desk.until(posted, "done")
    assert [line["heard_ms"] // 1000 for line in loa.played() if line["id"]] == [4]


def test_a_recording_that_does_not_come_keeps_its_notice_not_for_long(on_air):
    desk, loa, begun = on_air
    blob = {"sha256": hashlib.sha256(b"gone").digest(), "size": 1000, "media": "audio/mpeg", "name": "thu"}
    posted = desk.post({"text": SHORT, "speech": {"chime": False, "recording": blob}}, created=begun - MINUTE)
    other = desk.post(SHORT)  # of the next programme
    _, content, _ = desk.until(posted, "done")
    assert "đọc chữ thay bản ghi âm" in content["detail"]
    assert loa.sound_of(other.id) is None


def test_what_its_head_says_is_not_believed(tmp_path):
    """A head that says hours would keep it out of every programme but its own."""
    wav, path = tone(tmp_path, 7, "wav"), tmp_path / "thu.mp3"
    subprocess.run(["lame", "--quiet", "-V", "5", wav, path], check=True)
    data = bytearray(path.read_bytes())
    at = data.find(b"Xing")
    assert at > 0 and data[at + 7] & 1, "the head has the number of frames"
    for frames in (800, 100_000):
        data[at + 8:at + 12] = struct.pack(">I", frames)
        path = tmp_path / f"{frames}.mp3"
        path.write_bytes(data)
        found = subprocess.run([BIN / "lienthon-say", "--measure", path, hashlib.sha256(data).hexdigest(), "3600000"],
                               capture_output=True, check=True, text=True)
        assert abs(int(found.stdout) - 7000) < 200, (frames, found.stdout)
    long = subprocess.run([BIN / "lienthon-say", "--measure", path, hashlib.sha256(data).hexdigest(), "5000"], check=False)
    assert long.returncode == 3, "so long it may not be"
