// A whole message as one JSON object, as `lienthon sub --json` shows it and as a program drops it into a folder.
#include "lienthon/json.h"

#include <stdio.h>
#include <string.h>

#include "json_pack.h"
#include "lienthon/pack.h"
#include "schema_place.h"

enum { HEAD_MAX = 4096 };

enum kind { KIND_ID, KIND_TEXT, KIND_GRADE, KIND_TIME, KIND_FLAG };

struct field {
    const char *name;
    enum kind kind;
    size_t offset;                          // in struct lt_part; FLAG: the bit
    const char *const *grades;              // GRADE: the names of 0, 1, …
    bool (*is_valid)(struct lt_slice text); // TEXT
    const char *wanted;
};

static const char *const priorities[] = {"thuong", "khan", "thuong-khan", "hoa-toc", NULL};
static const char *const labels[] = {"cong-khai", "noi-bo", "mat", NULL};
static const char *const relations[] = {"nothing", "answers", "replaces", "cancels", NULL};

#define PLACE(member) offsetof(struct lt_part, member)

static const struct field fields[] = {
    {"id", KIND_ID, PLACE(id), NULL, NULL, "a UUID"},
    {"from", KIND_TEXT, PLACE(from), NULL, lt_principal_valid, "a principal, as loa.an-thuong.01"},
    {"topic", KIND_TEXT, PLACE(topic), NULL, lt_topic_valid, "a topic, as xa/ap/thong-bao"},
    {"type", KIND_TEXT, PLACE(type), NULL, lt_type_valid, "a type, as notice.v1"},
    {"priority", KIND_GRADE, PLACE(priority), priorities, NULL, NULL},
    {"label", KIND_GRADE, PLACE(label), labels, NULL, NULL},
    {"created", KIND_TIME, PLACE(created), NULL, NULL, NULL},
    {"expires", KIND_TIME, PLACE(expires), NULL, NULL, NULL},
    {"deliver_at", KIND_TIME, PLACE(deliver_at), NULL, NULL, NULL},
    {"relation", KIND_GRADE, PLACE(relation), relations, NULL, NULL},
    {"re", KIND_ID, PLACE(re), NULL, NULL, "a UUID"},
    {"retain", KIND_FLAG, LT_RETAIN, NULL, NULL, NULL},
    {"receipt", KIND_FLAG, LT_RECEIPT, NULL, NULL, NULL},
    {"drill", KIND_FLAG, LT_DRILL, NULL, NULL, NULL},
    {"origin", KIND_TEXT, PLACE(origin), NULL, lt_origin_valid,
     "a bridge's name, a colon, and its own id"},
};

enum { FIELDS = sizeof fields / sizeof *fields };

struct reader {
    struct lt_slice text;
    json_t *root;
    struct lt_part *part;
    struct lt_buffer *room;
    size_t at[FIELDS], sizes[FIELDS]; // of texts, in the room
    bool is_there[FIELDS];
    struct lt_error *error;
};

static enum lt_code wrong(const struct reader *reader, const char *key, const char *why)
{
    char where[sizeof((struct json_packer *)0)->where + 2];
    snprintf(where, sizeof where, "/%s", key);
    const struct schema_place place = schema_place_of(reader->text, where);
    return lt_fail(reader->error, LT_BAD_FILE, "%zu:%zu: at %s: %s", place.line, place.column,
                   where, why);
}

static enum lt_code wrong_value(const struct reader *reader, const struct field *field)
{
    char why[256] = "wanted is ";
    size_t size = strlen(why);
    for (size_t i = 0; field->grades != NULL && field->grades[i] != NULL; i++) {
        size += (size_t)snprintf(why + size, sizeof why - size, "%s%s", i > 0 ? ", " : "one of ",
                                 field->grades[i]);
    }
    if (field->grades == NULL) {
        snprintf(why + size, sizeof why - size, "%s",
                 field->kind == KIND_FLAG   ? "true or false"
                 : field->kind == KIND_TIME ? "milliseconds since 1970, a whole number"
                                            : field->wanted);
    }
    return wrong(reader, field->name, why);
}

static bool read_grade(const struct field *field, const json_t *value, uint8_t *grade)
{
    size_t count = 0;
    while (field->grades[count] != NULL) {
        if (json_is_string(value) && strcmp(json_string_value(value), field->grades[count]) == 0) {
            *grade = (uint8_t)count;
            return true;
        }
        count++;
    }
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (size_t)number >= count) {
        return false;
    }
    *grade = (uint8_t)number;
    return true;
}

