"""A bridge reads its file again while it runs: a wrong one changes nothing, a right one touches no other bridge."""

import json
import signal
from pathlib import Path

import pytest
from bodies import notice
from filedrop import Folder
from harness import BIN, run, wait_until

TOPIC = "an-thanh-1/an-thuong/thong-bao"


@pytest.fixture
def two(hub, tmp_path):
    made = [Folder(hub, name, tmp_path / name).start() for name in ("mot", "hai")]
    yield made
    for one in made:
        if one.process.is_running():
            one.process.stop()
        one.file.unlink()


def reload(folder, status=0):
    return run(BIN / "lienthon", "bridge", "reload", folder.name, "-C", folder.commune.dir, status=status)


def begun(hub, folder):
    return hub.hub.text().count(f"session begun principal={folder.principal} ")


def test_a_right_file_is_taken_over_and_no_other_bridge_is_touched(hub, two, tmp_path):
    first, second = two
    before, pid = begun(hub, second), first.process.pid
    first.path = tmp_path / "moi"
    first.configure(attempts=7)
    reload(first)
    assert first.process.pid == pid and first.process.is_running()
    hub.office.say(TOPIC, "notice.v1", notice("Sau khi đọc lại."), flags=2)
    for folder in two:
        folder.wait_for(lambda folder=folder: [one["body"]["text"] for one in folder.received()] == ["Sau khi đọc lại."],
                        "the notice")
    assert begun(hub, second) == before, "the other stayed connected"
    shown = run(BIN / "lienthon", "bridge", "show", first.name, "-C", hub.dir).stdout
    assert f"it runs as process {pid}" in shown and "= 7 (bridges/mot.yaml:" in shown


def test_a_wrong_file_is_told_with_its_place_and_it_goes_on_as_it_was(hub, two):
    first, _ = two
    right = first.file.read_text()
    first.file.write_text(right.replace("folder:", "foldr:"))
    said = reload(first, status=1).stderr
    assert f"{first.file}:" in said and "did you mean 'folder'" in said
    first.process.signal(signal.SIGHUP)
    first.wait_for_log("its file is wrong, it goes on as it was why=")
    hub.office.say(TOPIC, "notice.v1", notice("Như cũ."), flags=2)
    first.wait_for(lambda: "Như cũ." in [one["body"]["text"] for one in first.received()], "the notice")
    first.file.write_text(right)
    reload(first)


def test_a_file_by_which_it_cannot_be_opened_is_told_and_it_goes_on_as_it_was(hub, two, tmp_path):
    first, _ = two
    right, pid = first.file.read_text(), first.process.pid
    (tmp_path / "tep").write_text("")
    first.file.write_text(right.replace(str(first.path), str(tmp_path / "tep" / "kho")))
    assert "cannot make" in reload(first, status=1).stderr
    assert first.process.is_running() and first.process.pid == pid
    hub.office.say(TOPIC, "notice.v1", notice("Vẫn như cũ."), flags=2)
    first.wait_for(lambda: "Vẫn như cũ." in [one["body"]["text"] for one in first.received()], "the notice")
    first.file.write_text(right)
    reload(first)


def test_show_says_of_each_option_whether_it_stands_in_the_file(hub, two):
    first, _ = two
    rows = json.loads(run(BIN / "lienthon", "bridge", "show", first.name, "-C", hub.dir, "--json").stdout)["options"]
    lines = first.file.read_text().splitlines()
    given = {one["name"]: int(one["place"].split(":")[1]) for one in rows if one["place"]}
    assert {"bridge", "identity", "options.folder"} == set(given)
    assert all(name.removeprefix("options.") in lines[line - 1] for name, line in given.items())

    (hub.dir / "bridges" / "loa.yaml").write_text("bridge: speaker\noptions:\n  output: file\n  speed: 90\n")
    try:
        rows = json.loads(run(BIN / "lienthon", "bridge", "show", "loa", "-C", hub.dir, "--json").stdout)["options"]
    finally:
        (hub.dir / "bridges" / "loa.yaml").unlink()
    assert {one["name"]: one["place"] for one in rows if one["place"]} == {
        "bridge": "bridges/loa.yaml:1:9", "options.output": "bridges/loa.yaml:3:3", "options.speed": "bridges/loa.yaml:4:3"}


