"""The `lienthon` command without a hub: help, mistakes, and what `init` makes."""

import json
import os
import re
import stat

import pytest
import yaml

from harness import BIN, REPO, Commune, environment, free_port, run, unb64, vietnamese

LIENTHON = BIN / "lienthon"
COMMANDS = ("init up invite join grants may revoke rekey notice status cancel replace approve pub sub history last why "
            "export import help version").split()
HAMLETS = ["--hamlet", "an-thuong=Ấp An Thường", "--hamlet", "an-lac=Ấp An Lạc"]


def init(folder, *args, **options):
    return run(LIENTHON, "init", folder, "--name", "Xã An Thạnh 1", *HAMLETS, *args, **options)


def test_help_lists_every_command():
    said = run(LIENTHON, "--help").stdout
    for command in COMMANDS:
        assert re.search(rf"^  {command} ", said, re.M), command
    assert "exit codes:" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(command):
    said = run(LIENTHON, command, "--help").stdout
    assert said.startswith(f"lienthon {command}: ")
    example = said.split("example:\n", 1)[1].splitlines()[0]
    assert f"lienthon {command}" in example
    assert "--json" in said


def test_a_misspelt_command_is_told_the_right_one():
    found = run(LIENTHON, "notise", status=2)
    assert "there is no command 'notise'; did you mean 'notice'?" in found.stderr


def test_a_misspelt_option_is_told_the_right_one():
    found = run(LIENTHON, "notice", "Họp", "--urgensy", "khan", status=2)
    assert "did you mean --urgency?" in found.stderr


def test_an_error_is_json_too_where_json_is_asked_for():
    found = run(LIENTHON, "status", "khong-phai-id", "--json", status=2)
    assert json.loads(found.stdout)["code"] == "bad-use"
    assert "is no id" in found.stderr


def test_an_option_without_its_value_is_told():
    assert "--role wants a value" in run(LIENTHON, "invite", "loa.an-thuong.01", "--role", status=2).stderr


def test_version_names_the_wire_format():
    assert json.loads(run(LIENTHON, "version", "--json").stdout)["wire"] == 1


def test_a_folder_without_identity_is_told_what_to_do(tmp_path):
    found = run(LIENTHON, "grants", "-C", tmp_path, status=3)
    assert "lienthon join" in found.stderr


def test_lienthon_dir_names_the_folder(tmp_path):
    init(tmp_path / "xa", "--no-passphrase", "--port", free_port())
    found = run(LIENTHON, "grants", "--wait", "0", env=environment(LIENTHON_DIR=str(tmp_path / "xa")), status=4)
    assert "lienthon up" in found.stderr


def test_init_makes_a_whole_commune(tmp_path):
    folder = tmp_path / "xa"
    made = json.loads(init(folder, "--no-passphrase", "--json").stdout)
    assert (made["xa"], made["principal"]) == ("an-thanh-1", "van-phong")
    config = yaml.safe_load((folder / "commune.yaml").read_text())
    assert config["name"] == "Xã An Thạnh 1"
    assert config["hamlets"] == {"an-thuong": "Ấp An Thường", "an-lac": "Ấp An Lạc"}
    assert config["hub"]["listen"] == "tcp://127.0.0.1:5770"
    assert config["hub"]["join"] == "tcp://127.0.0.1:5771"
    assert yaml.safe_load((folder / "identity.yaml").read_text())["principal"] == "van-phong"
    assert yaml.safe_load((folder / "identities" / "hub.yaml").read_text())["principal"] == "hub"
    for role in ("commune-office hamlet-team speaker speaker-station light sensor camera-gateway chat-bridge document-bridge screen "
                 "console citizen-feed file-drop").split():
        assert (folder / "roles" / f"{role}.yaml").is_file()
    for key in ("root.seed", "hub.seed", "hub.curve", "van-phong.seed", "van-phong.curve"):
        path = folder / "keys" / key
        assert len(unb64(path.read_text())) == 32
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def uncommented(folder, keep=lambda line: True):
    """The sample of `loudspeakers` in force: one # less on each line of it."""
    file = folder / "commune.yaml"
    file.write_text("".join(line[1:] if line.startswith("#") and keep(line) else line for line in file.read_text().splitlines(True)))
    return yaml.safe_load(file.read_text())["loudspeakers"]


