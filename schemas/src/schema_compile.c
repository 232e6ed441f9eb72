// Compiles a JSON Schema text into nodes: follows every subschema and $ref once, and refuses what it does not know.
#include "schema_compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema_place.h"

static size_t append_token(char *at, size_t size, const char *token)
{
    if (size + 1 < SCHEMA_POINTER_MAX) {
        at[size++] = '/';
    }
    for (; *token != '\0' && size + 2 < SCHEMA_POINTER_MAX; token++) {
        if (*token == '~' || *token == '/') {
            at[size++] = '~';
            at[size++] = *token == '~' ? '0' : '1';
        } else {
            at[size++] = *token;
        }
    }
    at[size] = '\0';
    return size;
}

bool schema_unusable(struct schema_compiler *c, const char *key, const char *format, ...)
{
    if (c->code != LT_DONE) {
        return false;
    }
    char pointer[SCHEMA_POINTER_MAX];
    memcpy(pointer, c->at, c->at_size + 1);
    if (key != NULL) {
        append_token(pointer, c->at_size, key);
    }
    const struct schema_place place = schema_place_of(c->text, pointer);
    char what[LT_TEXT_MAX + 1];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    c->code = lt_fail(c->error, LT_BAD_FILE, "%s:%zu:%zu: at %s: %s", c->file_name, place.line,
                      place.column, c->at_size == 0 ? "/" : c->at, what);
    return false;
}

bool schema_no_memory(struct schema_compiler *c)
{
    if (c->code == LT_DONE) {
        c->code = lt_fail(c->error, LT_NO_MEMORY, "no memory for the schema %s", c->file_name);
    }
    return false;
}

static struct schema_node *find_memo(const struct schema_compiler *c, const json_t *json)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->memos[i].json == json) {
            return c->memos[i].node;
        }
    }
    return NULL;
}

static struct schema_node *add_node(struct schema_compiler *c, const json_t *json)
{
    if (c->count == SCHEMA_NODES_MAX) {
        schema_unusable(c, NULL, "more than %d subschemas", SCHEMA_NODES_MAX);
        return NULL;
    }
    struct schema_memo *memos = realloc(c->memos, (c->count + 1) * sizeof *memos);
    c->memos = memos != NULL ? memos : c->memos;
    struct schema_node *node = memos != NULL ? schema_memory(c->schema, 1, sizeof *node) : NULL;
    if (node == NULL) {
        schema_no_memory(c);
        return NULL;
    }
    node->number = (uint32_t)c->count;
    node->length.most = UINT64_MAX;
    node->bytes.most = UINT64_MAX;
    node->items_size.most = UINT64_MAX;
    c->memos[c->count++] = (struct schema_memo){json, node};
    return node;
}

static bool is_annotation(const char *key)
{
    static const char *const names[] = {"$schema",     "$id",       "$comment",        "title",
                                        "description", "examples",  "default",         "deprecated",
                                        "readOnly",    "writeOnly", "contentMediaType"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], key) == 0) {
            return true;
        }
    }
    return false;
}

// What one keyword alone cannot say.
static bool check_together(struct schema_compiler *c, const struct schema_node *node,
                           const json_t *json)
{
    static const char *const of_text[] = {"minLength", "maxLength", "pattern",
                                          "format",    "enum",      "const"};
    const bool has_sizes =
        json_object_get(json, "minBytes") != NULL || json_object_get(json, "maxBytes") != NULL;
    if (!node->is_bytes) {
        return !has_sizes || schema_unusable(c, "minBytes",
                                             "minBytes and maxBytes go with "
                                             "contentEncoding base64");
    }
    if ((node->types & SCHEMA_STRING) == 0) {
        return schema_unusable(c, "contentEncoding", "contentEncoding goes with type string");
    }
    for (size_t i = 0; i < sizeof of_text / sizeof of_text[0]; i++) {
        if (json_object_get(json, of_text[i]) != NULL) {
            return schema_unusable(c, of_text[i],
                                   "'%s' does not go with contentEncoding; bytes have minBytes "
                                   "and maxBytes",
                                   of_text[i]);
        }
    }
    return true;
}

static bool read_keywords(struct schema_compiler *c, struct schema_node *node, const json_t *json)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        bool known = is_annotation(key);
        if (!known && c->at_size == 0 && strcmp(key, "lienthon") == 0) {
            known = true;
            if (!schema_read_rules(c, value)) {
                return false;
            }
        }
        if (!known && !schema_read_keyword(c, node, key, value, &known)) {
            return known ? false : schema_unusable(c, key, "unknown keyword '%s'", key);
        }
    }
    return schema_read_properties(c, node, json) && check_together(c, node, json);
}

