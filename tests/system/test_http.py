"""The bridge that speaks HTTP, against a far side that answers, delays, refuses, hangs and cuts off."""

import itertools
import json
import shutil
import ssl
import time
import urllib.request
import uuid

import pytest
from bodies import notice
from harness import BIN, LONG, Process, free_port, may_subscribe, run, wait_until
from test_speaker import Desk
from web import SECRET, TOKEN, Far, Gate, signature

LIMITS = {"joins": 1000}
TOPIC = "an-thanh-1/an-thuong/thong-bao"
MESSAGE = {"type": "notice.v1", "topic": TOPIC, "body": {"text": "Tin từ cổng."}}
_numbers = itertools.count(1)


@pytest.fixture
def far():
    made = Far()
    yield made
    made.stop()
    assert made.wrong == []


@pytest.fixture
def make_gate(hub):
    made = []

    def make(start=True, **options):
        made.append(Gate(hub, f"cong-{next(_numbers)}", **options))
        return made[-1].start() if start else made[-1]

    yield make
    for one in made:
        one.end()


@pytest.fixture
def desk(hub):
    return Desk(hub)


@pytest.fixture
def reader(hub):
    client = hub.issue(subscribe=[may_subscribe("an-thanh-1/#")]).client()
    client.subscribe(TOPIC, sid="reader", credit=200)
    return client


# --- out ---


def test_a_message_is_posted_once_signed_and_its_receipt_says_done(desk, far, make_gate):
    gate = make_gate(url=far.url)
    gate.process.stop()
    gate.configure(url=far.url, token=f"file:keys/{gate.name}.token")
    gate.start()
    posted = desk.post(notice("Mời bà con họp."))
    desk.until(posted, "done")
    [(key, headers, _)] = far.requests
    [(_, message)] = far.acts
    assert key == f"{message['id']}.{gate.name}"
    assert message["body"]["text"] == "Mời bà con họp." and message["from"] == desk.person.name
    assert headers["Authorization"] == f"Bearer {TOKEN}" and headers["Content-Type"] == "application/json"
    assert gate.secrets_shown() == []


def test_who_is_busy_is_asked_again_when_it_wishes(desk, far, make_gate):
    far.script = [(429, {"Retry-After": "1"}), (503, {"Retry-After": "1"})]
    make_gate(url=far.url)
    desk.until(desk.post(notice("Mời họp.")), "done")
    assert len(far.requests) == 3 and len({key for key, _, _ in far.requests}) == 1 and len(far.acts) == 1


@pytest.mark.parametrize("script", [["drop"], ["lose"], ["drop", "lose", 500, "drop"]], ids=str)
def test_what_may_have_arrived_is_sent_again_under_its_key_and_acted_on_once(desk, far, make_gate, script):
    far.script = list(script)
    make_gate(url=far.url)
    desk.until(desk.post(notice("Mời họp.")), "done")
    assert len(far.requests) == len(script) + 1 and len(far.acts) == 1


def test_what_is_refused_for_good_is_given_up(desk, far, make_gate):
    far.script = [422]
    gate = make_gate(url=far.url)
    _, content, _ = desk.until(desk.post(notice("Mời họp.")), "failed")
    assert "422" in content["detail"] and "trả lời" in content["detail"]
    assert len(far.requests) == 1 and gate.secrets_shown() == []


def test_while_the_far_side_is_away_little_is_tried_and_then_all_comes_once(desk, far, make_gate):
    far.stop()
    gate = make_gate(url=far.url, timeout="2s")
    posted = [desk.post(notice(f"Tin {number}.")) for number in range(12)]
    gate.wait_for(lambda: "does not work" in gate.process.text(), "it cannot be reached")
    far.go.clear()
    far.start()
    wanted = {one.id for one in posted}
    while wanted:
        receipt = desk.receipt(timeout=60)
        if receipt.content()["outcome"] == "done":
            wanted.discard(receipt.re)
    assert sorted(message["body"]["text"] for _, message in far.acts) == sorted(f"Tin {number}." for number in range(12))
    assert gate.secrets_shown() == []


@pytest.mark.parametrize("script", [["hang"], ["hang", "lose"], [(503, {"Retry-After": "3600"})], []], ids=str)
def test_killed_at_any_moment_it_is_acted_on_once(desk, far, make_gate, script):
    far.script = list(script)
    gate = make_gate(url=far.url)
    posted = desk.post(notice("Mời họp."))
    gate.wait_for(lambda: far.requests, "a request")
    gate.process.kill()
    far.go.set()
    gate.start()
    desk.until(posted, "done")
    assert len(far.acts) == 1 and len({key for key, _, _ in far.requests}) == 1


