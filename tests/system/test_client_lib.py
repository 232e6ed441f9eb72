"""The C client library against the real hub, driven line by line (clients/lib/tests/driver.c), and its examples."""

import hashlib
import os
import re
import select
import signal
import subprocess
import time

import pytest
from bodies import notice
from damage import LYING_HUB, flip_a_bit
from harness import BIN, DEADLINE, SANITIZER, Failed, b64, environment, may_publish, may_subscribe, run, wait_until
from test_wire_join import make_invitation

from lienthon import Identity, bundle, code, op, part, seal
from lienthon.pack import packb, unpackb

LIMITS = {"joins": 100_000}


class Event(dict):
    """`event KIND name=value … text=…`"""

    def __init__(self, line):
        head, _, self.text = line.partition(" text=")
        words = head.split()
        self.kind = words[1]
        super().__init__(word.split("=", 1) for word in words[2:])
        self.line = line

    def __getattr__(self, name):
        value = self[name]
        return int(value) if re.fullmatch(r"-?\d+", value) else value

    @property
    def message(self):
        return seal.decode(bytes.fromhex(self["value"])).part

    def said(self):
        return unpackb(bytes.fromhex(self["value"]))


def settings(hub, person, folder, **more):
    """The environment that the examples read; the secrets in files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, secret in (("seed", person.identity.keys.secret[:32]), ("curve", person.identity.curve_secret)):
        (folder / name).write_text(b64(secret) + "\n")
    given = {"LIENTHON_URL": hub.url, "LIENTHON_HUB_CURVE": b64(hub.hub_curve), "LIENTHON_ROOT": b64(hub.root),
             "LIENTHON_PRINCIPAL": person.name, "LIENTHON_SEED": str(folder / "seed"),
             "LIENTHON_CURVE": str(folder / "curve"), "LIENTHON_STATE": str(folder / "state")}
    return environment(**{**given, **more})


class Driver:
    def __init__(self, hub, person, folder, **more):
        env = settings(hub, person, folder, **more)
        self.log = folder / "driver.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BIN / "lienthon-client-driver"], env=env, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=log)
        self.unread, self.events, self.rest = [], [], b""

    def line(self, until):
        while not self.unread:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            got = os.read(self.process.stdout.fileno(), 1 << 16)
            if not got:
                raise Failed(f"the driver ended:\n{self.log.read_text()}")
            *lines, self.rest = (self.rest + got).split(b"\n")
            self.unread += [line.decode() for line in lines]
        return self.unread.pop(0)

    def do(self, *words):
        """A command; (code, token, what it printed before)."""
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()
        printed, until = [], time.monotonic() + DEADLINE
        while True:
            line = self.line(until)
            if line is None:
                raise Failed(f"{words[0]}: no answer")
            if line.startswith("event "):
                self.events.append(Event(line))
            elif line.startswith("did "):
                did = Event(line.replace("did ", "did - ", 1))
                return did.code, did.token, printed, did.text
            else:
                printed.append(line)

    def done(self, *words):
        found, token, printed, text = self.do(*words)
        assert found == code.DONE, (words, found, text)
        return token, printed

    def find(self, kind, timeout=DEADLINE, **wanted):
        """The next event like that; the others stay for later. None: not within the time."""
        until = time.monotonic() + timeout
        at = 0
        while True:
            while at < len(self.events):
                event = self.events[at]
                if event.kind == kind and all(getattr(event, name) == value for name, value in wanted.items()):
                    return self.events.pop(at)
                at += 1
            line = self.line(until)
            if line is None:
                return None
            assert line.startswith("event "), line
            self.events.append(Event(line))

    def expect(self, kind, timeout=DEADLINE, **wanted):
        event = self.find(kind, timeout, **wanted)
        assert event, f"no {kind} {wanted}: {[e.line[:160] for e in self.events]}\n{self.log.read_text()}"
        return event

    def publish(self, topic, text, *, priority=0, flags=0, life=0):
        token, printed = self.done("publish", topic, "notice.v1", priority, flags, life, packb(notice(text)).hex())
        return token, bytes.fromhex(printed[0].split()[1].replace("-", ""))

    def subscribe(self, pattern, durable="-", from_="new", credit=0):
        token, printed = self.done("subscribe", durable, from_, credit, pattern)
        return token, int(printed[0].split()[1])

    def settle(self, event, outcome=op.ACK_DONE):
        self.done("settle", event.sid, event.seq, outcome)

    def unconfirmed(self):
        return int(self.done("unconfirmed")[1][0].split()[1])

    def quit(self, linger=0):
        self.process.stdin.write(f"quit {linger}\n".encode())
        self.process.stdin.flush()
        assert self.process.wait(DEADLINE) == 0, self.log.read_text()
        self.check()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.check()

    def check(self):
        self.process.stdin.close()
        self.process.stdout.close()
        assert not SANITIZER.search(self.log.read_text()), self.log.read_text()


@pytest.fixture
def drive(tmp_path):
    drivers = []

    def start(hub, person, name="driver", **more):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        drivers.append(Driver(hub, person, folder, **more))
        return drivers[-1]

    yield start
    for driver in drivers:
        if driver.process.poll() is None:
            driver.kill()


def team_of(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query", "relay"])


@pytest.fixture
def team(hub):
    return team_of(hub)


# The examples


def example(name, *args, **popen):
    return subprocess.Popen([BIN / f"lienthon-example-{name}", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True, **popen)


def test_the_examples_join_publish_and_follow(hub, tmp_path, topic):
    # A screen joins with its code, and hands in a picture.
    invited, _ = make_invitation(hub, "man-hinh.a")
    picture, folder = tmp_path / "ảnh.jpg", tmp_path / "man-hinh"
    picture.write_bytes(os.urandom(70_000))
    joined = run(BIN / "lienthon-example-join", folder, picture, input=invited.encode() + "\n")
    assert joined.stdout.splitlines() == [
        "joined man-hinh.a", f"blob {hashlib.sha256(picture.read_bytes()).hexdigest()} 70000"]
    assert (folder / "seed").stat().st_mode & 0o777 == 0o600
    # Its settings are for the other examples. It follows until its input ends.
    text = run("sh", "-c", '. "$0/settings" && env', folder).stdout
    env = environment(**dict(line.split("=", 1) for line in text.splitlines() if line.startswith("LIENTHON_")))
    with example("subscribe", topic, "9", "loa", env=env, stdin=subprocess.PIPE) as screen:
        assert screen.stderr.readline().startswith("subscribed: done")
        with example("publish", topic, "Mời bà con họp.", "1", env=settings(hub, team_of(hub), tmp_path / "a")) as team:
            said = team.communicate(timeout=DEADLINE)[0].splitlines()
        screen.stdin.close()
        assert screen.wait(DEADLINE) == 0, screen.stderr.read()
        [line] = screen.stdout.read().splitlines()
        assert not SANITIZER.search(screen.stderr.read())
    assert team.returncode == 0
    id = said[0].split()[1]
    assert line.split()[0] == id and line.split()[2:] == [topic, "done"]
    assert said[:3] == [f"id {id}", "published done ", "receipt man-hinh.a man-hinh done"]
    assert said[3:] in (["roster man-hinh.a loa done"], ["roster man-hinh.a loa delivered"])


def test_an_example_says_what_it_lacks(tmp_path):
    found = run(BIN / "lienthon-example-publish", "xa/a", "x", "0", status=1, env=environment(LIENTHON_URL=""))
    assert "LIENTHON_PRINCIPAL" in found.stderr
    (tmp_path / "mới").mkdir()
    found = run(BIN / "lienthon-example-join", tmp_path / "mới", "x", status=1, input="lienthon:hỏng\n")
    assert found.stderr.strip()


# Publishing


def test_a_client_is_told_of_its_own_grant_of_the_next_and_of_its_end(hub, team, drive):
    driver = drive(hub, team)
    first = driver.expect("grant")
    assert (first.code, first.value) == (code.DONE, team.grant.hex())
    renewed = hub.issue(identity=team.identity, publish=team.body["publish"])
    assert driver.expect("grant").value == renewed.grant.hex()
    hub.revoke(renewed)
    ended = driver.expect("grant")
    assert (ended.code, ended.text, ended.value) == (code.REVOKED, f"the grant of {team.name} has been revoked", "")
    driver.quit()


def test_what_is_published_reaches_a_stranger_under_its_id(hub, team, drive, topic):
    reader = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    reader.subscribe(topic)
    driver = drive(hub, team)
    token, id = driver.publish(topic, "Xin chào.", priority=2)
    said = driver.expect("published", token=token)
    assert said.code == code.DONE and said.seq > 0
    made = reader.next().part
    assert (made.id, made.sender, made.priority, made.content()["text"]) == (id, team.name, 2, "Xin chào.")
    assert driver.unconfirmed() == 0
    driver.quit()


def test_a_refusal_comes_with_the_hubs_sentence(hub, team, drive):
    driver = drive(hub, team)
    token, _ = driver.publish("khac/tat-ca/thong-bao", "Xin chào.")
    said = driver.expect("published", token=token)
    assert said.code == code.NOT_ALLOWED and "khac" in said.text
    body = packb({"title": "x", "text": "x", "channels": ["loaa"]}).hex()
    token, _ = driver.done("publish", "thu/x", "notice.v1", 0, 0, 0, body)
    said = driver.expect("published", token=token)
    assert said.code == code.BODY_WRONG and "channels[0]" in said.text
    driver.quit()


def test_a_revoked_sender_is_told_20_and_cut(hub, drive, topic):
    person = team_of(hub)
    driver = drive(hub, person)
    driver.expect("up")
    hub.revoke(person)
    down = driver.expect("down", code=code.REVOKED)
    assert down.text
    # From then on there is no connection for its key, and it is told why.
    assert "new invitation" in driver.expect("down", code=code.REVOKED).text
    driver.quit()


def test_what_another_has_sealed_is_relayed(hub, team, drive, topic):
    other = team_of(hub)
    sealed = other.seal(other.part(topic, "notice.v1", notice()))
    driver = drive(hub, team)
    token, _ = driver.done("relay", sealed.hex())
    assert driver.expect("published", token=token).code == code.DONE
    assert driver.do("relay", "00")[0] == code.MALFORMED
    driver.quit()


def test_many_are_sealed_together_and_all_arrive_in_order(hub, team, drive, topic):
    reader = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    reader.subscribe(topic, credit=1000)
    driver = drive(hub, team)
    ids = [driver.publish(topic, f"Tin {n}.")[1] for n in range(300)]
    found, counts = [], set()
    while len(found) < 300:
        delivery = reader.next()
        found.append(delivery.part.id)
        counts.add(delivery.sealed.count)
        reader.ack(delivery)
    assert found == ids
    driver.quit()


def test_nothing_is_lost_when_the_hub_is_killed_and_comes_back(commune, drive):
    topic = "thu/chet/thong-bao"
    team = team_of(commune)
    reader = commune.issue(subscribe=[may_subscribe("thu/#")])
    reader.client().subscribe(topic, durable="loa")
    driver = drive(commune, team)
    sent = [driver.publish(topic, f"Tin {n}.")[1] for n in range(50)]
    driver.expect("published")
    commune.kill()
    driver.expect("down")
    sent += [driver.publish(topic, f"Tin {n}.")[1] for n in range(50, 100)]
    commune.close_clients()
    commune.start()
    wait_until(lambda: driver.unconfirmed() == 0, "all are confirmed")
    assert all(event.code in (code.DONE, code.DONE_BEFORE) for event in driver.events if event.kind == "published")
    client = reader.client()
    client.subscribe(topic, durable="loa", credit=200)
    found = []
    while set(found) != set(sent):
        delivery = client.next()
        found.append(delivery.part.id)
        client.ack(delivery)
    assert [id for n, id in enumerate(found) if id not in found[:n]] == sent
    driver.quit()


def test_what_was_accepted_survives_kill_9_of_the_client(make_commune, drive):
    commune = make_commune().start()
    topic = "thu/giet/thong-bao"
    team = team_of(commune)
    reader = commune.issue(subscribe=[may_subscribe("thu/#")])
    reader.client().subscribe(topic, durable="loa")
    commune.stop()
    driver = drive(commune, team)
    sent = [driver.publish(topic, f"Tin {n}.")[1] for n in range(20)]
    driver.kill()
    driver = drive(commune, team)
    assert driver.unconfirmed() == 20
    commune.start()
    for _ in sent:
        assert driver.expect("published", token=0).code == code.DONE
    client = reader.client()
    client.subscribe(topic, durable="loa")
    assert [client.next().part.id for _ in sent] == sent
    driver.quit()
    driver = drive(commune, team)
    assert driver.unconfirmed() == 0
    driver.quit()


def test_a_program_that_quits_lingers_until_the_hub_has_it(hub, team, drive, topic):
    driver = drive(hub, team)
    driver.publish(topic, "Xin chào.")
    driver.quit(linger=int(DEADLINE * 1000))
    again = drive(hub, team)
    assert again.unconfirmed() == 0
    again.quit()


# Subscribing


def test_a_durable_subscription_goes_on_over_a_restart_of_either(commune, drive):
    topic = "thu/tiep/thong-bao"
    team, listener = team_of(commune), commune.issue(subscribe=[may_subscribe("thu/#")])
    driver = drive(commune, listener)
    token, sid = driver.subscribe(topic, "loa")
    assert driver.expect("subscribed", token=token).code == code.DONE
    client = team.client()
    client.say(topic, "notice.v1", notice("Một."))
    first = driver.expect("message")
    assert first.message.content()["text"] == "Một." and first.verdict == code.DONE
    commune.restart()
    client = team.client()
    client.say(topic, "notice.v1", notice("Hai."))
    second = driver.expect("message")
    assert second.message.content()["text"] == "Hai."
    # The first is open still: it is not handed over again, and settling it counts.
    driver.settle(first)
    driver.quit(linger=1000)
    client.say(topic, "notice.v1", notice("Ba."))
    driver = drive(commune, listener)
    driver.subscribe(topic, "loa")
    texts = [driver.expect("message").message.content()["text"] for _ in range(2)]
    assert texts == ["Hai.", "Ba."] or texts == ["Ba.", "Hai."]
    assert driver.find("message", timeout=1) is None
    driver.quit()


def test_a_settled_message_is_in_the_roster_and_given_up_with_its_detail(hub, team, drive, topic):
    driver = drive(hub, hub.issue(subscribe=[may_subscribe("thu/#")]))
    token, sid = driver.subscribe(topic, "loa")
    driver.expect("subscribed", token=token)
    client = team.client()
    made = team.part(topic, "notice.v1", notice(), flags=part.RECEIPT)
    client.publish(made)
    event = driver.expect("message")
    driver.done("settle", event.sid, event.seq, op.ACK_GAVE_UP, "hỏng-loa")
    wait_until(lambda: [(row["state"], row["detail"]) for row in client.query("status", id=made.id)["roster"]]
               == [("gave-up", "hỏng-loa")], "the roster says how it ended, and why")
    driver.quit()


def test_again_brings_it_again(hub, team, drive, topic):
    driver = drive(hub, hub.issue(subscribe=[may_subscribe("thu/#")]))
    token, sid = driver.subscribe(topic, "loa")
    driver.expect("subscribed", token=token)
    team.client().say(topic, "notice.v1", notice())
    first = driver.expect("message")
    driver.settle(first, op.ACK_AGAIN)
    second = driver.expect("message")
    assert (second.seq, second.attempt) == (first.seq, 2)
    driver.settle(second)
    driver.quit()


def test_a_pattern_outside_the_grant_is_refused_with_a_sentence(hub, team, drive):
    driver = drive(hub, team)
    token, _ = driver.subscribe("khac/#")
    said = driver.expect("subscribed", token=token)
    assert said.code == code.NOT_ALLOWED and said.text
    assert driver.do("subscribe", "-", "new", 0, "Khac/#")[0] == 67
    driver.quit()


def test_unsubscribing_ends_it_and_forgets_what_waits(hub, team, drive, topic):
    listener = hub.issue(subscribe=[may_subscribe("thu/#")])
    driver = drive(hub, listener)
    token, sid = driver.subscribe(topic, "loa")
    driver.expect("subscribed", token=token)
    token, _ = driver.done("unsubscribe", sid, "forget")
    assert driver.expect("subscribed", token=token).code == code.DONE
    client = team.client()
    client.say(topic, "notice.v1", notice())
    assert driver.find("message", timeout=1) is None
    assert not [row for row in client.query("subscriptions") if row["principal"] == listener.name]
    driver.quit()


def test_what_was_obeyed_is_known_after_kill_9(hub, team, drive, topic):
    listener = hub.issue(subscribe=[may_subscribe("thu/#")])
    driver = drive(hub, listener)
    token, sid = driver.subscribe(topic, "loa")
    driver.expect("subscribed", token=token)
    team.client().say(topic, "notice.v1", notice())
    event = driver.expect("message", verdict=code.DONE)
    assert driver.do("look", event.sid, event.seq)[0] == code.DONE
    assert driver.do("obey", event.sid, event.seq)[0] == code.DONE
    assert driver.do("obey", event.sid, event.seq)[0] == code.DONE_BEFORE
    driver.kill()
    driver = drive(hub, listener)
    driver.subscribe(topic, "loa")
    driver.expect("message", seq=event.seq, verdict=code.DONE_BEFORE)
    driver.quit()


def test_a_cancellation_is_handed_over_and_what_it_cancels_is_not_to_be_obeyed(hub, team, drive, topic):
    driver = drive(hub, hub.issue(subscribe=[may_subscribe("thu/#")]))
    token, sid = driver.subscribe(topic, "loa")
    driver.expect("subscribed", token=token)
    client = team.client()
    made = team.part(topic, "notice.v1", notice())
    client.publish(made)
    event = driver.expect("message", verdict=code.DONE)
    client.publish(team.part(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id))
    assert driver.expect("message", verdict=code.DONE).message.re == made.id
    assert driver.do("obey", event.sid, event.seq)[0] == code.CANCELLED
    driver.quit()


def test_sealed_time_is_heard(hub, team, drive):
    driver = drive(hub, team)
    wait_until(lambda: driver.done("time")[1][0].endswith("sealed=1"), "the time is a sealed one")
    said = int(driver.done("time")[1][0].split()[1])
    assert abs(said - part.now_ms()) < 60_000
    driver.quit()


def test_a_question_is_answered(hub, team, drive, topic):
    made = team.part(topic, "notice.v1", notice())
    team.client().publish(made)
    driver = drive(hub, team)
    token, _ = driver.done("query", "status", packb({"id": made.id}).hex())
    answer = driver.expect("result", token=token)
    assert answer.code == code.DONE and answer.said()["topic"] == topic
    token, _ = driver.done("query", "khong-co", "80")
    answer = driver.expect("result", token=token)
    assert answer.code == code.NOT_FOUND and answer.text
    driver.quit()


def test_a_blob_goes_there_in_pieces_and_comes_back(hub, team, drive):
    data = os.urandom(300_000)
    sha = hashlib.sha256(data).hexdigest()
    driver = drive(hub, team)
    at = 0
    while at < len(data):
        piece = data[at : at + 100_000]
        token, _ = driver.done("put", sha, len(data), at, piece.hex())
        answer = driver.expect("chunk", token=token)
        assert answer.code == code.DONE and answer.size == at + len(piece), answer.text
        at = answer.size
    back = b""
    while len(back) < len(data):
        token, _ = driver.done("get", sha, len(back), 200_000)
        answer = driver.expect("chunk", token=token)
        assert answer.code == code.DONE and answer.size == len(data)
        back += bytes.fromhex(answer["value"])
    assert back == data
    token, _ = driver.done("get", "00" * 32, 0, 1)
    answer = driver.expect("chunk", token=token)
    assert answer.code == code.NOT_FOUND and answer.text
    driver.quit()


def test_a_file_goes_there_whole_over_a_restart_of_the_hub_and_comes_back(commune, drive, tmp_path):
    person = team_of(commune)
    data = os.urandom(900_000)
    (tmp_path / "ảnh.jpg").write_bytes(data)
    sha = hashlib.sha256(data).hexdigest()
    driver = drive(commune, person)
    token, printed = driver.done("send", tmp_path / "ảnh.jpg")
    assert printed == [f"size {len(data)}"]
    driver.expect("blob", token=token, more=1)  # a part is there
    commune.kill()
    commune.close_clients()
    commune.start()
    while (event := driver.expect("blob", token=token)).more:
        assert event.code == code.DONE
    assert (event.code, event.offset, event.size) == (code.DONE, len(data), len(data)), event.text
    token, _ = driver.done("fetch", sha, 0, tmp_path / "về.jpg")
    while (event := driver.expect("blob", token=token)).more:
        assert not (tmp_path / "về.jpg").exists() and 0 < event.offset < len(data)
    assert event.code == code.DONE, event.text
    assert (tmp_path / "về.jpg").read_bytes() == data
    assert [path.name for path in tmp_path.glob("*.part")] == []
    driver.quit()


def test_an_empty_file_is_a_blob_too_and_what_the_hub_does_not_have_leaves_nothing(hub, team, drive, tmp_path):
    (tmp_path / "rỗng").touch()
    driver = drive(hub, team)
    token, _ = driver.done("send", tmp_path / "rỗng")
    assert driver.expect("blob", token=token, more=0).code == code.DONE
    token, _ = driver.done("fetch", hashlib.sha256(b"").hexdigest(), 0, tmp_path / "về")
    assert driver.expect("blob", token=token, more=0).code == code.DONE
    assert (tmp_path / "về").read_bytes() == b""
    token, _ = driver.done("fetch", "00" * 32, 5, tmp_path / "không")
    event = driver.expect("blob", token=token, more=0)
    assert event.code == code.NOT_FOUND and event.text
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["rỗng", "về"]
    driver.quit()


# A hub that is broken, wrong or gone


def test_one_bit_changed_by_a_lying_hub_is_refused_by_the_receiver(make_commune, drive):
    commune = make_commune().start()
    topic = "thu/hong/thong-bao"
    team, listener = team_of(commune), commune.issue(subscribe=[may_subscribe("thu/#")])
    driver = drive(commune, listener)
    token, _ = driver.subscribe(topic, "loa")
    driver.expect("subscribed", token=token)
    driver.quit(linger=1000)
    team.client().say(topic, "notice.v1", notice("Mời bà con họp."))
    commune.stop()
    seq = flip_a_bit(commune.data, "Mời bà con".encode(), lying=True)
    commune.start(LYING_HUB)
    driver = drive(commune, listener)
    driver.subscribe(topic, "loa")
    refused = driver.expect("refused")
    assert refused.code == code.BAD_SEAL and refused.seq == seq and refused.text
    driver.quit()


def test_a_wrong_hub_key_is_told(hub, team, drive):
    driver = drive(hub, team, LIENTHON_HUB_CURVE=b64(Identity.generate("x").curve_public))
    down = driver.expect("down")
    assert "does not have the hub's key" in down.text
    driver.quit()


def test_a_key_that_the_hub_does_not_know_is_told(hub, drive):
    stranger = team_of(hub)
    stranger.identity.curve_secret = Identity.generate("x").curve_secret
    driver = drive(hub, stranger)
    down = driver.expect("down")
    assert down.code == code.UNKNOWN_PRINCIPAL and "invitation" in down.text
    driver.quit()


def test_a_hub_that_is_not_there_is_told_and_found_when_it_comes(make_commune, drive):
    commune = make_commune()
    commune.start()
    team = team_of(commune)
    commune.stop()
    driver = drive(commune, team)
    assert "nothing answers" in driver.expect("down").text
    commune.start()
    driver.expect("up")
    driver.quit()


def test_signals_stay_the_applications(hub, team, drive):
    driver = drive(hub, team)
    driver.expect("up")
    driver.process.send_signal(signal.SIGTERM)
    assert driver.process.wait(DEADLINE) == -signal.SIGTERM


# Joining


def join(hub, code_text, folder, limit=15_000):
    person = Identity.generate("x")
    folder.mkdir(exist_ok=True)
    for name, secret in (("seed", person.keys.secret[:32]), ("curve", person.curve_secret)):
        (folder / name).write_text(b64(secret) + "\n")
    env = environment(LIENTHON_SEED=str(folder / "seed"), LIENTHON_CURVE=str(folder / "curve"))
    found = run(BIN / "lienthon-client-driver", "join", limit, env=env, input=code_text + "\n")
    return person, Event(found.stdout.strip().replace("joined", "joined -", 1))


def test_a_device_joins_with_a_code_and_is_who_it_says(hub, tmp_path, drive, topic):
    invited, _ = make_invitation(hub, "loa.c.01")
    keys, joined = join(hub, invited.encode(), tmp_path / "moi")
    assert (joined.code, joined.url, joined.hub) == (code.DONE, hub.url, "hub"), joined.text
    grants = [seal.decode(raw).part for raw in bundle.read(bytes.fromhex(joined["grants"]))]
    assert grants[-1].content()["principal"] == "loa.c.01"
    assert grants[-1].content()["key"] == keys.keys.public
    person = team_of(hub)
    person.identity.principal, person.identity.keys = "loa.c.01", keys.keys
    person.identity.curve_secret = keys.curve_secret
    driver = drive(hub, person)
    token, _ = driver.publish(topic, "Xin chào.", priority=1)
    assert driver.expect("published", token=token).code == code.DONE
    driver.quit()


def test_a_used_code_and_a_code_of_another_commune_are_told(hub, tmp_path):
    invited, _ = make_invitation(hub, "loa.c.02")
    assert join(hub, invited.encode(), tmp_path / "mot")[1].code == code.DONE
    second = join(hub, invited.encode(), tmp_path / "hai")[1]
    assert second.code == 31 and second.text
    other, _ = make_invitation(hub, "loa.c.03")
    other.root = os.urandom(32)
    lie = join(hub, other.encode(), tmp_path / "ba")[1]
    assert lie.code == code.UNKNOWN_PRINCIPAL and "root key" in lie.text
    broken = join(hub, other.encode()[:-20], tmp_path / "bon")[1]
    assert broken.code == code.MALFORMED and broken.text
    other.join_url = "tcp://127.0.0.1:1"
    gone = join(hub, other.encode(), tmp_path / "nam", limit=3000)[1]
    assert "nothing answers" in gone.text