def test_init_writes_hours_that_hold_when_they_are_put_in_force(tmp_path):
    init(tmp_path / "xa", "--no-passphrase")
    assert yaml.safe_load((tmp_path / "xa" / "commune.yaml").read_text())["loudspeakers"] == {"repeat": "15m"}, "nothing else is in force"
    hours = uncommented(tmp_path / "xa")
    assert set(hours) == {"programmes", "day", "quiet", "volume", "repeat"}
    assert set(hours["programmes"]) == {"sang", "chieu", "an-thuong/sang"}
    run(BIN / "lienthond", "--check", "-C", tmp_path / "xa")


def test_one_of_the_hours_alone_is_put_in_force_too(tmp_path):
    init(tmp_path / "xa", "--no-passphrase", env=vietnamese())
    text = (tmp_path / "xa" / "commune.yaml").read_text()
    assert "giờ phát của các loa" in text and "1 là thứ hai" in text
    hours = uncommented(tmp_path / "xa", lambda line: line.startswith(("#  day:", '#    tat-ca: "06:00')))
    assert hours == {"day": {"tat-ca": "06:00-21:00"}, "repeat": "15m"}
    run(BIN / "lienthond", "--check", "-C", tmp_path / "xa")


def test_the_first_grants_are_sealed_by_the_root(tmp_path):
    from lienthon import book, bundle

    folder = tmp_path / "xa"
    init(folder, "--no-passphrase")
    root = unb64(yaml.safe_load((folder / "commune.yaml").read_text())["root"])
    held = book.Book(root)
    for sealed in bundle.read((folder / "grants.ltb").read_bytes()):
        held.learn(sealed)
    assert {"hub", "van-phong"} <= set(held.in_force())


@pytest.mark.parametrize("name, slug", [
    ("Xã An Thạnh 1", "an-thanh-1"), ("Phường Đông Hưng Thuận", "dong-hung-thuan"), ("Thị trấn Trà Ôn", "tra-on"),
    ("ĐĂK ƠR", "dak-or"), ("An Phú – Tân", "an-phu-tan"),
])
def test_a_short_name_is_made_of_the_name(tmp_path, name, slug):
    said = run(LIENTHON, "init", tmp_path / "xa", "--name", name, *HAMLETS, "--no-passphrase", "--json").stdout
    assert json.loads(said)["xa"] == slug


def test_names_are_kept_in_nfc(tmp_path):
    import unicodedata

    run(LIENTHON, "init", tmp_path / "xa", "--name", unicodedata.normalize("NFD", "Xã An Thạnh 1"), *HAMLETS,
        "--no-passphrase")
    assert yaml.safe_load((tmp_path / "xa" / "commune.yaml").read_text())["name"] == "Xã An Thạnh 1"


def test_init_does_not_touch_a_commune_that_is_there(tmp_path):
    init(tmp_path / "xa", "--no-passphrase")
    before = {path: path.read_bytes() for path in (tmp_path / "xa").rglob("*") if path.is_file()}
    assert "holds a commune" in init(tmp_path / "xa", "--no-passphrase", status=1).stderr
    assert before == {path: path.read_bytes() for path in (tmp_path / "xa").rglob("*") if path.is_file()}


@pytest.mark.parametrize("args, why", [
    (["--hamlet", "tat-ca=Tất cả"], "tat-ca"),
    (["--hamlet", "An Hòa"], "--hamlet An Hòa"),
    (["--hamlet", "an-lac=Ấp An Lạc"], "twice"),
])
def test_init_refuses_a_wrong_hamlet(tmp_path, args, why):
    found = init(tmp_path / "xa", "--no-passphrase", *args, status=None)
    assert found.returncode != 0 and why in found.stderr
    assert not (tmp_path / "xa").exists(), "no half of a commune, with a root key, stands in the way of the next try"


def test_init_wants_a_passphrase_for_the_root_key(tmp_path):
    found = init(tmp_path / "xa", status=None)
    assert found.returncode != 0
    assert "passphrase" in found.stderr.lower()
    assert not (tmp_path / "xa").exists()


def test_the_root_key_lies_under_the_passphrase(tmp_path):
    (tmp_path / "word").write_text("con cò bay lả bay la\n")
    os.chmod(tmp_path / "word", 0o600)
    init(tmp_path / "xa", env=environment(LIENTHON_PASSPHRASE_FILE=str(tmp_path / "word")))
    text = (tmp_path / "xa" / "keys" / "root.seed").read_text()
    assert text.startswith("lienthon root key 1 argon2id")


