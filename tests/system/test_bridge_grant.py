"""The grant of a bridge becomes another while the bridge runs: longer, with other topics, revoked, issued again."""

import itertools

import pytest
import yaml
from bodies import notice
from filedrop import Folder
from harness import BIN, DAY, HOUR, Process, b64, may_publish, may_subscribe, wait_until
from loa import Speaker
from test_speaker import SHORT, Desk

from lienthon import bundle, part

A, B = "an-thanh-1/an-thuong/thong-bao", "an-thanh-1/an-lac/thong-bao"
_numbers = itertools.count(1)


class Bridge:
    """An instance whose grant the test issues itself."""

    def __init__(self, commune, path, subscribe=(A,), publish=(A,), **grant):
        self.commune, self.name = commune, f"cap-{next(_numbers)}"
        self.person = self.issue(subscribe, publish, principal=f"bridge.{self.name}", **grant)
        self.enrol()
        self.folder = Folder(commune, self.name, path)

    def issue(self, subscribe=(A,), publish=(A,), expires=30 * DAY, **who):
        health = f"an-thanh-1/suc-khoe/bridge/{self.name}"
        return self.commune.issue(
            publish=[may_publish(*publish, types=["notice.v1"]), may_publish(health, types=["health.v1"])],
            subscribe=[may_subscribe(*subscribe)], expires=part.now_ms() + expires, **who)

    def renew(self, *args, **more):
        self.person = self.issue(*args, identity=self.person.identity, **more)

    def enrol(self):
        person, dir = self.person, self.commune.dir
        office = yaml.safe_load((dir / "identity.yaml").read_text())
        for kind, secret in (("seed", person.identity.keys.secret[:32]), ("curve", person.identity.curve_secret)):
            path = dir / "keys" / f"{person.name}.{kind}"
            path.write_text(b64(bytes(secret)) + "\n")
            path.chmod(0o600)
            office[kind] = f"keys/{person.name}.{kind}"
        (dir / f"{person.name}.ltb").write_bytes(bundle.write([person.grant]))
        office.update(principal=person.name, state=f"state/{person.name}", grants=f"{person.name}.ltb")
        (dir / "identities" / f"{person.name}.yaml").write_text(yaml.safe_dump(office, allow_unicode=True))

    def texts(self):
        return [message["body"]["text"] for message in self.folder.received()]

    def wait_for_texts(self, *texts):
        self.folder.wait_for(lambda: sorted(self.texts()) == sorted(texts), f"the files {texts}")


@pytest.fixture
def bridge(hub, tmp_path):
    made = []

    def make(**grant):
        made.append(Bridge(hub, tmp_path / f"f{len(made)}", **grant))
        made[-1].folder.start()
        return made[-1]

    yield make
    for one in made:
        if one.folder.process.is_running():
            one.folder.process.stop()


def say(hub, topic, text):
    return hub.office.say(topic, "notice.v1", notice(text), flags=2)


def health(hub, bridge):
    client = hub.issue(subscribe=[may_subscribe("an-thanh-1/#")]).client()
    client.subscribe(f"an-thanh-1/suc-khoe/bridge/{bridge.name}", sid="health", from_="retained")
    while True:
        yield client.next("health").part.content()


def test_new_topics_are_subscribed_to_under_the_old_name_and_nothing_is_lost(hub, bridge):
    one = bridge()
    said = [say(hub, A, "1")]
    one.renew(subscribe=(A, B))
    said.append(say(hub, A, "2"))
    one.folder.wait_for_log("the grant is another now")
    wait_until(lambda: one.folder.process.text().count("subscribed target=") == 2, "a second subscription")
    said.append(say(hub, B, "3"))
    one.wait_for_texts("1", "2", "3")
    for message in said:
        [row] = [row for row in hub.office.query("status", id=message.id)["roster"] if row["principal"] == one.person.name]
        assert row["durable"] == one.name


def test_a_topic_that_is_gone_is_no_reason_to_hear_nothing(hub, bridge):
    one = bridge(subscribe=(A, B))
    one.renew(subscribe=(B,))
    one.folder.wait_for_log("the grant is another now")
    hub.restart()
    say(hub, B, "1")
    one.wait_for_texts("1")
    assert "refused" not in one.folder.process.text()


def test_the_next_start_begins_with_the_new_grant(hub, bridge):
    one = bridge()
    one.renew(subscribe=(A, B))
    one.folder.wait_for_log("the grant is another now")
    one.folder.process.stop()
    one.folder.start()
    say(hub, B, "1")
    one.wait_for_texts("1")
    assert "the grant is another now" not in one.folder.process.text()
    assert one.folder.process.text().count("subscribed target=") == 1


