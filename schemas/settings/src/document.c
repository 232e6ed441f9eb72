// Opens YAML for settings: first a walk over the events, which know where an alias or a tag stands, then the document.
#include "document.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH_MAX = 16, FILE_SHOWN = 240 };

static enum lt_code fail_at(const char *file_name, yaml_mark_t mark, struct lt_error *error,
                            const char *what)
{
    char shown[FILE_SHOWN + sizeof "…"] = "…";
    const size_t size = strlen(file_name);
    size_t skip = size > FILE_SHOWN ? size - FILE_SHOWN : 0; // its end says which it is
    while (skip > 0 && ((unsigned char)file_name[skip] & 0xC0U) == 0x80U) {
        skip++;
    }
    if (skip > 0) {
        memcpy(shown + strlen(shown), file_name + skip, size - skip + 1);
    }
    return lt_fail_whole(error, LT_BAD_FILE, "%s:%zu:%zu: %s", skip > 0 ? shown : file_name,
                         mark.line + 1, mark.column + 1, what);
}

// What the reader stumbles over it tells as an offset in bytes only.
static yaml_mark_t mark_of(struct lt_slice text, size_t offset)
{
    yaml_mark_t mark = {0};
    for (size_t i = 0; i < offset && i < text.size; i++) {
        const bool ends = text.data[i] == '\n';
        mark.line += ends;
        mark.column = ends ? 0 : mark.column + ((text.data[i] & 0xC0U) != 0x80U);
    }
    return mark;
}

static enum lt_code parser_failed(const yaml_parser_t *parser, struct lt_slice text,
                                  const char *file_name, struct lt_error *error)
{
    if (parser->error == YAML_MEMORY_ERROR) {
        return lt_fail(error, LT_NO_MEMORY, "no memory to read %s", file_name);
    }
    if (parser->error == YAML_READER_ERROR) {
        char why[LT_TEXT_MAX];
        snprintf(why, sizeof why, "%s; save the file as UTF-8", parser->problem);
        return fail_at(file_name, mark_of(text, parser->problem_offset), error, why);
    }
    char what[LT_TEXT_MAX];
    snprintf(what, sizeof what, "%s%s%s", parser->problem != NULL ? parser->problem : "no YAML",
             parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "");
    return fail_at(file_name, parser->problem_mark, error, what);
}

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return true;
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL;
    default:
        return false;
    }
}

static bool has_tag(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.tag != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.tag != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.tag != NULL;
    default:
        return false;
    }
}

static bool has_nul(const yaml_event_t *event)
{
    return event->type == YAML_SCALAR_EVENT &&
           memchr(event->data.scalar.value, 0, event->data.scalar.length) != NULL;
}

static bool opens(const yaml_event_t *event)
{
    return event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
}

static bool closes(const yaml_event_t *event)
{
    return event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
}

// What settings do not use, or NULL.
static const char *unwanted(const yaml_event_t *event, int documents, int depth)
{
    if (has_anchor(event)) {
        return "anchors (&) and aliases (*) are not used here; write the value out";
    }
    if (has_tag(event)) {
        return "tags (!) are not used here";
    }
    if (has_nul(event)) {
        return "a NUL character is not allowed";
    }
    if (documents > 1) {
        return "a second document (---) is not allowed";
    }
    if (depth > DEPTH_MAX) {
        return "nested too deep";
    }
    return NULL;
}

static enum lt_code check_events(yaml_parser_t *parser, struct lt_slice text, const char *file_name,
                                 struct lt_error *error)
{
    int documents = 0;
    int depth = 0;
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(parser, &event)) {
            return parser_failed(parser, text, file_name, error);
        }
        depth += opens(&event) - closes(&event);
        documents += event.type == YAML_DOCUMENT_START_EVENT;
        const char *what = unwanted(&event, documents, depth);
        const yaml_mark_t mark = event.start_mark;
        const bool is_end = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
        if (what != NULL) {
            return fail_at(file_name, mark, error, what);
        }
        if (is_end) {
            return LT_DONE;
        }
    }
}

static bool start(yaml_parser_t *parser, struct lt_slice text)
{
    if (!yaml_parser_initialize(parser)) {
        return false;
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
    const unsigned char *bytes = text.size > 0 ? text.data : (const unsigned char *)"";
    yaml_parser_set_input_string(parser, bytes, text.size);
    return true;
}

static enum lt_code check_keys(struct yaml *yaml, const yaml_node_t *map, struct lt_error *error)
{
    const yaml_node_pair_t *begin = map->data.mapping.pairs.start;
    for (const yaml_node_pair_t *pair = begin; pair < map->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_node(yaml, pair->key);
        if (key->type != YAML_SCALAR_NODE) {
            return yaml_fail(yaml, key, error, "a key must be text");
        }
        for (const yaml_node_pair_t *other = begin; other < pair; other++) {
            const yaml_node_t *before = yaml_node(yaml, other->key);
            if (strcmp(yaml_text(before), yaml_text(key)) == 0) {
                return yaml_fail(yaml, key, error, "'%s' is there twice; first at line %zu",
                                 yaml_text(key), before->start_mark.line + 1);
            }
        }
    }
    return LT_DONE;
}

static enum lt_code check_document(struct yaml *yaml, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    for (int i = 1; code == LT_DONE && yaml_node(yaml, i) != NULL; i++) {
        const yaml_node_t *node = yaml_node(yaml, i);
        if (node->type == YAML_MAPPING_NODE) {
            code = check_keys(yaml, node, error);
        }
    }
    return code;
}

enum lt_code yaml_open(struct lt_slice text, const char *file_name, struct yaml *yaml,
                       struct lt_error *error)
{
    *yaml = (struct yaml){.file_name = file_name};
    yaml_parser_t parser;
    if (!start(&parser, text)) {
        return lt_fail(error, LT_NO_MEMORY, "no memory to read %s", file_name);
    }
    enum lt_code code = check_events(&parser, text, file_name, error);
    yaml_parser_delete(&parser);
    if (code != LT_DONE) {
        return code;
    }
    if (!start(&parser, text)) {
        return lt_fail(error, LT_NO_MEMORY, "no memory to read %s", file_name);
    }
    if (yaml_parser_load(&parser, &yaml->document)) {
        yaml->is_open = true;
        code = check_document(yaml, error);
    } else {
        code = parser_failed(&parser, text, file_name, error);
    }
    yaml_parser_delete(&parser);
    return code;
}

void yaml_clear(struct yaml *yaml)
{
    if (yaml->is_open) {
        yaml_document_delete(&yaml->document);
    }
    *yaml = (struct yaml){0};
}

yaml_node_t *yaml_root(struct yaml *yaml)
{
    return yaml_document_get_root_node(&yaml->document);
}

yaml_node_t *yaml_node(struct yaml *yaml, int index)
{
    return yaml_document_get_node(&yaml->document, index);
}

const char *yaml_text(const yaml_node_t *scalar)
{
    return (const char *)scalar->data.scalar.value;
}

bool yaml_is_nothing(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
        return false;
    }
    const char *text = yaml_text(node);
    return text[0] == '\0' || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

const char *yaml_kind(const yaml_node_t *node)
{
    if (node->type == YAML_MAPPING_NODE) {
        return "a map";
    }
    return node->type == YAML_SEQUENCE_NODE ? "a list" : "text";
}

enum lt_code yaml_fail(const struct yaml *yaml, const yaml_node_t *node, struct lt_error *error,
                       const char *format, ...)
{
    char what[LT_ERROR_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    const yaml_mark_t begin = {0};
    return fail_at(yaml->file_name, node != NULL ? node->start_mark : begin, error, what);
}
