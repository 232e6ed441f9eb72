"""The loudspeaker without its hub: what it has heard of is said on time from its own disk, and reported afterwards."""

import json

import pytest
from harness import BIN, Process, vietnamese, wait_until
from loa import Speaker
from test_speaker import LONG, SHORT, Desk

from lienthon import part


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


def start_alone(loa):
    """Without waiting for a subscription that cannot come."""
    loa.process = Process([BIN / "lienthon-bridge", loa.name, "-C", loa.commune.dir], loa.commune.dir)


def back(hub, desk):
    """The hub is there again; all receipts from the beginning."""
    hub.start()
    desk.client = desk.person.client()
    desk.client.subscribe("$lt/receipts/" + desk.person.name.replace(".", "/"), sid="receipts", from_="all")


def test_what_is_for_later_is_acknowledged_and_said_on_time_without_the_hub(hub):
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.01").start()
    due = part.now_ms() + 4000
    posted = desk.post(SHORT, deliver_at=due)
    received, content, _ = desk.until(posted, "received")
    assert "đã giữ tại thiết bị, chờ đến" in content["detail"]
    hub.kill()
    assert not loa.sounds()
    path = loa.wait_for_sound(posted.id)
    assert part.now_ms() >= due
    back(hub, desk)
    _, content, _ = desk.until(posted, "done")
    assert "làm lại" not in content["detail"]
    assert loa.sounds() == [path], "once"
    loa.stop()


def test_power_lost_with_hub_and_speaker_it_is_said_once_on_time(hub):
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.01").start()
    posted = desk.post(SHORT, deliver_at=part.now_ms() + 3000)
    gone = desk.post(SHORT, deliver_at=part.now_ms() + 3000)
    desk.until(gone, "received")
    desk.post({}, relation=3, re=gone.id)
    desk.until(gone, "skipped")
    loa.process.kill()
    hub.kill()
    start_alone(loa)
    loa.wait_for_sound(posted.id)
    wait_until(lambda: not list(loa.folder.glob("*.part")), "silence", watch=loa.process)
    back(hub, desk)
    desk.until(posted, "done")
    assert len(loa.sounds()) == 1, "what was cancelled before is not said"
    loa.stop()


def test_what_was_being_said_is_said_after_the_power_cut_with_no_hub(hub):
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.01", speed=100).start()
    before, cut = desk.post(SHORT), desk.post(LONG, priority=2)
    wait_until(lambda: loa.is_playing(cut.id), "it plays", watch=loa.process)
    loa.process.kill()
    hub.kill()
    loa.configure(speed=1000)
    start_alone(loa)
    loa.wait_for_sound(cut.id)
    loa.wait_for_sound(before.id)
    back(hub, desk)
    _, content, _ = desk.until(cut, "done")
    assert "làm lại từ đầu" in content["detail"]
    assert len(loa.sounds()) == 2
    loa.stop()


def test_a_right_taken_back_while_it_waits_leaves_it_unsaid(hub):
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.01").start()
    posted = desk.post(SHORT, deliver_at=part.now_ms() + 3000)
    desk.until(posted, "received")
    hub.revoke(desk.person)
    refused = ("what waited is not obeyed any more", "a message is not obeyed")
    wait_until(lambda: any(text in loa.process.text() for text in refused), "a refusal in the log", watch=loa.process)
    wait_until(lambda: not list((hub.dir / "state").rglob("kept/*")), "nothing is kept of it", watch=loa.process)
    assert not loa.sounds()
    loa.stop()


def test_its_sender_sees_who_has_not_heard_of_a_cancellation(hub):
    loas = [Speaker(hub, f"loa.an-thuong.0{n}").start() for n in (1, 4)]
    posted = json.loads(hub.lienthon("notice", SHORT, "--to", "an-thuong", "--via", "loa", "--at", "+1h", "--json").stdout)["id"]

    def rows():
        found = json.loads(hub.lienthon("status", posted, "--json").stdout)["roster"]
        return {row["principal"]: row for row in found if row["outcome"] == "received"}

    wait_until(lambda: len(rows()) == 2, "both keep it")
    assert not any("unaware" in row for row in rows().values())
    loas[1].process.kill()
    told = hub.lienthon("cancel", posted, env=vietnamese())
    assert [line for line in told.stderr.splitlines() if "loa.an-thuong.04 chưa biết" in line], told.stderr
    wait_until(lambda: rows().keys() == {"loa.an-thuong.04"}, "the first has let it go")
    assert rows()["loa.an-thuong.04"]["unaware"] is True
    shown = hub.lienthon("status", posted, env=vietnamese()).stdout
    assert [line for line in shown.splitlines() if line.startswith("loa.an-thuong.04") and "chưa biết" in line], shown
    loas[1].start()
    wait_until(lambda: not rows(), "it knows")
    assert not loas[1].sounds()
    for loa in loas:
        loa.stop()


def test_who_replaces_a_notice_is_told_at_once_who_has_kept_the_old_one(hub):
    loas = [Speaker(hub, f"loa.an-thuong.0{n}").start() for n in (1, 4)]
    posted = json.loads(hub.lienthon("notice", SHORT, "--to", "an-thuong", "--via", "loa", "--at", "+1h", "--json").stdout)["id"]

    def kept():
        found = json.loads(hub.lienthon("status", posted, "--json").stdout)["roster"]
        return len([row for row in found if row["outcome"] == "received"])

    wait_until(lambda: kept() == 2, "both keep it")
    loas[1].process.kill()
    told = json.loads(hub.lienthon("replace", posted, "Họp lúc 20 giờ.", "--json").stdout)
    assert told["confirmed"] and told["unaware"] == [{"principal": "loa.an-thuong.04", "target": "loa.an-thuong.04"}]
    loas[1].start()
    wait_until(lambda: kept() == 0, "it knows")
    told = json.loads(hub.lienthon("cancel", told["id"], "--json").stdout)
    assert told["unaware"] == []
    for loa in loas:
        loa.stop()
