#!/usr/bin/env python3
"""Writes the built-in types' schemas into a C file: texts.py OUT FILE…"""
import pathlib
import sys


def c_string(text):
    """The text as C string literals, one a line of it, pure ASCII; the compiler joins them."""
    out = []
    for line in text.splitlines(keepends=True):
        escaped = ""
        for byte in line.encode():
            char = chr(byte)
            if char in '"\\':
                escaped += "\\" + char
            elif char == "\n":
                escaped += "\\n"
            elif 32 <= byte < 127 and char != "?":
                escaped += char
            else:
                escaped += f"\\{byte:03o}"
        out.append(f'        "{escaped}"')
    return "\n".join(out)


def main():
    rows = []
    for path in map(pathlib.Path, sys.argv[2:]):
        rows.append(
            f'    {{"{path.stem}", "types/{path.name}",\n'
            f'{c_string(path.read_text(encoding="utf-8"))}}},'
        )
    pathlib.Path(sys.argv[1]).write_text(
        "// Made by schemas/gen/texts.py from schemas/types/*.json.\n"
        '#include "type_texts.h"\n\n'
        "const struct type_text type_texts[] = {\n" + "\n".join(rows) + "\n};\n"
        f"const size_t type_text_count = {len(rows)};\n",
        encoding="utf-8",
    )


main()
