// For tests of the generated bindings: reads lines of {"type": "notice.v1", "json": "{…}"}, decodes the body into its
// struct and encodes that again, and answers {"json": "{…}", "code": N, "text": "…"}; the new body is checked against its type.
#include <lienthon/json.h>
#include <lienthon/types.h>

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN(kind)                                                                                \
    static enum lt_code kind##_again(struct lt_slice body, struct lt_buffer *out,                  \
                                     struct lt_error *error)                                       \
    {                                                                                              \
        struct lt_##kind value;                                                                    \
        const enum lt_code code = lt_##kind##_decode(body, &value, error);                         \
        return code == LT_DONE ? lt_##kind##_encode(&value, out, error) : code;                    \
    }

AGAIN(alert)
AGAIN(approval)
AGAIN(health)
AGAIN(notice)
AGAIN(receipt)
AGAIN(speaker_hours)
AGAIN(speaker_state)
AGAIN(time)

static const struct {
    const char *type;
    enum lt_code (*again)(struct lt_slice body, struct lt_buffer *out, struct lt_error *error);
} kinds[] = {
    {"alert.v1", alert_again},
    {"approval.v1", approval_again},
    {"health.v1", health_again},
    {"notice.v1", notice_again},
    {"receipt.v1", receipt_again},
    {"speaker-hours.v1", speaker_hours_again},
    {"speaker-state.v1", speaker_state_again},
    {"time.v1", time_again},
};

static enum lt_code convert(const lt_types *types, const json_t *question, struct lt_buffer *text,
                            struct lt_error *error)
{
    const char *name = json_string_value(json_object_get(question, "type"));
    const char *json = json_string_value(json_object_get(question, "json"));
    const struct lt_type *type = lt_types_find(types, lt_slice_of(name));
    struct lt_buffer body = {.max = 1024 * 1024};
    struct lt_buffer again = {.max = 1024 * 1024};
    enum lt_code code = LT_UNKNOWN_TYPE;
    for (size_t i = 0; type != NULL && i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].type, name) == 0) {
            code = lt_json_to_body(lt_slice_of(json), type->schema, &body, error);
            if (code == LT_DONE) {
                code = kinds[i].again(lt_buffer_slice(&body), &again, error);
            }
        }
    }
    if (code == LT_DONE) {
        code = lt_schema_check(type->schema, lt_buffer_slice(&again), error);
    }
    if (code == LT_DONE) {
        code = lt_json_from_body(lt_buffer_slice(&again), text, false, error);
    }
    lt_buffer_add(text, "", 1);
    lt_buffer_clear(&body);
    lt_buffer_clear(&again);
    return code;
}

int main(void)
{
    struct lt_error error = {0};
    lt_types *types = lt_types_new(&error);
    char *line = NULL;
    size_t room = 0;
    while (types != NULL && getline(&line, &room, stdin) > 0) {
        json_t *question = json_loads(line, 0, NULL);
        struct lt_buffer text = {.max = 1024 * 1024};
        error = (struct lt_error){0};
        const enum lt_code code = convert(types, question, &text, &error);
        json_t *reply =
            json_pack("{s:s,s:i,s:s}", "json", text.data, "code", (int)code, "text", error.text);
        json_dumpf(reply, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(reply);
        json_decref(question);
        lt_buffer_clear(&text);
    }
    free(line);
    lt_types_destroy(&types);
    return 0;
}
