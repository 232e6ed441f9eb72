"""Documents as they are installed: documents.py SOURCES PLAN OUT [NEEDS…]

A line of PLAN is "document|source|installed|component" or "place|source|installed|component". A link to something that is
installed with the document, by its own component or by one that it needs ("hub>tools"), leads there; of any other the words
stay, without the link."""

import os
import pathlib
import posixpath
import re
import sys

FENCE = re.compile(r"^(```.*?^```[^\n]*$)", re.MULTILINE | re.DOTALL)
LINK_OR_CODE = re.compile(r"(?P<image>!?)\[(?P<words>(?:[^\[\]`]|`[^`\n]*`)*)\]\((?P<target>[^()\s]+)\)|(?P<ticks>`+).+?(?P=ticks)",
                          re.DOTALL)


def read_plan(path):
    """Lines as (kind, source, installed, component)."""
    return [tuple(line.split("|")) for line in path.read_text().splitlines() if line]


class Document:
    def __init__(self, plan, needs, source, installed, component):
        self.source, self.installed = source, installed
        near = {component} | {one.split(">")[1] for one in needs if one.split(">")[0] == component}
        self.places = {place: where for _, place, where, of in plan if of in near}
        # A folder of the sources is, for a reader, where its page is; but not all that is in it is there.
        self.folders = {posixpath.dirname(place): posixpath.dirname(where) for place, where in self.places.items()
                        if posixpath.basename(place) == "README.md"}

    def place_of(self, target):
        """Where that file or folder of the sources is installed; None: it is not."""
        rest = ""
        if target in self.folders:
            return self.folders[target]
        while target:
            if target in self.places:
                return posixpath.join(self.places[target], rest) if rest else self.places[target]
            target, last = posixpath.split(target)
            rest = posixpath.join(last, rest) if rest else last
        return None

    def link(self, match):
        target = match["target"]
        if match["ticks"] or target.startswith("#") or re.match(r"[a-z]+:", target):
            return match[0]
        path, hash, anchor = target.partition("#")
        source = posixpath.normpath(posixpath.join(posixpath.dirname(self.source), path))
        place = self.place_of(source)
        words = match["words"]
        if place is None:
            return words
        if words in (path, source) and posixpath.basename(place) != posixpath.basename(source):
            words = posixpath.basename(place)  # it has another name there
        return f"{match['image']}[{words}]({posixpath.relpath(place, posixpath.dirname(self.installed))}{hash}{anchor})"

    def text(self, text):
        pieces = FENCE.split(text)
        return "".join(piece if i % 2 else LINK_OR_CODE.sub(self.link, piece) for i, piece in enumerate(pieces))


def main(sources, plan, out, *needs):
    plan = read_plan(pathlib.Path(plan))
    for kind, source, installed, component in plan:
        if kind != "document":
            continue
        made = pathlib.Path(out, installed)
        os.makedirs(made.parent, exist_ok=True)
        text = pathlib.Path(sources, source).read_text()
        is_page = source.endswith(".md")
        made.write_text(Document(plan, needs, source, installed, component).text(text) if is_page else text)


if __name__ == "__main__":
    main(*sys.argv[1:])