static bool read_id(const json_t *value, uint8_t *id)
{
    return json_is_string(value) && json_string_length(value) == strlen(json_string_value(value)) &&
           lt_id_parse(json_string_value(value), id);
}

static bool read_text(struct reader *reader, size_t index, const json_t *value)
{
    const struct lt_slice text = {(const uint8_t *)json_string_value(value),
                                  json_string_length(value)};
    reader->at[index] = reader->room->size;
    reader->sizes[index] = text.size;
    reader->is_there[index] = true;
    return json_is_string(value) && fields[index].is_valid(text) &&
           lt_buffer_add(reader->room, text.data, text.size);
}

static bool read_time(const json_t *value, uint64_t *time)
{
    const json_int_t number = json_integer_value(value);
    *time = (uint64_t)number;
    return json_is_integer(value) && number >= 0 && (uint64_t)number <= LT_INT_MAX;
}

static bool read_value(struct reader *reader, size_t index, const json_t *value)
{
    const struct field *field = &fields[index];
    uint8_t *into = (uint8_t *)reader->part + field->offset;
    switch (field->kind) {
    case KIND_ID:
        return read_id(value, into);
    case KIND_TEXT:
        return read_text(reader, index, value);
    case KIND_GRADE:
        return read_grade(field, value, into);
    case KIND_TIME:
        return read_time(value, (uint64_t *)(void *)into);
    case KIND_FLAG:
        reader->part->flags |= json_is_true(value) ? (uint8_t)field->offset : 0;
        return json_is_boolean(value);
    }
    return false;
}

static enum lt_code read_head(struct reader *reader)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(reader->root, key, value)
    {
        size_t index = 0;
        while (index < FIELDS && strcmp(fields[index].name, key) != 0) {
            index++;
        }
        if (index == FIELDS && strcmp(key, "body") != 0) {
            return wrong(reader, key,
                         "no such key; there are id, from, topic, type, priority, label, created, "
                         "expires, deliver_at, relation, re, retain, receipt, drill, origin, body");
        }
        if (index < FIELDS && !read_value(reader, index, value)) {
            return reader->room->failed ? lt_fail(reader->error, LT_TOO_LARGE, "it is too large")
                                        : wrong_value(reader, &fields[index]);
        }
    }
    return LT_DONE;
}

// Else a cancellation would cancel nothing, and what was to replace something would be said beside it.
static enum lt_code check_relation(const struct reader *reader)
{
    const bool has_re = json_object_get(reader->root, "re") != NULL;
    if (has_re == (reader->part->relation != LT_NOTHING)) {
        return LT_DONE;
    }
    return has_re ? wrong(reader, "re",
                          "it says nothing without a relation; wanted is one of answers, replaces, "
                          "cancels")
                  : wrong(reader, "relation", "re, the id that it speaks of, must be given");
}

// The room does not move any more.
static void settle_texts(struct reader *reader)
{
    for (size_t i = 0; i < FIELDS; i++) {
        if (reader->is_there[i]) {
            *(struct lt_slice *)(void *)((uint8_t *)reader->part + fields[i].offset) =
                (struct lt_slice){reader->room->data + reader->at[i], reader->sizes[i]};
        }
    }
}

static enum lt_code read_body(struct reader *reader, const struct lt_type *type)
{
    json_t *body = json_object_get(reader->root, "body");
    struct json_packer packer = {.out = reader->room, .where = "/body", .where_size = 5};
    struct json_hints hints = {.count = 0};
    const size_t begin = reader->room->size;
    if (!json_is_object(body)) {
        return wrong(reader, body != NULL ? "body" : "", "body, an object { … }, must be given");
    }
    if (type != NULL) {
        hints.count = schema_in_place(type->schema->root, hints.items, 0);
    }
    if (!json_pack_value(&packer, body, &hints)) {
        return packer.why == NULL ? lt_fail(reader->error, LT_TOO_LARGE, "the body is too large")
                                  : wrong(reader, packer.where + 1, packer.why);
    }
    settle_texts(reader);
    reader->part->body = (struct lt_slice){reader->room->data + begin, reader->room->size - begin};
    return LT_DONE;
}

