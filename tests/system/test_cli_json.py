"""Every command's --json: what `lienthon help --json` says of it is what it prints, when it succeeds and when it fails.

A command without an entry in RUNS fails here, so that none comes without a description and a test.
"""

import json
import signal

import jsonschema
import pytest
from filedrop import Folder

from test_speaker_sound import wav_of

from harness import BIN, Commune, Process, environment, run, wait_until

LIENTHON = BIN / "lienthon"
LIMITS = {"joins": 100000}
DESCRIBED = json.loads(run(LIENTHON, "help", "--json").stdout)
COMMANDS = {one["command"]: one for one in DESCRIBED["commands"]}
ERROR = DESCRIBED["error"]
NOBODY = "019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f"
NOTICE = json.dumps({"text": "Họp lúc 19 giờ."})


def validate(value, schema):
    jsonschema.Draft202012Validator(schema).validate(value)


def lines_of(text):
    """Standard output has nothing but one JSON value a line."""
    return [json.loads(line) for line in text.splitlines()]


class Ran:
    """Runs one command with --json, again and again, and holds what it prints against its description."""

    def __init__(self, hub, command, tmp_path):
        self.hub, self.command, self.tmp_path = hub, command, tmp_path
        self.described = COMMANDS[command]
        self.schema = self.described["schema"]
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def check(self, values, status, *, at_least=1):
        if self.described["prints"] != "lines":
            assert len(values) == 1, values
        assert len(values) >= at_least
        for value in values:
            validate(value, self.schema)
        return values

    def ok(self, *args, status=0, at_least=1, folder=None, **options):
        found = run(LIENTHON, self.command, "--json", "-C", folder or self.hub.dir, *args, status=status, **options)
        return self.check(lines_of(found.stdout), status, at_least=at_least)

    def fails(self, *args, status, number=None, before=0, folder=None, **options):
        """The last line is an error object; `before` so many of the command's own stand before it."""
        found = run(LIENTHON, self.command, "--json", "-C", folder or self.hub.dir, *args, status=status, **options)
        *own, error = lines_of(found.stdout)
        validate(error, ERROR)
        assert len(own) == before
        for value in own:
            validate(value, self.schema)
        if number is not None:
            assert error["number"] == number, error
        assert error["error"] and found.stderr
        return error

    def notice(self, text="Họp.", **options):
        found = self.hub.lienthon("notice", text, "--to", "an-thuong", "--json", **options)
        return json.loads(found.stdout)["id"]

    def invitation(self, name):
        found = self.hub.lienthon("invite", name, "--role", "hamlet-team", "--hamlet", "an-lac", "--json")
        return json.loads(found.stdout)["code"]


def init(ran):
    folder = ran.tmp_path / "new"
    words = [folder, "--name", "Xã Mới", "--hamlet", "an-lac=Ấp An Lạc", "--no-passphrase"]
    ran.ok(*words)
    ran.fails(*words, status=1)
    ran.fails(ran.tmp_path / "other", status=2)


def up(ran):
    commune = Commune.init(ran.tmp_path / "up")
    out = ran.tmp_path / "out"
    out.touch()
    process = Process(["sh", "-c", 'exec "$@" >"$OUT"', "sh", LIENTHON, "up", commune.dir, "--json"], ran.tmp_path,
                      env=environment(OUT=str(out)))
    wait_until(lambda: "started" in out.read_text(), "the hub to be started", watch=process)
    commune.lienthon("grants", "--wait", "20")
    process.signal(signal.SIGTERM)
    assert process.wait() == 0
    values = ran.check(lines_of(out.read_text()), 0, at_least=2)
    assert [one["event"] for one in values] == ["started", "stopped"]
    ran.fails(ran.tmp_path / "nothing", status=3)


def invite(ran):
    ran.ok("loa.an-thuong.json", "--role", "speaker", "--hamlet", "an-thuong")
    ran.fails("loa.an-thuong.json", "--role", "speker", "--hamlet", "an-thuong", status=3)
    ran.fails("loa.an-thuong.json", "--role", "speaker", "--hamlet", "an-thuogn", status=2)