def test_an_address_for_devices_opens_all_interfaces(tmp_path):
    init(tmp_path / "xa", "--no-passphrase", "--address", "192.0.2.7", "--port", "6000")
    hub = yaml.safe_load((tmp_path / "xa" / "commune.yaml").read_text())["hub"]
    assert (hub["listen"], hub["join"], hub["address"]) == ("tcp://0.0.0.0:6000", "tcp://0.0.0.0:6001", "192.0.2.7")
    identity = yaml.safe_load((tmp_path / "xa" / "identity.yaml").read_text())
    assert identity["hub"] == "tcp://192.0.2.7:6000"


def test_a_notice_without_a_hub_is_kept_and_says_so(tmp_path):
    folder = Commune.init(tmp_path / "xa").dir
    found = run(LIENTHON, "notice", "Họp lúc 19 giờ.", "--to", "an-thuong", "--wait", "0", "-C", folder, status=4)
    assert re.fullmatch(r"[0-9a-f-]{36}\n", found.stdout)
    assert "it is kept" in found.stderr


@pytest.mark.parametrize("args, why", [
    (["--to", "an-thuogn"], "did you mean an-thuong?"),
    (["--to", "an-thuong", "--via", "loaa"], "'loaa' is not one of loa, zalo, facebook, screen, feed"),
    (["--to", "an-thuong", "--urgency", "gap"], "is not one of thuong"),
    (["--to", "an-thuong", "--at", "25:00"], "is no time"),
    (["--to", "an-thuong", "--at", "2020-01-01 10:00"], "is over already"),
    (["--to", "an-thuong", "--repeat", "4"], "from 1 to 3"),
    ([], "--to"),
])
def test_a_wrong_notice_is_refused_before_it_leaves(tmp_path, args, why):
    folder = Commune.init(tmp_path / "xa").dir
    found = run(LIENTHON, "notice", "Họp", *args, "--wait", "0", "-C", folder, status=None)
    assert found.returncode in (1, 2), found.stderr
    assert why in found.stderr
    assert found.stdout == ""


@pytest.mark.parametrize("words, why", [
    (["notice", "-", "--to", "an-thuong"], "it has a zero byte in it"),
    (["notice", "Họp", "--to", "an-thuong", "--via", ","], "from 1 to 16 names"),
    (["notice", "Họp", "--to", "an-thuong", "--via", "loa," + "a" * 64], "a name has at most 63 characters"),
    (["history", "--type", "a" * 100 + ".v1"], "a name has at most"),
    (["history", "--type", ""], "from 1 to 64 names"),
    (["sub", "an-thanh-1/#", "--type", "notice.v1," * 65], "from 1 to 64 names"),
    (["sub", "an-thanh-1/#", "--type", "notice.v1," + "a" * 100 + ".v1"], "a name has at most"),
])
def test_what_cannot_be_taken_whole_is_not_taken_in_part(tmp_path, words, why):
    """A list that ended early asked for everything, a text was cut where a zero byte stood, and nobody was told."""
    folder = Commune.init(tmp_path / "xa").dir
    found = run(LIENTHON, *words, "--wait", "0", "-C", folder, status=2, input="Mời bà con\0họp.")
    assert why in found.stderr and found.stdout == ""


def test_a_notice_of_blanks_is_none(tmp_path):
    folder = Commune.init(tmp_path / "xa").dir
    found = run(LIENTHON, "notice", " \n ", "--to", "an-thuong", "--wait", "0", "-C", folder, status=2)
    assert "the notice has no text" in found.stderr


def test_an_invitation_code_that_is_cut_is_told(tmp_path):
    assert "no whole invitation code" in run(LIENTHON, "join", "lienthon:lgG0dGNw", "-C", tmp_path, status=2).stderr


def test_a_port_that_nobody_listens_on_is_told_with_what_to_do(tmp_path):
    commune = Commune.init(tmp_path / "xa")
    commune.configure(listen=f"tcp://127.0.0.1:{free_port()}")
    found = commune.lienthon("grants", "--wait", "1", status=4)
    assert "tcp://127.0.0.1:" in found.stderr and "lienthon up" in found.stderr


def test_a_port_is_changed_in_commune_yaml_alone(tmp_path):
    init(tmp_path / "xa", "--no-passphrase")
    port = free_port()
    path = tmp_path / "xa" / "commune.yaml"
    path.write_text(path.read_text().replace("127.0.0.1:5770", f"127.0.0.1:{port}"))
    found = run(LIENTHON, "grants", "--wait", "0", "-C", tmp_path / "xa", status=4)
    assert f"tcp://127.0.0.1:{port}" in found.stderr and "lienthon up" in found.stderr
