"""The loudspeaker killed at each step between taking a notice and having it behind itself: each is heard once, or twice around
the kill and then its receipt says so, and never not at all. LT_LONG=1 kills it 240 times."""

import time

import pytest
from harness import LONG, Failed
from loa import Speaker
from test_speaker import SHORT, Desk

from lienthon import part

ROUNDS = 24 if LONG else 1


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


def names(hub, loa, folder):
    return {path.name for path in (hub.dir / "state" / loa.name / f"bridge.{loa.name}" / folder).glob("*") if path.name != "unfinished"}


STEPS = {
    "it is kept": lambda hub, loa, id: names(hub, loa, "kept"),
    "it is begun": lambda hub, loa, id: names(hub, loa, "begun"),
    "it plays": lambda hub, loa, id: loa.is_playing(id),
    "it was heard": lambda hub, loa, id: loa.sound_of(id),
    "it is settled": lambda hub, loa, id: loa.sound_of(id) and not names(hub, loa, "begun"),
}


def kill_when(hub, loa, id, step):
    """At once when the step is reached: the next one must not be."""
    until = time.monotonic() + 20
    while not STEPS[step](hub, loa, id):
        if time.monotonic() > until:
            raise Failed(f"never came to: {step}")
    loa.process.kill()


def heard(loa, id):
    return [path for path in loa.folder.glob(f"*{id.hex()[20:]}*.wav") if ".cut." not in path.name]


@pytest.mark.parametrize("kind", ["at once", "series", "later"] if LONG else ["at once", "series"])
def test_killed_at_every_step_each_is_heard_once_or_twice_and_then_reported(hub, kind):
    desk, loa = Desk(hub), Speaker(hub, "loa.an-thuong.01", speed=400)
    twice = kills = 0
    for _ in range(ROUNDS if kind == "at once" else max(1, ROUNDS // 2)):
        for step in STEPS:
            loa.start()
            due = part.now_ms() + 700
            if kind == "series":
                posted = desk.post({"text": SHORT, "schedule": {"at": due, "missed": "once"}})
            else:
                posted = desk.post(SHORT, **({"deliver_at": due} if kind == "later" else {}))
            kill_when(hub, loa, posted.id, step)
            kills += 1
            loa.start()
            _, content, _ = desk.until(posted, "done")
            times = len(heard(loa, posted.id))
            assert times in (1, 2), (step, times)
            if times == 2:
                twice += 1
                assert "làm lại từ đầu" in content["detail"], (step, content)
            loa.process.kill()
    assert twice <= kills * 2 // 3
