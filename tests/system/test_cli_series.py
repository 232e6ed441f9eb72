"""`lienthon notice --every`: what an officer says of days is what the loudspeaker keeps to, and the officer sees it before."""

import datetime
import json

import pytest
import yaml
from harness import BIN, run, vietnamese, wait_until
from loa import Speaker
from test_speaker import SHORT
from test_speaker_clock import DAY, HOUR, MINUTE, Clock, run_beside
from test_speaker_programme import TZ, clock
from test_speaker_sound import wav_of


from lienthon import part


def local(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, TZ)


def again(hub, *words, text=SHORT, **options):
    return hub.lienthon("notice", text, "--to", "an-thuong", "--via", "loa", "--no-chime", *words, **options)


def told(hub, *words, **options):
    return json.loads(again(hub, *words, "--json", **options).stdout)


def body_of(hub, id):
    return json.loads(hub.lienthon("status", id, "--json").stdout)["message"]["body"]


def count(hub):
    return len(hub.lienthon("history", "--json").stdout.splitlines())


def loudspeaker(hub, wall):
    loa = Speaker(hub, "loa.an-thuong.01", programme=True)
    run_beside(loa, wall)
    loa.wait_for_log("subscribed target=")
    return loa


@pytest.fixture
def office(make_commune, tmp_path):
    """A commune, a loudspeaker with a clock of its own, and who reads the office's receipts."""
    hub = make_commune().start()
    wall = Clock(tmp_path)
    loa = loudspeaker(hub, wall)
    yield hub, loa, wall
    if loa.process.is_running():
        loa.process.kill()


def detail(hub, id):
    rows = json.loads(hub.lienthon("status", id, "--json").stdout)["roster"]
    return next((row["detail"] or "" for row in rows if row["principal"] == "loa.an-thuong.01"), "")


def waits(hub, id, loa):
    """What the loudspeaker says that it waits for."""
    return wait_until(lambda: "chờ" in detail(hub, id) and detail(hub, id), "the loudspeaker's word", watch=loa.process)


def said(loa, id):
    return [line["id"] for line in loa.played() if line["how"] == "whole"].count(id)


def test_each_day_at_its_hour_is_kept_by_the_loudspeaker_and_said_without_the_hub(office):
    hub, loa, wall = office
    begin = part.now_ms() // MINUTE * MINUTE + 2 * HOUR
    found = told(hub, "--every", "hằng ngày", "--at", clock(begin))
    assert [one["at"] for one in found["next"]] == [begin, begin + DAY, begin + 2 * DAY]
    assert f"{clock(begin)} ngày {local(begin):%d/%m/%Y}" in waits(hub, found["id"], loa)
    hub.kill()
    for times in (1, 2):
        wall.set(begin - part.now_ms() + (times - 1) * DAY + MINUTE)
        wait_until(lambda: said(loa, found["id"]) == times, "it is said", watch=loa.process)
    assert len(loa.sounds()) == 2


@pytest.mark.parametrize("words, schedule", [
    (["--every", "thứ hai, chu-nhat", "--at", "5h30"], {"repeat": {"every": "week", "weekdays": [1, 7], "times": ["05:30"]}}),
    (["--every", "ngay-5,cuoi-thang", "--at", "17:00,5h"], {"repeat": {"every": "month", "month_days": [5, -1], "times": ["17:00", "05:00"]}}),
    (["--every", "rằm, mồng một", "--at", "chiều"], {"calendar": "lunar", "programme": "chieu", "repeat": {"every": "month", "month_days": [1, 15]}}),
    (["--every", "mong-1", "--at", "17:00"], {"calendar": "lunar", "repeat": {"every": "month", "month_days": [1], "times": ["17:00"]}}),
], ids=["week", "month", "lunar-programme", "lunar-hour"])
def test_the_loudspeaker_means_the_same_time(office, words, schedule):
    hub, loa, _ = office
    found = told(hub, *words)
    body = body_of(hub, found["id"])
    assert abs(body["schedule"].pop("until") - part.now_ms() - 365 * DAY) < HOUR
    assert body["schedule"] == schedule
    first = found["next"][0]
    assert first["day"] == f"{local(first['at']):%Y-%m-%d}" and len(found["next"]) == 3
    assert f"{clock(first['at'])} ngày {local(first['at']):%d/%m/%Y}" in waits(hub, found["id"], loa)
    if "calendar" in schedule:
        assert {int(one["lunar"].split("/")[0]) for one in found["next"]} == set(schedule["repeat"]["month_days"])