def join(ran):
    code = ran.invitation("to-so.join")
    ran.ok(code, folder=ran.tmp_path / "one")
    ran.fails(code, status=1, number=31, folder=ran.tmp_path / "two")


def grants(ran):
    ran.ok()
    ran.ok("--all")
    ran.fails(status=3, folder=ran.tmp_path)


def may(ran):
    ran.ok("van-phong", "grant")
    ran.ok("van-phong", "enrol", status=1)
    ran.ok("van-phong", "notice.v1", "an-thanh-1/tat-ca/thong-bao", "khan")
    ran.ok("van-phong", "subscribe", "an-thanh-1/#")
    ran.fails("khong-ai", "grant", status=3)


def revoke(ran):
    run(LIENTHON, "join", ran.invitation("to-so.revoke"), "-C", ran.tmp_path / "one")
    ran.ok("to-so.revoke")
    ran.fails("khong-ai", status=3)


def renew(ran):
    run(LIENTHON, "join", ran.invitation("to-so.renew"), "-C", ran.tmp_path / "renewed")
    said = ran.ok("to-so.renew", "--days", "1000")[0]
    assert said["renewed"] == "to-so.renew" and said["expires"] > 0
    ran.fails("to-so.renew", "--days", "3", status=1)
    ran.fails("khong-ai", status=3)
    ran.fails(status=2)


def rekey(ran):
    run(LIENTHON, "join", ran.invitation("to-so.rekey"), "-C", ran.hub.dir)
    ran.ok("to-so.rekey")
    ran.fails("root", status=1)
    ran.fails("khong-ai", status=3)
    ran.fails("hub", "--connection", status=2)  # nobody there to be asked


def notice(ran):
    ran.ok("Họp.", "--to", "an-thuong")
    ran.fails("Họp.", "--to", "an-thuogn", status=2)
    (ran.tmp_path / "thu.wav").write_bytes(wav_of([5000, -5000] * 5000, "h"))
    assert ran.ok("Họp.", "--to", "an-thuong", "--recording", ran.tmp_path / "thu.wav")[0]["recording"]["media"] == "audio/wav"
    assert len(ran.ok("Họp.", "--to", "an-thuong", "--every", "rằm", "--at", "17:00")[0]["next"]) == 3
    ran.fails("Họp.", "--to", "an-thuong", "--every", "thu-8", status=2)
    ran.fails("Họp.", "--to", "an-thuong", "--recording", ran.tmp_path / "khong-co.wav", status=3)
    ran.fails("Họp.", "--to", "an-thuong", "--wait", "0", status=4, before=1,
              folder=Commune.init(ran.tmp_path / "away").dir)


def status(ran):
    device = ran.hub.issue(subscribe=[{"topics": ["an-thanh-1/#"], "max_label": 1}], publish=[]).client()
    device.subscribe(["an-thanh-1/an-thuong/thong-bao"], durable="json")
    id = ran.notice()
    delivery = device.next()
    device.say("$lt/receipts/van-phong", "receipt.v1", {"outcome": "done", "target": "json", "at": 5}, relation=1,
               re=delivery.part.id)
    device.ack(delivery)
    [found] = ran.ok(id)
    assert found["roster"] and found["message"]["body"] == {"text": "Họp."}
    ran.ok(id, "--watch")
    ran.fails(NOBODY, status=3)


def cancel(ran):
    assert ran.ok(ran.notice())[0]["unaware"] == []
    ran.fails(NOBODY, status=3)


def replace(ran):
    assert ran.ok(ran.notice(), "Họp lúc 20 giờ.")[0]["unaware"] == []
    ran.fails(NOBODY, "Họp lúc 20 giờ.", status=3)


def approve(ran):
    id = ran.notice()
    ran.fails(id, status=1, number=21)
    folder = ran.tmp_path / "other"
    code = json.loads(ran.hub.lienthon("invite", "to-so.hai", "--role", "hamlet-team", "--hamlet", "an-thuong",
                                       "--json").stdout)["code"]
    run(LIENTHON, "join", code, "-C", folder)
    ran.ok(id, folder=folder)


