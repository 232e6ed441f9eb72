"""The bridge to copy: messages as files in a folder, both ways, against a real hub."""

import itertools
import json
import os

import pytest
from bodies import notice
from filedrop import Folder, dead_of
from harness import BIN, may_subscribe, run, wait_until
from test_speaker import SHORT, Desk

from lienthon import part

LIMITS = {"joins": 1000}
TOPIC = "an-thanh-1/an-thuong/thong-bao"
_numbers = itertools.count(1)


@pytest.fixture
def make_folder(tmp_path):
    made = []

    def make(commune, start=True, **settings):
        made.append(Folder(commune, f"thu-muc-{next(_numbers)}", tmp_path / f"f{len(made)}", **settings))
        return made[-1].start() if start else made[-1]

    yield make
    for one in made:
        if one.process and one.process.is_running():
            one.process.stop()
        one.file.unlink()


@pytest.fixture
def folder(hub, make_folder):
    return make_folder(hub)


@pytest.fixture
def reader(hub):
    """Someone who hears all that is said to the hamlet."""
    client = hub.issue(subscribe=[may_subscribe("an-thanh-1/#")]).client()
    client.subscribe(TOPIC, sid="reader", credit=200)
    return client


def take(reader, count):
    return [reader.next("reader").part for _ in range(count)]


def test_a_message_becomes_one_whole_file_and_a_receipt(hub, folder):
    desk = Desk(hub)
    body = notice(attachments=[{"sha256": bytes(range(32)), "size": 9_007_199_254_740_991, "media": "image/png", "name": "a.png"}])
    posted = desk.post(body, priority=1, label=1)
    _, content, _ = desk.until(posted, "done")
    assert content["target"] == folder.name
    [path] = (folder.path / "received").iterdir()
    assert path.name == f"{folder.received()[0]['id']}.{desk.person.name}.json"
    [message] = folder.received()
    assert message["from"] == desk.person.name
    assert (message["topic"], message["type"], message["priority"], message["label"]) == (TOPIC, "notice.v1", 1, 1)
    assert message["receipt"] and not message["retain"] and message["created"] == posted.created
    assert message["body"]["text"] == body["text"]
    assert message["body"]["attachments"] == [{"sha256": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                               "size": 9_007_199_254_740_991, "media": "image/png", "name": "a.png"}]


def test_what_a_file_says_is_published_and_the_file_moved(hub, folder, reader):
    body = {"text": "Tin “từ tệp”.\n", "attachments": [{"sha256": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                                        "size": 12, "media": "image/png", "name": "a.png"}]}
    folder.drop("tin.json", {"type": "notice.v1", "topic": TOPIC, "priority": "khan", "receipt": True, "body": body})
    [found] = take(reader, 1)
    assert (found.sender, found.topic, found.priority, found.flags) == (folder.principal, TOPIC, 1, 2)
    assert found.content()["text"] == body["text"]
    assert found.content()["attachments"][0]["sha256"] == bytes(range(32))
    [sent] = folder.wait_for(folder.sent, "the file in sent/")
    assert found.origin == f"filedrop:{sent.name}" and sent.name.startswith("tin.json@")
    assert list((folder.path / "send").iterdir()) == []
    assert folder.received() == [], "what one has said oneself is no news"


def test_the_topic_may_be_left_to_the_grant(folder, reader):
    folder.drop("tin.json", {"type": "notice.v1", "body": {"text": SHORT}})
    assert take(reader, 1)[0].topic == TOPIC


def test_a_file_that_was_received_elsewhere_can_be_sent_on(hub, folder, make_folder, reader):
    desk = Desk(hub)
    desk.until(desk.post(notice("Chuyển tiếp."), priority=1), "done")
    [message] = folder.received()
    for key in ("id", "from", "created"):
        del message[key]
    take(reader, 1)
    other = make_folder(hub)
    other.drop("chuyen.json", json.dumps(message))
    [found] = take(reader, 1)
    assert (found.sender, found.priority, found.content()["text"]) == (other.principal, 1, "Chuyển tiếp.")


