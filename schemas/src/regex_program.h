// Between the parser, the compiler and the matcher of patterns: the tree and the program.
#ifndef LT_REGEX_PROGRAM_H
#define LT_REGEX_PROGRAM_H

#include "regex.h"

enum { CODE_POINT_MAX = 0x10FFFF };

struct regex_range { // code points, both included
    uint32_t low, high;
};

enum regex_op { REGEX_SET, REGEX_SPLIT, REGEX_JUMP, REGEX_BEGIN, REGEX_END, REGEX_MATCH };

struct regex_instruction {
    uint8_t op;
    uint16_t x, y; // SET: first range, how many; SPLIT: both ways; JUMP: the way
};

struct regex {
    struct regex_instruction *program;
    size_t size;
    struct regex_range *ranges;
    size_t range_count;
};

enum {
    REGEX_PATTERN_MAX = 2048,
    REGEX_TREES_MAX = 3 * REGEX_PATTERN_MAX,
    REGEX_ENDLESS = -1,
};

enum regex_kind {
    TREE_EMPTY,
    TREE_SET,
    TREE_BEGIN,
    TREE_END,
    TREE_CONCAT,
    TREE_EITHER,
    TREE_REPEAT
};

struct regex_tree {
    enum regex_kind kind;
    uint16_t left, right;  // of CONCAT and EITHER; REPEAT: left
    uint16_t first, count; // of SET: ranges
    int least, most;       // of REPEAT
};

struct regex_compiler {
    const uint8_t *at, *begin, *end;
    struct regex_tree *trees;
    size_t tree_count;
    struct regex *regex;
    const char *why;
    bool no_memory;
    int nested;
};

// Keeps the first reason; false.
bool regex_fail(struct regex_compiler *c, const char *why);
// All add to the last ranges of c->regex; false with the reason.
bool regex_add_range(struct regex_compiler *c, uint32_t low, uint32_t high);
bool regex_add_named(struct regex_compiler *c, uint8_t letter); // d D w W s S
bool regex_add_any(struct regex_compiler *c);                   // what is no line end
// Turns the ranges from `first` on into what they leave out.
bool regex_negate(struct regex_compiler *c, size_t first);
// The root's index in c->trees.
uint16_t regex_parse(struct regex_compiler *c);

// Reads one character of valid UTF-8 and moves on.
uint32_t regex_character(const uint8_t **at, const uint8_t *end);

#endif
