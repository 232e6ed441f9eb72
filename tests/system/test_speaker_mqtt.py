"""A smart speaker by MQTT, with the real Mosquitto between: what it is told, what it fetches, and what its answers become; and
the amplifier's contact."""

import json
import pathlib
import socket
import subprocess
import urllib.error
import urllib.request

import pytest
from harness import LONG, Process, free_port, wait_until
from loa import Heard
from mqtt import CONNECT, PUBLISH, Far
from test_speaker import SHORT, TEXT, desk, speaker  # noqa: F401
from test_speaker_card import becomes

PEER = pathlib.Path(__file__).parents[1] / "peers" / "smart_speaker.py"
TOPIC = "xa/loa/an-thuong"
FLASH = {"text": SHORT, "speech": {"chime": False}}


class Broker:
    """Mosquitto with a name and a password for the bridge, and one for the speakers."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        (folder / "passwords").touch(mode=0o600)
        for name in ("hub", "loa", "quan"):
            subprocess.run(["mosquitto_passwd", "-b", str(folder / "passwords"), name, f"mat-khau-{name}"], check=True)
        (folder / "rules").write_text(f"user hub\ntopic write {TOPIC}/lenh\ntopic read {TOPIC}/tin\ntopic read xa/ampli\n"
                                      "user loa\ntopic readwrite xa/#\nuser quan\ntopic readwrite #\n")
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {folder}/passwords\nacl_file {folder}/rules\nuser root\n")
        (folder / "password").write_text("mat-khau-hub\n")
        (folder / "password").chmod(0o600)
        self.process = None

    def start(self):
        self.process = Process(["mosquitto", "-c", self.folder / "mosquitto.conf"], self.folder)
        wait_until(lambda: "running" in self.process.text(), "the broker", watch=self.process)
        return self

    def stop(self):
        if self.process and self.process.is_running():
            self.process.kill()

    def say(self, topic, payload, retain=False):
        subprocess.run(["mosquitto_pub", "-p", str(self.port), "-u", "quan", "-P", "mat-khau-quan", "-t", topic, "-m", payload, "-q", "1",
                        *(["-r"] if retain else [])], check=True, timeout=20)


class Smart:
    def __init__(self, broker, folder, **options):
        given = [part for key, value in options.items() for part in (f"--{key}", str(value))]
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.process = Process(["/usr/bin/python3", PEER, broker.port, TOPIC, folder, "--user", "loa", "--password", "mat-khau-loa", *given],
                               folder)
        self.until("ready")

    def lines(self):
        return [json.loads(line) for line in self.process.text().splitlines() if line.startswith("{")]

    def until(self, event):
        return wait_until(lambda: [line for line in self.lines() if line["event"] == event], f"'{event}'", watch=self.process)

    def sounds(self):
        return sorted(self.folder.glob("*.wav"))


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path).start()
    yield made
    made.stop()


@pytest.fixture
def smart(broker, tmp_path):
    made = []

    def make(**options):
        made.append(Smart(broker, tmp_path / f"loa-{len(made)}", **options))
        return made[-1]

    yield make
    for one in made:
        if one.process.is_running():
            one.process.kill()


@pytest.fixture
def loa(broker, speaker):  # noqa: F811
    def make(**options):
        options = {"output": f"mqtt:{TOPIC}", "mqtt": f"127.0.0.1:{broker.port}", "mqtt-user": "hub",
                   "mqtt-password": f"file:{broker.folder}/password", "media-listen": "127.0.0.1:0", **options}
        made = speaker(**options)
        made.wait_for_log("the MQTT broker is there")
        return made

    return make


def test_it_is_done_when_the_speaker_says_so(desk, loa, smart):  # noqa: F811
    peer = smart(speed=4)
    loa()
    posted = desk.post({"text": TEXT})
    desk.until(posted, "done")
    [order] = peer.until("order")
    assert not order["retained"] and order["qos"] == 1 and 0 < order["expiry"] <= 10
    assert order["order"]["do"] == "play" and order["order"]["priority"] == 0
    [sound] = peer.sounds()
    heard = Heard(sound)
    assert heard.seconds > 4 and heard.has_speech(2.0), "a chime and the words"
    url = order["order"]["url"]
    assert len(url.rsplit("/", 1)[1]) == len("0123456789abcdef0123456789abcdef.wav")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(url, timeout=10)


def test_what_rests_for_a_speaker_that_did_not_answer_is_said_when_it_is_heard_of(broker, desk, loa, smart):  # noqa: F811
    made = loa(settings={"breaker": 1, "breaker-rest": "10m"})
    posted = desk.post({"text": SHORT}, priority=2)
    made.wait_for_log("nothing is tried at")
    smart(speed=20)
    broker.say(f"{TOPIC}/tin", "tôi đây")
    desk.until(posted, "done")


def test_no_command_stays_with_the_broker(broker, desk, loa, smart):  # noqa: F811
    smart(speed=20)
    loa()
    desk.until(desk.post(SHORT), "done")
    found = subprocess.run(["mosquitto_sub", "-p", str(broker.port), "-u", "quan", "-P", "mat-khau-quan", "-t", "#", "-W", "1", "--retained-only"],
                           capture_output=True, text=True, timeout=20)
    assert found.stdout == ""


@pytest.mark.parametrize("does, why", [("nothing", "loa không trả lời"), ("fail", "loa báo: ampli hỏng"), ("lie", "chưa tải hết tiếng"), ("early", "chưa tải hết tiếng"), ("brief", "mà chỉ phát"), pytest.param("hold", "loa không báo đã phát xong", marks=pytest.mark.skipif(not LONG, reason="LT_LONG=1"))])
def test_what_the_speaker_does_not_confirm_is_not_done(hub, desk, loa, smart, does, why):  # noqa: F811
    smart(does=does, speed=50)
    made = loa()
    posted = desk.post(SHORT)
    while "chưa phát được" not in (detail := desk.until(posted, "received")[1].get("detail", "")):
        pass
    assert why in detail
    health, _ = becomes(hub, made, "ill", "fault")
    assert why in health["ill"]["what"]


def test_an_alarm_stops_what_it_plays_and_the_other_goes_on(desk, loa, smart):  # noqa: F811
    peer = smart()
    made = loa()
    routine = desk.post({"text": " ".join([TEXT] * 3), "speech": {"chime": False}})
    peer.until("playing")
    flash = desk.post(FLASH, priority=3)
    desk.until(flash, "done")
    desk.until(routine, "done")
    assert [line["event"] for line in peer.lines() if line["event"] in ("stopped", "played")] == ["stopped", "played", "played"]
    assert [line["how"] for line in made.played()] == ["interrupted", "whole", "whole"]
    orders = [line["order"] for line in peer.lines() if line["event"] == "order"]
    assert [order["do"] for order in orders] == ["play", "stop", "play", "play"] and orders[2]["priority"] == 3


def test_a_broker_that_is_restarted_is_found_again(hub, broker, desk, loa, smart):  # noqa: F811
    peer = smart(speed=20)
    made = loa()
    desk.until(desk.post(SHORT), "done")
    broker.stop()
    health, _ = becomes(hub, made, "ill", "fault")
    assert "máy chủ MQTT" in health["ill"]["what"]
    posted = desk.post(SHORT)
    while "chưa phát được" not in desk.until(posted, "received")[1].get("detail", ""):
        pass
    broker.start()
    desk.until(posted, "done")
    becomes(hub, made, "well", "idle")
    assert len(peer.sounds()) == 2


def test_a_broker_that_is_restarted_while_an_alarm_is_played_costs_no_word_of_it(broker, desk, loa, smart):  # noqa: F811
    peer = smart()
    made = loa()
    flash = desk.post({"text": TEXT, "speech": {"chime": False}}, priority=3)
    peer.until("playing")
    broker.stop()
    made.wait_for_log("something does not work")
    broker.start()
    made.wait_for_log("there again")
    desk.until(flash, "done")
    assert 1 <= len(peer.sounds()) <= 2
    assert all(Heard(sound).seconds > 3 for sound in peer.sounds())
    assert made.played()[-1]["how"] == "whole"


def test_a_wrong_password_is_told(hub, broker, speaker):  # noqa: F811
    (broker.folder / "password").write_text("sai\n")
    made = speaker(**{"output": f"mqtt:{TOPIC}", "mqtt": f"127.0.0.1:{broker.port}", "mqtt-user": "hub",
                      "mqtt-password": f"file:{broker.folder}/password", "media-listen": "127.0.0.1:0"})
    health, _ = becomes(hub, made, "ill", "fault")
    assert "tên hoặc mật khẩu không đúng" in health["ill"]["what"] and "sai\n" not in made.process.text()


def test_a_topic_that_the_broker_does_not_let_us_command_is_told(desk, loa, smart):  # noqa: F811
    loa(output="mqtt:xa/loa/khac")
    posted = desk.post(SHORT)
    while "chưa phát được" not in (detail := desk.until(posted, "received")[1].get("detail", "")):
        pass
    assert "không cho gửi lệnh" in detail


def test_a_muted_amplifier_is_told_and_nobody_has_heard(hub, broker, desk, loa, smart):  # noqa: F811
    broker.say("xa/ampli", "on", retain=True)
    made = loa(**{"output": "file", "speed": 100, "muted-topic": "xa/ampli"})
    becomes(hub, made, "ill", "fault")
    muted = desk.post(SHORT)
    _, content, _ = desk.until(muted, "failed")
    assert "không ai nghe được" in content["detail"] and "tắt tiếng" in content["detail"]
    flash = desk.post(FLASH, priority=3)
    wait_until(lambda: made.sound_of(flash.id), "it is played all the same", watch=made.process)
    broker.say("xa/ampli", "off", retain=True)
    becomes(hub, made, "well", "idle")
    desk.until(desk.post(SHORT), "done")


def test_a_contact_that_is_not_heard_speaks_against_nothing(hub, broker, desk, loa):  # noqa: F811
    broker.say("xa/ampli", "on", retain=True)
    made = loa(**{"output": "file", "muted-topic": "xa/ampli"})
    becomes(hub, made, "ill", "fault")
    broker.stop()
    becomes(hub, made, "well", "idle")
    desk.until(desk.post(SHORT), "done")


def test_a_contact_that_flaps_floods_nobody_and_its_last_word_holds(hub, broker, desk, loa):  # noqa: F811
    made = loa(**{"output": "file", "muted-topic": "xa/ampli"})
    becomes(hub, made, "well", "idle")
    said = "".join(f"{'on' if number % 2 else 'off'}\n" for number in range(200)) + "on\n"
    subprocess.run(["mosquitto_pub", "-p", str(broker.port), "-u", "quan", "-P", "mat-khau-quan", "-t", "xa/ampli", "-q", "1", "-l"],
                   input=said, text=True, check=True, timeout=20)
    wait_until(lambda: "đang tắt tiếng" in made.process.text(), "it is told", watch=made.process)
    desk.until(desk.post(FLASH, priority=3), "failed")
    assert made.process.text().count("đang tắt tiếng") <= 3
    broker.say("xa/ampli", "")
    becomes(hub, made, "well", "idle")  # what was said is taken back: nothing is known


def test_what_is_missing_is_told(hub, speaker):  # noqa: F811
    from test_speaker import bridge
    made = speaker(start=False, output=f"mqtt:{TOPIC}", mqtt="may-chu:1883")
    for address in ("may-chu:1883", "127.0.0.1:70000", "127.0.0.1:+80", "127.0.0.1:1883x"):
        made.configure(output=f"mqtt:{TOPIC}", mqtt=address)
        assert "allowed: the numbers of an address and a port" in bridge(hub, made.name, "--check", status=1).stderr
    made.configure(output=f"mqtt:{TOPIC}")
    assert "options.output: the option `mqtt` is missing" in bridge(hub, made.name, "--check", status=1).stderr
    given = {"output": f"mqtt:{TOPIC}", "mqtt": "127.0.0.1:1", "media-listen": "0.0.0.0:0"}
    made.configure(**given)
    assert "no speaker can fetch from 0.0.0.0" in bridge(hub, made.name, status=1).stderr
    made.configure(**given, **{"media-url": "192.168.1.5:8090"})
    assert "allowed: http://HOST:PORT" in bridge(hub, made.name, "--check", status=1).stderr


def test_a_stranger_finds_no_sound_by_guessing(loa):  # noqa: F811
    made = loa()
    port = media_port(made)
    for path, method, status in (("/", "GET", "404"), ("/" + "0" * 32 + ".wav", "GET", "404"), ("/x", "POST", "405")):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method, data=b"x" if method == "POST" else None)
        with pytest.raises(urllib.error.HTTPError, match=status):
            urllib.request.urlopen(request, timeout=10)




def dial(port, address="127.0.0.2"):
    return socket.create_connection(("127.0.0.1", port), timeout=20, source_address=(address, 0))


def media_port(made):
    return int(made.process.text().split("media listens port=")[1].split()[0])


def test_a_crowd_of_connections_from_one_machine_keeps_no_speaker_from_its_sound(desk, loa, smart):  # noqa: F811
    smart(speed=20)
    port = media_port(loa())
    crowd = [dial(port) for _ in range(300)]
    for one in crowd[:32]:
        one.sendall(b"GET /")
    desk.until(desk.post(SHORT), "done")
    for one in crowd:
        one.close()


def is_cut_off(stranger, drip):
    """Whether it is, at last: it sends a byte whenever nothing has come for a while."""
    stranger.settimeout(0.2)
    for _ in range(60):
        try:
            return stranger.recv(4096) == b""
        except TimeoutError:
            stranger.sendall(drip)
        except ConnectionError:
            return True
    return False


def test_a_stranger_who_drips_is_cut_off_and_a_speaker_that_waits_is_not(desk, loa, smart):  # noqa: F811
    peer = smart()
    made = loa()
    strangers = [dial(media_port(made)) for _ in range(2)]
    strangers[0].sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
    strangers[1].sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
    long = desk.post({"text": " ".join([TEXT] * 2)})
    peer.until("playing")
    assert all(is_cut_off(stranger, b"x") for stranger in strangers)
    desk.until(long, "done")


def test_two_loudspeakers_do_not_share_a_port(hub, speaker):  # noqa: F811
    from test_speaker import bridge
    given = {"output": f"mqtt:{TOPIC}", "mqtt": "127.0.0.1:1", "media-listen": f"127.0.0.1:{free_port()}"}
    speaker(**given)
    other = speaker(start=False, **given)
    assert "cannot listen on 127.0.0.1" in bridge(hub, other.name, status=1).stderr


def test_a_head_that_never_fits_is_refused(loa):  # noqa: F811
    with dial(media_port(loa())) as stranger:
        stranger.settimeout(20)
        stranger.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 31_000)
        stranger.sendall(b"x" * 8_000)
        assert stranger.recv(4096).startswith(b"HTTP/1.1 431 ")


def test_what_is_no_answer_changes_nothing(broker, desk, loa, smart):  # noqa: F811
    peer = smart()
    made = loa()
    posted = desk.post({"text": TEXT, "speech": {"chime": False}})
    [playing] = peer.until("playing")
    id = playing["id"]
    for junk in ("", "[" * 3000, "{", "\udcff", "null", "7", '{"id": 7, "state": "played"}', f'{{"id": "{id}"}}', f'{{"id": "{id}", "state": ["played"]}}',
                 f'{{"id": "{id}", "state": "playing", "heard_ms": -1}}', f'{{"id": "{id}", "state": "accepted", "heard_ms": 1e300}}',
                 f'{{"id": "{"0" * 32}", "state": "failed"}}', f'{{"id": "{id}", "state": "failed", "why": "{"x" * 5000}"}}'):
        broker.say(f"{TOPIC}/tin", junk)
    desk.until(posted, "done")
    assert [line["how"] for line in made.played()] == ["whole"]


# Brokers as they should not be, and as they are for a moment.

@pytest.fixture
def far(speaker):  # noqa: F811
    """A loudspeaker at a broker without manners."""
    made = []

    def make(options=(), **manners):
        made.append(Far(**manners))
        return made[-1], speaker(**{"output": f"mqtt:{TOPIC}", "mqtt": f"127.0.0.1:{made[-1].port}",
                                    "media-listen": "127.0.0.1:0", **dict(options)})

    yield make
    for one in made:
        one.close()


def test_a_broker_that_takes_one_connection_and_no_more_keeps_nobody_waiting(desk, speaker):  # noqa: F811
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        made = speaker(**{"output": f"mqtt:{TOPIC}", "mqtt": f"127.0.0.1:{full.getsockname()[1]}", "media-listen": "127.0.0.1:0"})
        refused = desk.post(SHORT, priority=3)
        while "máy chủ MQTT" not in desk.until(refused, "received")[1].get("detail", ""):
            pass
        # It has its one connection, and another attempt gets no answer at all.
        wait_until(lambda: "không trả lời" in made.process.text(), "it goes on", watch=made.process)


def test_a_broker_that_says_nothing_is_left_and_tried_again(far):
    broker, made = far(silent=True)
    wait_until(lambda: broker.connections >= 2, "another attempt", watch=made.process)
    assert broker.said(CONNECT, 2)


def test_a_command_that_was_not_taken_is_not_said_again_later(desk, far):  # noqa: F811
    broker, made = far(acknowledges=False)
    made.wait_for_log("the MQTT broker is there")
    posted = desk.post(SHORT)
    [(_, first)] = wait_until(lambda: broker.said(PUBLISH), "the command", watch=made.process)
    assert b'"do":"play"' in first.replace(b" ", b"")
    broker.hang_up()
    made.wait_for_log("the MQTT broker is there again")
    desk.post({}, relation=3, re=posted.id)
    later = wait_until(lambda: broker.said(PUBLISH, 2), "that it is to stop", watch=made.process)
    assert [json.loads(body[body.index(b"{"):])["do"] for _, body in later] == ["stop"]


def test_the_broker_is_asked_to_keep_large_messages_to_itself_and_answers_for_a_minute(far):
    broker, _ = far()
    [(_, body)] = wait_until(lambda: broker.said(CONNECT), "CONNECT")
    assert b"\x27" + (16 * 1024).to_bytes(4, "big") in body and b"\x11" + (60).to_bytes(4, "big") in body
    assert body[7] & 2 == 0, "it takes up what it has left"


def test_a_topic_that_the_broker_does_not_let_us_hear_is_told(hub, far):  # noqa: F811
    _, made = far(refuses=True)
    health, _ = becomes(hub, made, "ill", "fault")
    assert f"không cho nghe {TOPIC}/tin" in health["ill"]["what"]


# By TLS.

def certify(folder):
    """A commune's own authority, a certificate of it for 127.0.0.1, and an authority that has nothing to do with it."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder, timeout=20)

    for name in ("ca", "la"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=may-chu", "-keyout", "may.key", "-out", "may.csr")
    for name, address in (("may", "127.0.0.1"), ("khac", "10.9.9.9")):
        (folder / "ten.cnf").write_text(f"subjectAltName=IP:{address}\n")
        openssl("x509", "-req", "-in", "may.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ten.cnf", "-out", f"{name}.pem")


class Sealed(Broker):
    def __init__(self, folder, certificate):
        super().__init__(folder)
        self.secure = free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(conf.read_text() + f"listener {self.secure} 127.0.0.1\ncertfile {folder}/{certificate}.pem\nkeyfile {folder}/may.key\n")


def test_by_tls_a_speaker_is_told_and_answers(desk, speaker, tmp_path):  # noqa: F811
    certify(tmp_path)
    broker = Sealed(tmp_path, "may").start()
    peer = Smart(broker, tmp_path / "loa", speed=20)
    made = speaker(**{"output": f"mqtt:{TOPIC}", "mqtt": f"127.0.0.1:{broker.secure}", "mqtt-user": "hub", "mqtt-ca": f"{tmp_path}/ca.pem",
                      "mqtt-password": f"file:{tmp_path}/password", "media-listen": "127.0.0.1:0"})
    made.wait_for_log("the MQTT broker is there")
    desk.until(desk.post(SHORT), "done")
    peer.process.kill()
    broker.stop()


@pytest.mark.parametrize("certificate, ca, plain", [("may", "la", False), ("khac", "ca", False), ("may", "ca", True)])
def test_a_broker_whose_certificate_is_not_the_right_one_hears_no_password(hub, speaker, tmp_path, certificate, ca, plain):  # noqa: F811
    certify(tmp_path)
    broker = Sealed(tmp_path, certificate).start()
    made = speaker(**{"output": f"mqtt:{TOPIC}", "mqtt": f"127.0.0.1:{broker.port if plain else broker.secure}", "mqtt-user": "hub",
                      "mqtt-ca": f"{tmp_path}/{ca}.pem", "mqtt-password": f"file:{tmp_path}/password", "media-listen": "127.0.0.1:0"})
    health, _ = becomes(hub, made, "ill", "fault")
    wait_until(lambda: plain or "certificate verify failed" in made.process.text(), "why", watch=made.process)
    assert "máy chủ MQTT" in health["ill"]["what"] and "as lienthon-" not in broker.process.text()
    broker.stop()
