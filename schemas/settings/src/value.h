// One option's value: read from text into its field, described, printed, freed.
#ifndef LT_VALUE_H
#define LT_VALUE_H

#include <lienthon/settings/option.h>

enum { VALUE_SHOWN = 84 }; // so much of what was written is said again, with the NUL

// By the option's own rule, if it has one. member: of a map, whose text it is; else NULL. LT_BAD_USE "'name' is 'text'; …",
// LT_NO_MEMORY.
enum lt_code value_check(const struct lt_option *option, const char *member, const char *text,
                         struct lt_error *error);
// Sets the field; a list gets an item more, a map a "name=text" more. LT_BAD_USE "… ; allowed: …", LT_NO_MEMORY.
enum lt_code value_set(const struct lt_option *option, void *field, const char *text,
                       struct lt_error *error);
bool value_add_item(struct lt_option_list *list, const char *text);
bool value_add_pair(struct lt_option_map *map, const char *name, const char *text);
void value_clear(const struct lt_option *option, void *field);
// The shortest of "7d", "90s", "1500ms".
void value_print_duration(int64_t ms, char *out, size_t size);
// "a, b, c"; what has no room is left out by whole names, and it ends with "…". size: at least 8.
void value_list(const char *const *names, size_t count, char *out, size_t size);
// What is allowed, in words: "a whole number from 1 to 9".
void value_describe(const struct lt_option *option, char *out, size_t size);

#endif