@pytest.mark.parametrize("text, error", [
    ('{\n  "type": "notice.v1",\n  "body": {"text": ""},\n  }', ":4:3:"),
    ('{"type": "notice.v1",\n "topik": "a", "body": {"text": "a"}}', ":2:2: at /topik: no such key"),
    ('{"type": "notice.v1",\n "priority": "khann", "body": {"text": "a"}}', ":2:2: at /priority: wanted is one of thuong, khan"),
    ('{"type": "notice.v1",\n "body": {"text": "a",\n  "attachments": [{"sha256": "?"}]}}', ":3:20: at /body/attachments/0/sha256"),
    ('{"type": "notice.v1", "body": {"text": 7}}', " body.text: "),
    ('{"type": "notice.v1", "body": {"text": "a", "channels": ["loaa"]}}', " body.channels[0]: 'loaa' is not one of"),
    ('{"type": "notice.v1", "from": "van-phong", "body": {"text": "a"}}', " from: "),
    ('{"type": "notice.v1", "topic": "an-thanh-1/an-lac/thong-bao", "body": {"text": "a"}}', "an-lac/thong-bao"),
    ('{"type": "alert.v1", "body": {}}', ":1:1: topic must be given"),
    ('{"type": "notice.v1", "body": {"text": "a", "speech": {"text": "Mo\u031b\u0300i"}}}', "at /body/speech/text: the text is not NFC"),
    ('[]', ":1:1: a message must be an object"),
    ('{"type": "notice.v1"}', ":1:1: "),
    ("", ":1:0: "),
])
def test_what_is_wrong_is_told_beside_the_file_and_put_right_by_saving(folder, reader, text, error):
    path = folder.drop("sai.json", text)
    told = folder.wait_for_error("sai.json", error)
    assert told.startswith("sai.json:") and path.exists()
    folder.drop("sai.json", {"type": "notice.v1", "body": {"text": SHORT}})
    assert take(reader, 1)[0].content()["text"] == SHORT
    folder.wait_for(folder.sent, "the file in sent/")
    assert list((folder.path / "send").iterdir()) == []


def test_a_wrong_file_holds_nobody_up_and_is_tried_once(folder, reader):
    folder.drop("a.json", "{")
    for number in range(20):
        folder.drop(f"b{number:02}.json", {"type": "notice.v1", "body": {"text": f"{number}"}})
    assert sorted(part.content()["text"] for part in take(reader, 20)) == sorted(map(str, range(20)))
    folder.wait_for(lambda: len(folder.sent()) == 20, "twenty files in sent/")
    assert folder.process.text().count("a file is not taken file=a.json") < 3


def test_the_same_file_again_is_said_again(folder, reader):
    for count in (1, 2):
        folder.drop("tin.json", {"type": "notice.v1", "body": {"text": SHORT}})
        take(reader, 1)
        folder.wait_for(lambda count=count: len(folder.sent()) == count, "the file in sent/")


def test_a_file_that_is_still_written_is_taken_when_it_is_whole(folder, reader):
    whole = json.dumps({"type": "notice.v1", "body": {"text": "dài"}})
    with open(folder.path / "send" / "a.json", "w") as file:
        file.write(whole[:20])
        file.flush()
        folder.drop("b.json", {"type": "notice.v1", "body": {"text": SHORT}})
        assert take(reader, 1)[0].content()["text"] == SHORT
        file.write(whole[20:])
    assert take(reader, 1)[0].content()["text"] == "dài"
    folder.wait_for(lambda: len(folder.sent()) == 2, "both in sent/")
    assert list((folder.path / "send").iterdir()) == []


def test_what_is_no_plain_file_is_left_alone(folder, reader, tmp_path):
    secret = tmp_path / "mat.json"
    secret.write_text(json.dumps({"type": "notice.v1", "body": {"text": "mật"}}))
    (folder.path / "send" / "a.json").symlink_to(secret)
    os.mkfifo(folder.path / "send" / "b.json")
    (folder.path / "send" / "c.json").mkdir()
    (folder.path / "send" / "d.txt").write_text(secret.read_text())
    folder.drop("e.json", {"type": "notice.v1", "body": {"text": SHORT}})
    assert take(reader, 1)[0].content()["text"] == SHORT
    folder.wait_for(folder.sent, "the file in sent/")
    assert sorted(path.name for path in (folder.path / "send").iterdir()) == ["a.json", "b.json", "c.json", "d.txt"]


