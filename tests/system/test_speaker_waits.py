"""What ends while it waits: it expires before its programme, or behind an alarm, or is cancelled while its speech is being made."""

import pytest
from harness import wait_until
from loa import Speaker, uuid
from test_speaker import LONG, SHORT, TEXT, Desk
from test_speaker_programme import MINUTE, clock, tell_hours

from lienthon import part


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


def test_what_expires_while_it_waits_for_its_programme_is_not_said(hub):
    desk = Desk(hub)
    begin = part.now_ms() // MINUTE * MINUTE + 60 * MINUTE
    tell_hours(desk, begin)
    loa = Speaker(hub, "loa.an-thuong.01", programme=True).start()
    loa.wait_for_log("hours told")
    posted = desk.post(SHORT, expires=part.now_ms() + 3000)
    _, content, _ = desk.until(posted, "received")
    assert content["detail"].startswith(f"chờ chương trình {clock(begin)} ")
    _, content, _ = desk.until(posted, "skipped")
    assert content["detail"] == "expired" and not loa.sounds()
    loa.stop()


def test_what_expires_behind_an_alarm_is_not_gone_on_with(hub):
    desk = Desk(hub)
    loa = Speaker(hub, "loa.an-thuong.01", speed=100).start()
    routine = desk.post(LONG, expires=part.now_ms() + 4000)
    wait_until(lambda: loa.is_playing(routine.id), "it plays", watch=loa.process)
    flash = desk.post(TEXT, priority=3)
    ended = {}
    while set(ended) != {routine.id, flash.id}:
        found = desk.receipt()
        if found.content()["outcome"] in ("done", "skipped"):
            ended[found.re] = found.content()
    assert (ended[flash.id]["outcome"], ended[routine.id]["outcome"]) == ("done", "skipped")
    assert ended[routine.id]["detail"] == "expired"
    assert [(line["id"], line["how"]) for line in loa.played()] == [(uuid(routine.id), "interrupted"), (uuid(flash.id), "whole")]
    loa.stop()


def test_one_that_is_cancelled_while_its_speech_is_made_is_not_heard_and_not_spoken_of(hub, tmp_path):
    desk, hold, begun = Desk(hub), tmp_path / "hold", tmp_path / "begun"
    command = f"touch {begun}; while [ -e {hold} ]; do sleep 0.02; done; exec espeak-ng -v vi --stdin --stdout"
    loa = Speaker(hub, "loa.an-thuong.01", command=["sh", "-c", command]).start()
    for relation in (3, 2):  # cancelled, and replaced
        hold.touch()
        begun.unlink(missing_ok=True)
        posted = desk.post(SHORT)
        wait_until(begun.exists, "its speech is being made", watch=loa.process)
        after = desk.post({} if relation == 3 else SHORT, relation=relation, re=posted.id)
        desk.until(posted, "skipped")
        hold.unlink()
        if relation == 2:
            desk.until(after, "done")
    desk.until(desk.post(SHORT), "done")
    assert len(loa.sounds()) == 2 and len([line for line in loa.played() if line["id"]]) == 2, "what replaced it, and the last"
    assert not loa.own_words(), "nobody has heard a word of it"
    loa.stop()
