#!/usr/bin/env python3
"""Makes the manual pages, by asking the programs that were just built: pages.py BIN VERSION OUT FRAGMENT…

What a command takes and prints comes from `lienthon help --json`, options of the daemons from their --help, settings from
the commented samples; all of these are the programs' own tables. The prose of a page stands beside its program in a
FRAGMENT (*.man): "NAME SECTION", one line about it, then roff in which a line @WORD@ is filled in here.
Written are OUT/man1/*.1, OUT/man5/*.5 and OUT/man8/*.8, in UTF-8.
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

FILES = [  # page, the sample's name, where it lies, what it is
    ("commune.yaml", "commune.yaml", "commune.yaml", "a commune and its hub"),
    ("lienthon-identity", "identity.yaml", "identity.yaml, identities/*.yaml", "who one is in a folder of Liên Thôn"),
    ("lienthon-role", "role.yaml", "roles/*.yaml", "what a kind of participant may do in a commune"),
]


def escape(text):
    """Text as roff: no character of it is an order."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"(?m)^([.'])", r"\\&\1", text)


def quoted(text):
    return '"' + escape(text).replace('"', '""') + '"'


def paragraphs(text):
    return "\n.PP\n".join(escape(part) for part in text.strip().split("\n"))


def example(text):
    return ".RS 4\n.nf\n" + escape(text.rstrip("\n")) + "\n.fi\n.RE"


def tagged(tag, text):
    return f".TP\n{tag}\n{escape(text)}"


def options(rows):
    return "\n".join(tagged(f".BI \\-\\-{escape(row['name'])} {quoted(' ' + row['value'])}" if row["value"]
                            else f".B \\-\\-{escape(row['name'])}", row["about"]) for row in rows)


def narrow(body):
    """No input line of text is longer than 80 bytes, as those who read the source are used to."""
    out, literal = [], False
    for line in body.split("\n"):
        literal = line == ".nf" or (literal and line != ".fi")
        if literal or line.startswith((".", "'")):
            out.append(line)
            continue
        now = ""
        for word in line.split(" "):
            # Those who check count a character beyond ASCII as roff's own name for it.
            if now and len(re.sub(r"[^\x00-\x7f]", r"\\[u0000]", f"{now} {word}")) > 80:
                out.append(now)
                now = "\\&" + word if word.startswith((".", "'")) else word
            else:
                now = f"{now} {word}" if now else word
        out.append(now)
    return "\n".join(out)


class Builder:
    def __init__(self, bin, version, out):
        self.bin, self.version, self.out = bin, version, pathlib.Path(out)
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        day = datetime.datetime.fromtimestamp(int(epoch), datetime.timezone.utc) if epoch else datetime.datetime.now()
        self.day = day.strftime("%Y-%m-%d")
        self.help = json.loads(self.ask("lienthon", "help", "--json"))

    def ask(self, program, *words):
        # English, whoever builds; leaks of a sanitizer's build are the tests' business.
        env = dict(os.environ, LC_ALL="C", ASAN_OPTIONS="detect_leaks=0")
        return subprocess.run([f"{self.bin}/{program}", *words], check=True, capture_output=True, env=env).stdout.decode()

    def write(self, name, section, about, body):
        folder = self.out / f"man{section[0]}"
        folder.mkdir(parents=True, exist_ok=True)
        title = f'.TH {quoted(name.upper())} {section} {self.day} "Liên Thôn {self.version}" "Liên Thôn"'
        head = f".\\\" Made by deploy/man/pages.py from the programs' own tables.\n{title}\n.SH NAME\n{escape(name)} \\- {escape(about)}\n"
        (folder / f"{name}.{section}").write_text(narrow(head + body.strip("\n")) + "\n", encoding="utf-8")

    # Commands

    def fields(self, schema, depth=0):
        """The fields of an object, each with its kind and meaning; objects in it are indented."""
        out = []
        for name, field in schema["properties"].items():
            inner, kind = field, []
            if "anyOf" in field and {"type": "null"} in field["anyOf"]:
                inner = next(one for one in field["anyOf"] if one != {"type": "null"})
                kind.append("or null")
            if name not in schema["required"]:
                kind.append("may be missing")
            kind.insert(0, {"string": "text", "integer": "number", "boolean": "true or false", "array": "list",
                            "object": "object"}.get(inner.get("type"), "any JSON"))
            if inner.get("minimum") == 0:
                kind[0] = "milliseconds since 1970"
            out.append(f".TP\n.BR {escape(name)} \" ({', '.join(kind)})\"\n{escape(field['description'])}")
            nested = inner.get("items", inner)
            if "properties" in nested:
                out.append(".RS\n" + self.fields(nested, depth + 1) + "\n.RE")
        return "\n".join(out)

    def answer(self, command):
        how = {"one": "one object", "lines": "one object a line, as many as there are", "list": "one list of objects"}
        schema = command["schema"]
        if command["prints"] == "list":
            schema = schema["items"]
        kinds = schema["anyOf"] if "anyOf" in schema and "properties" not in schema else [schema]
        out = [f"{how[command['prints']]}."]
        for number, kind in enumerate(kinds):
            out += [".PP\nor:"] if number else []
            out.append(self.fields(kind))
        out.append(".PP\nA failure prints the error object of\n.BR lienthon (1).")
        return "\n".join(out)

    def command_page(self, command):
        name = f"lienthon-{command['command']}"
        body = [".SH SYNOPSIS", f".B lienthon {escape(command['command'])}"]
        if command["words"]:
            body.append(escape(command["words"]))
        body.append(".RI [ OPTIONS ]")
        body += [".SH DESCRIPTION", escape(command["about"][0].upper() + command["about"][1:]) + "."]
        if command["more"]:
            body.append(".PP\n" + paragraphs(command["more"]))
        body.append(".SH OPTIONS")
        if command["options"]:
            body += [options(command["options"]), ".PP"]
        body.append("It also takes the options of every command, which\n.BR lienthon (1)\nhas.")
        body += [".SH JSON", "What it prints with\n.BR \\-\\-json :", self.answer(command)]
        body += [".SH EXIT STATUS", "As in\n.BR lienthon (1)."]
        body += [".SH EXAMPLES", example(command["example"])]
        body += [".SH SEE ALSO", ".BR lienthon (1)"]
        self.write(name, "1", command["about"], "\n".join(body))

    # Settings

    def settings(self, sample):
        """A commented sample as a list: '# what it is (what is allowed)', then 'key: default' or '#key:'."""
        out, about, path, is_apart = [], None, [], False
        for line in sample.splitlines():
            key = re.match(r"( *)(#?)([A-Za-z0-9_.\"-]+):(?: (.*))?$", line)
            if about is None and re.match(r"# .*:$", line):
                out.append(f".PP\n{escape(line[2:])}")
                is_apart = True  # what follows is no part of the map before
            elif line.strip().startswith("# "):
                about = re.match(r" *# (.*) \((.*)\)$", line)
            elif key:
                path = [key[3]] if is_apart else path[: len(key[1]) // 2] + [key[3]]
                if about is None:
                    if key[3] == "bridge":
                        out.append(".TP\n.B bridge\nWhich bridge it is, by its name.\nIt must be given.")
                    continue  # the head of a map
                default = f"Default: {key[4]}." if not key[2] and key[4] else ""
                out.append(f".TP\n.B {escape('.'.join(path))}\n"
                           f"{escape(about[1])}.\nAllowed: {escape(about[2])}.\n{escape(default)}".rstrip("\n"))
                about = None
        return "\n".join(out)

    def file_page(self, name, sample, where, about, more=""):
        body = f".SH DESCRIPTION\n{more}The file\n.IR {quoted(where)} ,\nin YAML.\nA key that is not here is an error, told with line and column.\n"
        body += "A name with dots is a key in a map:\n.B hub.listen\nis the key\n.B listen\nin the map\n.BR hub .\n"
        body += f".SH KEYS\n{self.settings(sample)}\n.SH SEE ALSO\n.BR lienthon (1),\n.BR lienthond (8)"
        self.write(name, "5", about, body)

    def bridge_pages(self):
        names = [line.split()[0] for line in self.ask("lienthon-bridge", "--list").splitlines() if line.strip()]
        for name in names:
            sample = self.ask("lienthon-bridge", "--sample", name)
            self.file_page(f"lienthon-bridge-{name}", sample, "bridges/NAME.yaml", f"settings of the bridge {name}",
                           f"An instance of the bridge\n.BR {escape(name)} ,\nrun by\n.BR lienthon\\-bridge (8).\n")
        if names:
            sample = self.ask("lienthon-bridge", "--sample", names[0])
            own = re.split(r"(?m)^options:$", sample)[0]
            pages = "".join(f",\n.BR lienthon\\-bridge\\-{escape(name)} (5)" for name in names)
            more = f"Each bridge adds keys under\n.BR options :\nsee{pages.replace(',', '', 1)}.\n.PP\n"
            self.file_page("lienthon-bridge", own, "bridges/NAME.yaml", "settings that every bridge takes", more)
        return names

    # Prose and what is filled in

    def help_options(self, program):
        """'  -C DIR      what it does' and its further lines, as --help has them."""
        rows = []
        for line in self.ask(program, "--help").splitlines():
            row = re.match(r"  (-\S+(?: [A-Z]+)?)(?: {2,}(.*))?$", line)
            if row:
                rows.append([row[1], row[2] or ""])
            elif rows and re.match(r" {6,}\S", line) and rows[-1]:
                rows[-1][1] += " " + line.strip()
            elif rows:
                break
        return "\n".join(tagged(f".B {escape(left)}", text.strip() or "which version this is") for left, text in rows)

    def help_examples(self, program):
        lines = self.ask(program, "--help").splitlines()
        begin = next(at for at, line in enumerate(lines) if line.lower().startswith("example"))
        found = [lines[begin].split(":", 1)[1].strip(), *(line.strip() for line in lines[begin + 1:])]
        return example("\n".join(line for line in found if line))

    def commands(self):
        shown = [one for one in self.help["commands"] if one["command"] != "complete"]
        return "\n".join(tagged(f".BR lienthon\\-{escape(one['command'])} (1)", one["about"]) for one in shown)

    def fill(self, fragment, bridges):
        head, about, body = pathlib.Path(fragment).read_text(encoding="utf-8").split("\n", 2)
        name, section = head.split()
        words = {
            "COMMANDS": self.commands,
            "OPTIONS": lambda: options(self.help["options"]),
            "EXITS": lambda: "\n".join(tagged(f".B {one['number']}", one["about"]) for one in self.help["exit_codes"]),
            "ERROR": lambda: self.fields(self.help["error"]),
            "HELP_OPTIONS": lambda: self.help_options(name),
            "HELP_EXAMPLES": lambda: self.help_examples(name),
            "BRIDGES": lambda: "".join(f",\n.BR lienthon\\-bridge\\-{escape(one)} (5)" for one in bridges),
        }
        body = re.sub(r"@([A-Z_]+)@", lambda found: words[found[1]](), body)
        self.write(name, section, about, body)


def main():
    bin, version, out, *fragments = sys.argv[1:]
    builder = Builder(bin, version, out)
    for command in builder.help["commands"]:
        builder.command_page(command)
    for name, sample, where, about in FILES:
        builder.file_page(name, builder.ask("lienthon", "help", sample), where, about)
    bridges = builder.bridge_pages()
    for fragment in fragments:
        builder.fill(fragment, bridges)


main()
