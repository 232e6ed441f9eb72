// Settings as a table: one row a key, read from a YAML file into a struct, told to people as help
// and as a sample. An unknown key, a wrong type, a double key, a value out of range, an alias:
// LT_BAD_FILE "file:line:column: …; allowed: …".
#ifndef LIENTHON_SETTINGS_OPTION_H
#define LIENTHON_SETTINGS_OPTION_H

#include <lienthon/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif

enum lt_option_kind {
    LT_OPTION_KIND_END,
    LT_OPTION_KIND_TEXT,     // field: char * (NULL: not set and no default)
    LT_OPTION_KIND_NUMBER,   // int64_t
    LT_OPTION_KIND_BOOL,     // bool; yes, no, true, false
    LT_OPTION_KIND_CHOICE,   // int: index into choices
    LT_OPTION_KIND_DURATION, // int64_t ms; "500ms", "10s", "5m", "2h", "7d"
    LT_OPTION_KIND_KEY,      // uint8_t[32]; base64url (all zero: not set)
    LT_OPTION_KIND_LIST,     // struct lt_option_list
    LT_OPTION_KIND_MAP,      // struct lt_option_map
    LT_OPTION_KIND_SECRET, // char *: the secret's name, "file:keys/a" or "credential:a" (settings/secret.h)
};

struct lt_option_list {
    char **items;
    size_t count;
};

struct lt_option_pair {
    char *name, *text;
};

struct lt_option_map { // in the order of the file
    struct lt_option_pair *items;
    size_t count;
};

// A rule of its own for a text, an item of a list or a text of a map. LT_BAD_USE: what is allowed, a sentence that follows
// "'name' is 'text'; ".
typedef enum lt_code lt_option_check(const char *text, struct lt_error *error);

// One row. A name may have dots: "hub.listen" is the key `listen` in the map `hub`.
struct lt_option {
    const char *name;
    enum lt_option_kind kind;
    size_t offset;        // of the field
    const char *fallback; // the default as it would stand in the file; NULL: none; LT_REQUIRED:
                          // must be given
    int64_t min, max;     // NUMBER; DURATION in ms
    const char *const *choices; // CHOICE; ends with NULL
    const char *help;
    lt_option_check *check; // TEXT, LIST, MAP; NULL: any text
};

// As a default: the file must give it.
extern const char lt_option_required[];
#define LT_REQUIRED lt_option_required

#define LT_OPTION_TEXT(name, type, field, fallback, help)                                          \
    {                                                                                              \
        name, LT_OPTION_KIND_TEXT, offsetof(type, field), fallback, 0, 0, NULL, help, NULL         \
    }
#define LT_OPTION_CHECKED(name, type, field, fallback, check, help)                                \
    {                                                                                              \
        name, LT_OPTION_KIND_TEXT, offsetof(type, field), fallback, 0, 0, NULL, help, check        \
    }
#define LT_OPTION_NUMBER(name, type, field, fallback, min, max, help)                              \
    {                                                                                              \
        name, LT_OPTION_KIND_NUMBER, offsetof(type, field), fallback, min, max, NULL, help, NULL   \
    }
#define LT_OPTION_BOOL(name, type, field, fallback, help)                                          \
    {                                                                                              \
        name, LT_OPTION_KIND_BOOL, offsetof(type, field), fallback, 0, 0, NULL, help, NULL         \
    }
#define LT_OPTION_CHOICE(name, type, field, fallback, choices, help)                               \
    {                                                                                              \
        name, LT_OPTION_KIND_CHOICE, offsetof(type, field), fallback, 0, 0, choices, help, NULL    \
    }
#define LT_OPTION_DURATION(name, type, field, fallback, min_ms, max_ms, help)                      \
    {                                                                                              \
        name, LT_OPTION_KIND_DURATION, offsetof(type, field), fallback, min_ms, max_ms, NULL,      \
            help, NULL                                                                             \
    }
#define LT_OPTION_KEY(name, type, field, fallback, help)                                           \
    {                                                                                              \
        name, LT_OPTION_KIND_KEY, offsetof(type, field), fallback, 0, 0, NULL, help, NULL          \
    }
#define LT_OPTION_LIST(name, type, field, help)                                                    \
    {                                                                                              \
        name, LT_OPTION_KIND_LIST, offsetof(type, field), NULL, 0, 0, NULL, help, NULL             \
    }
#define LT_OPTION_MAP(name, type, field, help)                                                     \
    {                                                                                              \
        name, LT_OPTION_KIND_MAP, offsetof(type, field), NULL, 0, 0, NULL, help, NULL              \
    }
#define LT_OPTION_MAP_CHECKED(name, type, field, check, help)                                      \
    {                                                                                              \
        name, LT_OPTION_KIND_MAP, offsetof(type, field), NULL, 0, 0, NULL, help, check             \
    }
#define LT_OPTION_SECRET(name, type, field, fallback, help)                                        \
    {                                                                                              \
        name, LT_OPTION_KIND_SECRET, offsetof(type, field), fallback, 0, 0, NULL, help, NULL       \
    }
#define LT_OPTION_END                                                                              \
    {                                                                                              \
        NULL, LT_OPTION_KIND_END, 0, NULL, 0, 0, NULL, NULL, NULL                                  \
    }

// A table and the zeroed struct that it fills. A file may be read into several at once (a host's
// and its bridge's).
struct lt_option_set {
    const struct lt_option *options;
    void *into;
};

enum { LT_OPTION_FILE_MAX = 1024 * 1024 };

// Fills defaults, then what the file says. LT_IO, LT_BAD_FILE, LT_NO_MEMORY; then everything is
// cleared already. Strings, lists and maps are freed by lt_options_clear.
enum lt_code lt_options_load(const char *path, const struct lt_option_set *sets, size_t count,
                             struct lt_error *error);
// The same from a text; file_name is what errors say.
enum lt_code lt_options_parse(struct lt_slice text, const char *file_name,
                              const struct lt_option_set *sets, size_t count,
                              struct lt_error *error);
// The defaults alone, for whoever makes a new file; what must be given stays unset.
enum lt_code lt_options_defaults(const struct lt_option *options, void *into,
                                 struct lt_error *error);
// One value more, as from a command line: "poll-ms", "500". A list gets an item, a map "name=text".
enum lt_code lt_options_set(const struct lt_option *options, void *into, const char *name,
                            const char *value, struct lt_error *error);
// Frees what was filled in and zeroes the fields. Takes a zeroed struct too.
void lt_options_clear(const struct lt_option *options, void *into);

// Appends a table for people: name, kind and range, default, help. / A commented YAML file with all
// defaults.
bool lt_options_help(const struct lt_option *options, struct lt_buffer *out);
bool lt_options_sample(const struct lt_option *options, struct lt_buffer *out);
// Appends the YAML of a filled struct; reading it back gives the same. What is not set, and a number that is its
// default or out of its range, is left out, so that the default holds.
bool lt_options_write(const struct lt_option *options, const void *from, struct lt_buffer *out);

// "500ms", "10s", "5m", "2h", "7d" (whole numbers) as ms; false: it is none.
bool lt_duration_parse(const char *text, int64_t *ms);
// The name of `count` (each a C string) that is nearest to a misspelt one, or NULL when none is
// near.
const char *lt_nearest(const char *wrong, const char *const *names, size_t count);
// The text of a map's name, or NULL.
const char *lt_option_map_find(const struct lt_option_map *map, const char *name);

#ifdef __cplusplus
}
#endif
#endif
