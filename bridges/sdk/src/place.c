// The file was read already, so it is YAML of a plain kind.
#include "place.h"

#include <string.h>

#include <yaml.h>

static bool is_text(const yaml_node_t *node, const char *text)
{
    return node && node->type == YAML_SCALAR_NODE &&
           strcmp((const char *)node->data.scalar.value, text) == 0;
}

// The value of the key, or the key itself.
static yaml_node_t *member_of(yaml_document_t *document, const yaml_node_t *map, const char *key,
                              bool itself)
{
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        yaml_node_t *name = yaml_document_get_node(document, pair->key);
        if (is_text(name, key))
            return itself ? name : yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static yaml_node_t *find(yaml_document_t *document, const char *key, size_t item,
                         const char *member, bool exact)
{
    yaml_node_t *value = member_of(document, yaml_document_get_root_node(document), key, false);
    if (value && value->type == YAML_SEQUENCE_NODE &&
        item < (size_t)(value->data.sequence.items.top - value->data.sequence.items.start))
        return yaml_document_get_node(document, value->data.sequence.items.start[item]);
    yaml_node_t *named = member ? member_of(document, value, member, true) : NULL;
    return named || (member && exact) ? named : value;
}

static struct place look(struct lt_slice text, const char *key, size_t item, const char *member,
                         bool exact)
{
    struct place place = exact ? (struct place){0} : (struct place){1, 1};
    yaml_parser_t parser;
    yaml_document_t document;
    if (!yaml_parser_initialize(&parser))
        return place;
    yaml_parser_set_input_string(&parser, text.size ? text.data : (const uint8_t *)"", text.size);
    if (yaml_parser_load(&parser, &document)) {
        const yaml_node_t *node = find(&document, key, item, member, exact);
        if (node)
            place = (struct place){node->start_mark.line + 1, node->start_mark.column + 1};
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return place;
}

struct place place_of(struct lt_slice text, const char *key, size_t item, const char *member)
{
    return look(text, key, item, member, false);
}

struct place place_of_given(struct lt_slice text, const char *key, const char *member)
{
    return look(text, key, 0, member, true);
}
