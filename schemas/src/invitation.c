// Invitation codes: what one line of text must tell a joiner.
#include "lienthon/invitation.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lienthon/cursor.h"
#include "lienthon/pack.h"

#define PREFIX "lienthon:"
enum { FIELDS = 6, VERSION = 1, CODE_MAX = 1024, PREFIX_SIZE = sizeof PREFIX - 1 };

static struct lt_slice text_of(const char *text, size_t room)
{
    return (struct lt_slice){(const uint8_t *)text, strnlen(text, room)};
}

// At least one character, none a control character or a space; what a URL is, the transport says.
static bool is_url(struct lt_slice url)
{
    for (size_t i = 0; i < url.size; i++) {
        if (url.data[i] <= ' ' || url.data[i] == 0x7F) {
            return false;
        }
    }
    return url.size > 0 && url.size < sizeof((struct lt_invitation *)NULL)->join_url;
}

// Wipes what held the seed.
static void wipe(struct lt_buffer *buffer)
{
    if (buffer->data != NULL) {
        sodium_memzero(buffer->data, buffer->room);
    }
    lt_buffer_clear(buffer);
}

enum lt_code lt_invitation_encode(const struct lt_invitation *invitation, struct lt_buffer *code,
                                  struct lt_error *error)
{
    const struct lt_slice url = text_of(invitation->join_url, sizeof invitation->join_url);
    const struct lt_slice name = text_of(invitation->principal, sizeof invitation->principal);
    if (!is_url(url) || !lt_principal_valid(name)) {
        return lt_fail(error, LT_BAD_USE, "an invitation names a URL and a principal");
    }
    // All at once, so that nothing of the seed is left behind where the buffer grows.
    uint8_t *room = malloc(CODE_MAX);
    if (room == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no memory for an invitation");
    }
    struct lt_buffer bytes = {.data = room, .room = CODE_MAX, .max = CODE_MAX};
    lt_pack_array(&bytes, FIELDS);
    lt_pack_uint(&bytes, VERSION);
    lt_pack_str(&bytes, url);
    lt_pack_bin(&bytes, invitation->hub_curve, LT_KEY_SIZE);
    lt_pack_bin(&bytes, invitation->root, LT_KEY_SIZE);
    lt_pack_str(&bytes, name);
    lt_pack_bin(&bytes, invitation->seed, LT_SEED_SIZE);
    const size_t before = code->size;
    const bool written = !bytes.failed && lt_buffer_add(code, PREFIX, PREFIX_SIZE) &&
                         lt_base64url_encode(lt_buffer_slice(&bytes), code);
    wipe(&bytes);
    if (!written) {
        code->size = before;
        return lt_fail(error, LT_TOO_LARGE, "the invitation code does not fit");
    }
    return LT_DONE;
}

static bool take_text(struct lt_cursor *cursor, bool (*valid)(struct lt_slice), char *out,
                      size_t room)
{
    struct lt_slice text = {0};
    if (!lt_cursor_str(cursor, &text) || !valid(text) || text.size >= room) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static bool take_key(struct lt_cursor *cursor, uint8_t *out)
{
    struct lt_slice bytes = {0};
    if (!lt_cursor_bin(cursor, &bytes) || bytes.size != LT_KEY_SIZE) {
        return false;
    }
    memcpy(out, bytes.data, LT_KEY_SIZE);
    return true;
}

static enum lt_code read_code(struct lt_slice bytes, struct lt_invitation *invitation,
                              struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(bytes);
    uint32_t count = 0;
    uint64_t version = 0;
    if (!lt_cursor_array(&cursor, &count) || count == 0 ||
        !lt_cursor_uint(&cursor, LT_INT_MAX, &version)) {
        return lt_fail(error, LT_MALFORMED, "invitation code: damaged; copy it whole");
    }
    if (version != VERSION) {
        return lt_fail(error, LT_VERSION, "invitation code: of version %llu; this program knows 1",
                       (unsigned long long)version);
    }
    if (count != FIELDS ||
        !take_text(&cursor, is_url, invitation->join_url, sizeof invitation->join_url) ||
        !take_key(&cursor, invitation->hub_curve) || !take_key(&cursor, invitation->root) ||
        !take_text(&cursor, lt_principal_valid, invitation->principal,
                   sizeof invitation->principal) ||
        !take_key(&cursor, invitation->seed) || !lt_cursor_at_end(&cursor)) {
        return lt_fail(error, LT_MALFORMED, "invitation code: damaged; copy it whole");
    }
    return LT_DONE;
}

enum lt_code lt_invitation_decode(struct lt_slice code, struct lt_invitation *invitation,
                                  struct lt_error *error)
{
    sodium_memzero(invitation, sizeof *invitation);
    if (code.size < PREFIX_SIZE || memcmp(code.data, PREFIX, PREFIX_SIZE) != 0) {
        return lt_fail(error, LT_MALFORMED, "invitation code: does not begin with " PREFIX);
    }
    const struct lt_slice text = {code.data + PREFIX_SIZE, code.size - PREFIX_SIZE};
    uint8_t bytes[CODE_MAX];
    const size_t size = text.size / 4 * 3 + (text.size % 4 == 0 ? 0 : text.size % 4 - 1);
    if (text.size > CODE_MAX || text.size % 4 == 1 || !lt_base64url_decode(text, bytes, size)) {
        sodium_memzero(bytes, sizeof bytes);
        return lt_fail(error, LT_MALFORMED, "invitation code: not base64url; copy it whole");
    }
    const enum lt_code result = read_code((struct lt_slice){bytes, size}, invitation, error);
    sodium_memzero(bytes, sizeof bytes);
    if (result != LT_DONE) {
        sodium_memzero(invitation, sizeof *invitation);
    }
    return result;
}

void lt_invitation_principal(const uint8_t key[LT_KEY_SIZE], char *out)
{
    static const char prefix[] = "invite.";
    uint8_t id[LT_KEY_ID_SIZE];
    lt_key_id(key, id);
    memcpy(out, prefix, sizeof prefix - 1);
    lt_hex_encode((struct lt_slice){id, 4}, out + sizeof prefix - 1);
}
