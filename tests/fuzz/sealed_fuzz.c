// A sealed message, a grant in it, a bundle: whatever the bytes, no crash, and what was accepted encodes again.
#include <stdlib.h>

#include <lienthon/book.h>
#include <lienthon/bundle.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode_again(const struct lt_part *part)
{
    struct lt_buffer out = {.max = 1024 * 1024};
    struct lt_part again;
    if (lt_part_encode(part, &out, NULL) != LT_DONE ||
        lt_part_decode(lt_buffer_slice(&out), &again, NULL) != LT_DONE ||
        !lt_slice_equal(again.topic, part->topic) || !lt_slice_equal(again.body, part->body))
        abort();
    lt_buffer_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_slice bytes = {data, size};
    struct lt_sealed sealed;
    struct lt_error error = {0};
    if (lt_sealed_decode(bytes, &sealed, &error) == LT_DONE) {
        const uint8_t key[LT_KEY_SIZE] = {1};
        encode_again(&sealed.part);
        (void)lt_seal_verify(&sealed, key, NULL, &error);
        struct lt_grant *grant = NULL;
        if (lt_grant_open(&sealed.part, &grant, &error) == LT_DONE) {
            (void)lt_grant_inside(grant, grant, &error);
            lt_grant_destroy(&grant);
        }
    }
    struct lt_bundle bundle;
    if (lt_bundle_open(bytes, &bundle, &error) == LT_DONE) {
        struct lt_slice next;
        while (lt_bundle_next(&bundle, &next, &error) == LT_DONE)
            continue;
    }
    return 0;
}
