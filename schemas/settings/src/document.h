// A YAML file as libyaml's document, restricted to what settings need: one document of maps with text keys, lists and
// scalars; no double keys, anchors, aliases or tags. Every node keeps its place for errors.
#ifndef LT_DOCUMENT_H
#define LT_DOCUMENT_H

#include <lienthon/bytes.h>

#include <yaml.h>

struct yaml {
    yaml_document_t document;
    bool is_open;
    const char *file_name;
};

// LT_BAD_FILE with the place, LT_NO_MEMORY. file_name is lent for the life of *yaml. Clear it either way.
enum lt_code yaml_open(struct lt_slice text, const char *file_name, struct yaml *yaml,
                       struct lt_error *error);
void yaml_clear(struct yaml *yaml);

// NULL: the file is empty.
yaml_node_t *yaml_root(struct yaml *yaml);
yaml_node_t *yaml_node(struct yaml *yaml, int index);
const char *yaml_text(const yaml_node_t *scalar);
// A scalar that says nothing: empty, ~ or null without quotes.
bool yaml_is_nothing(const yaml_node_t *node);
// "a list", "a map", "text": for sentences.
const char *yaml_kind(const yaml_node_t *node);

// LT_BAD_FILE "file:line:column: …"; node NULL: the beginning of the file.
__attribute__((format(printf, 4, 5))) enum lt_code yaml_fail(const struct yaml *yaml,
                                                             const yaml_node_t *node,
                                                             struct lt_error *error,
                                                             const char *format, ...);

#endif