def test_killed_again_and_again_it_publishes_every_file_once(hub, folder, reader):
    files = 40
    for number in range(files):
        folder.drop(f"{number:02}.json", {"type": "notice.v1", "body": {"text": f"{number}"}})
    for left in range(5, files, 8):
        folder.wait_for(lambda left=left: len(folder.sent()) >= left, "some files in sent/")
        folder.process.kill()
        folder.start()
    folder.wait_for(lambda: len(folder.sent()) == files, "all files in sent/")
    said = [part.content()["text"] for part in take(reader, files)]
    assert said == [f"{number}" for number in range(files)]
    hub.office.say(TOPIC, "notice.v1", notice("hết"))
    assert take(reader, 1)[0].content()["text"] == "hết"


def test_without_the_hub_files_wait_and_then_go(commune, make_folder):
    folder = make_folder(commune)
    commune.stop()
    for number in range(3):
        folder.drop(f"{number}.json", {"type": "notice.v1", "body": {"text": f"{number}"}})
    assert folder.sent() == []
    commune.start()
    folder.wait_for(lambda: len(folder.sent()) == 3, "all files in sent/")
    said = commune.office.query("history", pattern=TOPIC)
    assert len(said) == 3


def test_what_cannot_be_written_comes_again_until_it_can(hub, folder):
    desk = Desk(hub)
    away = (folder.path / "received").rename(folder.path / "weg")
    posted = desk.post(SHORT)
    folder.wait_for_log("comes again")
    assert list(folder.path.glob("received*")) == [], "nothing half written"
    away.rename(folder.path / "received")
    desk.until(posted, "done")
    assert [message["body"]["text"] for message in folder.received()] == [SHORT]


def test_a_dead_letter_that_is_delivered_again_is_tried_anew(hub, make_folder):
    """By the bridge that gave it up and still runs, and by one that was started since."""
    folder, desk = make_folder(hub, attempts=1), Desk(hub)
    received = folder.path / "received"
    for restarts in (False, True):
        away = received.rename(folder.path / "weg")
        posted = desk.post(SHORT)
        desk.until(posted, "failed")
        letters = wait_until(lambda: dead_of(hub, folder), "a dead letter")
        assert [letter["durable"] for letter in letters]
        if restarts:
            folder.process.stop()
            folder.start()
        away.rename(received)
        hub.lienthon("dead", "again", folder.principal, letters[0]["durable"])
        desk.until(posted, "done")
    assert [message["body"]["text"] for message in folder.received()] == [SHORT] * 2


