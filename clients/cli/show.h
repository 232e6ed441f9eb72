// One message, as a line for people or as JSON.
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include <jansson.h>

#include <lienthon/seal.h>

// `doubt`: why it is not to be believed (a seal that does not hold …); NULL: it is genuine. Prints one line.
void show_line(const struct lt_part *part, const char *doubt);
// The same for one that is genuine, with what has become of its sender since; NULL: nothing.
void show_since(const struct lt_part *part, const char *since, bool as_json);
json_t *show_json(const struct lt_part *part, const char *doubt);
// What a person wants to read of it: title and text; else the whole body as JSON.
void show_body(const struct lt_part *part);
// A line or JSON.
void show(const struct lt_part *part, const char *doubt, bool as_json);

#endif
