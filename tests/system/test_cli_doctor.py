"""`lienthon doctor`: each trouble is made, and seen with its advice."""

import json
import os
import resource
import socket
import subprocess

import pytest
import yaml
from bodies import notice
from harness import BIN, DAY, HOUR, may_publish, may_subscribe, run, vietnamese, wait_until
from loa import Speaker

from lienthon import bundle, op, part

LIENTHON = BIN / "lienthon"
TOPIC = "an-thanh-1/an-thuong/thong-bao"
EXITS = {"ok": 0, "warning": 1, "problem": 2}


def issue(commune, **body):
    """Somebody whose grant does not end soon."""
    return commune.issue(**{"expires": part.now_ms() + 90 * DAY, **body})


class Look:
    def __init__(self, folder, *args, **options):
        found = run(LIENTHON, "doctor", "--json", "-C", folder, *args, status=None, **options)
        assert found.returncode in (0, 1, 2), found.stderr
        self.said = json.loads(found.stdout)
        assert found.returncode == EXITS[self.said["verdict"]]
        self.findings = self.said["findings"]

    def of(self, check):
        return [one for one in self.findings if one["check"] == check]

    def wrong(self):
        """{check: verdict} of what is not well; nobody keeps a test machine's clock."""
        return {one["check"]: one["verdict"] for one in self.findings
                if one["verdict"] in ("warning", "problem") and "machine's clock" not in one["text"]}

    def one(self, check, verdict):
        """The only finding that is not well: its text and advice."""
        [found] = [one for one in self.of(check) if one["verdict"] == verdict]
        assert self.wrong() == {check: verdict}, self.wrong()
        assert found["text"] and found["advice"]
        return found["text"], found["advice"]


def look(commune, *args):
    return Look(commune.dir, *args)


@pytest.fixture
def well(commune, tmp_path):
    """A commune that nothing is wrong with."""
    commune.lienthon("backup", tmp_path / "xa.ltbackup", "--no-passphrase")
    found = look(commune)
    assert found.wrong() == {} and not [one for one in found.findings if one["verdict"] == "skipped"
                                        and one["check"] != "clock"]
    return commune


def test_all_is_well_and_each_check_says_so(well):
    found = look(well)
    assert {one["check"] for one in found.findings} >= {
        "configuration", "keys", "roles", "bridges", "hub", "ports", "clock", "disk", "descriptors", "versions",
        "damage", "deferred", "subscriptions", "dead-letters", "health", "hours", "expiry", "grants-here", "grants-there",
        "backup", "outboxes"}
    assert all(one["advice"] is None for one in found.findings if one["verdict"] == "ok")
    said = well.lienthon("doctor", status=None).stdout
    assert "ok       hub           the hub at" in said and "0 problems" in said
    brief = look(well, "--brief")
    assert all(one["verdict"] in ("warning", "problem") for one in brief.findings)


def test_a_hub_that_is_down(well):
    well.stop()
    found = look(well)
    assert found.said["verdict"] == "problem" and set(found.wrong()) == {"hub", "ports"}
    [hub] = found.of("hub")
    assert well.url in hub["text"] and "lienthon up" in hub["advice"]
    assert "nobody listens" in found.of("ports")[0]["text"]
    assert [one["verdict"] for one in found.of("keys") + found.of("roles") + found.of("expiry")] == ["ok"] * 3
    assert found.of("dead-letters")[0]["verdict"] == "skipped"


def test_hours_of_loudspeakers_that_were_not_told(well):
    file = well.dir / "commune.yaml"
    config = yaml.safe_load(file.read_text())
    config["loudspeakers"] = {"programmes": {"sang": "05:10, 20m"}}
    file.write_text(yaml.safe_dump(config, allow_unicode=True))
    text, advice = look(well).one("hours", "warning")
    assert "other hours" in text and "lienthon hours" in advice
    well.lienthon("hours")
    assert look(well).wrong() == {} and look(well).of("hours")[0]["verdict"] == "ok"


def test_the_hours_that_a_loudspeaker_here_keeps_to_are_told(well):
    (well.dir / "bridges" / "cho.yaml").write_text(
        "bridge: speaker\nidentity: hub\nsubscribe:\n- an-thanh-1/tat-ca/thong-bao\noptions:\n  output: file\n"
        "  hours-programmes: {sang: \"05:40, 20m\", chieu: none}\n", encoding="utf-8")
    found = look(well)
    assert "1 bridges" in found.of("bridges")[-1]["text"], found.of("bridges")
    assert found.of("bridges")[0]["text"].startswith("bridge cho: hours in force programmes sang 05:40 20m; day 06:00-21:00; ")


