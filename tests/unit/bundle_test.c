// Bundles: written, read back, cut off, of another kind.
#include "lienthon/bundle.h"
#include "lienthon/pack.h"
#include "vectors.h"

enum { COUNT = 8 };

static struct lt_buffer make(struct lt_slice *messages, size_t *offsets)
{
    json_t *all = vectors_load("seals.json");
    struct lt_buffer out = {.max = 65536};
    const json_t *cases = json_object_get(all, "cases");
    cr_assert(lt_bundle_begin(&out));
    size_t count = 0;
    for (size_t i = 0; count < COUNT; i++) {
        const json_t *one = json_array_get(cases, i);
        if (vectors_code(one) == 0) {
            messages[count] = vectors_field(one, "sealed");
            offsets[count] = out.size;
            cr_assert(lt_bundle_add(&out, messages[count]));
            count++;
        }
    }
    offsets[COUNT] = out.size;
    json_decref(all);
    return out;
}

Test(bundle, it_gives_back_its_messages_in_order)
{
    struct lt_slice messages[COUNT];
    size_t offsets[COUNT + 1];
    struct lt_buffer out = make(messages, offsets);
    struct lt_bundle bundle;
    struct lt_slice sealed = {0};
    cr_assert_eq(lt_bundle_open(lt_buffer_slice(&out), &bundle, NULL), LT_DONE);
    for (size_t i = 0; i < COUNT; i++) {
        cr_assert_eq(lt_bundle_next(&bundle, &sealed, NULL), LT_DONE);
        cr_expect(lt_slice_equal(sealed, messages[i]), "%zu", i);
        vectors_free(messages[i]);
    }
    cr_expect_eq(lt_bundle_next(&bundle, &sealed, NULL), LT_NOT_FOUND);
    cr_expect_eq(lt_bundle_next(&bundle, &sealed, NULL), LT_NOT_FOUND);
    lt_buffer_clear(&out);
}

Test(bundle, cut_off_anywhere_it_gives_the_whole_ones_and_says_where_it_ends)
{
    struct lt_slice messages[COUNT];
    size_t offsets[COUNT + 1];
    struct lt_buffer out = make(messages, offsets);
    for (size_t size = offsets[0]; size <= out.size; size++) {
        struct lt_bundle bundle;
        struct lt_slice sealed = {0};
        struct lt_error error = {0};
        size_t whole = 0;
        enum lt_code code = LT_DONE;
        cr_assert_eq(lt_bundle_open((struct lt_slice){out.data, size}, &bundle, NULL), LT_DONE);
        while ((code = lt_bundle_next(&bundle, &sealed, &error)) == LT_DONE) {
            whole++;
        }
        char wanted[100];
        (void)snprintf(wanted, sizeof wanted, "bundle: no whole sealed message at byte %zu",
                       offsets[whole]);
        cr_expect_leq(offsets[whole], size);
        cr_expect(code == (offsets[whole] == size ? LT_NOT_FOUND : LT_MALFORMED), "%zu", size);
        cr_expect(code == LT_NOT_FOUND || strcmp(error.text, wanted) == 0, "%s", error.text);
        cr_expect_eq(lt_bundle_next(&bundle, &sealed, NULL), LT_NOT_FOUND);
    }
    for (size_t i = 0; i < COUNT; i++) {
        vectors_free(messages[i]);
    }
    lt_buffer_clear(&out);
}

Test(bundle, what_is_no_bundle_or_a_later_one_is_told)
{
    struct lt_bundle bundle;
    struct lt_error error = {0};
    struct lt_buffer out = {.max = 100};
    cr_expect_eq(lt_bundle_open(lt_slice_of("PK\x03\x04"), &bundle, &error), LT_MALFORMED);
    cr_expect_eq(lt_bundle_open((struct lt_slice){0}, &bundle, &error), LT_MALFORMED);
    lt_pack_array(&out, 2);
    lt_pack_text(&out, "lienthon bundle");
    lt_pack_uint(&out, 2);
    cr_expect_eq(lt_bundle_open(lt_buffer_slice(&out), &bundle, &error), LT_VERSION);
    cr_expect_str_eq(error.text, "a bundle of version 2; this program knows 1");
    lt_buffer_clear(&out);
}
