"""A loudspeaker whose clock jumps over the programme in both directions, and over midnight: each notice is said once, and none
is lost. The hub's clock is right, or the hub away."""

import datetime

import pytest
from harness import BIN, PEERS, Process, environment, wait_until
from loa import Speaker, uuid
from test_speaker import SHORT, Desk
from test_speaker_programme import TZ, clock, tell_hours

from lienthon import part

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


class Clock:
    """Of the loudspeaker (tests/peers/shifted_bridge.c)."""

    def __init__(self, folder):
        self.file = folder / "clock"
        self.env = environment(LT_CLOCK=str(self.file), TZ="UTC", LT_BRIDGES=str(BIN.parent / "lib" / "lienthon" / "bridges"))
        self.set(0)

    def set(self, ms):
        beside = self.file.with_suffix(".new")
        beside.write_text(str(ms))
        beside.rename(self.file)


def run_beside(loa, wall):
    loa.process = Process([PEERS / "shifted_bridge", loa.name, "-C", loa.commune.dir], loa.commune.dir, env=wall.env)


@pytest.fixture
def hub(make_commune):
    return make_commune().start()


@pytest.fixture
def wall(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def start(hub, wall):
    made = []

    def run(begin, **area):
        desk = Desk(hub)
        tell_hours(desk, begin, **area)
        loa = Speaker(hub, "loa.an-thuong.01", programme=True)
        made.append(loa)
        run_beside(loa, wall)
        loa.wait_for_log("hours told")
        return desk, loa

    yield run
    for loa in made:
        if loa.process and loa.process.is_running():
            loa.process.kill()


@pytest.fixture
def desk_of_programme(start, wall):
    begin = part.now_ms() // MINUTE * MINUTE + 2 * HOUR
    desk, loa = start(begin)
    return desk, loa, wall, begin


def said(loa, *posted):
    """How often each was said to its end."""
    lines = [line["id"] for line in loa.played() if line["how"] == "whole"]
    return [lines.count(uuid(one.id)) for one in posted]


def waits_for(desk, posted, text):
    while text not in (content := desk.until(posted, "received")[1]).get("detail", ""):
        pass
    return content["detail"]


def test_a_jump_forward_over_the_programme_and_back_says_each_once(hub, desk_of_programme):
    desk, loa, wall, begin = desk_of_programme
    first, second = desk.post(SHORT), desk.post(SHORT)
    for one in (first, second):
        waits_for(desk, one, f"chờ chương trình {clock(begin)} ngày ")
    assert said(loa, first, second) == [0, 0]
    wall.set(begin - part.now_ms() + MINUTE)
    for one in (first, second):
        desk.until(one, "done")
    wall.set(0)  # the programme is ahead once more
    third = desk.post(SHORT)
    waits_for(desk, third, f"chờ chương trình {clock(begin)} ngày ")
    assert said(loa, first, second, third) == [1, 1, 0]
    wall.set(begin - part.now_ms() + 2 * MINUTE)
    desk.until(third, "done")
    assert said(loa, first, second, third) == [1, 1, 1]


def test_a_jump_over_the_whole_programme_leaves_it_to_the_next_and_loses_nothing(hub, desk_of_programme):
    desk, loa, wall, begin = desk_of_programme
    posted = desk.post(SHORT)
    day = datetime.datetime.fromtimestamp(begin / 1000, TZ)
    waits_for(desk, posted, f"chờ chương trình {clock(begin)} ngày {day:%d/%m/%Y}")
    wall.set(begin - part.now_ms() + 40 * MINUTE)
    waits_for(desk, posted, f"chờ chương trình {clock(begin)} ngày {day + datetime.timedelta(days=1):%d/%m/%Y}")
    assert said(loa, posted) == [0]
    wall.set(begin - part.now_ms() + DAY + MINUTE)
    desk.until(posted, "done")
    assert said(loa, posted) == [1]


def test_what_a_jump_has_passed_by_is_left_out_and_not_said_too_late(hub, desk_of_programme):
    desk, loa, wall, begin = desk_of_programme
    due = datetime.datetime.fromtimestamp(begin / 1000, TZ)
    daily = desk.post({"text": SHORT, "speech": {"chime": False},
                       "schedule": {"repeat": {"every": "day", "times": [f"{due:%H:%M}"]}}}, flags=2)
    waits_for(desk, daily, f"chờ đến {clock(begin)} ngày {due:%d/%m/%Y}")
    wall.set(begin - part.now_ms() + 3 * HOUR)  # as after a sleep: whether it is right is not known at once
    beside = desk.post(SHORT, priority=2)
    desk.until(beside, "done")
    while "đã lỡ 1 lần" not in desk.receipt(timeout=60).content().get("detail", ""):
        pass
    waits_for(desk, daily, f"chờ đến {clock(begin)} ngày {due + datetime.timedelta(days=1):%d/%m/%Y}")
    assert said(loa, daily, beside) == [0, 1]


def test_without_its_hub_a_clock_that_goes_back_says_nothing_twice(hub, start, wall):
    begin = part.now_ms() // MINUTE * MINUTE + 2 * HOUR
    desk, loa = start(begin)
    daily = desk.post({"text": SHORT, "speech": {"chime": False},
                       "schedule": {"programme": "sang", "repeat": {"every": "day"}}}, flags=2)
    once = desk.post(SHORT)
    for one in (daily, once):
        desk.until(one, "received")
    hub.kill()
    wall.set(begin - part.now_ms() + MINUTE)
    wait_until(lambda: said(loa, daily, once) == [1, 1], "both are said", watch=loa.process)
    wall.set(begin - part.now_ms() - 10 * MINUTE)
    loa.stop()  # with the clock that is behind what it has said
    run_beside(loa, wall)
    wall.set(begin - part.now_ms() + 2 * MINUTE)
    wall.set(begin - part.now_ms() + DAY + MINUTE)
    wait_until(lambda: said(loa, daily)[0] == 2, "the next day's", watch=loa.process)
    assert said(loa, daily, once) == [2, 1]


def test_an_alarm_is_said_again_though_the_clock_was_put_back(hub, start, wall):
    desk, loa = start(part.now_ms() // MINUTE * MINUTE + 2 * HOUR, repeat_minutes=10)
    wall.set(3 * HOUR)  # a clock that was wrong till now
    flash = desk.post(SHORT, priority=3, expires=part.now_ms() + DAY)
    due = waits_for(desk, flash, "; chờ đến ")
    wall.set(0)
    while waits_for(desk, flash, "; chờ đến ") == due:
        pass
    wall.set(11 * MINUTE)
    wait_until(lambda: said(loa, flash) == [2], "it is said again", watch=loa.process)


def test_a_series_that_comes_just_behind_a_jump_keeps_its_own_hour(hub, start, wall):
    """For half a minute nothing is ended by such a clock; nor is it begun without a look at its schedule."""
    begin = part.now_ms() // MINUTE * MINUTE + 2 * HOUR
    desk, loa = start(begin)
    before = desk.post(SHORT)
    waits_for(desk, before, "chờ chương trình")
    wall.set(begin - part.now_ms() + MINUTE)
    desk.until(before, "done")
    at = clock(begin + 3 * HOUR)
    daily = desk.post({"text": SHORT, "speech": {"chime": False}, "schedule": {"repeat": {"every": "day", "times": [at]}}},
                      flags=2, created=part.now_ms() - MINUTE)
    flash = desk.post(SHORT, priority=2)  # behind it: the daily one is there
    desk.until(flash, "done")
    assert said(loa, before, daily, flash) == [1, 0, 1]


def test_a_series_waits_for_the_programme_that_it_names(hub, start, wall):
    begin = part.now_ms() // MINUTE * MINUTE + 2 * HOUR
    desk, loa = start(begin)
    daily = desk.post({"text": SHORT, "speech": {"chime": False},
                       "schedule": {"programme": "trua", "repeat": {"every": "day"}}}, flags=2)
    waits_for(desk, daily, "chưa phát: ở đây không có chương trình trua")
    tell_hours(desk, begin, programmes=[{"name": "trua", "at": clock(begin), "minutes": 30}])
    waits_for(desk, daily, f"chờ chương trình {clock(begin)} ngày ")
    wall.set(begin - part.now_ms() + MINUTE)
    desk.until(daily, "done")
    assert said(loa, daily) == [1]


def test_over_midnight_each_day_has_its_own(hub, start, wall):
    today = datetime.datetime.fromtimestamp(part.now_ms() / 1000, TZ).replace(hour=0, minute=0, second=0, microsecond=0)
    midnight = int((today + datetime.timedelta(days=1)).timestamp() * 1000)
    desk, loa = start(midnight - 10 * MINUTE, minutes=5, day={"from": "00:00", "to": "23:59"}, programmes=[
        {"name": "khuya", "at": "23:50", "minutes": 5}, {"name": "som", "at": "00:05", "minutes": 10}])
    late = desk.post(SHORT)
    desk.until(late, "received")
    wall.set(midnight - 9 * MINUTE - part.now_ms())
    desk.until(late, "done")
    early = desk.post(SHORT, created=part.now_ms())
    wall.set(midnight - 3 * MINUTE - part.now_ms())
    waits_for(desk, early, f"chờ chương trình 00:05 ngày {today + datetime.timedelta(days=1):%d/%m/%Y}")
    wall.set(midnight + 6 * MINUTE - part.now_ms())
    desk.until(early, "done")
    wall.set(midnight - MINUTE - part.now_ms())
    wall.set(midnight + 7 * MINUTE - part.now_ms())
    after = desk.post(SHORT)
    desk.until(after, "done")
    assert said(loa, late, early, after) == [1, 1, 1]
