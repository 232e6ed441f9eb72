// Bundles: a head, then sealed messages, one MessagePack value after the other.
#include "lienthon/bundle.h"

#include "lienthon/cursor.h"
#include "lienthon/pack.h"

#define MAGIC "lienthon bundle"
enum { VERSION = 1 };

bool lt_bundle_begin(struct lt_buffer *out)
{
    lt_pack_array(out, 2);
    lt_pack_text(out, MAGIC);
    lt_pack_uint(out, VERSION);
    return !out->failed;
}

bool lt_bundle_add(struct lt_buffer *out, struct lt_slice sealed)
{
    return lt_buffer_add(out, sealed.data, sealed.size);
}

enum lt_code lt_bundle_open(struct lt_slice bytes, struct lt_bundle *bundle, struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(bytes);
    struct lt_slice magic = {0};
    uint64_t version = 0;
    uint32_t count = 0;
    *bundle = (struct lt_bundle){0};
    if (!lt_cursor_array(&cursor, &count) || count != 2 || !lt_cursor_str(&cursor, &magic) ||
        !lt_slice_is(magic, MAGIC) || !lt_cursor_uint(&cursor, LT_INT_MAX, &version)) {
        return lt_fail(error, LT_MALFORMED, "not a bundle: it does not begin with \"" MAGIC "\"");
    }
    if (version != VERSION) {
        return lt_fail(error, LT_VERSION, "a bundle of version %llu; this program knows 1",
                       (unsigned long long)version);
    }
    *bundle = (struct lt_bundle){.at = cursor.at, .begin = bytes.data, .end = cursor.end};
    return LT_DONE;
}

enum lt_code lt_bundle_next(struct lt_bundle *bundle, struct lt_slice *sealed,
                            struct lt_error *error)
{
    struct lt_cursor cursor = {bundle->at, bundle->end};
    struct lt_sealed whole = {0};
    if (lt_cursor_at_end(&cursor)) {
        return LT_NOT_FOUND;
    }
    const uint8_t *at = bundle->at;
    const bool is_whole = lt_cursor_skip(&cursor, sealed);
    bundle->at = is_whole ? cursor.at : bundle->end; // so that asking on comes to an end
    if (!is_whole || lt_sealed_split(*sealed, &whole, NULL) != LT_DONE) {
        return lt_fail(error, LT_MALFORMED, "bundle: no whole sealed message at byte %zu",
                       (size_t)(at - bundle->begin));
    }
    return LT_DONE;
}
