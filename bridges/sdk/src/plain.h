// What strangers have written, on a terminal: without the characters that it would obey.
#ifndef LT_BRIDGES_PLAIN_H
#define LT_BRIDGES_PLAIN_H

#include <lienthon/bytes.h>

// To the standard output, UTF-8; a blank stands for each control character. indent NULL: in one line; else before each of its
// lines, and a line end behind the last.
void plain_print(struct lt_slice text, const char *indent);

#endif