def test_cancelled_while_it_waits_it_is_not_posted(desk, far, make_gate):
    far.stop()
    far.go.clear()
    gate = make_gate(url=far.url, timeout="1s")
    posted = desk.post(notice("Sai rồi."))
    gate.wait_for(lambda: "does not work" in gate.process.text(), "a failure")
    desk.post({}, relation=3, re=posted.id)
    desk.until(posted, "skipped")
    far.start()
    desk.until(desk.post(notice("Đúng.")), "done")
    assert "Sai rồi." not in [message["body"].get("text") for _, message in far.acts]


@pytest.mark.parametrize("status", [429, 503])
def test_cancelled_after_a_refusal_it_is_not_posted_again(desk, far, make_gate, status):
    far.script = [(status, {"Retry-After": "3"})]
    gate = make_gate(url=far.url)
    posted = desk.post(notice("Sai rồi."))
    gate.wait_for(lambda: far.requests, "the first try")
    desk.post({}, relation=3, re=posted.id)
    desk.until(posted, "skipped")
    desk.until(desk.post(notice("Đúng.")), "done")
    assert [message["body"]["text"] for _, message in far.acts] == ["Đúng."] and len(far.requests) == 2


def test_what_may_have_arrived_is_not_called_skipped_because_it_was_refused_later(desk, far, make_gate):
    far.script = ["drop", (429, {"Retry-After": "3"})]
    gate = make_gate(url=far.url, timeout="2s")
    posted = desk.post(notice("Mời họp."))
    gate.wait_for(lambda: len(far.requests) == 2, "the second try")
    desk.post({}, relation=3, re=posted.id)
    _, _, before = desk.until(posted, "done")
    assert (posted.id, "skipped") not in before and len(far.acts) == 1


# --- out, to a far side that does not remember keys ---


@pytest.mark.parametrize("script, posts", [(["drop"], 1), (["lose"], 2), ([500], 2), (["lose", "drop"], 2)], ids=str)
def test_a_far_side_that_can_be_asked_is_asked_and_not_guessed_about(desk, far, make_gate, script, posts):
    far.script, far.answers = list(script), [500]
    gate = make_gate(url=far.url, ask_url=far.ask_url, remembers_keys=False)
    desk.until(desk.post(notice("Mời họp.")), "done")
    assert len(far.requests) == posts and len(far.acts) == 1
    assert len(far.asked) >= 2 and set(far.asked) == {key for key, _, _ in far.requests}
    assert gate.secrets_shown() == []


def test_killed_before_the_answer_it_asks_and_does_not_post_again(desk, far, make_gate):
    far.script = ["hang"]
    gate = make_gate(url=far.url, ask_url=far.ask_url, remembers_keys=False)
    posted = desk.post(notice("Mời họp."))
    gate.wait_for(lambda: far.hanging.is_set(), "acted on, and not answered")
    gate.process.kill()
    far.go.set()
    gate.start()
    desk.until(posted, "done")
    assert len(far.requests) == len(far.acts) == 1 and far.asked == [far.requests[0][0]]


@pytest.mark.parametrize("killed", [False, True], ids=["cut off", "killed"])
def test_what_nobody_can_tell_is_said_to_be_unknown_and_not_repeated(desk, far, make_gate, killed):
    far.script = ["hang" if killed else "drop"]
    gate = make_gate(url=far.url, remembers_keys=False)
    posted = desk.post(notice("Mời họp."))
    if killed:
        gate.wait_for(lambda: far.hanging.is_set(), "acted on, and not answered")
        gate.process.kill()
        far.go.set()
        gate.start()
    desk.until(posted, "unknown")
    desk.until(desk.post(notice("Tin sau.")), "done")
    assert [message["body"]["text"] for _, message in far.acts] == ["Mời họp.", "Tin sau."] and len(far.requests) == 2
    assert str(uuid.UUID(bytes=posted.id)) in run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, "--quarantine").stdout


