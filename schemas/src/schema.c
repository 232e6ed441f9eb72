// A compiled schema's memory, and looking around in it.
#include "schema.h"

#include <stdlib.h>
#include <string.h>

struct schema_chunk {
    struct schema_chunk *next;
    struct regex *regex; // or NULL
    max_align_t memory[];
};

void *schema_memory(lt_schema *schema, size_t count, size_t size)
{
    if (size != 0 && count > (SIZE_MAX - sizeof(struct schema_chunk)) / size) {
        return NULL;
    }
    struct schema_chunk *chunk = calloc(1, sizeof *chunk + count * size);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->next = schema->chunks;
    schema->chunks = chunk;
    return chunk->memory;
}

bool schema_keep_regex(lt_schema *schema, struct regex *regex)
{
    if (schema_memory(schema, 0, 0) == NULL) {
        return false;
    }
    schema->chunks->regex = regex;
    return true;
}

void lt_schema_destroy(lt_schema **schema)
{
    if (*schema == NULL) {
        return;
    }
    while ((*schema)->chunks != NULL) {
        struct schema_chunk *chunk = (*schema)->chunks;
        (*schema)->chunks = chunk->next;
        regex_destroy(&chunk->regex);
        free(chunk);
    }
    free(*schema);
    *schema = NULL;
}

int schema_compare_names(struct lt_slice a, struct lt_slice b)
{
    const size_t least = a.size < b.size ? a.size : b.size;
    const int order = least == 0 ? 0 : memcmp(a.data, b.data, least);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

const struct schema_property *schema_find_property(const struct schema_node *node,
                                                   struct lt_slice name)
{
    size_t low = 0;
    size_t high = node->property_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = schema_compare_names(name, node->properties[middle].name);
        if (order == 0) {
            return &node->properties[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

static size_t in_list(const struct schema_list *list,
                      const struct schema_node *found[SCHEMA_IN_PLACE_MAX], size_t count)
{
    for (size_t i = 0; i < list->count; i++) {
        count = schema_in_place(list->items[i], found, count);
    }
    return count;
}

size_t schema_in_place(const struct schema_node *node,
                       const struct schema_node *found[SCHEMA_IN_PLACE_MAX], size_t count)
{
    if (node == NULL || count == SCHEMA_IN_PLACE_MAX) {
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i] == node) {
            return count;
        }
    }
    found[count++] = node;
    count = schema_in_place(node->ref, found, count);
    count = in_list(&node->all_of, found, count);
    count = in_list(&node->any_of, found, count);
    count = in_list(&node->one_of, found, count);
    count = schema_in_place(node->then, found, count);
    return schema_in_place(node->else_, found, count);
}
