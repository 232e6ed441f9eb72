// What people type or are sent as text: JSON bodies, schemas, YAML settings, roles, invitation codes.
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <lienthon/invitation.h>
#include <lienthon/json.h>
#include <lienthon/settings/folder.h>
#include <lienthon/settings/role.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_settings(struct lt_slice text)
{
    struct lt_error error = {0};
    struct lt_commune commune = {0};
    struct lt_option_set set = {lt_commune_options, &commune};
    if (lt_options_parse(text, "commune.yaml", &set, 1, &error) == LT_DONE)
        lt_options_clear(lt_commune_options, &commune);
    lt_role *role = NULL;
    if (lt_role_parse(text, "role.yaml", &role, &error) == LT_DONE)
        lt_role_destroy(&role);
}

// What was read as a message can be written, and is the same when it is read again.
static void read_message(struct lt_slice text, struct lt_buffer *room)
{
    struct lt_part part, again;
    struct lt_buffer json = {.max = 4 * 1024 * 1024}, other = {.max = 1024 * 1024};
    if (lt_json_to_part(text, NULL, &part, room, NULL) == LT_DONE &&
        lt_json_from_part(&part, &json, false, NULL) == LT_DONE &&
        (lt_json_to_part(lt_buffer_slice(&json), NULL, &again, &other, NULL) != LT_DONE ||
         !lt_slice_equal(part.body, again.body) || part.created != again.created))
        abort();
    lt_buffer_clear(&json);
    lt_buffer_clear(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct lt_slice text = {data + 1, size - 1};
    struct lt_error error = {0};
    struct lt_buffer out = {.max = 1024 * 1024};
    lt_schema *schema = NULL;
    struct lt_invitation invitation;
    switch (data[0] % 4) {
    case 0:
        (void)lt_json_to_body(text, NULL, &out, &error);
        lt_buffer_empty(&out);
        read_message(text, &out);
        break;
    case 1:
        if (lt_schema_compile((const char *)text.data, text.size, "fuzz.json", &schema, &error) ==
            LT_DONE) {
            (void)lt_schema_check(schema, (struct lt_slice){(const uint8_t *)"\x80", 1}, &error);
            lt_schema_destroy(&schema);
        }
        break;
    case 2:
        read_settings(text);
        break;
    default:
        (void)lt_invitation_decode(text, &invitation, &error);
        sodium_memzero(&invitation, sizeof invitation);
    }
    lt_buffer_clear(&out);
    return 0;
}
