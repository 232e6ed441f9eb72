// The part: every case of parts.json, bodies and replacements of receive.json, ids.
#include <sodium.h>

#include "lienthon/message.h"
#include "lienthon/pack.h"
#include "vectors.h"

// Cases in which some value is wider than it need be, so that encoding again gives other bytes.
static bool is_wide(const char *name)
{
    return strcmp(name, "wide integers") == 0 || strcmp(name, "array32 header") == 0;
}

Test(message, every_part_vector_holds_and_encodes_again_to_its_bytes)
{
    json_t *all = vectors_load("parts.json");
    size_t i = 0;
    size_t good = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(all, "cases"), i, one)
    {
        const char *name = vectors_name(one);
        const struct lt_slice bytes = vectors_field(one, "part");
        struct lt_part part = {0};
        struct lt_error error = {0};
        const enum lt_code code = lt_part_decode(bytes, &part, &error);
        cr_expect_eq((int)code, vectors_code(one), "%s: %d %s", name, (int)code, error.text);
        if (code == LT_DONE) {
            struct lt_buffer again = {.max = 4096};
            good++;
            cr_expect_eq(lt_part_encode(&part, &again, &error), LT_DONE, "%s: %s", name,
                         error.text);
            cr_expect_eq(lt_slice_equal(bytes, lt_buffer_slice(&again)), !is_wide(name), "%s",
                         name);
            lt_buffer_clear(&again);
        } else {
            cr_expect(strncmp(error.text, "part", 4) == 0, "%s: '%s'", name, error.text);
        }
        vectors_free(bytes);
    }
    cr_expect_gt(good, 5);
    json_decref(all);
}

Test(message, every_body_vector_holds)
{
    json_t *all = vectors_load("receive.json");
    size_t i = 0;
    const json_t *one = NULL;
    cr_assert_gt(json_array_size(json_object_get(all, "bodies")), 20);
    json_array_foreach(json_object_get(all, "bodies"), i, one)
    {
        const struct lt_slice body = vectors_field(one, "body");
        struct lt_error error = {0};
        const enum lt_code code = lt_body_check(body, &error);
        cr_expect_eq((int)code, vectors_code(one), "%s: %d %s", vectors_name(one), (int)code,
                     error.text);
        vectors_free(body);
    }
    json_decref(all);
}

Test(message, every_replacement_vector_holds)
{
    json_t *all = vectors_load("receive.json");
    size_t i = 0;
    const json_t *one = NULL;
    cr_assert_gt(json_array_size(json_object_get(all, "replaces")), 10);
    json_array_foreach(json_object_get(all, "replaces"), i, one)
    {
        const struct lt_slice old_bytes = vectors_field(one, "old");
        const struct lt_slice new_bytes = vectors_field(one, "new");
        struct lt_part old = {0};
        struct lt_part fresh = {0};
        cr_assert_eq(lt_part_decode(old_bytes, &old, NULL), LT_DONE);
        cr_assert_eq(lt_part_decode(new_bytes, &fresh, NULL), LT_DONE);
        cr_expect_eq(lt_part_takes_place(&fresh, &old),
                     json_is_true(json_object_get(one, "takes_place")), "%s", vectors_name(one));
        vectors_free(old_bytes);
        vectors_free(new_bytes);
    }
    json_decref(all);
}

Test(message, a_wrong_body_is_told_by_its_path)
{
    struct lt_buffer body = {.max = 256};
    lt_pack_map(&body, 1);
    lt_pack_text(&body, "channels");
    lt_pack_array(&body, 3);
    lt_pack_nil(&body);
    lt_pack_nil(&body);
    lt_pack_map(&body, 1);
    lt_pack_text(&body, "x");
    lt_pack_uint(&body, UINT64_MAX);
    struct lt_error error = {0};
    cr_expect_eq(lt_body_check(lt_buffer_slice(&body), &error), LT_BODY_WRONG);
    cr_expect_str_eq(error.text, "body.channels[2].x: above 2^53 - 1");
    lt_buffer_clear(&body);
}

Test(message, a_key_twice_among_many_thousands_is_found_in_time)
{
    enum { KEYS = 100000 };
    struct lt_buffer body = {.max = 4194304};
    for (int twice = 0; twice < 2; twice++) {
        lt_buffer_empty(&body);
        lt_pack_map(&body, KEYS);
        for (unsigned i = 0; i < KEYS; i++) {
            char key[16];
            (void)snprintf(key, sizeof key, "%u", twice == 1 && i == KEYS - 1 ? 500U : i);
            lt_pack_text(&body, key);
            lt_pack_nil(&body);
        }
        cr_expect_eq(lt_body_check(lt_buffer_slice(&body), NULL),
                     twice == 1 ? LT_BODY_WRONG : LT_DONE);
    }
    lt_buffer_clear(&body);
}

Test(message, a_draft_that_decoding_would_refuse_is_not_encoded)
{
    struct lt_part part = {
        .from = lt_slice_of("van-phong"),
        .topic = lt_slice_of("x/tb"),
        .type = lt_slice_of("notice.v1"),
        .created = 1767225600000,
        .body = lt_slice_of("\x80"),
    };
    struct lt_buffer out = {.max = 1024};
    lt_id_make(part.created, part.id);
    cr_expect_eq(lt_part_encode(&part, &out, NULL), LT_DONE);
    lt_buffer_empty(&out);
    part.priority = LT_HOA_TOC;
    struct lt_error error = {0};
    cr_expect_eq(lt_part_encode(&part, &out, &error), LT_MALFORMED);
    cr_expect_str_eq(error.text, "part[8] expires: priority 3 must expire within 24 h of created");
    cr_expect_eq(out.size, 0);
    part.priority = 0;
    part.topic = lt_slice_of("x/#");
    cr_expect_eq(lt_part_encode(&part, &out, NULL), LT_MALFORMED);
    part.topic = lt_slice_of("x/tb");
    out.max = 16;
    cr_expect_eq(lt_part_encode(&part, &out, &error), LT_TOO_LARGE);
    lt_buffer_clear(&out);
}

Test(message, an_id_keeps_its_time_and_reads_back_as_it_was_printed)
{
    uint8_t id[LT_ID_SIZE];
    uint8_t again[LT_ID_SIZE];
    char text[37];
    cr_assert_geq(sodium_init(), 0);
    lt_id_make(1767225600123, id);
    cr_expect_eq(lt_id_time(id), 1767225600123);
    cr_expect_eq(id[6] >> 4, 7);
    cr_expect_eq(id[8] >> 6, 2);
    lt_id_print(id, text);
    cr_expect_eq(strlen(text), 36);
    cr_expect(lt_id_parse(text, again));
    cr_expect_arr_eq(id, again, LT_ID_SIZE);
    cr_expect(lt_id_parse("019b76daa8007b7a9b7e7b9c8a4514e4", id));
    lt_id_print(id, text);
    cr_expect_str_eq(text, "019b76da-a800-7b7a-9b7e-7b9c8a4514e4");
    cr_expect_not(lt_id_parse("019b76da-a800-7b7a-9b7e-7b9c8a4514e", id));
    cr_expect_not(lt_id_parse("019b76da+a800-7b7a-9b7e-7b9c8a4514e4", id));
    cr_expect_not(lt_id_parse("", id));
}
