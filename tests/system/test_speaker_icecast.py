"""The loudspeaker as the source of an Icecast server, whose stream is pulled and decoded: what is heard, by whom, and what the
receipts say when the server or the listeners are away."""

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from bodies import notice
from harness import BIN, run, wait_until
from icecast import PASSWORD, Icecast
from loa import RATE, Heard
from test_speaker import SHORT, TEXT, desk, speaker  # noqa: F401
from test_speaker_card import becomes
from test_speaker_sound import find

pytestmark = pytest.mark.slow

MIDDLE = TEXT + " " + SHORT


@pytest.fixture
def server(tmp_path):
    tmp_path.chmod(0o755)
    made = Icecast(tmp_path)
    yield made
    made.end()


@pytest.fixture
def loa(hub, speaker, server):  # noqa: F811
    """A loudspeaker that streams to the server, and writes what it says into files."""
    def make(output="icecast:/thuong.mp3 file", password=PASSWORD, **options):
        secret = hub.dir / "mat-khau-icecast"
        secret.write_text(password + "\n")
        secret.chmod(0o600)
        return speaker(output=output, icecast=server.url, icecast_password=f"file:{secret}", speed=100, **options)
    return make


def test_who_pulls_the_stream_hears_the_announcement_from_its_chime_to_its_end(server, loa, desk):  # noqa: F811
    server.start()
    made = loa()
    server.wait_for_source()
    puller = server.pull()
    posted = desk.post({"text": SHORT})
    desk.until(posted, "done")
    said = Heard(made.wait_for_sound(posted.id))
    puller.wait_for(puller.seconds() + 1.5)
    heard = puller.samples()
    at, alike = find(said.samples, heard)
    assert alike > 0.85, "the chime, the words and their pauses, all in their time"
    assert max(map(abs, heard[:int(max(at - 0.1, 0) * RATE)]), default=0) < 200, "silence before"
    assert max(map(abs, heard[int((at + said.seconds + 0.2) * RATE):]), default=0) < 200, "silence behind"
    loud = sum(s * s for s in heard[int(at * RATE):int((at + said.seconds) * RATE)])
    assert 0.7 < loud / sum(s * s for s in said.samples) < 1.3, "as loud as it was made"


def test_what_nobody_pulls_is_not_said_to_be_done(server, loa, desk):  # noqa: F811
    server.start()
    loa()
    server.wait_for_source()
    _, content, _ = desk.until(desk.post(SHORT), "failed")
    assert "không ai nghe luồng /thuong.mp3" in content["detail"]
    server.pull()
    desk.until(desk.post(SHORT), "done")


def test_what_nobody_pulled_is_not_said_again_by_itself_but_when_a_person_says_so(hub, server, loa, desk):  # noqa: F811
    server.start()
    made = loa()
    server.wait_for_source()
    posted = desk.post(SHORT)
    desk.until(posted, "failed")
    health, state = becomes(hub, made, "ill", "fault")
    assert "không ai nghe luồng" in health["ill"]["what"] and "không ai nghe luồng" in state["fault"]
    [line] = made.played()
    assert line["how"] == "not-heard" and "không ai nghe luồng" in line["why"]
    server.pull()
    later = desk.post(SHORT)
    _, _, before = desk.until(later, "done")
    assert posted.id not in [of for of, _ in before]
    becomes(hub, made, "well", "idle")
    assert [line["how"] for line in made.played()] == ["not-heard", "whole"]
    hub.lienthon("dead", "again", made.name, made.name)
    desk.until(posted, "done")


def test_what_rests_while_the_server_is_away_is_said_when_somebody_pulls_the_stream_again(server, loa, desk):  # noqa: F811
    made = loa(output="icecast:/thuong.mp3", settings={"breaker": 1, "breaker-rest": "10m"})
    posted = desk.post(SHORT, priority=2)
    made.wait_for_log("nothing is tried at")
    server.start()
    server.wait_for_source()
    server.pull()
    desk.until(posted, "done")
    assert [line["how"] for line in made.played()].count("whole") == 1


def test_an_alarm_takes_the_listeners_over_and_gives_them_back(server, loa, desk):  # noqa: F811
    server.start()
    made = loa(icecast_urgent="/khan.mp3")
    server.wait_for_source()
    puller = server.pull("/khan.mp3")  # of a mount without a source: what it falls back to is heard
    routine = desk.post(MIDDLE)
    wait_until(lambda: max(map(abs, puller.samples())) > 1000, "it is heard", watch=made.process)
    puller.wait_for(puller.seconds() + 2)
    flash = desk.post({"text": SHORT}, priority=3)
    _, content, _ = desk.until(flash, "done")
    assert "không ai" not in content.get("detail", "")
    desk.until(routine, "done")
    puller.wait_for(puller.seconds() + 1)
    cut, alarm = Heard(made.cuts_of(routine.id)[0]).samples, Heard(made.sound_of(flash.id)).samples
    rest, heard = Heard(made.sound_of(routine.id)).samples, puller.samples()
    at, alike = find(alarm, heard)
    assert alike > 0.85, "the alarm, whole"
    assert find(cut[:-RATE], heard[:int(at * RATE)])[1] > 0.85, "before it, what it has interrupted"
    behind = heard[int((at + len(alarm) / RATE) * RATE):]
    assert find(rest, behind)[1] > 0.85, "behind it, what goes on, from its bell on"
    wait_until(lambda: 'at "/khan.mp3" exiting' in server.process.text(), "the emergency mount is left", watch=made.process)


