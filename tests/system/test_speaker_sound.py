"""What is heard, found by analysis of the sound: interruption and resumption, words of correction, fades, loudness."""

import array
import hashlib
import struct
import subprocess

import pytest
from harness import BIN, wait_until
from loa import RATE, Heard, uuid
from test_speaker import SHORT, desk, speaker  # noqa: F401


SENTENCES = ["Sáng mai ấp tiêm phòng cho trẻ em.", "Bà con nhớ mang theo giấy khai sinh.", "Đường đang sửa, xin đi lối chợ.",
             "Ai có thắc mắc thì gọi trưởng ấp."]
FOUR = " ".join(SENTENCES)
CANCELLED, CORRECTION = "Thông báo vừa đọc đã được hủy.", "Xin đính chính."
INTERRUPTED_CANCELLED = "Thông báo bị ngắt lúc nãy đã được hủy."


def begun(path):
    """Milliseconds of the day at which that part began, from its file's name."""
    day = path.name.split("-")[1]
    return ((int(day[:2]) * 60 + int(day[2:4])) * 60 + int(day[4:6])) * 1000 + int(day[7:10])


def find(needle, hay):
    """Where `needle` begins in `hay`, in seconds, and how alike they are there, 0 to 1."""
    numpy = pytest.importorskip("numpy")
    a, b = (numpy.asarray(samples, dtype=float) for samples in (needle, hay))
    if len(a) > len(b):
        return 0.0, 0.0
    size = 1 << (len(a) + len(b)).bit_length()
    product = numpy.fft.irfft(numpy.fft.rfft(b, size) * numpy.conj(numpy.fft.rfft(a, size)), size)[:len(b) - len(a) + 1]
    energy = numpy.concatenate(([0.0], numpy.cumsum(b * b)))
    power = numpy.sqrt((energy[len(a):] - energy[:-len(a)])[:len(product)] * (a * a).sum()) + 1e-9
    alike = product / power
    best = int(alike.argmax())
    return best / RATE, float(alike[best])