def test_without_an_hour_it_is_of_the_programme_that_comes_next(hub):
    now = local(part.now_ms())
    found = told(hub, "--every", "ngay")
    name, hour = ("chieu", 17) if 5 <= now.hour < 17 else ("sang", 5)
    assert body_of(hub, found["id"])["schedule"]["programme"] == name or now.minute == 59
    assert local(found["next"][0]["at"]).hour == hour or now.minute == 59


def test_people_see_what_was_understood_in_their_language_and_in_status(make_commune):
    hub = make_commune().start()
    tet = datetime.datetime(local(part.now_ms()).year + 1, 12, 31)
    found = again(hub, "--every", "mồng một, rằm", "--at", "17:00", "--until", f"{tet:%d/%m/%Y}", env=vietnamese())
    lines = found.stderr.splitlines()
    assert lines[0] == f"mỗi tháng âm lịch vào ngày 1, 15, lúc 17:00, đến hết {tet:%d/%m/%Y}"
    assert lines[1] == "các lần tới:" and len(lines) == 5
    assert all(" 17:00 (âm lịch 1" in line for line in lines[2:])
    id = found.stdout.strip()
    shown = hub.lienthon("status", id, env=vietnamese()).stdout
    assert all(line in shown for line in lines)
    assert "each lunar month on day 1, 15, at 17:00, until" in hub.lienthon("status", id).stdout
    hub.lienthon("cancel", id)
    shown = hub.lienthon("status", id, env=vietnamese()).stdout
    assert "các lần tới" not in shown and SHORT in shown, "what is taken back is not promised"
    assert "next" not in json.loads(hub.lienthon("status", id, "--json").stdout)


def test_it_ends_with_its_last_day(hub):
    day = local(part.now_ms() + DAY)
    until = day.replace(hour=0, minute=0, second=0, microsecond=0) + datetime.timedelta(days=1)
    found = told(hub, "--every", "ngay", "--at", "12:00", "--until", f"{day:%d/%m}")
    assert 1 <= len(found["next"]) <= 2 and local(found["next"][-1]["at"]).date() == day.date()
    message = json.loads(hub.lienthon("status", found["id"], "--json").stdout)["message"]
    assert message["body"]["schedule"]["until"] == until.timestamp() * 1000
    assert message["expires"] == until.timestamp() * 1000 + DAY, "whoever was away at its end may still make up for it"
    assert message["deliver_at"] == 0
    found = told(hub, "--every", "ngay", "--at", "12:00", "--expires", "36h")
    assert len(found["next"]) in (1, 2)


def test_a_first_time_may_be_given(hub):
    first = local(part.now_ms() + 40 * DAY)
    found = told(hub, "--every", "ngay", "--at", f"{first:%d/%m/%Y} 5h30")
    at = local(found["next"][0]["at"])
    assert (at.date(), at.hour, at.minute) == (first.date(), 5, 30)


def test_a_replacement_goes_on_as_long(hub):
    found = told(hub, "--every", "ngay", "--at", "12:00")
    second = hub.lienthon("replace", found["id"], "Tin khác.").stdout.strip()
    messages = [json.loads(hub.lienthon("status", id, "--json").stdout) for id in (found["id"], second)]
    assert messages[1]["message"]["expires"] == messages[0]["message"]["expires"]
    assert messages[1]["message"]["body"]["schedule"] == messages[0]["message"]["body"]["schedule"]
    assert "next" in messages[1] and "next" not in messages[0]


