"""What the loudspeaker says of itself when something beside it does not work: receipts, health, state, play log."""

import json

from bodies import alert
from harness import vietnamese, wait_until
from loa import RATE, Heard
from test_speaker import SHORT, TEXT, desk, speaker  # noqa: F401
from test_speaker_card import becomes, told_by

from lienthon import part

LIMITS = {"joins": 1000}


def test_a_full_disk_under_the_play_log_is_told_and_the_log_keeps_whole_lines(hub, desk, speaker, small_disk):  # noqa: F811
    disk = small_disk(4)
    loa = speaker()
    desk.until(desk.post(SHORT), "done")
    log = wait_until(loa.play_log, "the play log", watch=loa.process)
    (disk.path / log.name).write_bytes(log.read_bytes())
    log.unlink()
    log.symlink_to(disk.path / log.name)
    disk.fill()
    # What is left of the log's own block takes some lines.
    while told_by(hub, loa.name)[0].get("state") != "ill":
        desk.until(desk.post(SHORT), "done")
        assert disk.free == 0 and len(log.read_bytes()) < 4096, "it is full, and nobody has told"
    health, state = becomes(hub, loa, "ill", "idle")
    assert "No space left" in health["ill"]["what"] and "No space left" in state["fault"]
    disk.make_room()
    posted = desk.post(SHORT)
    desk.until(posted, "done")
    _, state = becomes(hub, loa, "well", "idle")
    assert "fault" not in state
    lines = loa.played()
    assert lines[-1]["id"].replace("-", "") == posted.id.hex() and {line["how"] for line in lines} == {"whole"}
    assert {(line["zone"], line["output"]) for line in lines} == {(loa.name, "file")}


def test_a_full_disk_under_the_sound_is_told_to_the_sender_and_the_notice_is_said_when_there_is_room(
        hub, desk, speaker, small_disk):  # noqa: F811
    disk = small_disk(4)
    loa = speaker(folder=str(disk.path / "tiếng"))
    loa.folder = disk.path / "tiếng"
    disk.fill()
    posted = desk.post(TEXT)
    while "chưa phát được" not in desk.until(posted, "received")[1].get("detail", ""):
        pass
    health, state = becomes(hub, loa, "ill", "fault")
    assert health["ill"]["what"].startswith("file: ") and state["fault"].startswith("file: ")
    disk.make_room()
    desk.until(posted, "done")
    assert Heard(loa.wait_for_sound(posted.id)).seconds > 3
    becomes(hub, loa, "well", "idle")


def test_a_line_that_a_power_cut_has_left_half_does_not_spoil_the_next(hub, desk, speaker):  # noqa: F811
    loa = speaker()
    desk.until(desk.post(SHORT), "done")
    log = wait_until(loa.play_log, "the play log", watch=loa.process)
    loa.process.kill()
    with open(log, "a") as half:
        half.write('{"file":"2026')
    loa.start()
    posted = desk.post(SHORT)
    desk.until(posted, "done")
    first, half, last = log.read_text().splitlines()
    assert json.loads(first)["how"] == json.loads(last)["how"] == "whole" and half == '{"file":"2026'
    assert json.loads(last)["id"].replace("-", "") == posted.id.hex()


def test_the_office_reads_in_status_that_it_could_not_be_heard_and_that_it_was_at_last(hub, speaker, small_disk):  # noqa: F811
    disk = small_disk(4)
    loa = speaker(folder=str(disk.path / "tiếng"))
    disk.fill()
    id = json.loads(hub.lienthon("notice", TEXT, "--to", "an-thuong", "--via", "loa", "--json").stdout)["id"]

    def row():
        shown = hub.lienthon("status", id, env=vietnamese()).stdout
        return next((line for line in shown.splitlines() if line.startswith(loa.name)), "")

    wait_until(lambda: "chưa phát được, sẽ phát lại: không phát được qua file" in row(), "why, in status", watch=loa.process)
    disk.make_room()
    wait_until(lambda: "đã phát" in row(), "that it was played", watch=loa.process)
    assert "chưa phát được" not in row()


def test_an_alarm_is_tried_until_it_is_over_and_is_then_not_said_to_be_left_out(desk, speaker, small_disk):  # noqa: F811
    disk = small_disk(4)
    loa = speaker(folder=str(disk.path / "tiếng"))
    disk.fill()
    posted = desk.post({"text": SHORT}, priority=3, expires=part.now_ms() + 12_000)
    _, content, before = desk.until(posted, "failed")
    assert content["detail"] == "chưa lần nào phát được; thôi phát vì đã hết hạn"
    assert loa.process.text().count("No space left") >= 2, "tried again, and each time it is news"
    assert len(before) <= 2, "its sender is not told of each try"


def test_an_alarm_that_breaks_off_when_all_is_clear_is_not_begun_again(desk, speaker, small_disk):  # noqa: F811
    disk = small_disk(4)
    loa = speaker(folder=str(disk.path / "tiếng"), speed=100)
    loa.folder = disk.path / "tiếng"
    fields = {"type": "alert.v1", "topic": "an-thanh-1/an-thuong/canh-bao", "priority": 3}
    flash = desk.post(alert(headline=f"{TEXT} {TEXT}"), **fields)

    def has_words():
        return any(path.stat().st_size > 7 * 2 * RATE for path in loa.folder.glob("*.wav.part"))

    wait_until(has_words, "words of it are heard", watch=loa.process)
    clear = desk.post(alert(all_clear=True), relation=1, re=flash.id, **fields)
    _, _, before = desk.until(clear, "received")
    assert (flash.id, "skipped") not in before, "it is heard to its end"
    disk.fill()
    _, content, before = desk.until(flash, "skipped")
    assert content["detail"] == "không phát: đã báo yên"
    disk.make_room()
    desk.until(clear, "done")
    desk.until(desk.post(SHORT, priority=2), "done")
    assert "whole" not in [line["how"] for line in loa.played() if line["id"].replace("-", "") == flash.id.hex()]


def test_what_mends_does_not_hide_what_has_not(hub, desk, speaker):  # noqa: F811
    loa = speaker(command=["false"])
    desk.until(desk.post(SHORT), "done")
    _, content, _ = desk.until(desk.post(SHORT), "done")
    assert "giọng thay thế" not in content["detail"], "the command rests, and this one is espeak-ng's from the beginning"
    health, _ = becomes(hub, loa, "ill", "idle")
    voice = health["ill"]["what"]
    log = loa.play_log()
    log.unlink()
    log.mkdir()
    desk.until(desk.post(SHORT), "done")
    wait_until(lambda: "played.jsonl" in loa.process.text(), "the log's fault", watch=loa.process)
    log.rmdir()
    desk.until(desk.post(SHORT), "done")
    health, state = becomes(hub, loa, "ill", "idle")
    assert health["ill"]["what"] == voice and state["fault"] == voice and "synthesis command" in voice
    assert [line["how"] for line in loa.played()] == ["whole"]


def test_a_disk_that_fills_in_silence_is_told_before_anything_is_to_be_said(hub, speaker, small_disk):  # noqa: F811
    disk = small_disk(4)
    loa = speaker(folder=str(disk.path / "tiếng"))
    disk.fill(leave=500_000)
    health, state = becomes(hub, loa, "ill", "fault")
    assert "less than 1 MiB is left" in health["ill"]["what"] and "less than 1 MiB" in state["fault"]
    disk.make_room()
    becomes(hub, loa, "well", "idle")
