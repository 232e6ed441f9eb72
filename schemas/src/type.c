// The registry of body types, and what a message must keep to because of its type.
#include "lienthon/type.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "schema.h"
#include "type_texts.h"

struct entry {
    struct lt_type type;
    lt_schema *schema;
    char *name, *text;
};

struct lt_types {
    struct entry **entries; // each stays where it is
    size_t count;
};

static void destroy_entry(struct entry *entry)
{
    if (entry == NULL) {
        return;
    }
    lt_schema_destroy(&entry->schema);
    free(entry->name);
    free(entry->text);
    free(entry);
}

void lt_types_destroy(lt_types **types)
{
    if (*types == NULL) {
        return;
    }
    for (size_t i = 0; i < (*types)->count; i++) {
        destroy_entry((*types)->entries[i]);
    }
    free((*types)->entries);
    free(*types);
    *types = NULL;
}

lt_types *lt_types_new(struct lt_error *error)
{
    lt_types *types = calloc(1, sizeof *types);
    if (types == NULL) {
        lt_fail(error, LT_NO_MEMORY, "no memory for the types");
        return NULL;
    }
    for (size_t i = 0; i < type_text_count; i++) {
        const struct type_text *text = &type_texts[i];
        if (lt_types_add(types, text->name, text->json, strlen(text->json), text->file, error) !=
            LT_DONE) {
            lt_types_destroy(&types);
            return NULL;
        }
    }
    return types;
}

const struct lt_type *lt_types_find(const lt_types *types, struct lt_slice name)
{
    for (size_t i = 0; i < types->count; i++) {
        if (lt_slice_is(name, types->entries[i]->name)) {
            return &types->entries[i]->type;
        }
    }
    return NULL;
}

const struct lt_type *lt_types_at(const lt_types *types, size_t index)
{
    return index < types->count ? &types->entries[index]->type : NULL;
}

static enum lt_code fill(struct entry *entry, const char *name, const char *json, size_t size,
                         const char *file_name, struct lt_error *error)
{
    entry->name = strdup(name);
    entry->text = strndup(json, size);
    if (entry->name == NULL || entry->text == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for the type %s", name);
    }
    const enum lt_code code = lt_schema_compile(json, size, file_name, &entry->schema, error);
    if (code != LT_DONE) {
        return code;
    }
    if (!entry->schema->has_rules) {
        return lt_fail(error, LT_BAD_FILE,
                       "%s:1:1: a type needs \"lienthon\": {\"retain\": …, \"max_life\": …, "
                       "\"label\": …}",
                       file_name);
    }
    entry->type = (struct lt_type){
        .name = entry->name,
        .retain = entry->schema->retain,
        .max_life_s = entry->schema->max_life_s,
        .label = entry->schema->label,
        .schema = entry->schema,
        .text = entry->text,
    };
    return LT_DONE;
}

enum lt_code lt_types_add(lt_types *types, const char *name, const char *json, size_t size,
                          const char *file_name, struct lt_error *error)
{
    if (!lt_type_valid(lt_slice_of(name))) {
        return lt_fail(error, LT_BAD_USE, "'%.80s' is no name of a type; allowed: as notice.v1",
                       name);
    }
    if (lt_types_find(types, lt_slice_of(name)) != NULL) {
        return lt_fail(error, LT_BAD_USE, "%s: the type %s is there already", file_name, name);
    }
    struct entry **entries = realloc(types->entries, (types->count + 1) * sizeof(struct entry *));
    types->entries = entries != NULL ? entries : types->entries;
    struct entry *entry = entries != NULL ? calloc(1, sizeof *entry) : NULL;
    if (entry == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for the type %s", name);
    }
    const enum lt_code code = fill(entry, name, json, size, file_name, error);
    if (code != LT_DONE) {
        destroy_entry(entry);
        return code;
    }
    types->entries[types->count++] = entry;
    return LT_DONE;
}

static bool is_empty_map(struct lt_slice body)
{
    struct lt_cursor cursor = lt_cursor_of(body);
    uint32_t count = 0;
    return lt_cursor_map(&cursor, &count) && count == 0 && lt_cursor_at_end(&cursor);
}

static enum lt_code check_rules(const struct lt_type *type, const struct lt_part *part,
                                struct lt_error *error)
{
    if (type->retain == LT_RETAIN_NEVER && (part->flags & LT_RETAIN) != 0) {
        return lt_fail(error, LT_BODY_WRONG, "part[12] flags: a %s may not be retained",
                       type->name);
    }
    const uint64_t most = type->max_life_s * 1000;
    if (type->max_life_s != 0 && (part->expires == 0 || (part->expires > part->created &&
                                                         part->expires - part->created > most))) {
        return lt_fail(error, LT_BODY_WRONG,
                       "part[8] expires: a %s must expire within %" PRIu64 " s of when it was made",
                       type->name, type->max_life_s);
    }
    if (part->label < type->label) {
        return lt_fail(error, LT_BODY_WRONG,
                       "part[6] label: a %s must have the label %d at the least", type->name,
                       type->label);
    }
    return LT_DONE;
}

enum lt_code lt_type_check(const struct lt_type *type, const struct lt_part *part,
                           struct lt_error *error)
{
    enum lt_code code = lt_body_check(part->body, error);
    if (code == LT_DONE && !(part->relation == LT_CANCELS && is_empty_map(part->body))) {
        code = lt_schema_check(type->schema, part->body, error);
    }
    return code == LT_DONE ? check_rules(type, part, error) : code;
}