@pytest.mark.parametrize("words, said", [
    (["--every", "thu-nahm"], "did you mean thu-nam?"),
    (["--every", "thu-hai,ram"], "of one kind only"),
    (["--every", "ngay", "--at", "25:00"], "with --every an hour is allowed"),
    (["--every", "ngay", "--at", "chieuu"], "did you mean chieu?"),
    (["--every", "ngay", "--at", "trưa nay"], "or a programme: sang, chieu"),
    (["--every", "ngay", "--at", "1/1/2020 17:00"], "is over already"),
    (["--every", "ngay", "--until", "1/1/2020"], "is over already"),
    (["--every", "ngay", "--until", "30/2"], "a day is allowed"),
    (["--every", "ngay", "--until", "hôm nào"], "a day is allowed"),
    (["--every", "ngay", "--urgency", "hoa-toc"], "until it is cancelled"),
    (["--every", "ngay", "--at", ",".join(f"{i // 60:02}:{i % 60:02}" for i in range(25))], "with --every an hour is allowed"),
    (["--until", "31/12"], "--until goes with --every"),
    (["--every", "ngay", "--at", "1/1/2099 17:00", "--until", "1/12/2098"], "never be said"),
])
def test_what_cannot_be_is_told_with_what_can(hub, words, said):
    before = count(hub)
    assert said in again(hub, *words, status=2).stderr
    assert count(hub) == before


def test_the_commune_s_programmes_count(make_commune):
    """By hamlet, and by the days on which they are on the air."""
    hub = make_commune()
    config = hub.config
    config["loudspeakers"] = {"programmes": {"sang": "05:00, 30m, days 7", "chieu": "17:00, 30m", "an-lac/sang": "05:30, 20m",
                                             "an-hoa/chieu": "none"}}
    (hub.dir / "commune.yaml").write_text(yaml.safe_dump(config, allow_unicode=True))
    hub.start()
    assert {local(one["at"]).isoweekday() for one in told(hub, "--every", "ngay", "--at", "sang")["next"]} == {7}
    assert "never be said" in again(hub, "--every", "thu-hai", "--at", "sang", status=2).stderr
    found = json.loads(hub.lienthon("notice", SHORT, "--to", "an-lac", "--every", "thu-hai", "--at", "sang", "--json").stdout)
    assert {clock(one["at"]) for one in found["next"]} == {"05:30"}
    found = hub.lienthon("notice", SHORT, "--to", "tat-ca", "--every", "ngay", "--at", "chieu")
    assert "an-hoa has no programme 'chieu'" in found.stderr and "an-lac has" not in found.stderr


def test_a_recording_may_be_a_series(hub, tmp_path):
    (tmp_path / "thu.wav").write_bytes(wav_of([5000, -5000] * 20_000, "h"))
    found = told(hub, "--every", "chủ nhật", "--at", "17:00", "--recording", tmp_path / "thu.wav")
    assert found["recording"]["media"] == "audio/wav" and len(found["next"]) == 3


@pytest.mark.parametrize("repeat", [{"every": "month", "interval": 2, "month_days": [5]}, {"every": "day", "weekdays": [1]}, {"every": "week"}])
def test_what_another_program_has_made_is_shown_by_its_times_alone(hub, repeat):
    body = {"text": SHORT, "schedule": {"repeat": {"times": ["17:00"], **repeat}}}
    id = hub.lienthon("pub", "an-thanh-1/an-thuong/thong-bao", "notice.v1", input=json.dumps(body)).stdout.strip()
    shown = hub.lienthon("status", id).stdout
    assert shown.count(" 17:00 (lunar ") == 3 and "next times:\n" in shown and "each" not in shown


def test_where_the_commune_s_hours_are_not_known_that_is_said(hub, tmp_path):
    """On an officer's own computer there is no commune.yaml."""
    made = hub.lienthon("invite", "to-so.xa", "--role", "hamlet-team", "--hamlet", "an-thuong", "--json")
    run(BIN / "lienthon", "join", "-", "-C", tmp_path, input=json.loads(made.stdout)["code"])
    words = (BIN / "lienthon", "-C", tmp_path, "notice", SHORT, "--to", "an-thuong", "--every", "ngay", "--at")
    assert "usual hours" in run(*words, "sang").stderr
    assert "usual hours" not in run(*words, "17:00").stderr