def hours_of(commune):
    return [(one["verdict"], one["text"]) for one in look(commune).of("hours")]


def test_each_loudspeaker_says_to_which_hours_it_keeps(well):
    """Through the hub alone: its instance file might as well lie on another machine."""
    well.lienthon("hours")
    loa = Speaker(well, "loa.an-thuong.01", programme=True).start()
    wait_until(lambda: ("ok", "1 of 1 loudspeakers say that they keep to the hours of commune.yaml") in hours_of(well),
               "what it says", watch=loa.process)
    assert look(well).wrong() == {}
    posted = well.lienthon("notice", "Mời họp.", "--to", "an-thuong", "--json").stdout
    why = ("why", json.loads(posted)["id"], loa.name)
    assert "it keeps to programmes chieu 17:00 30m, sang 05:00 30m; day 06:00-21:00; " in well.lienthon(*why).stdout
    assert json.loads(well.lienthon(*why, "--json").stdout)["hours"].startswith("programmes chieu 17:00 30m, sang ")
    loa.stop()
    loa.configure(programme=True, hours_programmes={"sang": "05:40, 20m", "chieu": "none"}, hours_quiet="05:00-06:00")
    loa.start()
    wait_until(lambda: look(well).wrong() == {"hours": "warning"}, "what it says now", watch=loa.process)
    loa.file.unlink()
    text, advice = look(well).one("hours", "warning")
    assert text.startswith(f"{loa.name}: the programme sang can never be heard") and "hours-quiet" in advice
    [own] = [text for verdict, text in hours_of(well) if text.startswith(f"{loa.name} has hours of its own")]
    assert own.endswith("programmes sang 05:40 20m; day 06:00-21:00; quiet 05:00-06:00; volume 100")
    assert "giờ riêng" in well.lienthon("doctor", env=vietnamese(), status=1).stdout
    loa.stop()


def test_a_loudspeaker_that_has_not_heard_the_hours_and_one_that_does_not_say_them(well):
    file = well.dir / "commune.yaml"
    config = yaml.safe_load(file.read_text())
    config["loudspeakers"] = {"programmes": {"sang": "05:10, 20m", "an-lac/sang": "05:30, 20m"},
                              "quiet": {"an-hoa": "05:00-05:30"}}
    file.write_text(yaml.safe_dump(config, allow_unicode=True))
    well.lienthon("hours")
    text, advice = look(well).one("hours", "warning")
    assert text.startswith("commune.yaml, an-hoa: the programme sang can never be heard") and "loudspeakers" in advice
    config["loudspeakers"].pop("quiet")
    file.write_text(yaml.safe_dump(config, allow_unicode=True))
    well.lienthon("hours")
    station = issue(well, publish=[may_publish("an-thanh-1/tat-ca/loa/tram", types=["speaker-state.v1"])])
    hours = {"hamlet": "an-lac", "told": part.now_ms(), "day": {"from": "06:00", "to": "21:00"},
             "programmes": [{"name": "sang", "at": "05:30", "minutes": 20}]}
    zone = {"state": "idle", "at": 1, "queue": 0}
    client = station.client()
    made = station.part("an-thanh-1/tat-ca/loa/tram", "speaker-state.v1", {**zone, "zones": [
        {**zone, "name": "mot", "hours": hours}, {**zone, "name": "hai", "hours": {**hours, "told": 1}}, {**zone, "name": "ba"},
        {**zone, "name": "bon", "hours": {**hours, "told": 1, "hamlet": "an-hoa"}}]}, flags=1)
    [(code, value)] = client.publish(station.seal(made))
    assert code == 0, value
    client.close()
    found = hours_of(well)
    assert ("ok", "2 of 4 loudspeakers say that they keep to the hours of commune.yaml") in found
    assert [text.split(":")[0] for verdict, text in found if verdict == "warning"] == [f"{station.name}/bon has not heard the commune's hours"]
    assert [text.split(":")[0] for verdict, text in found if verdict == "skipped"] == [f"the hours of {station.name}/ba are not known"]


def test_a_port_that_another_program_holds(well):
    well.stop()
    host, port = well.url.removeprefix("tcp://").split(":")
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((host, int(port)))
        other.listen()
        found = look(well, "--wait", "1")
        [held] = [one for one in found.of("ports") if "for everybody" in one["text"]]
        assert held["verdict"] == "problem" and f"process {os.getpid()})" in held["text"]
        assert "hub.listen" in held["advice"]


