// What the command prints: JSON objects for programs, lines for people.
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <jansson.h>

#include <lienthon/bytes.h>

// Prints the value (taken, also when it is NULL: out of memory) as one line, and flushes.
void say_json(json_t *value);
// A string of bytes that are UTF-8 already.
json_t *say_text(struct lt_slice text);
// A string of what may be no UTF-8, as a file's name: each byte that belongs to no character is U+FFFD. NULL: no memory.
json_t *say_string(const char *text);
json_t *say_hex(struct lt_slice bytes);
// Any MessagePack value as a JSON value; null when it has none.
json_t *say_value(struct lt_slice value);
// One line on standard error, behind the program's name, in the reader's language; what the conversions stand for is
// English too where it is a sentence.
void say_aside(const char *english, ...) __attribute__((format(printf, 1, 2)));
// A finished English sentence on standard output in the reader's language, in one line and without its end.
void say_sentence(const char *english);
// Prints bytes from outside in one line: control characters and line ends become spaces.
void say_line(struct lt_slice text);
// The same of several: line ends and tabs stay.
void say_lines(struct lt_slice text);
// Into the buffer; `ends`: line ends and tabs stay.
void say_clean(struct lt_slice text, bool ends, struct lt_buffer *out);
// On standard error behind the program's name, clean, with a line end.
void say_behind_name(struct lt_slice text);

#endif
