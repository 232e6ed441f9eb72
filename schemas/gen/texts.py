#!/usr/bin/env python3
"""Writes text files into a C file, so that an installed binary has them: texts.py types|roles OUT FILE…"""
import pathlib
import sys


def literal(text):
    """A C string literal, pure ASCII."""
    out = ""
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out += "\\" + char
        elif char == "\n":
            out += "\\n"
        elif 32 <= byte < 127 and char != "?":
            out += char
        else:
            out += f"\\{byte:03o}"
    return f'"{out}"'


def c_string(text):
    """The text as C string literals, one a line of it; the compiler joins them."""
    return "\n".join(f"        {literal(line)}" for line in text.splitlines(keepends=True))


KINDS = {
    "types": {
        "from": "schemas/types/*.json",
        "header": "type_texts.h",
        "array": "const struct type_text type_texts[]",
        "count": "type_text_count",
        "row": lambda path: f'"{path.stem}", "types/{path.name}"',
    },
    "roles": {
        "from": "deploy/roles/*.yaml",
        "header": "role_files.h",
        "array": "const struct lt_role_file role_files[]",
        "count": "role_file_count",
        "row": lambda path: f'"{path.name}"',
    },
}


def main():
    kind = KINDS[sys.argv[1]]
    paths = [pathlib.Path(name) for name in sys.argv[3:]]
    rows = [f"    {{{kind['row'](path)},\n{c_string(path.read_text(encoding='utf-8'))}}}," for path in paths]
    text = "\n".join(
        [
            f"// Made by schemas/gen/texts.py from {kind['from']}.",
            f'#include "{kind["header"]}"\n',
            f"{kind['array']} = {{",
            *rows,
            "};",
            f"const size_t {kind['count']} = {len(rows)};\n",
        ]
    )
    pathlib.Path(sys.argv[2]).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
