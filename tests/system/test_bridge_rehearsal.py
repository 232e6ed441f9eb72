"""lienthon-bridge --dry-run: what would be sent where, said and not done."""

import json

import pytest
from bodies import alert, notice
from filedrop import Folder
from harness import BIN, HOUR, Process, may_publish, run, wait_until
from loa import Speaker
from test_speaker import SHORT, Desk

from lienthon import bundle, part

TOPIC = "an-thanh-1/an-thuong/thong-bao"
LIMITS = {"joins": 1000}


@pytest.fixture
def folder(hub, tmp_path):
    made = Folder(hub, "thu-khong", tmp_path / "f")
    yield made
    if made.process and made.process.is_running():
        made.process.stop()


def rehearse(hub, name, *what, status=0, cwd=None):
    message = ["--message", *what] if what else []
    return run(BIN / "lienthon-bridge", name, "-C", hub.dir, "--dry-run", *message, status=status, cwd=cwd)


@pytest.fixture
def rehearsal(hub):
    """A dry run that listens until it is told to stop."""
    running = []

    def start(name):
        running.append(Process([BIN / "lienthon-bridge", name, "-C", hub.dir, "--dry-run"], hub.dir))
        wait_until(lambda: "dry run, subscribed" in running[-1].text(), "its subscription", watch=running[-1])
        return running[-1]

    yield start
    for one in running:
        if one.is_running():
            one.stop()


def test_it_says_what_would_be_written_and_writes_nothing(hub, folder, rehearsal):
    process = rehearsal(folder.name)
    desk = Desk(hub)
    posted = desk.post(notice("Tin thử."))
    wait_until(lambda: "would be given to filedrop" in process.text(), "what would be done", watch=process)
    text = process.text()
    assert f"from {desk.person.name}, target {folder.name}" in text
    assert f"the file {folder.path}/received/" in text and "Tin thử." in text
    process.stop()
    assert not folder.path.exists(), "nothing is made"
    assert not (hub.dir / "data" / f"bridge.{folder.name}").exists()
    assert desk.client.query("status", id=posted.id)["roster"] == [], "no subscription is left behind"
    assert desk.client.query("status", id=posted.id)["receipts"] == []


def test_the_running_bridge_is_not_disturbed(hub, folder, rehearsal):
    folder.start()
    process = rehearsal(folder.name)
    desk = Desk(hub)
    for number in range(3):
        desk.until(desk.post(notice(f"Tin {number}.")), "done")
    wait_until(lambda: process.text().count("would be given") == 3, "three would be given", watch=process)
    assert len(folder.received()) == 3
    process.stop()
    desk.until(desk.post(notice("Tin cuối.")), "done")


def test_it_tells_why_something_would_not_reach_the_bridge(hub, rehearsal):
    loa = Speaker(hub, "loa.an-thuong.80")
    process = rehearsal(loa.name)
    desk = Desk(hub)
    now = part.now_ms()
    desk.post(notice(SHORT), flags=2 | 4)
    desk.post(notice(SHORT, channels=["zalo"]))
    desk.post(notice(SHORT), deliver_at=now + HOUR)
    desk.post(alert(), type="alert.v1", topic="an-thanh-1/an-thuong/canh-bao", expires=now + HOUR)
    desk.post(notice("Họp lúc 17h30."))
    for said in ("would not reach the bridge: skipped, drill", "would not reach the bridge: skipped, not-for-us",
                 "would wait for its hour, until ", "Triều cường dâng cao đêm nay", "mười bảy giờ ba mươi"):
        wait_until(lambda said=said: said in process.text(), said, watch=process)
    process.stop()
    assert not loa.folder.exists() or not loa.sounds(), "nothing is played"


def test_one_message_of_the_hub_by_its_id(hub, folder):
    desk = Desk(hub)
    others = [desk.post(notice(f"Khác {number}.")) for number in range(3)]
    posted = desk.post(notice("Tin này."))
    id = desk_id(posted)
    found = rehearse(hub, folder.name, id)
    assert "would be given to filedrop" in found.stdout and "Tin này." in found.stdout and "Khác" not in found.stdout
    desk.client.say(TOPIC, "notice.v1", {}, re=others[0].id, relation=3)
    again = rehearse(hub, folder.name, desk_id(others[0]), status=None)
    assert "would be given" not in again.stdout