def pub(ran):
    ran.ok("an-thanh-1/an-lac/thong-bao", "notice.v1", input=NOTICE)
    ran.fails("an-thanh-1/an-lac/thong-bao", "notice.v1", status=1, number=22, input="{}")
    ran.fails("an-thanh-1/an-lac/thong-bao", "notice.v1", status=1, input="không phải JSON")


def hours(ran):
    assert ran.ok("--if-changed") == [{"unchanged": True}], "what every loudspeaker keeps to anyway"
    ran.ok()
    assert ran.ok("--if-changed") == [{"unchanged": True}]
    ran.fails("05:00", status=2)


def sub(ran):
    topic = "an-thanh-1/json/a"
    ran.hub.lienthon("pub", topic, "notice.v1", input=NOTICE)
    ran.ok(topic, "--from", "all", "--count", "1", "--durable", "json")
    [gone] = ran.ok(topic, "--durable", "json", "--forget")
    assert gone == {"forgotten": "json"}
    ran.fails("an-thanh-1//", status=2)


def history(ran):
    ran.notice()
    assert len(ran.ok("an-thanh-1/#", at_least=1)) >= 1
    ran.ok("an-thanh-1/khong/co", at_least=0)
    ran.fails("--limit", "0", status=2)


def last(ran):
    ran.ok("$lt/grants/#")
    ran.ok("an-thanh-1/khong/co", at_least=0)
    ran.fails(status=3, folder=ran.tmp_path)


def why(ran):
    ran.ok(ran.notice(), "van-phong")
    ran.fails(NOBODY, "van-phong", status=3)


def dead(ran):
    device = ran.hub.issue(subscribe=[{"topics": ["an-thanh-1/#"], "max_label": 1}])
    client = device.client()
    client.subscribe(["an-thanh-1/an-thuong/thong-bao"], durable="chet")
    ran.notice("Sẽ chết.")
    client.ack(client.next(), outcome=2, detail="không có loa")
    wait_until(lambda: ran.hub.lienthon("dead", "list", device.name, "--json").stdout, "the dead letter")
    [letter] = ran.ok("list", device.name)
    seq = letter["seq"]
    [shown] = ran.ok("show", device.name, "chet", seq)
    assert shown["message"]["body"] == {"text": "Sẽ chết."}
    [tally] = ran.ok("again", device.name, "chet", seq)
    assert tally["again"] == 1
    client.ack(client.next(), outcome=2, detail="vẫn không")
    wait_until(lambda: ran.hub.lienthon("dead", "list", device.name, "--json").stdout, "the dead letter")
    [shown] = ran.ok("show", device.name, "chet", seq)
    assert shown["again"]
    ran.ok("list", "khong-ai", at_least=0)
    ran.fails("show", device.name, "chet", "999999", status=3)
    ran.fails("lost", status=2)


def bridge(ran):
    [made] = ran.ok("new", "kho", "--in", "python", ran.tmp_path)
    assert made["folder"] == f"{ran.tmp_path}/kho" and "kho" in made["files"]
    ran.fails("new", "kho", ran.tmp_path, status=2)
    [listed] = [one for one in ran.ok("list") if one["bridge"] == "filedrop"]
    assert listed["usable"] and listed["about"] and listed["resolves"] is False
    [tried] = ran.ok("test", "filedrop", "--only", "starts")
    assert tried["held"] == 1 and tried["checks"][0]["verdict"] == "held"
    folder = Folder(ran.hub, "xem", ran.tmp_path / "xem").start()
    [shown] = ran.ok("show", "xem")
    [place] = [one["place"] for one in shown["options"] if one["name"] == "options.folder"]
    assert shown["process"] == folder.process.pid and place.startswith("bridges/xem.yaml:")
    draft = ran.tmp_path / "thu.json"
    draft.write_text('{"type": "notice.v1", "topic": "an-thanh-1/an-thuong/thong-bao", "body": {"text": "Thử."}}')
    [told] = ran.ok("explain", "xem", draft)
    assert told["outcome"] == "given" and "received/" in told["would"] and not told["set_aside"]
    ran.ok("quarantine", "xem", at_least=0)
    assert ran.ok("reload", "xem") == [{"reloaded": True}]
    folder.process.stop()
    ran.fails("reload", "xem", status=1)
    ran.fails("explain", "xem", "khong-co", status=1)
    ran.fails("lost", status=2)
    ran.fails("show", status=2)
    ran.fails("list", "--only", "flood", status=2)