@pytest.fixture
def alone(desk, speaker):  # noqa: F811
    """How sentences sound when each is said alone, without a chime."""
    def say(*sentences):
        loa = speaker()
        posted = [desk.post(sentence) for sentence in sentences]
        said = []
        for one in posted:
            desk.until(one, "done")
            said.append(Heard(loa.sound_of(one.id)).samples[:-RATE * 3 // 10])
        loa.stop()
        return said

    return say


def at_sentence(loa, id, seconds):
    """Waits until so much of it was written."""
    def enough():
        found = list(loa.folder.glob(f"*{id.hex()[20:]}.wav.part"))
        return found and found[0].stat().st_size > seconds * RATE * 2

    wait_until(enough, "it is in the middle", watch=loa.process)


def clicks(samples):
    """The largest step between two samples where the sound ends."""
    end = samples[-400:]
    return max(abs(b - a) for a, b in zip(end, end[1:])), abs(end[-1])


def test_an_alarm_interrupts_with_a_fade_and_the_other_goes_on_at_its_sentence(desk, speaker, alone):  # noqa: F811
    first, second, third, fourth, alarm = alone(*SENTENCES, SHORT)
    loa = speaker(speed=100)
    routine = desk.post(FOUR, priority=1)
    at_sentence(loa, routine.id, len(first) / RATE + 1)
    flash = desk.post({"text": SHORT}, priority=3)
    desk.until(flash, "done")
    _, content, _ = desk.until(routine, "done")
    [cut], rest, flashed = loa.cuts_of(routine.id), loa.sound_of(routine.id), loa.sound_of(flash.id)
    before, after, urgent = Heard(cut), Heard(rest), Heard(flashed)
    assert find(first, before.samples)[1] > 0.99
    assert find(second, before.samples)[1] < 0.95, "the second was cut"
    step, last = clicks(before.samples)
    assert last == 0 and step < 6000, "it dies away"
    at, alike = find(alarm, urgent.samples)
    assert alike > 0.99 and at > 1.5, "the alarm bells before the words"
    assert find(alarm, before.samples + after.samples)[1] < 0.8, "nothing is mixed"
    at, alike = find(second, after.samples)
    assert alike > 0.99 and 0.5 < at < 1.6, "behind a short bell it begins with its sentence"
    assert find(first, after.samples)[1] < 0.8, "what was heard is not said again"
    places = [find(sentence, after.samples)[0] for sentence in (second, third, fourth)]
    assert places == sorted(places)
    assert begun(cut) + before.seconds * 1000 <= begun(flashed) + 30, "one behind the other"
    assert begun(flashed) + urgent.seconds * 1000 <= begun(rest) + 60
    log = [line for line in loa.played()]
    assert [line["how"] for line in log] == ["interrupted", "whole", "whole"]
    assert (log[0]["sentence"], log[0]["upto"], log[0]["of"], log[2]["sentence"], log[2]["upto"]) == (1, 2, 4, 2, 4)
    # From when it is the loudspeaker's: some ms, and what else is a busy machine's. From the sender on, tests/bench/alarm.
    assert log[0]["ended"] - log[1]["arrived"] < 500 and log[1]["begun"] - log[1]["arrived"] < 500
    assert "đọc tiếp từ câu 2" in content["detail"]


def test_an_alarm_waits_for_the_end_of_another_that_is_said(desk, speaker, alone):  # noqa: F811
    first, second, other = alone(SENTENCES[0], SENTENCES[1], SENTENCES[3])
    loa = speaker(speed=100)
    earlier = desk.post({"text": " ".join(SENTENCES[:2])}, priority=3)
    at_sentence(loa, earlier.id, 1)
    later = desk.post({"text": SENTENCES[3]}, priority=3)
    desk.until(later, "done")
    assert [(line["id"], line["how"]) for line in loa.played()] == [(uuid(earlier.id), "whole"), (uuid(later.id), "whole")]
    paths = [loa.sound_of(one.id) for one in (earlier, later)]
    one, two = (Heard(path) for path in paths)
    assert min(find(first, one.samples)[1], find(second, one.samples)[1], find(other, two.samples)[1]) > 0.99
    assert max(find(other, one.samples)[1], find(first, two.samples)[1]) < 0.8, "nothing is mixed"
    assert begun(paths[0]) + one.seconds * 1000 <= begun(paths[1]) + 60, "one behind the other"


def test_a_cancellation_while_it_is_read_is_said(desk, speaker, alone):  # noqa: F811
    [told] = alone(CANCELLED)
    loa = speaker(speed=100)
    playing = desk.post(FOUR)
    at_sentence(loa, playing.id, 1)
    desk.post({}, relation=3, re=playing.id)
    desk.until(playing, "skipped")
    [own] = wait_until(loa.own_words, "the words of cancellation", watch=loa.process)
    assert find(told, Heard(own).samples)[1] > 0.99
    [cut] = loa.cuts_of(playing.id)
    assert clicks(Heard(cut).samples)[1] == 0
    assert begun(cut) + Heard(cut).seconds * 1000 <= begun(own) + 30


def test_a_cancellation_of_what_an_alarm_has_interrupted_does_not_sound_as_if_the_alarm_were_over(desk, speaker, alone):  # noqa: F811
    [told, other] = alone(INTERRUPTED_CANCELLED, CANCELLED)
    loa = speaker(speed=100)
    playing = desk.post(FOUR)
    at_sentence(loa, playing.id, 1)
    flash = desk.post(SENTENCES[2], priority=3)
    wait_until(lambda: loa.is_playing(flash.id), "the alarm is heard", watch=loa.process)
    desk.post({}, relation=3, re=playing.id)
    desk.until(flash, "done")
    [own] = wait_until(loa.own_words, "the words of cancellation", watch=loa.process)
    heard = Heard(own).samples
    assert find(told, heard)[1] > 0.99 > find(other, heard)[1]


def test_one_that_was_not_heard_yet_is_cancelled_without_a_word(desk, speaker):  # noqa: F811
    loa = speaker(speed=100)
    playing, waiting = desk.post(SHORT + " " + SHORT), desk.post(FOUR)
    desk.post({}, relation=3, re=waiting.id)
    desk.until(playing, "done")
    assert not loa.own_words()


def test_a_replacement_while_the_old_is_read_begins_with_a_word_of_correction(desk, speaker, alone):  # noqa: F811
    [word, new] = alone(CORRECTION, SENTENCES[3])
    loa = speaker(speed=100)
    old = desk.post(FOUR)
    at_sentence(loa, old.id, 1)
    replaced = desk.post(SENTENCES[3], relation=2, re=old.id)
    desk.until(replaced, "done")
    heard = Heard(loa.sound_of(replaced.id)).samples
    (at, alike), (behind, as_alike) = find(word, heard), find(new, heard)
    assert min(alike, as_alike) > 0.99 and at < behind
    assert not loa.own_words()


def test_a_replacement_that_fails_at_first_begins_with_a_word_of_correction_too(desk, speaker, alone):  # noqa: F811
    [word] = alone(CORRECTION)
    loa = speaker(speed=100)
    old = desk.post(FOUR)
    at_sentence(loa, old.id, 4)
    away = loa.folder.rename(loa.folder.with_name("ra-ngoai"))
    loa.folder.write_text("")
    replaced = desk.post(SENTENCES[3], relation=2, re=old.id)
    while "chưa phát được" not in desk.until(replaced, "received")[1].get("detail", ""):
        pass
    loa.folder.unlink()
    away.rename(loa.folder)
    desk.until(replaced, "done")
    assert find(word, Heard(loa.sound_of(replaced.id)).samples)[1] > 0.99


def test_two_that_are_replaced_at_once_each_begin_with_a_word_of_correction(desk, speaker, alone):  # noqa: F811
    [word, first, second] = alone(CORRECTION, *SENTENCES[2:])
    loa = speaker(speed=100)
    routine = desk.post(FOUR)
    at_sentence(loa, routine.id, 1)
    flash = desk.post({"text": FOUR, "speech": {"chime": False}}, priority=3)
    at_sentence(loa, flash.id, 1)
    calm = desk.post(SENTENCES[2], relation=2, re=routine.id)
    urgent = desk.post({"text": SENTENCES[3], "speech": {"chime": False}}, priority=3, relation=2, re=flash.id)
    for one in (urgent, calm):
        desk.until(one, "done")
    desk.post({}, priority=3, relation=3, re=urgent.id)
    log = [(line["id"], line["how"]) for line in loa.played()][:4]
    assert log == [(uuid(routine.id), "interrupted"), (uuid(flash.id), "replaced"), (uuid(urgent.id), "whole"), (uuid(calm.id), "whole")]
    for one, text in ((urgent, second), (calm, first)):
        heard = Heard(loa.sound_of(one.id)).samples
        (at, alike), (behind, as_alike) = find(word, heard), find(text, heard)
        assert min(alike, as_alike) > 0.99 and at < behind


def test_a_replacement_of_a_replacement_that_was_not_heard_begins_with_a_word_of_correction(desk, speaker, alone):  # noqa: F811
    [word] = alone(CORRECTION)
    loa = speaker(speed=100)
    old = desk.post(FOUR)
    at_sentence(loa, old.id, 1)
    flash = desk.post({"text": FOUR}, priority=3)
    at_sentence(loa, flash.id, 1)
    unheard = desk.post(SENTENCES[2], relation=2, re=old.id)
    last = desk.post(SENTENCES[3], relation=2, re=unheard.id)
    desk.until(last, "done")
    desk.post({}, priority=3, relation=3, re=flash.id)
    assert find(word, Heard(loa.sound_of(last.id)).samples)[1] > 0.99 and not loa.sound_of(unheard.id)
    again = desk.post(SENTENCES[3])
    desk.until(again, "done")
    assert find(word, Heard(loa.sound_of(again.id)).samples)[1] < 0.95, "it is said of nothing else"


def test_each_sentence_and_the_chime_are_equally_loud(desk, speaker):  # noqa: F811
    loa = speaker(loudness=-23)
    posted = desk.post({"text": FOUR})
    desk.until(posted, "done")
    samples = Heard(loa.sound_of(posted.id)).samples
    assert max(map(abs, samples)) < 32767 * 0.9
    loud = [integrated(samples[int(begin * RATE):int(end * RATE)]) for begin, end in ((0, 2.5), (3.3, 8), (8, 14))]
    assert max(abs(value + 23) for value in loud) < 1.5, loud


def integrated(samples):
    """LUFS, by libebur128: not the code that was tested, but the library that it uses too."""
    import ctypes

    library = ctypes.CDLL("libebur128.so.1")
    library.ebur128_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(library.ebur128_init(ctypes.c_uint(1), ctypes.c_ulong(RATE), ctypes.c_int(5)))
    block, value = array.array("h", samples), ctypes.c_double()
    data = (ctypes.c_short * len(block)).from_buffer(block)
    assert library.ebur128_add_frames_short(state, data, ctypes.c_size_t(len(block))) == 0
    assert library.ebur128_loudness_global(state, ctypes.byref(value)) == 0
    library.ebur128_destroy(ctypes.byref(state))
    return value.value




# Recordings


def recorded(tmp_path, ending, text=" ".join(SENTENCES[:2])):
    """Someone speaks into a microphone; the file and what it sounds like."""
    wav, path = tmp_path / "thu.wav", tmp_path / f"thu.{ending}"
    subprocess.run(["espeak-ng", "-v", "vi", "-w", wav, text], check=True)
    if ending == "mp3":
        subprocess.run(["lame", "--quiet", "-b", "64", wav, path], check=True)
    elif ending == "opus":
        subprocess.run(["opusenc", "--quiet", wav, path], check=True)
    return path, Heard(wav).samples


def blob_of(desk, data, media="audio/mpeg"):  # noqa: F811
    digest = hashlib.sha256(data).digest()
    desk.client.put(data)
    return {"sha256": digest, "size": len(data), "media": media, "name": "thu"}


def with_recording(desk, data):  # noqa: F811
    return {"text": SHORT, "speech": {"chime": False, "recording": blob_of(desk, data)}}


def envelope(samples):
    """How loud it is in each hundredth of a second: what an encoder leaves as it is."""
    step = RATE // 100
    return [max(map(abs, samples[i:i + step])) for i in range(0, len(samples) - step, step)]


@pytest.mark.parametrize("ending", ["wav", "mp3", "opus"])
def test_a_recording_is_played_in_place_of_the_words(desk, speaker, tmp_path, ending):  # noqa: F811
    path, said = recorded(tmp_path, ending)
    loa = speaker()
    posted = desk.post(with_recording(desk, path.read_bytes()))
    _, content, _ = desk.until(posted, "done")
    assert "đọc chữ thay" not in content["detail"]
    heard = Heard(loa.sound_of(posted.id)).samples
    assert abs(len(heard) - len(said)) < RATE * 0.7
    assert find(envelope(said), envelope(heard) + [0] * 100)[1] > 0.95
    assert abs(integrated(heard) + 20) <= 0.5, "as loud as all else"
    assert [line["of"] for line in loa.played()] == [2], "its pause parts it"


@pytest.mark.parametrize("lufs", [-30, -20])
def test_a_recording_is_brought_to_its_loudness_where_it_is_decoded(tmp_path, lufs):
    """In a process of its own: of an hour that takes seconds, for which no alarm waits."""
    path, _ = recorded(tmp_path, "mp3")
    data = path.read_bytes()
    found = subprocess.run([BIN / "lienthon-say", "--decode", path, hashlib.sha256(data).hexdigest(), str(lufs), str(60 * RATE)],
                           capture_output=True, check=True)
    (tmp_path / "it.wav").write_bytes(found.stdout)
    assert abs(integrated(Heard(tmp_path / "it.wav").samples) - lufs) <= 0.5


@pytest.mark.parametrize("data", [b"no sound at all " * 100, b"ID3\x04" + bytes(range(256)) * 200], ids=["text", "head"])
def test_a_recording_that_cannot_be_read_gives_way_to_the_text_and_the_receipt_says_so(desk, speaker, data):  # noqa: F811
    loa = speaker()
    posted = desk.post(with_recording(desk, data))
    _, content, _ = desk.until(posted, "done")
    assert "đọc chữ thay bản ghi âm" in content["detail"]
    assert Heard(loa.sound_of(posted.id)).seconds > 0.5


def wav_of(samples, kind):
    """As a sound editor writes it: whole numbers of 16 bits, or floats of 32."""
    data = array.array(kind, samples).tobytes()
    form, size = (1, 2) if kind == "h" else (3, 4)
    head = struct.pack("<HHIIHH", form, 1, RATE, RATE * size, size, 8 * size)
    rest = b"WAVEfmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(rest)) + rest


def test_a_recording_of_floats_is_heard_as_loud_as_any(desk, speaker, tmp_path):  # noqa: F811
    _, said = recorded(tmp_path, "wav")
    loa = speaker()
    posted = desk.post(with_recording(desk, wav_of([sample / 32768 for sample in said], "f")))
    _, content, _ = desk.until(posted, "done")
    assert "đọc chữ thay" not in content["detail"]
    assert abs(integrated(Heard(loa.sound_of(posted.id)).samples) + 20) <= 0.5


@pytest.mark.parametrize("samples, longest, why", [([0] * 2 * RATE, "15m", "không có tiếng"), ([5000, -5000] * 6 * RATE, "10s", "dài quá")])
def test_a_silent_or_endless_recording_is_not_played_and_the_receipt_says_why(desk, speaker, samples, longest, why):  # noqa: F811
    loa = speaker(longest=longest)
    posted = desk.post(with_recording(desk, wav_of(samples, "h")))
    _, content, _ = desk.until(posted, "done")
    assert f"đọc chữ thay bản ghi âm: {why}" in content["detail"]
    assert 0.5 < Heard(loa.sound_of(posted.id)).seconds < 3, "the words"


def test_a_recording_that_the_hub_does_not_have_is_not_waited_for_long(desk, speaker):  # noqa: F811
    loa = speaker()
    blob = {"sha256": bytes(32), "size": 5, "media": "audio/mpeg", "name": "mất"}
    posted = desk.post({"text": SHORT, "speech": {"chime": False, "recording": blob}})
    _, content, _ = desk.until(posted, "done")
    assert "đọc chữ thay bản ghi âm" in content["detail"]
    assert loa.sound_of(posted.id)


def test_what_was_interrupted_in_a_recording_goes_on_behind_its_last_pause(desk, speaker, tmp_path):  # noqa: F811
    path, said = recorded(tmp_path, "wav")
    loa = speaker(speed=100)
    routine = desk.post(with_recording(desk, path.read_bytes()))
    at_sentence(loa, routine.id, len(said) / RATE - 0.8)
    desk.until(desk.post(SHORT, priority=3), "done")
    desk.until(routine, "done")
    rest = Heard(loa.sound_of(routine.id)).seconds
    assert 1.5 < rest < len(said) / RATE, "the second sentence and the bell before it"
    assert [(line["sentence"], line["upto"], line["of"]) for line in loa.played() if line["priority"] < 3] == \
        [(1, 2, 2), (2, 2, 2)]
