// Bytes that strangers could send: vectors with bits flipped, cut, joined and stretched, through everything that
// reads. Nothing may crash or read past its end (each is tried in memory of exactly its size), and whatever
// still decodes must encode.
#include <sodium.h>

#include "lienthon/book.h"
#include "lienthon/bundle.h"
#include "lienthon/cursor.h"
#include "lienthon/invitation.h"
#include "lienthon/judge.h"
#include "lienthon/op.h"
#include "vectors.h"

enum { SEEDS_MAX = 600, ROUNDS = 300000 };

struct seeds {
    struct lt_slice bytes[SEEDS_MAX];
    size_t count;
};

static uint64_t state = 0x853C49E6748FEA9B;

static size_t dice(size_t sides)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (size_t)(state % sides);
}

static void add(struct seeds *seeds, const char *file, const char *list, const char *field)
{
    json_t *all = vectors_load(file);
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(all, list), i, one)
    {
        if (seeds->count < SEEDS_MAX) {
            seeds->bytes[seeds->count++] =
                field == NULL ? vectors_bytes(one) : vectors_field(one, field);
        }
    }
    cr_assert_gt(i, 0, "%s %s", file, list);
    json_decref(all);
}

static struct seeds seeds_of_sealed(void)
{
    struct seeds seeds = {.count = 0};
    add(&seeds, "seals.json", "cases", "sealed");
    add(&seeds, "grants.json", "steps", "sealed");
    add(&seeds, "receive.json", "steps", "sealed");
    add(&seeds, "receive.json", "times", "sealed");
    return seeds;
}

static void seeds_free(struct seeds *seeds)
{
    for (size_t i = 0; i < seeds->count; i++) {
        vectors_free(seeds->bytes[i]);
    }
}

// A changed copy in memory of exactly its size.
static struct lt_slice mutate(const struct seeds *seeds)
{
    static uint8_t room[65536];
    const struct lt_slice seed = seeds->bytes[dice(seeds->count)];
    size_t size = seed.size;
    cr_assert_leq(size, sizeof room);
    if (size > 0) {
        memcpy(room, seed.data, size);
    }
    for (size_t changes = 1 + dice(4); changes > 0 && size > 0; changes--) {
        const size_t at = dice(size);
        switch (dice(6)) {
        case 0:
            room[at] = (uint8_t)(room[at] ^ 1U << dice(8));
            break;
        case 1:
            room[at] = (uint8_t)(0xC0 + dice(0x40)); // the heads of MessagePack
            break;
        case 2:
            size = at;
            break;
        case 3: // a piece of another
        {
            const struct lt_slice other = seeds->bytes[dice(seeds->count)];
            const size_t from = other.size == 0 ? 0 : dice(other.size);
            size_t piece = other.size - from;
            piece = piece > sizeof room - at ? sizeof room - at : piece;
            if (piece > 0) {
                memcpy(room + at, other.data + from, piece);
            }
            size = at + piece > size ? at + piece : size;
            break;
        }
        case 4:
            memmove(room + at, room + at + 1, size - at - 1);
            size--;
            break;
        default:
            room[at] = (uint8_t)dice(256);
        }
    }
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    cr_assert_not_null(exact);
    memcpy(exact, room, size);
    return (struct lt_slice){exact, size};
}

