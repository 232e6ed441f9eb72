"""The hub's figures as a scraper reads them: over HTTP, by Debian's prometheus_client, which is strict about the format."""

import urllib.request

from harness import free_port, wait_until
from prometheus_client.openmetrics.parser import text_string_to_metric_families

OTHERS = "(other)"


def with_metrics(make_commune, **settings):
    """A commune whose hub runs and tells its figures."""
    return make_commune(metrics=f"127.0.0.1:{free_port()}", **settings).start()


def url_of(commune):
    return f"http://{commune.config['hub']['metrics']}/metrics"


def fetch(commune, accept="application/openmetrics-text", timeout=20):
    """(headers, text) of the page."""
    asked = urllib.request.Request(url_of(commune), headers={"Accept": accept})
    with urllib.request.urlopen(asked, timeout=timeout) as answer:
        return answer.headers, answer.read().decode("utf-8")


class Figures:
    def __init__(self, text):
        self.families = {family.name: family for family in text_string_to_metric_families(text)}
        self.samples = {}
        for family in self.families.values():
            for sample in family.samples:
                key = sample.name, tuple(sorted(sample.labels.items()))
                assert key not in self.samples, f"twice: {key}"
                self.samples[key] = sample.value

    def of(self, name, /, **labels):
        """The sum of the samples of that name that have these labels; None: there is none."""
        found = [value for (one, its), value in self.samples.items()
                 if one == name and labels.items() <= dict(its).items()]
        return sum(found) if found else None

    def labels(self, name):
        return [dict(its) for one, its in self.samples if one == name]


def read(commune):
    return Figures(fetch(commune)[1])


def wait_for(commune, **wanted):
    """Until the figures have these values: name=value, or name=(labels, value). Those figures."""
    seen = {}

    def arrived():
        figures = read(commune)
        for name, value in wanted.items():
            labels, value = value if isinstance(value, tuple) else ({}, value)
            seen[name] = figures.of(name, **labels)
            if not (value(seen[name]) if callable(value) else seen[name] == value):
                return None
        return figures

    try:
        return wait_until(arrived, f"figures {wanted}", watch=commune.hub)
    except AssertionError as error:
        raise AssertionError(f"{error}\nseen: {seen}") from None
