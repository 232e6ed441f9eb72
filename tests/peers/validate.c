// For differential tests of the validator: reads lines of {"schema": "TEXT", "bodies": ["HEX", …]} and answers each with
// {"unusable": "sentence"} or {"fits": [null | "sentence", …]}.
#include <lienthon/type.h>

#include <jansson.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *check(const lt_schema *schema, const char *hex)
{
    const size_t size = strlen(hex) / 2;
    uint8_t *bytes = malloc(size + 1);
    struct lt_error error = {0};
    if (bytes == NULL || !lt_hex_decode(lt_slice_of(hex), bytes, size)) {
        free(bytes);
        return json_string("no hexadecimal digits");
    }
    const enum lt_code code = lt_schema_check(schema, (struct lt_slice){bytes, size}, &error);
    free(bytes);
    return code == LT_DONE ? json_null() : json_string(error.text);
}

static json_t *answer(const json_t *question)
{
    lt_schema *schema = NULL;
    struct lt_error error = {0};
    const json_t *text = json_object_get(question, "schema");
    if (lt_schema_compile(json_string_value(text), json_string_length(text), "x.json", &schema,
                          &error) != LT_DONE) {
        return json_pack("{s:s}", "unusable", error.text);
    }
    json_t *fits = json_array();
    const json_t *bodies = json_object_get(question, "bodies");
    for (size_t i = 0; i < json_array_size(bodies); i++) {
        json_array_append_new(fits, check(schema, json_string_value(json_array_get(bodies, i))));
    }
    lt_schema_destroy(&schema);
    return json_pack("{s:o}", "fits", fits);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) > 0) {
        json_t *question = json_loads(line, 0, NULL);
        json_t *reply = question == NULL ? NULL : answer(question);
        if (reply == NULL) {
            fprintf(stderr, "no question: %s", line);
            return 1;
        }
        json_dumpf(reply, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(reply);
        json_decref(question);
    }
    free(line);
    return 0;
}