static size_t decode_all(struct lt_slice bytes, const uint8_t *key)
{
    struct lt_part part = {0};
    struct lt_sealed sealed = {0};
    struct lt_error error = {0};
    size_t good = 0;
    if (lt_part_decode(bytes, &part, &error) == LT_DONE) {
        struct lt_buffer again = {.max = 65536};
        cr_assert_eq(lt_part_encode(&part, &again, &error), LT_DONE, "%s", error.text);
        lt_buffer_clear(&again);
        good++;
    }
    if (lt_sealed_decode(bytes, &sealed, &error) == LT_DONE) {
        (void)lt_seal_verify(&sealed, key, NULL, &error);
        (void)lt_body_check(sealed.part.body, &error);
        struct lt_grant *grant = NULL;
        if (lt_grant_open(&sealed.part, &grant, &error) == LT_DONE) {
            struct lt_buffer body = {.max = LT_GRANT_BODY_MAX};
            cr_assert_eq(lt_grant_encode(grant, &body, &error), LT_DONE, "%s", error.text);
            lt_buffer_clear(&body);
        }
        lt_grant_destroy(&grant);
        good++;
    }
    cr_assert(lt_utf8_valid(lt_slice_of(error.text)), "a sentence that is not UTF-8");
    return good;
}

Test(hostile, parts_seals_and_grants)
{
    struct seeds seeds = seeds_of_sealed();
    const uint8_t key[LT_KEY_SIZE] = {1};
    size_t good = 0;
    add(&seeds, "parts.json", "cases", "part");
    for (size_t i = 0; i < ROUNDS; i++) {
        const struct lt_slice bytes = mutate(&seeds);
        good += decode_all(bytes, key);
        vectors_free(bytes);
    }
    cr_expect_gt(good, ROUNDS / 100, "%zu still decode: the changes are too coarse", good);
    seeds_free(&seeds);
}

Test(hostile, bodies_frames_bundles_and_saved_judgement)
{
    struct seeds seeds = {.count = 0};
    json_t *all = vectors_load("grants.json");
    const struct lt_slice root = vectors_field(all, "root");
    lt_book *book = lt_book_new(root.data);
    lt_judge *judge = lt_judge_new(book, 16);
    size_t frames = 0;
    add(&seeds, "receive.json", "bodies", "body");
    add(&seeds, "parts.json", "cases", "part");
    for (unsigned op = LT_HELLO; op <= LT_OP_LAST; op++) {
        struct lt_buffer out = {.max = 4096};
        const struct lt_frame frame = {
            .op = (enum lt_op)op,
            .ref = lt_ref_of(1),
            .sid = lt_ref_of(70000),
            .sha256 = {root.data, 32},
            .list = lt_slice_of(op == LT_SUBSCRIBE ? "\x91\xA3x/#" : "\x91\x92\x01\x01"),
        };
        cr_assert(lt_frame_encode(&frame, &out), "%u", op);
        seeds.bytes[seeds.count++] = lt_buffer_slice(&out); // freed with the seeds
    }
    struct lt_buffer extra[2] = {{.max = 4096}, {.max = 4096}};
    cr_assert(lt_bundle_begin(&extra[0]) && lt_bundle_add(&extra[0], seeds.bytes[seeds.count - 1]));
    cr_assert_eq(lt_judge_save(judge, &extra[1]), LT_DONE);
    for (size_t i = 0; i < 2; i++) {
        seeds.bytes[seeds.count++] = lt_buffer_slice(&extra[i]);
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        const struct lt_slice bytes = mutate(&seeds);
        struct lt_frame frame;
        struct lt_bundle bundle;
        struct lt_slice found = {0};
        struct lt_error error = {0};
        (void)lt_body_check(bytes, &error);
        if (lt_frame_decode(bytes, &frame, &error) == LT_DONE) {
            struct lt_buffer again = {.max = 65536};
            cr_assert(lt_frame_encode(&frame, &again), "%u", (unsigned)frame.op);
            lt_buffer_clear(&again);
            frames++;
        }
        if (lt_bundle_open(bytes, &bundle, &error) == LT_DONE) {
            while (lt_bundle_next(&bundle, &found, &error) != LT_NOT_FOUND) {
            }
        }
        (void)lt_judge_load(judge, bytes, &error);
        (void)lt_map_find(bytes, "id", &found);
        cr_assert(lt_utf8_valid(lt_slice_of(error.text)), "a sentence that is not UTF-8");
        vectors_free(bytes);
    }
    cr_expect_gt(frames, ROUNDS / 100);
    lt_judge_destroy(&judge);
    lt_book_destroy(&book);
    vectors_free(root);
    seeds_free(&seeds);
    json_decref(all);
}