@pytest.mark.parametrize("text, where, what", [
    ("identity: x\nbridge: filedorp\n", "2:9: bridge: ", "did you mean 'filedrop'?"),
    ("bridge: filedrop\nidentity: bridge.khong-co\noptions: {folder: f}\n", "2:11: identity: ", "khong-co"),
    ("bridge: filedrop\ndurable: Tệp\noptions: {folder: f}\n", "2:10: durable: 'Tệp' is none", "allowed: at most 64"),
    ("bridge: filedrop\noptions: {folder: f}\nsubscribe:\n  - a/b\n  - a//b\n", "5:5: subscribe: 'a//b' is none", "levels of"),
    ("bridge: filedrop\noptions: {folder: f}\ntargets:\n  kho: a/b, a/#/c\n", "4:3: targets: 'a/#/c' is none", "levels of"),
    ("bridge: filedrop\noptions: {folder: f}\nhamlets: [an-thuong, An Lạc]\n", "3:22: hamlets: 'An Lạc' is none", "an-thuong"),
    ("bridge: filedrop\noptions:\n  foldr: f\n", "3:3: unknown key", "did you mean 'folder'?"),
    ("bridge: filedrop\noptions: {}\n", "folder", ""),
    ("bridge: filedrop\natempts: 3\noptions: {folder: f}\n", "2:1: unknown key", "did you mean 'attempts'?"),
    ("bridge: filedrop\nattempts: many\noptions: {folder: f}\n", "2:11: 'attempts' is 'many'", "a whole number from 1 to 20"),
    ("bridge: filedrop\nattempts: 900\noptions: {folder: f}\n", "2:11: 'attempts' is '900'", "a whole number from 1 to 20"),
    ("bridge: filedrop\nhealth-every: 5x\noptions: {folder: f}\n", "2:15: ", "a duration as 500ms"),
    ("bridge: filedrop\nclockless: maybe\noptions: {folder: f}\n", "2:12: ", "allowed: yes, no"),
    ("bridge: filedrop\nidentity: van-phongg\noptions: {folder: f}\n", "2:11: identity: ", "there are: "),
    ("bridge: filedrop\nidentity: [a]\noptions: {folder: f}\n", "2:11: 'identity' is a list", "allowed: a text"),
    ("bridge: filedrop\nattempts: 3\nattempts: 4\noptions: {folder: f}\n", "3:1: 'attempts' is there twice", "first at line 2"),
    ("bridge: filedrop\nrate: 20 per minute\noptions: {folder: f}\n", "2:7: rate: ", "allowed: a number, / and a time"),
    ("bridge: filedrop\nburst: 5\noptions: {folder: f}\n", "2:8: burst: ", "there is none"),
    ("bridge: speaker\noptions: {rtp-codec: pcmuu}\n", "2:22: 'options.rtp-codec' is 'pcmuu'", "did you mean 'pcmu'?"),
    ("bridge: filedrop\nmetrics: 0.0.0.0:99\noptions: {folder: f}\n", "2:10: metrics: ", "an address of this machine alone"),
    ("bridge: filedrop\nfar-side: A B\noptions: {folder: f}\n", "2:11: far-side: ", "at most 32"),
    ("bridge: filedrop\noptions: folder\n", "2:10: 'options'", "must be a map"),
    ("bridge: filedrop\noptions:\n\tfolder: f\n", "3:1: ", "cannot start any token"),
    ("bridge: filedrop\noptions:\n  folder: f\udcff\n", "3:12: ", "save the file as UTF-8"),
    ("bridge: http\noptions:\n  url: https://x.example/a\n  secret: abcdef\n", "4:11: 'options.secret'", "file:PATH or credential:NAME"),
    ("bridge: speaker\noptions: {output: fil}\n", "2:19: 'options.output' is 'fil'", "did you mean 'file'? allowed: auto, both, card, file"),
    ("", "bridge", "missing"),
])
def test_a_mistake_in_its_file_is_told_with_place_and_what_is_allowed(hub, text, where, what):
    path = hub.dir / "bridges" / "sai.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode(errors="surrogateescape"))
    try:
        found = run(BIN / "lienthon-bridge", "sai", "-C", hub.dir, "--check", status=1)
        assert "bridges/sai.yaml" in found.stderr and where in found.stderr and what in found.stderr, found.stderr
    finally:
        path.unlink()


def test_it_stops_in_the_middle_of_many(hub, make_folder):
    """What comes without a pause keeps neither the end nor the watchdog waiting."""
    folder = make_folder(hub)
    folder.process.stop()
    desk = Desk(hub)
    count = 2000
    for _ in range(count // 200):
        desk.client.publish(*[part.make(desk.person.name, TOPIC, "notice.v1", notice()) for _ in range(200)])
    folder.start()
    folder.wait_for(lambda: len(list((folder.path / "received").iterdir())) > 100, "the first of many")
    folder.process.stop()
    assert len(folder.received()) < count // 2


def test_a_long_name_is_sent_and_told_of_like_any_other(hub, folder, reader):
    """A Vietnamese sentence as a name has more bytes than an origin may."""
    long = "Thông báo về việc tổ chức họp dân ấp An Thường, " * 4
    names = [long[:90] + ".json", long[:90] + "2.json", "a" * 250 + ".json"]
    for name in names:
        (folder.path / f"beside-{len(name)}").write_text(json.dumps({"type": "notice.v1", "topic": TOPIC, "body": notice(name)}))
        (folder.path / f"beside-{len(name)}").rename(folder.path / "send" / name)
    origins = {found.content()["text"]: found.origin for found in take(reader, 3)}
    assert len(set(origins.values())) == 3 and all(len(origin.encode()) <= 128 for origin in origins.values())
    folder.wait_for(lambda: len(folder.sent()) == 3, "the files in sent/")
    assert {f"filedrop:{path.name}" for path in folder.sent()} == set(origins.values())
    (folder.path / "beside").write_text("{")
    (folder.path / "beside").rename(folder.path / "send" / names[2])
    folder.wait_for(lambda: list((folder.path / "send").glob("aaa*.error")), "what is wrong with it, beside it")
    folder.drop("sau.json", {"type": "notice.v1", "topic": TOPIC, "body": notice("Sau đó.")})
    assert take(reader, 1)[0].content()["text"] == "Sau đó."
    assert folder.process.text().count("a file is not taken") == 1