// Reads the schema at c->at.
static const struct schema_node *read_here(struct schema_compiler *c, const json_t *json)
{
    struct schema_node *node = find_memo(c, json);
    if (node != NULL) {
        return node;
    }
    if (!json_is_object(json) && !json_is_boolean(json)) {
        schema_unusable(c, NULL, "this must be a schema: an object, true or false");
        return NULL;
    }
    if (c->nested == SCHEMA_NESTED_MAX) {
        schema_unusable(c, NULL, "nested deeper than %d", SCHEMA_NESTED_MAX);
        return NULL;
    }
    node = add_node(c, json);
    if (node == NULL) {
        return NULL;
    }
    if (json_is_boolean(json)) {
        node->kind = json_is_true(json) ? SCHEMA_TRUE : SCHEMA_FALSE;
        return node;
    }
    c->nested++;
    const bool done = read_keywords(c, node, json);
    c->nested--;
    return done ? node : NULL;
}

const struct schema_node *schema_read(struct schema_compiler *c, const json_t *json,
                                      const char *key, const char *token)
{
    const size_t before = c->at_size;
    c->at_size = append_token(c->at, c->at_size, key);
    if (token != NULL) {
        c->at_size = append_token(c->at, c->at_size, token);
    }
    const struct schema_node *node = read_here(c, json);
    c->at_size = before;
    c->at[before] = '\0';
    return node;
}

const struct schema_node *schema_read_reference(struct schema_compiler *c, const char *reference)
{
    char pointer[SCHEMA_POINTER_MAX];
    const json_t *target = schema_resolve(c, reference, pointer);
    if (target == NULL) {
        return NULL;
    }
    char before[SCHEMA_POINTER_MAX];
    const size_t size = c->at_size;
    memcpy(before, c->at, size + 1);
    c->at_size = strlen(pointer);
    memcpy(c->at, pointer, c->at_size + 1);
    const struct schema_node *node = read_here(c, target);
    memcpy(c->at, before, size + 1);
    c->at_size = size;
    return node;
}

enum mark { NEW, OPEN, CLOSED };

static bool is_circle(const struct schema_node *node, uint8_t *marks);

static bool list_is_circle(const struct schema_list *list, uint8_t *marks)
{
    for (size_t i = 0; i < list->count; i++) {
        if (is_circle(list->items[i], marks)) {
            return true;
        }
    }
    return false;
}

// Does a walk from here come back without having gone into the body: it would never end.
static bool is_circle(const struct schema_node *node, uint8_t *marks)
{
    if (node == NULL || marks[node->number] == CLOSED) {
        return false;
    }
    if (marks[node->number] == OPEN) {
        return true;
    }
    marks[node->number] = OPEN;
    const bool found = is_circle(node->ref, marks) || list_is_circle(&node->all_of, marks) ||
                       list_is_circle(&node->any_of, marks) ||
                       list_is_circle(&node->one_of, marks) || is_circle(node->not, marks) ||
                       is_circle(node->if_, marks) || is_circle(node->then, marks) ||
                       is_circle(node->else_, marks);
    marks[node->number] = CLOSED;
    return found;
}

static bool check_circles(struct schema_compiler *c)
{
    uint8_t *marks = calloc(c->count + 1, 1);
    if (marks == NULL) {
        return schema_no_memory(c);
    }
    bool fine = true;
    for (size_t i = 0; fine && i < c->count; i++) {
        fine = !is_circle(c->memos[i].node, marks);
    }
    free(marks);
    return fine || schema_unusable(c, NULL, "a $ref goes round in a circle without an end");
}

static void compile(struct schema_compiler *c, const json_t *root)
{
    c->root = root;
    c->schema->root = read_here(c, root);
    if (c->code == LT_DONE) {
        check_circles(c);
    }
}

enum lt_code lt_schema_compile(const char *json, size_t size, const char *file_name,
                               lt_schema **schema, struct lt_error *error)
{
    *schema = NULL;
    json_error_t why;
    json_t *root =
        json_loadb(json, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    if (root == NULL) {
        return json_error_code(&why) == json_error_out_of_memory
                   ? lt_fail(error, LT_NO_MEMORY, "no memory to read %s", file_name)
                   : lt_fail(error, LT_BAD_FILE, "%s:%d:%d: %s", file_name, why.line, why.column,
                             why.text);
    }
    struct schema_compiler *c = calloc(1, sizeof *c);
    lt_schema *fresh = calloc(1, sizeof *fresh);
    enum lt_code code = LT_NO_MEMORY;
    if (c == NULL || fresh == NULL) {
        lt_fail(error, code, "no memory to read %s", file_name);
    } else {
        c->schema = fresh;
        c->text = (struct lt_slice){(const uint8_t *)json, size};
        c->file_name = file_name;
        c->error = error;
        compile(c, root);
        code = c->code;
        free(c->memos);
    }
    free(c);
    json_decref(root);
    if (code != LT_DONE && fresh != NULL) {
        lt_schema_destroy(&fresh);
    }
    *schema = fresh;
    return code;
}