struct genuine {
    const struct seeds *seeds;
    size_t in_force, strange;
};

// Is the part of what is in force one of those that were really sealed.
static bool look_for_genuine(void *self, const struct lt_grant *grant, struct lt_slice bytes)
{
    struct genuine *genuine = self;
    struct lt_sealed held = {0};
    bool found = false;
    (void)grant;
    cr_assert_eq(lt_sealed_split(bytes, &held, NULL), LT_DONE);
    for (size_t i = 0; i < genuine->seeds->count && !found; i++) {
        struct lt_sealed seed = {0};
        found = lt_sealed_split(genuine->seeds->bytes[i], &seed, NULL) == LT_DONE &&
                lt_slice_equal(seed.part.bytes, held.part.bytes);
    }
    genuine->in_force++;
    genuine->strange += !found;
    return true;
}

// What is changed is never authorised: a book that has the real grants takes none of the changed ones.
Test(hostile, the_book_and_the_judge_take_nothing_that_was_changed)
{
    struct seeds seeds = seeds_of_sealed();
    add(&seeds, "receive.json", "grants", NULL);
    json_t *all = vectors_load("receive.json");
    const struct lt_slice root = vectors_field(all, "root");
    lt_book *book = lt_book_new(root.data);
    lt_judge *judge = lt_judge_new(book, 64);
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(json_object_get(all, "grants"), i, one)
    {
        const struct lt_slice grant = vectors_bytes(one);
        cr_assert_eq(lt_book_learn(book, grant, NULL), LT_DONE);
        vectors_free(grant);
    }
    const uint64_t version = lt_book_version(book);
    lt_book_limit(book, 256);
    for (i = 0; i < ROUNDS / 10; i++) {
        const struct lt_slice bytes = mutate(&seeds);
        struct lt_sealed sealed = {0};
        struct lt_error error = {0};
        (void)lt_book_learn(book, bytes, &error);
        if (lt_sealed_decode(bytes, &sealed, &error) == LT_DONE) {
            (void)lt_judge_message(judge, &sealed, sealed.part.created, &error);
        }
        vectors_free(bytes);
    }
    struct genuine genuine = {.seeds = &seeds};
    lt_book_each(book, look_for_genuine, &genuine);
    cr_expect_eq(genuine.strange, 0);
    cr_expect_geq(genuine.in_force, json_array_size(json_object_get(all, "grants")));
    cr_expect_geq(lt_book_version(book), version);
    lt_judge_destroy(&judge);
    lt_book_destroy(&book);
    vectors_free(root);
    seeds_free(&seeds);
    json_decref(all);
}

Test(hostile, invitation_codes)
{
    json_t *all = vectors_load("grants.json");
    const json_t *code = json_object_get(json_object_get(all, "invitation"), "code");
    const struct lt_slice text = vectors_text(code);
    size_t good = 0;
    for (size_t i = 0; i < ROUNDS / 10; i++) {
        struct lt_invitation invitation;
        uint8_t *copy = malloc(text.size);
        cr_assert_not_null(copy);
        memcpy(copy, text.data, text.size);
        copy[dice(text.size)] = (uint8_t)dice(256);
        const size_t size = dice(4) == 0 ? dice(text.size) : text.size;
        if (lt_invitation_decode((struct lt_slice){copy, size}, &invitation, NULL) == LT_DONE) {
            struct lt_buffer again = {.max = 1024};
            cr_assert_eq(lt_invitation_encode(&invitation, &again, NULL), LT_DONE);
            lt_buffer_clear(&again);
            good++;
        }
        free(copy);
    }
    cr_expect_gt(good, 0);
    json_decref(all);
}