def backup(ran):
    file = ran.tmp_path / "xa.ltbackup"
    [made] = ran.ok(file, "--no-passphrase")
    [looked] = ran.ok(file, "--verify")
    assert looked["store"] == made["store"]
    ran.fails(file, "--no-passphrase", status=2)
    ran.fails(ran.tmp_path / "khong-co", "--verify", status=3)


def restore(ran):
    file = ran.tmp_path / "xa.ltbackup"
    ran.hub.lienthon("backup", file, "--no-passphrase")
    [found] = ran.ok(file, ran.tmp_path / "xa-2")
    assert found["folder"] == str(ran.tmp_path / "xa-2")
    ran.fails(file, ran.tmp_path / "xa-2", status=2)


def doctor(ran):
    ran.ok(status=None)
    ran.ok("--brief", "--backup-days", 0, status=None)
    ran.fails("--backup-days", "x", status=2)


def export(ran):
    ran.ok(ran.tmp_path / "a.ltb")
    ran.fails(ran.tmp_path / "not" / "there.ltb", status=1)


def import_(ran):
    bundle = ran.tmp_path / "a.ltb"
    ran.hub.lienthon("export", bundle)
    ran.ok(bundle)
    bundle.write_bytes(b"nothing of ours")
    ran.fails(bundle, status=1)


def help_(ran):
    ran.ok()
    ran.ok("notice")
    ran.ok("commune.yaml")
    ran.fails("notise", status=2)


def version(ran):
    ran.ok()
    ran.fails("1", status=2)


def complete(ran):
    [found] = ran.ok("--", "notice", "--to", "")
    assert {"word": "an-thuong", "about": "Ấp An Thường"} in found
    ran.ok("--", "nothing of ours", "")
    # What it does not know it leaves open; only its own command line can be wrong.
    ran.fails("--nothing", status=2)


RUNS = dict(init=init, up=up, invite=invite, join=join, grants=grants, may=may, revoke=revoke, renew=renew, rekey=rekey, notice=notice,
            status=status, cancel=cancel, replace=replace, approve=approve, pub=pub, hours=hours, sub=sub, history=history, last=last,
            why=why, dead=dead, bridge=bridge, doctor=doctor, backup=backup, restore=restore, export=export, help=help_, version=version, complete=complete)
RUNS["import"] = import_


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_prints_as_json_is_what_is_described(command, hub, tmp_path):
    RUNS[command](Ran(hub, command, tmp_path))


def test_every_field_says_what_it_means():
    def fields(schema):
        for name, field in schema.get("properties", {}).items():
            yield name, field
            yield from fields(field.get("items", field))

    for command in COMMANDS.values():
        for name, field in fields(command["schema"]):
            assert field.get("description"), (command["command"], name)


@pytest.mark.parametrize("words", [["notise", "--json"], ["--json"], ["notice", "--jsom", "--json"],
                                   ["grants", "--json", "more"]])
def test_a_wrong_command_line_is_told_as_json_wherever_it_asks_for_it(words):
    found = run(LIENTHON, *words, status=2)
    [error] = lines_of(found.stdout)
    validate(error, ERROR)
    assert error["code"] == "bad-use"


def test_an_error_in_json_is_english_whatever_the_language(tmp_path):
    found = run(LIENTHON, "grants", "--json", "-C", tmp_path, status=3, env=environment(LC_ALL="vi_VN.UTF-8"))
    assert "has no identity" in json.loads(found.stdout)["error"]