def test_a_key_that_others_may_read(well):
    key = well.dir / "keys" / "van-phong.seed"
    key.chmod(0o644)
    found = look(well)
    [said] = [one for one in found.of("keys") if one["verdict"] == "problem"]
    assert str(key) in said["text"] and f"chmod 600 {key}" in said["advice"]
    key.chmod(0o600)
    (well.dir / "keys").chmod(0o755)
    text, advice = look(well).one("keys", "warning")
    assert "chmod 700" in advice


def test_keys_that_are_gone(well):
    (well.dir / "keys" / "hub.seed").unlink()
    text, advice = look(well).one("keys", "warning")
    assert "hub runs" in text and "before the hub is started again" in advice
    well.stop()
    [said] = [one for one in look(well).of("keys") if one["verdict"] == "problem"]
    assert "hub.seed" in said["text"] and "backup" in said["advice"]


def test_a_line_of_the_configuration_that_is_wrong(well):
    path = well.dir / "commune.yaml"
    good = path.read_text(encoding="utf-8")
    path.write_text(good + "mau: xanh\n", encoding="utf-8")
    text = next(one["text"] for one in look(well).of("configuration") if one["verdict"] == "problem")
    assert f"commune.yaml:{len(good.splitlines()) + 1}:1" in text
    path.write_text(good, encoding="utf-8")
    (well.dir / "roles" / "speaker.yaml").write_text("role: speaker\nmau: xanh\n", encoding="utf-8")
    text, advice = look(well).one("roles", "problem")
    assert "speaker.yaml:" in text and "invited" in advice


def test_a_bridge_that_is_set_up_wrongly(well):
    (well.dir / "bridges" / "loa.yaml").write_text("bridge: khong-co-cau-nay\n", encoding="utf-8")
    text, advice = look(well).one("bridges", "problem")
    assert text.startswith("bridge loa:") and "--sample" in advice


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_disk_that_is_nearly_full(make_commune, tmp_path):
    small = tmp_path / "nho"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m", "tmpfs", small], check=True)
    try:
        commune = make_commune(data=str(small / "hub"))
        commune.start()
        disk = next(one for one in look(commune).of("disk") if one["verdict"] == "warning")
        assert str(small) in disk["text"] and "hub.keep" in disk["advice"]
        (small / "day").write_bytes(bytes(100 << 20))
        disk = next(one for one in look(commune).of("disk") if one["verdict"] == "problem")
        assert "full" in disk["text"]
        (small / "day").unlink()
        commune.stop()
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_too_few_descriptors_for_the_connections(well):
    well.stop()
    well.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (600, 600)))
    text, advice = look(well).one("descriptors", "warning")
    assert "600" in text and "LimitNOFILE" in advice


def test_a_grant_that_ends_soon(well):
    soon = issue(well, expires=part.now_ms() + 10 * DAY)
    text, advice = look(well).one("expiry", "warning")
    assert soon.name in text and "lienthon renew" in advice
    assert look(well, "--expiry-days", "5").wrong() == {}


def test_a_grant_that_was_issued_here_and_that_the_hub_does_not_know(well):
    person = issue(well, hand_in=False)
    path = well.dir / "grants.ltb"
    path.write_bytes(bundle.write([*bundle.read(path.read_bytes()), person.grant]))
    text, advice = look(well).one("grants-here", "warning")
    assert person.name in text and "lienthon import grants.ltb" in advice
    well.lienthon("import", path)
    assert look(well).wrong() == {}


def test_somebody_with_a_grant_who_has_never_come(well):
    gone = issue(well, not_before=part.now_ms() - 40 * DAY)
    here = issue(well, not_before=part.now_ms() - 40 * DAY)
    client = here.client()
    text, advice = look(well).one("grants-there", "warning")
    assert gone.name in text and "never been connected" in text and "lienthon revoke" in advice
    client.bye()
    wait_until(lambda: len([one for one in look(well, "--away-days", "0").of("grants-there")
                            if here.name in one["text"] and "not been connected for" in one["text"]]) == 1,
               "it is away")


def test_a_subscription_that_is_stuck(well):
    speaker = issue(well, subscribe=[may_subscribe("an-thanh-1/#")])
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", credit=0)
    well.office.say(TOPIC, "notice.v1", notice())
    client.bye()
    wait_until(lambda: look(well, "--stuck-hours", "0").wrong(), "it is gone")
    text, advice = look(well, "--stuck-hours", "0").one("subscriptions", "warning")
    assert text.startswith(f"1 messages wait for {speaker.name} (loa)") and "--forget" in advice
    assert look(well).wrong() == {}, "a day is not over"