def desk_id(message):
    text = message.id.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def test_an_id_that_the_hub_does_not_have_for_it(hub, folder):
    other = hub.office.say("an-thanh-1/an-lac/thong-bao", "notice.v1", notice())
    assert "has no message" in rehearse(hub, folder.name, desk_id(other), status=1).stderr
    assert "is neither a file nor the id" in rehearse(hub, folder.name, "khong-co", status=1).stderr


def test_one_message_from_a_file_without_any_hub(make_commune, tmp_path):
    commune = make_commune().start()
    folder = Folder(commune, "thu-khong", tmp_path / "f")
    commune.stop()
    draft = tmp_path / "tin.json"
    draft.write_text(json.dumps({"type": "notice.v1", "topic": TOPIC, "body": {"text": "Từ tệp."}}))
    found = rehearse(commune, folder.name, "tin.json", cwd=tmp_path)
    assert f"the file {folder.path}/received/" in found.stdout and "Từ tệp." in found.stdout
    draft.write_text(json.dumps({"type": "notice.v1", "topic": "an-thanh-1/an-lac/thong-bao", "body": {"text": "a"}}))
    assert "It would reach no target" in rehearse(commune, folder.name, draft).stdout
    draft.write_text(json.dumps({"type": "notice.v1", "topic": TOPIC, "body": {"text": 7}}))
    assert "would be refused: body.text" in rehearse(commune, folder.name, draft).stdout
    draft.write_text('{"type": "notice.v1",\n "topik": 1, "body": {}}')
    assert "tin.json:2:2: at /topik" in rehearse(commune, folder.name, draft, status=1).stderr


def test_sealed_messages_from_a_file_are_judged(hub, folder, tmp_path):
    person = hub.issue(publish=[may_publish(TOPIC)])
    good = person.seal(person.part(TOPIC, "notice.v1", notice("Thật.")))
    forger = hub.issue(publish=[may_publish("thu/#")])
    forged = forger.seal(forger.part(TOPIC, "notice.v1", notice("Giả.")))
    path = tmp_path / "tin.ltb"
    path.write_bytes(bundle.write([good, forged]))
    found = rehearse(hub, folder.name, path)
    assert "Thật." in found.stdout and "Giả." not in found.stdout
    assert f"from {forger.name}" in found.stdout and "would be refused" in found.stdout


def test_options_that_do_not_go_together(hub, folder):
    for options in (["--message", "x"], ["--check", "--dry-run"]):
        assert run(BIN / "lienthon-bridge", folder.name, "-C", hub.dir, *options, status=2).stderr


def explain(hub, name, message, *words):
    return run(BIN / "lienthon-bridge", name, "-C", hub.dir, "--explain", message, *words).stdout


def test_why_one_that_was_done_does_not_come_again(hub, folder):
    folder.start()
    posted = Desk(hub).post(notice("Đã chép."))
    folder.wait_for(lambda: "Đã chép." in [one["body"].get("text") for one in folder.received()], "the notice")
    told = wait_until(lambda: "done before" in (said := explain(hub, folder.name, desk_id(posted))) and said, "that it was done")
    assert "would not reach the bridge: done before" in told and "would be given" not in told
    assert "would be given to filedrop" in rehearse(hub, folder.name, desk_id(posted)).stdout, "what it would do all the same"
    copies = [one for one in folder.received() if one["body"].get("text") == "Đã chép."]
    assert len(copies) == 1 and folder.process.is_running()


def test_why_one_would_wait_for_a_far_side_that_rests_and_for_its_rate(hub, tmp_path):
    folder = Folder(hub, "thu-nghi", tmp_path / "nghi", breaker=1, rate="5/s", **{"breaker-rest": "1h"})
    folder.start()
    try:
        (folder.path / "received").rmdir()
        (folder.path / "received").write_text("")
        desk = Desk(hub)
        desk.post(notice("Một."))
        folder.wait_for_log("nothing is tried at thu-nghi for")
        second = desk.post(notice("Hai."))
        said = explain(hub, folder.name, desk_id(second))
        assert "would be given to filedrop" in said and "but nothing is tried there until " in said, said
        assert "at the rate of 5/s: it may have to wait for its turn" in said
        row = json.loads(explain(hub, folder.name, desk_id(second), "--json"))
        assert row["rests_until"] > part.now_ms() and "in a row" in row["rests_why"] and row["rate"] == "5/s"
    finally:
        folder.process.stop()
        folder.file.unlink()
