"""`lienthon renew`: grants go on under the keys that they have."""

import json

from harness import DAY, run, BIN

LIENTHON = BIN / "lienthon"


def grants(commune):
    return {one["principal"]: one for one in json.loads(commune.lienthon("grants", "--json").stdout)}


def renew(commune, *args, status=0):
    found = commune.lienthon("renew", *args, "--json", status=status)
    return [json.loads(line) for line in found.stdout.splitlines()]


def enrol(commune, folder, name, role, *args):
    code = json.loads(commune.lienthon("invite", name, "--role", role, "--json", *args).stdout)["code"]
    run(LIENTHON, "join", code, "-C", folder)


def test_a_device_goes_on_under_its_keys_and_nobody_joins_again(commune, tmp_path):
    enrol(commune, tmp_path / "loa", "loa.an-thuong.01", "speaker", "--hamlet", "an-thuong")
    before = grants(commune)["loa.an-thuong.01"]
    commune.lienthon("notice", "Trước khi gia hạn.", "--to", "an-thuong")
    renew(commune, "loa.an-thuong.01", "--days", "1000")
    after = grants(commune)["loa.an-thuong.01"]
    assert after["expires"] > before["expires"] + 200 * DAY
    assert (after["issuer"], after["role"]) == ("van-phong", before["role"])
    assert {key: after[key] for key in ("publish", "subscribe")} == {key: before[key] for key in ("publish", "subscribe")}
    got = run(LIENTHON, "sub", "an-thanh-1/an-thuong/thong-bao", "--from", "all", "--count", "1", "--json", "-C",
              tmp_path / "loa")
    assert json.loads(got.stdout)["body"]["text"] == "Trước khi gia hạn."
    # What the office gave, the office takes away.
    commune.lienthon("revoke", "loa.an-thuong.01")
    assert "loa.an-thuong.01" not in grants(commune)


def test_all_that_end_soon_are_renewed_at_once(commune, tmp_path):
    for number in ("01", "02"):
        enrol(commune, tmp_path / number, f"loa.an-thuong.{number}", "speaker", "--hamlet", "an-thuong")
    assert renew(commune, "--within", "30") == []
    before = grants(commune)
    said = renew(commune, "--within", "800", "--days", "900")
    assert {one["renewed"] for one in said} == {"loa.an-thuong.01", "loa.an-thuong.02"}
    after = grants(commune)
    assert all(after[name]["expires"] > before[name]["expires"] for name in ("loa.an-thuong.01", "loa.an-thuong.02"))
    assert after["van-phong"]["expires"] == before["van-phong"]["expires"]


def test_the_root_lets_the_hub_and_the_office_go_on_and_they_stay_connected(commune):
    before = grants(commune)
    said = renew(commune, "hub", "van-phong", "--days", "3000")
    assert [one["renewed"] for one in said] == ["hub", "van-phong"]
    after = grants(commune)
    for name in ("hub", "van-phong"):
        assert after[name]["expires"] > before[name]["expires"] + 1000 * DAY
        assert after[name]["issuer"] == "root"
    commune.restart()  # the new ones are where the hub reads at its start
    assert grants(commune)["van-phong"]["expires"] == after["van-phong"]["expires"]
    assert commune.lienthon("notice", "Vẫn như cũ.", "--to", "an-thuong", "--json").stdout


def test_what_cannot_be_renewed_is_told(commune, tmp_path):
    enrol(commune, tmp_path / "loa", "loa.an-thuong.01", "speaker", "--hamlet", "an-thuong")
    short = commune.lienthon("renew", "loa.an-thuong.01", "--days", "2", status=1)
    assert "give more --days" in short.stderr
    renew(commune, "loa.an-thuong.01", "--days", "3650")  # as far as the office may: 1825
    bound = commune.lienthon("renew", "loa.an-thuong.01", "--days", "3650", status=1)
    assert "renew it first, with the root key" in bound.stderr
    other = run(LIENTHON, "renew", "van-phong", "-C", tmp_path / "loa", status=None)
    assert other.returncode != 0