def test_where_it_may_publish_is_learned_too(hub, bridge):
    one = bridge(publish=("an-thanh-1/#",))
    one.folder.drop("a.json", {"type": "notice.v1", "body": {"text": SHORT}})
    one.folder.wait_for_error("a.json", "names no single topic")
    one.renew(publish=(B,))
    one.folder.wait_for_log("the grant is another now")
    (one.folder.path / "send" / "a.json.error").unlink()
    one.folder.wait_for(one.folder.sent, "the file in sent/")


def test_what_the_old_grant_did_not_cover_is_asked_for_again(hub, bridge):
    one = bridge()
    one.folder.process.stop()
    one.folder.configure(subscribe=[B])
    one.folder.process = Process([BIN / "lienthon-bridge", one.name, "-C", hub.dir], hub.dir)
    one.folder.wait_for_log("the subscription is refused")
    one.renew(subscribe=(B,))
    one.folder.wait_for_log("subscribed target=")
    say(hub, B, "1")
    one.wait_for_texts("1")


def test_a_target_that_the_hub_refuses_is_told_and_the_others_go_on(hub, bridge):
    one = bridge()
    one.folder.process.stop()
    one.folder.configure(targets={"here": A, "there": B})
    one.folder.process = Process([BIN / "lienthon-bridge", one.name, "-C", hub.dir], hub.dir)
    one.folder.wait_for_log("the subscription is refused target=there")
    reports = health(hub, one)
    found = next(one for one in reports if one["state"] not in ("well", "stopped"))
    assert found["state"] == "ill" and found["ill"]["what"].startswith("the hub refuses the subscription of there: ")
    say(hub, A, "1")
    one.wait_for_texts("1")
    one.renew(subscribe=(A, B))
    next(one for one in reports if one["state"] == "well")
    say(hub, B, "2")
    one.wait_for_texts("1", "2")


def test_health_counts_the_days_and_is_ill_when_few_are_left(hub, bridge):
    one = bridge(expires=3 * DAY + HOUR)
    reports = health(hub, one)
    found = next(reports)
    assert found["readings"] == [{"name": "grant-days", "value": 3, "unit": "d"}]
    assert found["state"] == "ill" and "ends in 3 days" in found["ill"]["what"]
    assert "the grant ends in 3 days" in one.folder.process.text()
    one.renew(expires=30 * DAY + HOUR)
    found = next(one for one in reports if one["state"] == "well")
    assert found["readings"] == [{"name": "grant-days", "value": 30, "unit": "d"}] and "ill" not in found


def test_expired_it_says_who_mends_it_and_goes_on_by_itself_when_it_is_renewed(hub, bridge):
    one = bridge(expires=6_000)
    one.folder.wait_for_log("not connected target=")
    one.folder.process.stop()
    one.folder.start(until="has expired, and the hub lets its key in no more")
    assert f"let the office renew it (lienthon renew {one.person.name})" in one.folder.process.text()
    one.renew()
    say(hub, A, "1")
    one.wait_for_texts("1")


def test_revoked_it_acts_no_more_says_so_and_begins_again_when_it_may(hub, bridge):
    one = bridge()
    say(hub, A, "1")
    one.wait_for_texts("1")
    hub.revoke(one.person)
    one.folder.wait_for_log(f"nothing is acted on any more: the grant of {one.person.name} has been revoked")
    say(hub, A, "2")
    one.folder.drop("a.json", {"type": "notice.v1", "topic": A, "body": {"text": "3"}})
    one.folder.wait_for_log("not connected target=")
    one.renew()
    one.folder.wait_for_log("the grant is in force again")
    wait_until(lambda: one.folder.process.text().count("connected target=") > 2, "a new connection", timeout=60)
    say(hub, A, "4")
    one.folder.wait_for(lambda: "4" in one.texts(), "the file of what was said since")
    one.folder.wait_for(one.folder.sent, "the file in sent/")


def test_a_loudspeaker_that_is_moved_speaks_in_its_new_hamlet(hub):
    loa = Speaker(hub, "loa.an-thuong.90").start()
    desk = Desk(hub)
    desk.until(desk.post(SHORT), "done")
    keys = hub.identity(loa.name)
    hub.issue(identity=keys, publish=[may_publish("an-thanh-1/suc-khoe/loa/an-thuong/90", types=["health.v1"])],
              subscribe=[may_subscribe(B, "an-thanh-1/tat-ca/thong-bao")])
    loa.wait_for_log("the grant is another now")
    posted = desk.post(SHORT, topic=B)
    desk.until(posted, "done")
    assert loa.sound_of(posted.id)
    everywhere = desk.post({"text": SHORT, "hamlets": ["an-thuong"]}, topic="an-thanh-1/tat-ca/thong-bao")
    _, content, _ = desk.until(everywhere, "skipped")
    assert content["detail"] == "not-for-us"
    loa.stop()
