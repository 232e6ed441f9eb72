"""Debian's prometheus scrapes a real hub: every query of the dashboard and every alert has data to stand on."""

import json
import math
import re
import urllib.parse
import urllib.request

import pytest
import yaml
from figures import with_metrics
from harness import REPO, Commune, Process, free_port, may_publish, may_subscribe, run, wait_until
from talk import say

from lienthon import op

DEPLOY = REPO / "deploy" / "prometheus"
RULES = DEPLOY / "lienthon.rules.yml"
DASHBOARD = json.loads((REPO / "deploy" / "grafana" / "lienthon.json").read_text(encoding="utf-8"))
ALERTS = [rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
NAME = re.compile(r"\b(?:lienthon|process)_[a-z_]+\b|\bup\b")


def names(expr):
    return set(NAME.findall(re.sub(r'"[^"]*"', "", expr)))


class Prometheus:
    def __init__(self, folder, commune):
        self.port = free_port()
        config = (DEPLOY / "prometheus.yml").read_text(encoding="utf-8")
        for before, after in (("scrape_interval: 15s", "scrape_interval: 1s"),
                              ("evaluation_interval: 15s", "evaluation_interval: 1s"),
                              ("127.0.0.1:5772", commune.config["hub"]["metrics"])):
            assert before in config
            config = config.replace(before, after)
        folder.mkdir()
        (folder / "prometheus.yml").write_text(config, encoding="utf-8")
        (folder / RULES.name).write_text(RULES.read_text(encoding="utf-8"), encoding="utf-8")
        self.process = Process(["prometheus", f"--config.file={folder}/prometheus.yml",
                                f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
                               folder)

    def get(self, path, **args):
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urllib.parse.urlencode(args)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            found = json.load(answer)
        assert found["status"] == "success", found
        return found["data"]

    def query(self, expr):
        """[(labels, number)]"""
        return [(one["metric"], float(one["value"][1])) for one in self.get("query", query=expr)["result"]]

    def scrapes(self):
        try:
            found = self.query('count_over_time(up{job="lienthon"}[5m])')
        except OSError:
            return 0  # it is not up yet
        return found[0][1] if found else 0


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A hub at which something of everything has happened, and the prometheus that saw it."""
    folder = tmp_path_factory.mktemp("watched")
    before = len(Process.running)
    hub = with_metrics(lambda **settings: Commune.init(folder / "xa", **settings))
    team = hub.issue("doi.an-thuong", publish=[may_publish("thu/#")])
    speaker, away = (hub.issue(f"loa.an-thuong.0{n}", subscribe=[may_subscribe("thu/#")]) for n in (1, 2))
    sender, taker, absent = team.client(), speaker.client(), away.client()
    taker.subscribe("thu/a", durable="loa")
    absent.subscribe("thu/a", durable="loa")
    absent.close()
    prometheus = Prometheus(folder / "prometheus", hub)

    def happens():
        say(sender, "thu/a", "một", "hai", "ba")
        sender.publish(team.part("thu/a", "notice.v1", {"text": 5}))
        one, two, three = (taker.next() for _ in range(3))
        taker.ack(one, three)
        taker.ack(two, outcome=op.ACK_GAVE_UP, detail="loa hỏng")
        return prometheus.scrapes() >= 6

    wait_until(happens, "six scrapes", watch=prometheus.process)
    yield prometheus
    prometheus.process.stop()
    hub.stop()
    assert "Error on ingesting" not in prometheus.process.text()
    del Process.running[before:]


def filled(expr):
    """As grafana sends it."""
    for variable, value in (("$__rate_interval", "1m"), ("$instance", ".*")):
        expr = expr.replace(variable, value)
    assert "$" not in expr, expr
    return expr


def test_prometheus_takes_the_page_whole(watched):
    assert watched.query("up") == [({"__name__": "up", "job": "lienthon", "instance": watched.query("up")[0][0]["instance"]}, 1)]
    [target] = watched.get("targets", state="active")["activeTargets"]
    assert target["health"] == "up" and not target["lastError"]
    known = watched.get("metadata")
    for name, [about] in known.items():
        if name.startswith("lienthon_"):
            assert about["type"] in ("counter", "gauge", "histogram", "info") and about["help"], name


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_query_of_the_dashboard_has_data(watched, panel):
    for target in panel["targets"]:
        found = watched.query(filled(target["expr"]))
        assert found, target["expr"]
        assert all(math.isfinite(value) for _, value in found), (target["expr"], found)


def test_every_figure_that_an_alert_asks_for_is_there(watched):
    there = set(watched.get("label/__name__/values"))
    for rule in ALERTS:
        asked = names(rule["expr"])
        assert asked and asked <= there, (rule["alert"], asked - there)


def test_every_alert_is_evaluated_and_only_what_is_wrong_is_told(watched):
    def evaluated():
        rules = [rule for group in watched.get("rules")["groups"] for rule in group["rules"]]
        return all(rule["health"] != "unknown" for rule in rules) and rules

    rules = wait_until(evaluated, "the rules are evaluated", watch=watched.process)
    assert {rule["name"] for rule in rules} == {rule["alert"] for rule in ALERTS}
    assert not [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"]
    told = {rule["name"] for rule in rules if rule["state"] != "inactive"}
    assert "LienThonDeadLetters" in told
    # Those may be pending on a machine under tests: a slow disk, a full one, one that refuses much.
    assert told <= {"LienThonDeadLetters", "LienThonRefusedSurge", "LienThonSubscriberAway", "LienThonSyncSlow",
                    "LienThonPublishSlow", "LienThonDiskFills", "LienThonDiskShort"}
    [dead] = [rule for rule in rules if rule["name"] == "LienThonDeadLetters"]
    assert dead["alerts"][0]["annotations"]["summary"] == \
        "Messages for loa.an-thuong.01 (loa) were given up within the hour: gave-up."


def test_the_dashboard_and_the_hub_agree(watched):
    """Nothing that the page tells is missing on the dashboard, but for what stands there under another name."""
    shown = set().union(*(names(target["expr"]) for panel in PANELS for target in panel["targets"]))
    told = {name for name in watched.get("label/__name__/values") if name.startswith("lienthon_")}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) if "_seconds_" in name or "group_messages" in name else name
                for name in told}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    missing = {name for name in families if name not in shown}
    assert missing <= {"lienthon_subscription_deferred", "lienthon_store_looked_timestamp_seconds",
                       "lienthon_groups_total"}, missing


def test_the_rules_are_checked_and_tested_by_promtool():
    run("promtool", "check", "rules", RULES)
    run("promtool", "check", "config", DEPLOY / "prometheus.yml")
    run("promtool", "test", "rules", REPO / "tests" / "prometheus" / "rules_test.yml")


def test_every_alert_says_what_to_do_and_has_a_test():
    tested = (REPO / "tests" / "prometheus" / "rules_test.yml").read_text(encoding="utf-8")
    for rule in ALERTS:
        said = rule["annotations"]
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert said["summary"].endswith(".") and said["summary_vi"].endswith(".") and said["action"].endswith(".")
        assert f'alertname="{rule["alert"]}"' in tested, rule["alert"]
