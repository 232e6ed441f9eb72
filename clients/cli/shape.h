// What a command prints with --json, as a table: the manual page, `lienthon help --json` and the tests read it here.
#ifndef CLI_SHAPE_H
#define CLI_SHAPE_H

#include <stddef.h>

#include <jansson.h>

enum shape_kind {
    SHAPE_TEXT,
    SHAPE_ID,     // of a message
    SHAPE_NUMBER, // a whole one
    SHAPE_TIME,   // milliseconds since 1970, UTC
    SHAPE_YES,    // true or false
    SHAPE_TEXTS,  // a list of texts
    SHAPE_LIST,   // of objects with the fields `inner`
    SHAPE_OBJECT, // with the fields `inner`
    SHAPE_ANY,    // any JSON
};

enum { SHAPE_MAYBE = 1, SHAPE_NULL = 2 }; // it may be missing; it may be null

struct shape { // a field; a table ends with a name of NULL
    const char *name;
    enum shape_kind kind;
    const char *help;
    unsigned may;
    const struct shape *inner;
};

enum answer_how {
    ANSWER_ONE,   // one object on one line
    ANSWER_LINES, // one object a line, as many as there are
    ANSWER_LIST,  // one array of objects on one line
};

enum { ANSWER_SHAPES_MAX = 7 };

struct answer {
    enum answer_how how;
    const struct shape
        *shapes[ANSWER_SHAPES_MAX + 1]; // an object is one of these; NULL behind the last
};

extern const struct shape shape_error[]; // what a failure prints

// One object of a table as JSON Schema (draft 2020-12), with the help as descriptions. Of all alternatives: anyOf.
// NULL: no memory.
json_t *shape_schema(const struct shape *fields);
json_t *shape_answer_schema(const struct answer *answer);
const char *shape_kind_name(enum shape_kind kind);

#endif
