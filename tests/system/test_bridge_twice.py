"""One identity that runs twice, from a copied folder: both are told, and who is left hears again."""

import shutil
from types import SimpleNamespace

import pytest
from bodies import notice
from filedrop import Folder
from harness import BIN, Process, may_subscribe, run, vietnamese, wait_until

TOPIC = "an-thanh-1/an-thuong/thong-bao"
TWICE = "this identity runs twice"
SOON = {"health-every": "1s"}  # and it asks for its subscription again as much sooner


@pytest.fixture
def first(hub, tmp_path):
    made = Folder(hub, "ban-sao", tmp_path / "mot", **SOON).start()
    yield made
    made.process.stop()
    made.file.unlink()


@pytest.fixture
def second(hub, tmp_path, first):
    """The same folder, copied with all that the first one remembers."""
    there = tmp_path / "copied"
    shutil.copytree(hub.dir, there, ignore=lambda path, names: [name for name in names if name in ("hub", "run") or name.endswith(".log")])
    made = Folder(SimpleNamespace(dir=there), "ban-sao", tmp_path / "hai", **SOON)
    yield made
    if made.process and made.process.is_running():
        made.process.stop()


def said_ill(folder):
    return f"taken over target={folder.name}" in folder.process.text()


def doctor(hub, **how):
    return hub.lienthon("doctor", status=None, **how).stdout


def test_both_are_told_and_who_is_left_hears_again(hub, first, second):
    assert TWICE not in doctor(hub)
    second.start()
    wait_until(lambda: said_ill(first), "the first is told", watch=first.process)
    assert TWICE in first.process.text() and "127.0.0.1" in first.process.text()
    wait_until(lambda: said_ill(second), "the first has asked again, and so the second is told", watch=second.process)
    wait_until(lambda: f"bridge.{first.name} is ill: {TWICE}" in doctor(hub), "doctor says so", watch=first.process)
    wait_until(lambda: f"bridge.{first.name}" in doctor(hub, env=vietnamese()) and "đang chạy ở hai nơi" in doctor(hub, env=vietnamese()),
               "in Vietnamese too", watch=first.process)
    second.process.stop()
    hub.office.say(TOPIC, "notice.v1", notice("Nghe lại được."), flags=2)
    first.wait_for(lambda: "Nghe lại được." in [one["body"]["text"] for one in first.received()], "it hears again")
    first.wait_for_log("no other has taken its subscription for long enough")
    wait_until(lambda: TWICE not in doctor(hub), "and is well", watch=first.process)
    told = first.process.text().count("was taken over")
    hub.office.say(TOPIC, "notice.v1", notice("Vẫn nghe."), flags=2)
    first.wait_for(lambda: "Vẫn nghe." in [one["body"]["text"] for one in first.received()], "and goes on")
    assert first.process.text().count("was taken over") == told


def test_a_reload_and_a_kill_are_no_second_one(hub, first):
    run(BIN / "lienthon", "bridge", "reload", first.name, "-C", hub.dir)
    first.process.kill()
    first.start()
    hub.office.say(TOPIC, "notice.v1", notice("Sau khi bị giết."), flags=2)
    first.wait_for(lambda: "Sau khi bị giết." in [one["body"]["text"] for one in first.received()], "the notice")
    assert "was taken over" not in first.process.text()


def test_a_dry_run_beside_it_takes_nothing_over(hub, first):
    beside = Process([BIN / "lienthon-bridge", first.name, "-C", hub.dir, "--dry-run"], hub.dir)
    wait_until(lambda: "dry run, subscribed" in beside.text(), "it looks on", watch=beside)
    hub.office.say(TOPIC, "notice.v1", notice("Có người xem."), flags=2)
    first.wait_for(lambda: "Có người xem." in [one["body"]["text"] for one in first.received()], "the notice")
    beside.stop()
    assert "was taken over" not in first.process.text() + beside.text()


def test_a_reader_whose_durable_is_read_elsewhere_ends_with_the_reason(hub, tmp_path):
    args = [BIN / "lienthon", "sub", "an-thanh-1/#", "--durable", "hai-noi", "-C", hub.dir]

    def is_read():
        return any(row["durable"] == "hai-noi" and row["connected"] for row in asker.query("subscriptions"))

    asker = hub.issue(rights=["query"], subscribe=[may_subscribe("an-thanh-1/#")]).client()
    for env, words in ((None, TWICE + ": a newer connection, from 127.0.0.1,"),
                       (vietnamese(), "danh tính này đang chạy ở hai nơi: một kết nối mới hơn, từ 127.0.0.1,")):
        older = Process(args, tmp_path, env=env)
        wait_until(is_read, "it listens", watch=older)
        newer = Process(args, tmp_path)
        assert older.wait() == 1
        assert words in " ".join(older.text().split())
        newer.kill()
        wait_until(lambda: not is_read(), "that one is gone", watch=hub.hub)