def test_who_surely_did_nothing_is_not_asked(desk, far, make_gate):
    far.script = [(429, {"Retry-After": "1"}), 503]
    make_gate(url=far.url, ask_url=far.ask_url, remembers_keys=False)
    desk.until(desk.post(notice("Mời họp.")), "done")
    assert far.asked == [] and len(far.acts) == 1


@pytest.mark.slow
@pytest.mark.skipif(not LONG, reason="LT_LONG=1")
def test_ten_thousand_are_each_posted_once(desk, far, make_gate):
    make_gate(url=far.url)
    for number in range(10_000):
        desk.post(notice(f"{number}"), flags=0)
    wait_until(lambda: len(far.acts) == 10_000, "all of them", 600)
    assert len({message["body"]["text"] for _, message in far.acts}) == 10_000


def test_many_are_each_posted_once_though_some_answers_are_lost(desk, far, make_gate):
    far.script = [200, "drop", 200, 503, "lose", 200] * 8
    make_gate(url=far.url)
    for number in range(100):
        desk.post(notice(f"{number}"), flags=0)
    wait_until(lambda: len(far.acts) == 100, "all of them", 60)
    assert sorted(int(message["body"]["text"]) for _, message in far.acts) == list(range(100))


# --- in ---


@pytest.fixture
def gate(make_gate):
    made = make_gate(start=False)
    made.configure(listen=f"127.0.0.1:{made.port}")
    return made.start()


def test_a_signed_post_is_said_once_however_often_it_comes(gate, reader):
    assert gate.post(MESSAGE, key="tin-1") == (200, "taken\n")
    assert gate.post(MESSAGE, key="tin-1") == (200, "taken before\n")
    gate.process.kill()
    gate.start()
    assert gate.post(MESSAGE, key="tin-1") == (200, "taken before\n")
    assert gate.post(MESSAGE, key="tin-2") == (200, "taken\n")
    found = [reader.next("reader").part for _ in range(2)]
    assert [part.origin for part in found] == ["http:tin-1", "http:tin-2"]
    assert {part.sender for part in found} == {gate.principal}
    assert found[0].content()["text"] == "Tin từ cổng."


def test_a_memory_that_is_lost_makes_nothing_twice(gate, reader):
    assert gate.post(MESSAGE, key="tin-1")[0] == 200
    gate.process.kill()
    [seen] = [path for path in gate.commune.dir.rglob("files/seen") if f"bridge.{gate.name}" in str(path)]
    seen.unlink()
    gate.start()
    assert gate.post(MESSAGE, key="tin-1") == (200, "taken\n")
    assert gate.post(MESSAGE, key="tin-2")[0] == 200
    assert [reader.next("reader").part.origin for _ in range(2)] == ["http:tin-1", "http:tin-2"]


