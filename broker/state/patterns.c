// A node a level; `+` is a branch of its own, what ends in `#` hangs on the level above it.
#include "patterns.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "table.h"

struct values {
    void **items;
    size_t count, room;
};

struct node {
    struct table children; // by level, `+` among them
    struct values here, below;
};

struct patterns {
    struct node root;
};

struct patterns *patterns_new(void)
{
    return must_calloc(1, sizeof(struct patterns));
}

static void node_clear(struct node *node);

static void node_destroy(void *node)
{
    node_clear(node);
    free(node);
}

static void node_clear(struct node *node)
{
    table_clear(&node->children, node_destroy);
    free(node->here.items);
    free(node->below.items);
}

void patterns_destroy(struct patterns **patterns)
{
    if (!*patterns)
        return;
    node_clear(&(*patterns)->root);
    free(*patterns);
    *patterns = NULL;
}

// Takes the first level off; false when there is none left.
static bool next_level(struct lt_slice *rest, struct lt_slice *level)
{
    if (!rest->data)
        return false;
    const uint8_t *slash = memchr(rest->data, '/', rest->size);
    *level = (struct lt_slice){rest->data, slash ? (size_t)(slash - rest->data) : rest->size};
    if (slash)
        *rest = (struct lt_slice){slash + 1, rest->size - level->size - 1};
    else
        *rest = (struct lt_slice){NULL, 0};
    return true;
}

static void values_add(struct values *values, void *value)
{
    values->items = must_hold(values->items, &values->room, values->count + 1, sizeof(void *));
    values->items[values->count++] = value;
}

static void values_remove(struct values *values, const void *value)
{
    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i] == value) {
            values->items[i] = values->items[--values->count];
            return;
        }
    }
}

void patterns_add(struct patterns *patterns, struct lt_slice pattern, void *value)
{
    struct node *node = &patterns->root;
    struct lt_slice level;
    while (next_level(&pattern, &level)) {
        if (lt_slice_is(level, "#")) {
            values_add(&node->below, value);
            return;
        }
        struct node *child = table_find(&node->children, level);
        if (!child) {
            child = must_calloc(1, sizeof *child);
            table_put(&node->children, level, child);
        }
        node = child;
    }
    values_add(&node->here, value);
}

static bool is_empty(const struct node *node)
{
    return !node->children.count && !node->here.count && !node->below.count;
}

static void remove_below(struct node *node, struct lt_slice rest, const void *value)
{
    struct lt_slice level;
    if (!next_level(&rest, &level)) {
        values_remove(&node->here, value);
        return;
    }
    if (lt_slice_is(level, "#")) {
        values_remove(&node->below, value);
        return;
    }
    struct node *child = table_find(&node->children, level);
    if (!child)
        return;
    remove_below(child, rest, value);
    if (is_empty(child))
        node_destroy(table_take(&node->children, level));
}

void patterns_remove(struct patterns *patterns, struct lt_slice pattern, void *value)
{
    remove_below(&patterns->root, pattern, value);
}

struct search {
    void (*visit)(void *self, void *value);
    void *self;
};

static void visit_all(const struct search *search, const struct values *values)
{
    for (size_t i = 0; i < values->count; i++)
        search->visit(search->self, values->items[i]);
}

// wild: may a wildcard stand here; not at the first level of a topic under `$lt`.
static void match_below(const struct search *search, const struct node *node, struct lt_slice rest,
                        bool wild)
{
    struct lt_slice level;
    if (wild)
        visit_all(search, &node->below);
    if (!next_level(&rest, &level)) {
        visit_all(search, &node->here);
        return;
    }
    const struct node *child = table_find(&node->children, level);
    if (child)
        match_below(search, child, rest, true);
    child = wild ? table_find(&node->children, lt_slice_of("+")) : NULL;
    if (child)
        match_below(search, child, rest, true);
}

void patterns_match(const struct patterns *patterns, struct lt_slice topic,
                    void (*visit)(void *self, void *value), void *self)
{
    struct search search = {visit, self};
    match_below(&search, &patterns->root, topic, topic.size == 0 || topic.data[0] != '$');
}