def test_a_server_that_is_restarted_in_the_middle_hears_the_rest_and_the_receipt_tells_of_the_gap(server, loa, desk):  # noqa: F811
    server.start()
    made = loa()
    server.wait_for_source()
    server.pull()
    posted = desk.post(MIDDLE)
    wait_until(lambda: made.is_playing(posted.id) and server.sources().get("/thuong.mp3") == 1, "it is said", watch=made.process)
    server.stop()
    made.wait_for_log("was cut off")
    server.start()
    server.wait_for_source()
    puller = server.pull()
    _, content, _ = desk.until(posted, "done")
    assert "bị đứt" in content["detail"]
    said = Heard(made.wait_for_sound(posted.id)).samples
    puller.wait_for(puller.seconds() + 1)
    heard = puller.samples()
    assert find(said[-RATE * 2:], heard)[1] > 0.8, "the last sentence is heard where it belongs"
    assert len(heard) < len(said) + 6 * RATE, "it did not begin anew"


def test_a_server_that_is_restarted_in_the_middle_of_an_alarm_has_the_rest_of_it(server, loa, desk):  # noqa: F811
    server.start()
    made = loa(icecast_urgent="/khan.mp3")
    server.wait_for_source()
    server.pull("/khan.mp3")
    flash = desk.post(MIDDLE, priority=3)
    wait_until(lambda: made.is_playing(flash.id) and server.sources().get("/khan.mp3") == 1, "the alarm is heard", watch=made.process)
    server.stop()
    made.wait_for_log("khan.mp3 was cut off")
    server.start()
    server.wait_for_source("/khan.mp3")
    puller = server.pull("/khan.mp3")
    _, content, _ = desk.until(flash, "done")
    assert "luồng /khan.mp3 bị đứt" in content["detail"]
    puller.wait_for(puller.seconds() + 1)
    assert find(Heard(made.wait_for_sound(flash.id)).samples[-RATE * 2:], puller.samples())[1] > 0.8, "to its end"


def test_a_server_that_hangs_at_the_end_is_named_in_the_receipt(server, loa, desk):  # noqa: F811
    server.start()
    made = loa()
    server.wait_for_source()
    server.pull()
    posted = desk.post(SHORT)
    wait_until(lambda: made.is_playing(posted.id) and '"lienthon-bridge"' in server.process.text(), "listeners were counted", watch=made.process)
    os.kill(server.process.pid, signal.SIGSTOP)
    try:
        _, content, _ = desk.until(posted, "done")
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    assert "không trả lời lúc phát xong" in content["detail"]


def test_a_server_that_does_not_come_back_makes_it_fail(server, loa, desk):  # noqa: F811
    server.start()
    made = loa()
    server.wait_for_source()
    server.pull()
    posted = desk.post(TEXT)
    wait_until(lambda: made.is_playing(posted.id), "it is said", watch=made.process)
    server.stop()
    wait_until(lambda: made.played() and made.played()[-1]["how"] == "failed", "it failed", watch=made.process)
    assert "was not back at the end" in made.process.text()


def test_a_wrong_password_is_told_in_health_and_nothing_is_done(hub, server, loa, desk):  # noqa: F811
    server.start()
    made = loa(password="khong-phai")
    made.wait_for_log("refuses the password")
    health, state = becomes(hub, made, "ill", "fault")
    assert "refuses the password for /thuong.mp3" in health["ill"]["what"] and "refuses the password" in state["fault"]
    posted = desk.post(SHORT)
    _, content, _ = desk.until(posted, "received")
    wait_until(lambda: made.played() and made.played()[-1]["how"] == "failed", "it failed", watch=made.process)
    assert "khong-phai" not in made.process.text()


def test_a_server_that_is_away_at_the_start_is_found_later_and_what_waited_is_said(hub, server, loa, desk):  # noqa: F811
    made = loa()
    made.wait_for_log("cannot be begun")
    posted = desk.post(SHORT)
    wait_until(lambda: made.played() and made.played()[-1]["how"] == "failed", "it failed", watch=made.process)
    becomes(hub, made, "ill", "fault")
    server.start()
    server.wait_for_source()
    server.pull()
    desk.until(posted, "done")
    becomes(hub, made, "well", "idle")


def test_where_nothing_is_streamed_in_between_an_announcement_waits_for_who_comes_to_pull_it(server, loa, desk):  # noqa: F811
    server.start()
    made = loa(icecast_stay=False)
    posted = desk.post({"text": SHORT})
    server.wait_for_source()  # the mount is there only now
    puller = server.pull()
    _, content, _ = desk.until(posted, "done")
    said = Heard(made.wait_for_sound(posted.id)).samples
    wait_until(lambda: 'at "/thuong.mp3" exiting' in server.process.text(), "the mount is left", watch=made.process)
    assert find(said, puller.samples())[1] > 0.85, "from its chime on"


