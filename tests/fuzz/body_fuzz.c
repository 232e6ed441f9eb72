// A body against every built-in type, and to JSON: whatever the bytes, no crash; what fits a type is a body.
#include <stdlib.h>

#include <lienthon/json.h>
#include <lienthon/message.h>
#include <lienthon/type.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lt_types *types; // compiled once: a harness lives as long as its process
    struct lt_error error = {0};
    if (!types && !(types = lt_types_new(&error)))
        abort();
    static const char *const names[] = {"notice.v1", "alert.v1",   "health.v1", "speaker-state.v1",
                                        "grant.v1",  "receipt.v1", "time.v1",   "approval.v1"};
    struct lt_slice body = {data, size};
    enum lt_code whole = lt_body_check(body, &error);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct lt_type *type = lt_types_find(types, lt_slice_of(names[i]));
        if (!type)
            abort();
        if (whole == LT_DONE)
            (void)lt_schema_check(type->schema, body, &error);
    }
    if (whole == LT_DONE) {
        struct lt_buffer text = {.max = 16 * 1024 * 1024};
        (void)lt_json_from_body(body, &text, false, &error);
        lt_buffer_clear(&text);
    }
    return 0;
}