def test_dead_letters(well):
    speaker = issue(well, subscribe=[may_subscribe("an-thanh-1/#")])
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa")
    well.office.say(TOPIC, "notice.v1", notice())
    client.ack(client.next(), outcome=op.ACK_GAVE_UP, detail="không có loa")
    wait_until(lambda: look(well).wrong(), "the dead letter")
    text, advice = look(well).one("dead-letters", "warning")
    assert text.startswith("1 deliveries") and "lienthon dead again" in advice


def test_damaged_messages(well):
    made = well.office.say(TOPIC, "notice.v1", notice())
    well.stop()
    run("sqlite3", well.data / "hub.db", f"UPDATE message SET sealed = x'00' WHERE id = x'{made.id.hex()}'")
    well.start()
    well.office.query("history", pattern=TOPIC)
    text, advice = look(well).one("damage", "problem")
    assert text.startswith("1 stored messages") and "lienthon backup" in advice


def test_a_bridge_that_is_ill_or_silent(well):
    bridge = issue(well, publish=[may_publish("an-thanh-1/#")])
    topic = f"an-thanh-1/suc-khoe/{bridge.name.replace('.', '-')}"
    client, now = bridge.client(), part.now_ms()

    def say(state, at, **more):
        client.say(topic, "health.v1", {"state": state, "at": at, "every": 60, **more}, flags=part.RETAIN)

    say("well", now)
    assert look(well).wrong() == {}
    say("ill", now, ill={"what": "không thấy loa", "at": now})
    text, advice = look(well).one("health", "problem")
    assert bridge.name in text and "không thấy loa" in text and "log" in advice
    say("well", now - HOUR)
    text, advice = look(well).one("health", "warning")
    assert bridge.name in text and "60 minutes" in text
    say("stopped", now - HOUR)
    assert look(well).wrong() == {}


def test_a_backup_that_is_old_or_was_never_made(well):
    note = well.dir / "state" / "last-backup.json"
    kept = json.loads(note.read_text())
    note.write_text(json.dumps(kept | {"made": part.now_ms() - 9 * DAY}))
    text, advice = look(well).one("backup", "warning")
    assert "9 days old" in text and "lienthon backup" in advice
    assert look(well, "--backup-days", "10").wrong() == {}
    note.unlink()
    text, _ = look(well).one("backup", "warning")
    assert "no backup" in text


def test_messages_that_wait_in_an_outbox(well):
    well.stop()
    well.lienthon("notice", "Họp.", "--to", "an-thuong", "--wait", "0", status=4)
    found = look(well)
    [waiting] = [one for one in found.of("outboxes") if one["verdict"] == "warning"]
    assert waiting["text"].startswith("1 messages wait in ") and "next command" in waiting["advice"]
    well.start()
    well.lienthon("notice", "Họp nữa.", "--to", "an-thuong")
    assert look(well).wrong() == {}


def test_a_device_that_may_not_ask_looks_at_what_is_its_own(well, tmp_path):
    code = json.loads(well.lienthon("invite", "loa.an-thuong.01", "--role", "speaker", "--hamlet", "an-thuong",
                                    "--json").stdout)["code"]
    run(LIENTHON, "join", code, "-C", tmp_path / "loa")
    found = Look(tmp_path / "loa")
    assert found.wrong() == {}
    assert found.of("hub")[0]["verdict"] == "ok" and found.of("keys")[0]["verdict"] == "ok"
    assert "right query" in found.of("versions")[0]["text"]
    well.lienthon("revoke", "loa.an-thuong.01")
    text, advice = Look(tmp_path / "loa").one("hub", "problem")
    assert "invitation" in advice


def test_a_folder_that_is_nobodys(tmp_path):
    assert run(LIENTHON, "doctor", "-C", tmp_path, status=3).stderr


@pytest.mark.parametrize("wrong", [["--wait", "-1"], ["--expiry-days", "bald"]])
def test_a_slip_of_the_command_line_is_no_trouble_of_the_hubs(well, wrong):
    found = well.lienthon("doctor", *wrong, status=2)
    assert "a whole number from" in found.stderr and found.stdout == ""


def test_it_changes_nothing(well):
    def state():
        return {path: path.stat().st_mtime_ns for path in well.dir.rglob("*")
                if path.is_file() and path.suffix != ".log" and well.data not in path.parents}

    before = state()
    look(well)
    assert state() == before
