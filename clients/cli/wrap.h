// Text for a terminal of any width.
#ifndef CLI_WRAP_H
#define CLI_WRAP_H

#include <stdbool.h>
#include <stddef.h>

// Columns of standard output where it is a terminal (COLUMNS, else what it says of itself), else 100; 40 at least.
size_t wrap_width(void);
// Is there room for a row of a table with so many columns? What is no terminal has room for any.
bool wrap_has_room(size_t columns);

// Prints `left` and behind it, from column `indent` on, the text, broken between words; each further line is indented.
// A left that is wider than the indent has a line of its own. Ends with a line's end. The text is UTF-8 in NFC.
void wrap_print(const char *left, size_t indent, const char *text);

#endif