static enum lt_code read_part(struct reader *reader, const lt_types *types)
{
    enum lt_code code = read_head(reader);
    if (code == LT_DONE) {
        code = check_relation(reader);
    }
    if (code != LT_DONE) {
        return code;
    }
    const json_t *name = json_object_get(reader->root, "type");
    if (name == NULL) {
        return wrong(reader, "", "type must be given");
    }
    const struct lt_type *type =
        types != NULL ? lt_types_find(types, lt_slice_of(json_string_value(name))) : NULL;
    if (type != NULL && json_object_get(reader->root, "label") == NULL) {
        reader->part->label = type->label;
    }
    return read_body(reader, type);
}

enum lt_code lt_json_to_part(struct lt_slice json, const lt_types *types, struct lt_part *part,
                             struct lt_buffer *room, struct lt_error *error)
{
    json_error_t why;
    const char *text = json.size > 0 ? (const char *)json.data : "";
    struct reader reader = {.text = json, .part = part, .room = room, .error = error};
    *part = (struct lt_part){.priority = LT_THUONG};
    reader.root = json_loadb(text, json.size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (reader.root == NULL) {
        return json_error_code(&why) == json_error_out_of_memory
                   ? lt_fail(error, LT_NO_MEMORY, "no memory to read JSON")
                   : lt_fail(error, LT_BAD_FILE, "%d:%d: %s", why.line, why.column, why.text);
    }
    const enum lt_code code =
        json_is_object(reader.root)
            ? read_part(&reader, types)
            : lt_fail(error, LT_BAD_FILE, "1:1: a message must be an object, { … }");
    json_decref(reader.root);
    return code;
}

static void pack_id(struct lt_buffer *out, const char *key, const uint8_t *id)
{
    char text[37];
    lt_id_print(id, text);
    lt_pack_text(out, key);
    lt_pack_text(out, text);
}

static void pack_field(struct lt_buffer *out, const struct field *field, const struct lt_part *part)
{
    const uint8_t *from = (const uint8_t *)part + field->offset;
    if (field->kind == KIND_ID) {
        pack_id(out, field->name, from);
        return;
    }
    lt_pack_text(out, field->name);
    switch (field->kind) {
    case KIND_TEXT:
        lt_pack_str(out, *(const struct lt_slice *)(const void *)from);
        break;
    case KIND_GRADE:
        lt_pack_uint(out, *from);
        break;
    case KIND_TIME:
        lt_pack_uint(out, *(const uint64_t *)(const void *)from);
        break;
    case KIND_FLAG:
        lt_pack_bool(out, (part->flags & field->offset) != 0);
        break;
    case KIND_ID:
        break;
    }
}

static bool is_made(const uint8_t *id)
{
    static const uint8_t none[LT_ID_SIZE] = {0};
    return memcmp(id, none, LT_ID_SIZE) != 0;
}

// What has nothing to say is left out: of a draft also what its sender has yet to fill in.
static bool is_said(const struct field *field, const struct lt_part *part)
{
    const void *place = (const char *)part + (field->kind == KIND_FLAG ? 0 : field->offset);
    switch (field->kind) {
    case KIND_ID:
        return field->offset == PLACE(re) ? part->relation != LT_NOTHING : is_made(place);
    case KIND_TEXT:
        return ((const struct lt_slice *)place)->size > 0;
    default:
        return true;
    }
}

enum lt_code lt_json_from_part(const struct lt_part *part, struct lt_buffer *out, bool pretty,
                               struct lt_error *error)
{
    struct lt_buffer map = {.max = part->body.size + HEAD_MAX};
    size_t count = 1;
    for (size_t i = 0; i < FIELDS; i++) {
        count += (size_t)is_said(&fields[i], part);
    }
    lt_pack_map(&map, count);
    for (size_t i = 0; i < FIELDS; i++) {
        if (is_said(&fields[i], part)) {
            pack_field(&map, &fields[i], part);
        }
    }
    lt_pack_text(&map, "body");
    lt_pack_raw(&map, part->body);
    const enum lt_code code = map.failed
                                  ? lt_fail(error, LT_NO_MEMORY, "no memory for the JSON text")
                                  : lt_json_from_body(lt_buffer_slice(&map), out, pretty, error);
    lt_buffer_clear(&map);
    return code;
}