def test_a_rehearsal_says_where_a_stream_would_go(hub, server, loa, desk):  # noqa: F811
    made = loa(start=False, output="icecast:/thuong.mp3 rtp:239.255.77.1:5004", icecast_urgent="/khan.mp3")
    message = hub.dir / "thu.json"
    message.write_text(json.dumps({"type": "notice.v1", "topic": "an-thanh-1/an-thuong/thong-bao", "body": notice(TEXT)}))
    told = run(BIN / "lienthon-bridge", made.name, "-C", hub.dir, "--dry-run", "--message", message)
    assert f"icecast:/thuong.mp3 at {server.url}, urgent: /khan.mp3 and rtp:239.255.77.1:5004 as pcmu" in told.stdout


def certificate_of(dir, name, address, subject="loa"):
    """One that has signed itself, with its key, as Icecast wants it."""
    path = dir / f"{name}.pem"
    names = ["-addext", f"subjectAltName={address}"] if address else []
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                           "-utf8", "-subj", f"/CN={subject}", *names, "-keyout", "-", "-out", "-"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    path.write_bytes(made.stdout)
    return path


@pytest.fixture
def safe(tmp_path):
    """Icecast with a certificate of its own, which it reads when it is root no more."""
    made = []
    with tempfile.TemporaryDirectory() as open_to_all:
        Path(open_to_all).chmod(0o755)

        def make(address="IP:127.0.0.1", **more):
            made.append(Icecast(tmp_path, certificate=certificate_of(Path(open_to_all), "icecast", address, **more)))
            return made[-1]
        yield make
        for one in made:
            one.end()


def test_by_https_the_certificate_says_whether_it_is_the_server(hub, speaker, desk, safe, tmp_path):  # noqa: F811
    server = safe().start()
    secret = hub.dir / "mat-khau-icecast"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    options = dict(output="icecast:/thuong.mp3 file", icecast=server.url, icecast_password=f"file:{secret}", speed=100)
    other = certificate_of(tmp_path, "ke-khac", "IP:127.0.0.1")
    unsure = speaker(**options, icecast_ca=str(other))
    unsure.wait_for_log("does not prove who it is")
    health, _ = becomes(hub, unsure, "ill", "fault")
    assert "look at icecast-ca" in health["ill"]["what"]
    assert server.sources() == {}
    unsure.process.stop()
    loa = speaker(**options, icecast_ca=str(server.certificate))
    server.wait_for_source()
    puller = server.pull()
    posted = desk.post({"text": SHORT})
    _, content, _ = desk.until(posted, "done")
    assert "không ai" not in content.get("detail", ""), "listeners are counted by https too"
    said = Heard(loa.wait_for_sound(posted.id)).samples
    puller.wait_for(puller.seconds() + 1.5)
    assert find(said, puller.samples())[1] > 0.85


def test_by_https_the_mount_of_alarms_is_free_again_after_each(hub, speaker, desk, safe):  # noqa: F811
    server = safe().start()
    secret = hub.dir / "mat-khau-icecast"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    loa = speaker(output="icecast:/thuong.mp3", icecast=server.url, icecast_password=f"file:{secret}",
                  icecast_ca=str(server.certificate), icecast_urgent="/khan.mp3", speed=100)
    server.wait_for_source()
    server.pull("/khan.mp3")
    for times in 1, 2:
        desk.until(desk.post({"text": SHORT}, priority=2), "done")
        wait_until(lambda: server.process.text().count('at "/khan.mp3" exiting') == times, "the emergency mount is left", watch=loa.process)


def test_a_certificate_for_another_name_is_not_the_servers(hub, speaker, safe):  # noqa: F811
    server = safe("DNS:loa.example").start()
    secret = hub.dir / "mat-khau-icecast"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    loa = speaker(output="icecast:/thuong.mp3", icecast=server.url, icecast_password=f"file:{secret}", icecast_ca=str(server.certificate),
                  speed=100)
    loa.wait_for_log("does not prove who it is")
    assert server.sources() == {}
    loa.process.stop()
    loa = speaker(start=False, output="icecast:/thuong.mp3", icecast=server.url, icecast_password=f"file:{secret}",
                  icecast_ca="/khong/co.pem")
    told = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, status=1)
    assert "options.icecast-ca: /khong/co.pem cannot be read" in told.stderr


def test_what_a_stranger_has_written_into_a_certificate_is_told_as_words_alone(hub, speaker, safe):  # noqa: F811
    server = safe(None, subject="loa\x1b[31m\nE: gia-mao").start()
    secret = hub.dir / "mat-khau-icecast"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    loa = speaker(output="icecast:/thuong.mp3", icecast=server.url, icecast_password=f"file:{secret}", icecast_ca=str(server.certificate),
                  speed=100)
    health, state = becomes(hub, loa, "ill", "fault")
    for told in health["ill"]["what"], state["fault"]:
        assert "gia-mao" in told, "it is told what name it has"
        assert told.isprintable(), "and nothing that moves an officer's screen"