def test_what_is_not_signed_so_is_refused_and_nothing_is_said(gate, reader):
    body = json.dumps(MESSAGE).encode()
    stamp = "1767225600000"
    now = str(time.time_ns() // 1_000_000)
    assert gate.post(body, signed="sha256=" + "0" * 64)[0] == 401
    assert gate.post(body, signed=signature(now, "a", body, "khác"), key="a", stamp=now)[0] == 401
    assert gate.post(body, signed=signature(now, "a", body), key="b", stamp=now)[0] == 401, "another key"
    assert gate.post(body + b" ", signed=signature(now, "a", body), key="a", stamp=now)[0] == 401, "another byte"
    assert gate.post(body, stamp=stamp) == (401, "signed too long ago, or in the future\n")
    [told] = [line for line in gate.process.text().splitlines() if "refused requests=" in line]
    assert "refused requests=1, the last: not signed with the secret that was agreed" in told, "once a minute"
    assert gate.post(body, key="có dấu".encode().decode("latin-1"))[0] == 400
    assert gate.post(body, path="/")[0] == 404
    assert gate.post(body, method="PUT")[0] == 405
    assert gate.post(b"x" * 300_000)[0] == 413
    assert gate.post(MESSAGE)[0] == 200
    assert reader.next("reader").part.content()["text"] == "Tin từ cổng."
    assert gate.secrets_shown() == []


def test_what_is_wrong_in_a_message_is_told(gate):
    assert gate.post(b'{"type": "notice.v1",\n "topik": "a", "body": {}}') == (
        422, "2:2: at /topik: no such key; there are id, from, topic, type, priority, label, created, expires, deliver_at, "
             "relation, re, retain, receipt, drill, origin, body\n")
    status, text = gate.post({"type": "notice.v1", "topic": TOPIC, "body": {"text": "a", "tít" * 20: "b"}})
    assert status == 422 and text.endswith(", translations, unit\n"), "all that is allowed"
    status, text = gate.post({"type": "notice.v1", "topic": "an-thanh-1/an-lac/thong-bao", "body": {"text": "a"}})
    assert status == 403 and "an-lac" in text


def test_without_the_hub_it_is_asked_to_come_later_and_then_said_once(hub, gate):
    hub.stop()
    status, _ = gate.post(MESSAGE, key="mat-hub-1")
    assert status == 503
    hub.start()
    gate.wait_for(lambda: gate.post(MESSAGE, key="mat-hub-1")[0] == 200, "taken")
    assert gate.post(MESSAGE, key="mat-hub-2")[0] == 200
    said = [row.get("origin") for row in map(json.loads, hub.lienthon("history", TOPIC, "--json").stdout.splitlines())]
    assert said.count("http:mat-hub-1") == 1 and said.count("http:mat-hub-2") == 1


# --- behind a reverse proxy, with TLS both ways ---

NGINX = """
daemon off; pid {dir}/pid; error_log {dir}/error.log; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem;
  server {{ listen 127.0.0.1:{tls} ssl;
    location /lienthon {{ proxy_pass http://127.0.0.1:{inward}; }}
    location /bot-mat/ {{ proxy_pass http://127.0.0.1:{outward}; }} }}
}}
"""


@pytest.mark.skipif(not shutil.which("nginx", path="/usr/sbin:/usr/bin"), reason="no nginx")
def test_behind_nginx_with_tls_both_ways(desk, far, make_gate, reader, tmp_path):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem")
    gate, tls = make_gate(start=False), free_port()
    (tmp_path / "nginx.conf").write_text(NGINX.format(dir=tmp_path, tls=tls, inward=gate.port, outward=far.port))
    proxy = Process(["/usr/sbin/nginx", "-c", tmp_path / "nginx.conf", "-e", tmp_path / "start.log"], tmp_path)
    try:
        url = f"https://127.0.0.1:{tls}/bot-mat/tin"
        gate.configure(url=url, listen=f"127.0.0.1:{gate.port}", timeout="2s")
        gate.start()
        refused = desk.post(notice("Không tin."))
        gate.wait_for(lambda: "was not reached: SSL peer certificate" in gate.process.text(), "a certificate that is not trusted")
        assert far.requests == []
        gate.process.stop()
        gate.configure(url=url, listen=f"127.0.0.1:{gate.port}", ca=str(tmp_path / "cert.pem"))
        gate.start()
        desk.until(refused, "done")
        trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
        body = json.dumps(MESSAGE, ensure_ascii=False).encode()
        stamp = str(time.time_ns() // 1_000_000)
        request = urllib.request.Request(f"https://127.0.0.1:{tls}/lienthon", body, {
            "Idempotency-Key": "qua-nginx", "X-LienThon-Timestamp": stamp, "X-LienThon-Signature": signature(stamp, "qua-nginx", body)})
        assert urllib.request.urlopen(request, context=trust, timeout=30).status == 200
        origins = [reader.next("reader").part.origin for _ in range(2)]
        assert origins[1] == "http:qua-nginx"
    finally:
        proxy.stop()


# --- what is written in the file ---


def test_a_secret_in_the_file_is_refused_and_not_shown(make_gate):
    gate = make_gate(start=False)
    gate.configure(url="https://web.example/", secret=SECRET, remembers_keys=False)
    found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, "--check", status=1)
    assert "options.secret" in found.stderr and ".yaml:4:" in found.stderr and "file:PATH or credential:NAME" in found.stderr
    assert SECRET not in found.stderr + found.stdout
    gate.configure(url="https://web.example/", remembers_keys=False)
    path = gate.commune.dir / "keys" / f"{gate.name}.secret"
    path.chmod(0o644)
    found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, "--check", status=1)
    assert "chmod 600" in found.stderr and ".yaml:4:" in found.stderr
    path.chmod(0o600)
    run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, "--check")


