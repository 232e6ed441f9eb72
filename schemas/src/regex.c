// Compiles patterns: the tree of regex_parse.c is written out as a program (a repeat as copies).
#include "regex_program.h"

#include <stdlib.h>
#include <string.h>

static uint16_t emit(struct regex_compiler *c, enum regex_op op, size_t x, size_t y)
{
    if (c->regex->size == REGEX_PROGRAM_MAX) {
        regex_fail(c, "it is too long once its repeats are written out");
        return 0;
    }
    c->regex->program[c->regex->size] =
        (struct regex_instruction){(uint8_t)op, (uint16_t)x, (uint16_t)y};
    return (uint16_t)c->regex->size++;
}

static void emit_tree(struct regex_compiler *c, const struct regex_tree *tree);

static void emit_endless(struct regex_compiler *c, const struct regex_tree *body)
{
    const uint16_t split = emit(c, REGEX_SPLIT, 0, 0);
    emit_tree(c, body);
    emit(c, REGEX_JUMP, split, 0);
    c->regex->program[split].x = (uint16_t)(split + 1);
    c->regex->program[split].y = (uint16_t)c->regex->size;
}

static void emit_repeat(struct regex_compiler *c, const struct regex_tree *tree)
{
    const struct regex_tree *body = &c->trees[tree->left];
    for (int i = 0; i < tree->least && c->why == NULL; i++) {
        const size_t before = c->regex->size;
        emit_tree(c, body);
        if (c->regex->size == before) {
            return; // nothing, however often
        }
    }
    if (tree->most == REGEX_ENDLESS) {
        emit_endless(c, body);
        return;
    }
    for (int i = tree->least; i < tree->most && c->why == NULL; i++) {
        const uint16_t split = emit(c, REGEX_SPLIT, 0, 0);
        emit_tree(c, body);
        c->regex->program[split].x = (uint16_t)(split + 1);
        c->regex->program[split].y = (uint16_t)c->regex->size;
    }
}

static void emit_either(struct regex_compiler *c, const struct regex_tree *tree)
{
    const uint16_t split = emit(c, REGEX_SPLIT, 0, 0);
    emit_tree(c, &c->trees[tree->left]);
    const uint16_t jump = emit(c, REGEX_JUMP, 0, 0);
    c->regex->program[split].x = (uint16_t)(split + 1);
    c->regex->program[split].y = (uint16_t)c->regex->size;
    emit_tree(c, &c->trees[tree->right]);
    c->regex->program[jump].x = (uint16_t)c->regex->size;
}

static void emit_tree(struct regex_compiler *c, const struct regex_tree *tree)
{
    if (c->why != NULL) {
        return;
    }
    switch (tree->kind) {
    case TREE_EMPTY:
        break;
    case TREE_SET:
        emit(c, REGEX_SET, tree->first, tree->count);
        break;
    case TREE_BEGIN:
        emit(c, REGEX_BEGIN, 0, 0);
        break;
    case TREE_END:
        emit(c, REGEX_END, 0, 0);
        break;
    case TREE_CONCAT:
        emit_tree(c, &c->trees[tree->left]);
        emit_tree(c, &c->trees[tree->right]);
        break;
    case TREE_EITHER:
        emit_either(c, tree);
        break;
    case TREE_REPEAT:
        emit_repeat(c, tree);
        break;
    }
}

static struct regex *room(void)
{
    struct regex *regex = calloc(1, sizeof *regex);
    if (regex == NULL) {
        return NULL;
    }
    regex->program = calloc(REGEX_PROGRAM_MAX, sizeof *regex->program);
    regex->ranges = calloc(REGEX_RANGES_MAX, sizeof *regex->ranges);
    if (regex->program == NULL || regex->ranges == NULL) {
        regex_destroy(&regex);
    }
    return regex;
}

// Gives back what the program does not need.
static void shrink(struct regex *regex)
{
    void *program = realloc(regex->program, (regex->size + 1) * sizeof *regex->program);
    regex->program = program != NULL ? program : regex->program;
    void *ranges = realloc(regex->ranges, (regex->range_count + 1) * sizeof *regex->ranges);
    regex->ranges = ranges != NULL ? ranges : regex->ranges;
}

struct regex *regex_compile(struct lt_slice pattern, const char **why, size_t *where)
{
    *why = NULL;
    *where = 0;
    struct regex_compiler c = {.at = pattern.data,
                               .begin = pattern.data,
                               .end = pattern.data + pattern.size,
                               .regex = room(),
                               .trees = calloc(REGEX_TREES_MAX, sizeof(struct regex_tree))};
    if (c.regex == NULL || c.trees == NULL) {
        c.no_memory = true;
        regex_fail(&c, "no memory");
    } else if (pattern.size > REGEX_PATTERN_MAX) {
        regex_fail(&c, "it is longer than 2048 bytes");
    } else {
        const uint16_t root = regex_parse(&c);
        *where = (size_t)(c.at - c.begin);
        emit_tree(&c, &c.trees[root]);
        emit(&c, REGEX_MATCH, 0, 0);
    }
    free(c.trees);
    if (c.why != NULL) {
        *why = c.no_memory ? NULL : c.why;
        regex_destroy(&c.regex);
        return NULL;
    }
    shrink(c.regex);
    return c.regex;
}

void regex_destroy(struct regex **regex)
{
    if (*regex == NULL) {
        return;
    }
    free((*regex)->program);
    free((*regex)->ranges);
    free(*regex);
    *regex = NULL;
}
