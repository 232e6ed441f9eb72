// JSON text, as people type it, becomes a body.
#include "lienthon/json.h"

#include <string.h>

#include "json_pack.h"
#include "schema_place.h"

enum lt_code lt_json_to_body(struct lt_slice json, const lt_schema *schema, struct lt_buffer *out,
                             struct lt_error *error)
{
    json_error_t why;
    const char *text = json.size > 0 ? (const char *)json.data : "";
    json_t *root = json_loadb(text, json.size,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &why);
    if (root == NULL) {
        return json_error_code(&why) == json_error_out_of_memory
                   ? lt_fail(error, LT_NO_MEMORY, "no memory to read JSON")
                   : lt_fail(error, LT_BAD_FILE, "%d:%d: %s", why.line, why.column, why.text);
    }
    enum lt_code code = LT_DONE;
    struct json_packer packer = {.out = out};
    struct json_hints hints = {.count = 0};
    if (schema != NULL) {
        hints.count = schema_in_place(schema->root, hints.items, 0);
    }
    if (!json_is_object(root)) {
        code = lt_fail(error, LT_BAD_FILE, "1:1: a body must be an object, { … }");
    } else if (!json_pack_value(&packer, root, &hints)) {
        const struct schema_place place = schema_place_of(json, packer.where);
        code = packer.why == NULL ? lt_fail(error, LT_NO_MEMORY, "no room for the body")
                                  : lt_fail(error, LT_BAD_FILE, "%zu:%zu: at %s: %s", place.line,
                                            place.column, packer.where, packer.why);
    }
    json_decref(root);
    return code;
}