@pytest.mark.parametrize("option, address, said", [
    ("url", "web.example/tin", "options.url: it is no address"),
    ("url", "htps://web.example/tin", "options.url: it is no address"),
    ("url", "https://bot:mat@web.example/tin", "options.url: it is no address"),
    ("ask-url", "https://web.example/co", "options.ask-url: there must be {key} in it"),
    ("ask-url", "web.example:80/co/{key}", "options.ask-url: it is no address"),
    ("ask-url", "https://web.example/{key}?" + "x" * 4000, "options.ask-url: it is longer than"),
    ("ca", "/khong/co.pem", "options.ca: /khong/co.pem cannot be read: No such file"),
    ("rate", "20 a second", "options.rate: '20 a second'; allowed: as 20/s"),
])
def test_an_address_that_is_none_stops_the_start_and_not_each_message(make_gate, option, address, said):
    gate = make_gate(start=False)
    gate.configure(**{"url": "https://web.example/tin", option: address})
    for words in ([], ["--check"]):
        found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, *words, status=1, timeout=20)
        assert said in found.stderr and f"{gate.name}.yaml:" in found.stderr and "bot:mat" not in found.stderr


@pytest.mark.parametrize("option, value, said", [
    ("listen", "localhost:8081", "options.listen: 'localhost:8081' is no address to listen on; allowed: numbers and a port"),
    ("listen", "127.0.0.1:80810", "options.listen: '127.0.0.1:80810' is no address to listen on"),
    ("path", "lienthon", "options.path: 'lienthon' is no path; allowed: a / first"),
    ("path", "/tin?a=1", "options.path: '/tin?a=1' is no path"),
])
def test_a_door_at_which_nobody_arrives_stops_the_start(make_gate, option, value, said):
    gate = make_gate(start=False)
    gate.configure(**{"listen": "127.0.0.1:8081", option: value})
    for words in (["--check"], []):
        found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, *words, status=1, timeout=20)
        assert said in found.stderr and f"bridges/{gate.name}.yaml:" in found.stderr


def test_a_token_that_cannot_be_sent_stops_the_start_and_not_each_message(make_gate):
    gate = make_gate(start=False)
    gate.configure(url="https://web.example/tin", token=f"file:keys/{gate.name}.token")
    (gate.commune.dir / "keys" / f"{gate.name}.token").write_text(f"{TOKEN}\nhai\n")
    found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, status=1, timeout=20)
    assert f"token: file:keys/{gate.name}.token has more than one line" in found.stderr and TOKEN not in found.stderr


def test_a_gate_through_which_nothing_goes_is_refused(make_gate):
    gate = make_gate(start=False)
    gate.configure()
    found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, "--check", status=1)
    assert "neither url nor listen is given" in found.stderr and f"{gate.name}.yaml:" in found.stderr


def test_a_dry_run_says_what_would_be_posted_and_no_secret(make_gate, tmp_path):
    gate = make_gate(start=False)
    gate.configure(url="https://web.example/tin", token=f"file:keys/{gate.name}.token")
    (tmp_path / "thu.json").write_text(json.dumps(MESSAGE))
    found = run(BIN / "lienthon-bridge", gate.name, "-C", gate.commune.dir, "--dry-run", "--message", tmp_path / "thu.json")
    assert "POST https://web.example/tin" in found.stdout and "Tin từ cổng." in found.stdout
    assert SECRET not in found.stdout + found.stderr and TOKEN not in found.stdout + found.stderr


def test_what_another_has_sealed_is_not_said_in_the_bridges_name(desk, far, make_gate, reader):
    """Not by who overhears a POST and sends it back, and not by another gate: the receipt says so."""
    gate = make_gate(url=far.url, listen=f"127.0.0.1:{(port := free_port())}")
    desk.until(desk.post(notice("Mời họp.")), "done")
    [(key, headers, body)] = far.requests
    status, text = gate.post(body, key=key, stamp=headers["X-LienThon-Timestamp"],
                             signed=headers["X-LienThon-Signature"], port=port)
    assert status == 422 and "what another has sealed is relayed" in text
    gate.process.stop()
    other = make_gate(start=False)
    other.configure(listen=f"127.0.0.1:{port}")
    other.start()
    gate.configure(url=f"http://127.0.0.1:{port}/lienthon")
    gate.start()
    _, content, _ = desk.until(desk.post(notice("Mời họp lại.")), "failed")
    assert "422" in content["detail"]
    desk.post(notice("Hết."))
    said = [reader.next("reader").part for _ in range(3)]
    assert [part.content()["text"] for part in said] == ["Mời họp.", "Mời họp lại.", "Hết."]
    assert {part.sender for part in said} == {desk.person.name}