def test_reloads_in_a_row_leave_nothing_open(hub, two):
    first, _ = two
    reload(first)

    def count():
        return len(list(Path(f"/proc/{first.process.pid}/fd").iterdir()))

    wait_until(lambda: first.process.text().count("subscribed target=") == 2, "it is there again", watch=first.process)
    before = count()
    for n in range(5):
        reload(first)
        wait_until(lambda n=n: first.process.text().count("subscribed target=") == 3 + n, "again", watch=first.process)
    assert count() <= before + 1


def test_who_does_not_run_is_told_so(hub, two):
    first, _ = two
    first.process.stop()
    assert "does not run here" in reload(first, status=1).stderr


def test_a_subscription_that_the_hub_refuses_is_told_to_who_asked(hub, two):
    first, _ = two
    right = first.file.read_text()
    first.file.write_text("subscribe: [an-thanh-1/khac/thong-bao]\n" + right)
    said = reload(first, status=1).stderr
    assert "its file is read again, but" in said and "an-thanh-1/khac/thong-bao" in said, said
    first.file.write_text(right)
    reload(first)
    assert "subscribed target=" in first.process.text().rsplit("it begins anew", 1)[1], "told when the subscription stands"


def test_without_its_hub_the_file_is_read_and_that_is_told(hub, two):
    first, _ = two
    hub.stop()
    try:
        assert "the hub has not taken its subscription yet" in reload(first, status=1).stderr
    finally:
        hub.start()
    wait_until(lambda: "subscribed target=" in first.process.text().rsplit("it begins anew", 1)[1], "it is there again", watch=first.process)


def test_what_is_in_hand_over_a_reload_is_neither_lost_nor_done_twice(hub):
    from loa import Speaker
    from test_speaker import LONG, SHORT, Desk
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.77", speed=100)
    loa.start()
    try:
        playing = desk.post(LONG)
        wait_until(lambda: loa.is_playing(playing.id), "it plays", watch=loa.process)
        waiting = [desk.post(SHORT) for _ in range(3)]
        desk.until(waiting[-1], "received")
        loa.configure(speed=1000)
        run(BIN / "lienthon", "bridge", "reload", loa.name, "-C", hub.dir)
        ended = {}
        while set(ended) != {one.id for one in (playing, *waiting)}:
            found = desk.receipt()
            if found.content()["outcome"] == "done":
                assert found.re not in ended, "twice"
                ended[found.re] = found.content()["detail"]
        again = [id for id, detail in ended.items() if "làm lại từ đầu" in detail]
        assert again == [playing.id], "only that was in the middle"
        assert [line["how"] for line in loa.played()] == ["stopped", "whole", "whole", "whole", "whole"]
    finally:
        loa.stop()
        loa.file.unlink()


def test_a_reload_takes_the_commune_s_new_time_zone(hub):
    from datetime import datetime, timezone
    from loa import Speaker
    from test_speaker import SHORT, Desk
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.78")
    identity = hub.dir / "identities" / f"{loa.name}.yaml"
    loa.start()
    try:
        identity.write_text(identity.read_text().replace("Asia/Ho_Chi_Minh", "Etc/GMT+9"))
        run(BIN / "lienthon", "bridge", "reload", loa.name, "-C", hub.dir)
        posted = desk.post(SHORT)
        desk.until(posted, "done")
        [line] = loa.played()
        hour = datetime.fromtimestamp(line["begun"] / 1000 - 9 * 3600, timezone.utc)
        assert loa.sound_of(posted.id).name.startswith(f"{hour:%Y%m%d-%H%M%S}"), loa.sound_of(posted.id)
    finally:
        loa.stop()
        loa.file.unlink()
