// Blobs whole, against a hub that a test holds in its hand: sent from where the hub is, fetched into a file that is there whole
// or not at all, smaller pieces on a link that breaks, and a hub that is busy, has another blob, or never has enough.
#include <lienthon/blob.h>

#include "client_hub.h"

enum { BLOB_SIZE = 200000 };

struct blob_case {
    struct hub hub;
    lt_client *client;
    char folder[64], file[128], part[128];
    int folder_fd;
    uint8_t bytes[BLOB_SIZE];
    struct lt_blob blob;
};

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, size, file), size);
    cr_assert_eq(fclose(file), 0);
}

static bool is_file(const char *path, const uint8_t *bytes, size_t size)
{
    static uint8_t found[BLOB_SIZE + 1];
    FILE *file = fopen(path, "rb");
    size_t got = file ? fread(found, 1, sizeof found, file) : 0;
    if (file)
        fclose(file);
    return file && got == size && memcmp(found, bytes, size) == 0;
}

static void case_begin(struct blob_case *it)
{
    hub_init(&it->hub);
    it->folder_fd = case_folder(it->folder);
    snprintf(it->file, sizeof it->file, "%s/anh.jpg", it->folder);
    snprintf(it->part, sizeof it->part, "%s/anh.jpg.part", it->folder);
    randombytes_buf(it->bytes, sizeof it->bytes);
    it->blob.size = sizeof it->bytes;
    crypto_hash_sha256(it->blob.sha256, it->bytes, sizeof it->bytes);
    it->client = hub_client(&it->hub, NULL, 0);
}

static void case_end(struct blob_case *it)
{
    lt_client_destroy(&it->client, 0);
    close(it->folder_fd);
    case_remove(it->folder);
    hub_clear(&it->hub);
}

// Answers what came last.
static void answer(struct hub *hub, enum lt_code code, uint64_t size, struct lt_slice payload)
{
    struct lt_frame chunk = {.op = LT_CHUNK,
                             .ref = hub->frame.ref,
                             .code = code,
                             .size = size,
                             .offset = hub->frame.offset,
                             .text = lt_slice_of(code >= LT_MALFORMED ? "the hub says why" : "")};
    hub_send(hub, &chunk, &payload, 1);
}

// Answers the GET that came last out of the bytes.
static void give(struct blob_case *it, size_t least, size_t most)
{
    struct hub *hub = &it->hub;
    size_t left = BLOB_SIZE - (size_t)hub->frame.offset;
    size_t size = hub->frame.length < left ? (size_t)hub->frame.length : left;
    cr_assert(size >= least && size <= most, "%zu bytes are asked for", size);
    answer(hub, LT_DONE, BLOB_SIZE, (struct lt_slice){it->bytes + hub->frame.offset, size});
}

static struct lt_event *ending(lt_client *client, uint64_t token)
{
    for (;;) {
        struct lt_event *event = client_expect(client, LT_EVENT_BLOB);
        cr_assert_eq(event->token, token);
        if (!event->more)
            return event;
        lt_event_destroy(&event);
    }
}

static void ends(struct blob_case *it, uint64_t token, enum lt_code code)
{
    struct lt_event *event = ending(it->client, token);
    cr_assert_eq(event->code, code, "%d: %s", (int)event->code, event->text);
    cr_assert(code == LT_DONE || event->text[0] != '\0');
    lt_event_destroy(&event);
}

Test(blob, a_file_is_sent_from_where_the_hub_is_and_its_reference_is_known_at_once)
{
    static struct blob_case it;
    struct lt_blob blob;
    uint64_t token = 0, have = 70000;
    case_begin(&it);
    write_file(it.file, it.bytes, sizeof it.bytes);
    cr_assert_eq(lt_client_send_file(it.client, it.file, &blob, &token, NULL), LT_DONE);
    cr_assert_eq(memcmp(&blob, &it.blob, sizeof blob), 0);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_PUT);
    cr_assert_eq(hub_payload(&it.hub, 0).size, 0, "nothing is sent before it is known how far");
    answer(&it.hub, LT_DONE, have, (struct lt_slice){0});
    while (have < BLOB_SIZE) {
        hub_expect(&it.hub, LT_PUT);
        struct lt_slice piece = hub_payload(&it.hub, 0);
        cr_assert_eq(it.hub.frame.offset, have);
        cr_assert_eq(it.hub.frame.size, BLOB_SIZE);
        cr_assert_eq(memcmp(it.hub.frame.sha256.data, blob.sha256, 32), 0);
        cr_assert(piece.size > 0 && piece.size <= BLOB_SIZE - have);
        cr_assert_eq(memcmp(piece.data, it.bytes + have, piece.size), 0);
        have += piece.size;
        answer(&it.hub, LT_DONE, have, (struct lt_slice){0});
    }
    ends(&it, token, LT_DONE);
    case_end(&it);
}

Test(blob, bytes_are_sent_in_smaller_pieces_after_the_link_broke_over_them)
{
    static struct blob_case it;
    uint64_t token = 0;
    case_begin(&it);
    struct lt_slice bytes = {it.bytes, sizeof it.bytes};
    cr_assert_eq(lt_client_send_bytes(it.client, bytes, NULL, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_PUT);
    answer(&it.hub, LT_DONE, 0, (struct lt_slice){0});
    hub_expect(&it.hub, LT_PUT);
    size_t before = hub_payload(&it.hub, 0).size;
    hub_restart(&it.hub);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_PUT);
    cr_assert_eq(hub_payload(&it.hub, 0).size, 0);
    answer(&it.hub, LT_DONE, before, (struct lt_slice){0}); // it had come
    hub_expect(&it.hub, LT_PUT);
    struct lt_slice piece = hub_payload(&it.hub, 0);
    cr_assert_eq(it.hub.frame.offset, before);
    cr_assert_lt(piece.size, before);
    answer(&it.hub, LT_DONE, BLOB_SIZE, (struct lt_slice){0}); // another has sent it meanwhile
    ends(&it, token, LT_DONE);
    case_end(&it);
}

Test(blob, what_is_fetched_is_there_whole_or_not_at_all)
{
    static struct blob_case it;
    uint64_t token = 0;
    case_begin(&it);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_GET);
    give(&it, 1, LT_CHUNK_MAX);
    hub_expect(&it.hub, LT_GET);
    uint64_t have = it.hub.frame.offset;
    cr_assert_neq(access(it.file, F_OK), 0);
    lt_client_destroy(&it.client, 0);
    cr_assert(is_file(it.part, it.bytes, (size_t)have), "what came is kept");
    it.client = hub_client(&it.hub, NULL, 0);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_GET);
    cr_assert_eq(it.hub.frame.offset, have, "it goes on where it was");
    for (;;) {
        give(&it, 1, LT_CHUNK_MAX);
        if (it.hub.frame.offset + it.hub.frame.length >= BLOB_SIZE)
            break;
        hub_expect(&it.hub, LT_GET);
    }
    ends(&it, token, LT_DONE);
    cr_assert(is_file(it.file, it.bytes, BLOB_SIZE));
    cr_assert_neq(access(it.part, F_OK), 0);
    case_end(&it);
}

Test(blob, one_that_is_fetched_already_is_not_fetched_by_a_second)
{
    static struct blob_case it;
    struct lt_error error = {0};
    case_begin(&it);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, NULL, &error), LT_DONE);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, NULL, &error), LT_BUSY);
    cr_assert_not_null(strstr(error.text, "already"));
    case_end(&it);
}

Test(blob, another_blob_under_its_hash_is_thrown_away)
{
    static struct blob_case it;
    uint64_t token = 0;
    case_begin(&it);
    it.blob.size = 3;
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_GET);
    cr_assert_eq(it.hub.frame.length, 3);
    answer(&it.hub, LT_DONE, 3, lt_slice_of("abc"));
    ends(&it, token, LT_BODY_WRONG);
    cr_assert_neq(access(it.file, F_OK), 0);
    cr_assert_neq(access(it.part, F_OK), 0);
    case_end(&it);
}

Test(blob, a_hub_that_says_another_size_or_gives_more_than_was_asked_is_not_believed)
{
    static struct blob_case it;
    uint64_t token = 0;
    struct lt_slice whole = {it.bytes, BLOB_SIZE};
    case_begin(&it);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_GET);
    answer(&it.hub, LT_DONE, BLOB_SIZE + 1, (struct lt_slice){it.bytes, 1});
    ends(&it, token, LT_BODY_WRONG);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_expect(&it.hub, LT_GET);
    answer(&it.hub, LT_DONE, BLOB_SIZE, whole);
    ends(&it, token, LT_BODY_WRONG);
    it.blob.size = 0; // not known: at most what the hub's own limit is
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_expect(&it.hub, LT_GET);
    answer(&it.hub, LT_DONE, it.hub.limits.blob + 1, (struct lt_slice){it.bytes, 1});
    ends(&it, token, LT_BODY_WRONG);
    cr_assert_neq(access(it.part, F_OK), 0);
    case_end(&it);
}

Test(blob, who_fetches_into_the_same_file_is_refused_and_takes_nothing_from_the_first)
{
    static struct blob_case it;
    struct lt_error error = {0};
    uint64_t token = 0;
    case_begin(&it);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, NULL, &error), LT_BUSY);
    cr_assert_not_null(strstr(error.text, "fetched by another"));
    cr_assert_eq(access(it.part, F_OK), 0, "the first one's");
    hub_receive_client(&it.hub, NULL, 0);
    for (uint64_t have = 0; have < BLOB_SIZE; have = it.hub.frame.offset + it.hub.frame.length) {
        hub_expect(&it.hub, LT_GET);
        give(&it, 1, BLOB_SIZE);
    }
    ends(&it, token, LT_DONE);
    cr_assert(is_file(it.file, it.bytes, sizeof it.bytes));
    case_end(&it);
}

Test(blob, a_busy_hub_is_asked_again_and_the_caller_is_told)
{
    static struct blob_case it;
    uint64_t token = 0;
    case_begin(&it);
    cr_assert_eq(lt_client_send_bytes(it.client, lt_slice_of("abc"), NULL, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_PUT);
    answer(&it.hub, LT_BUSY, 0, (struct lt_slice){0});
    struct lt_event *event = client_expect(it.client, LT_EVENT_BLOB);
    cr_assert(event->more && event->code == LT_BUSY);
    cr_assert_str_eq(event->text, "the hub says why");
    lt_event_destroy(&event);
    hub_expect(&it.hub, LT_PUT);
    answer(&it.hub, LT_DONE, 3, (struct lt_slice){0});
    ends(&it, token, LT_DONE);
    case_end(&it);
}

Test(blob, a_refusal_ends_it_with_the_hubs_sentence)
{
    static struct blob_case it;
    uint64_t token = 0;
    case_begin(&it);
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, it.file, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    hub_expect(&it.hub, LT_GET);
    answer(&it.hub, LT_NOT_FOUND, 0, (struct lt_slice){0});
    struct lt_event *event = ending(it.client, token);
    cr_assert_eq(event->code, LT_NOT_FOUND);
    cr_assert_str_eq(event->text, "the hub says why");
    lt_event_destroy(&event);
    case_end(&it);
}

Test(blob, a_hub_that_never_has_more_is_not_fed_for_ever)
{
    static struct blob_case it;
    uint64_t token = 0;
    int puts = 0;
    case_begin(&it);
    cr_assert_eq(lt_client_send_bytes(it.client, lt_slice_of("abc"), NULL, &token, NULL), LT_DONE);
    hub_receive_client(&it.hub, NULL, 0);
    struct lt_event *event = NULL;
    for (; !event && puts < 100; puts++) {
        hub_expect(&it.hub, LT_PUT);
        answer(&it.hub, LT_DONE, 0, (struct lt_slice){0});
        if (puts >= 15)
            event = lt_client_next(it.client, HUB_WAIT_MS);
        while (event && (event->kind != LT_EVENT_BLOB || event->more)) {
            lt_event_destroy(&event);
            event = lt_client_next(it.client, HUB_WAIT_MS);
        }
    }
    cr_assert(event && event->token == token && event->code == LT_CLOSED);
    lt_event_destroy(&event);
    case_end(&it);
}

Test(blob, its_caller_stops_it)
{
    static struct blob_case it;
    uint64_t token = 0;
    case_begin(&it);
    cr_assert_eq(lt_client_send_bytes(it.client, lt_slice_of("abc"), NULL, &token, NULL), LT_DONE);
    cr_assert_eq(lt_client_stop_blob(it.client, token, NULL), LT_DONE);
    ends(&it, token, LT_CLOSED);
    case_end(&it);
}

Test(blob, what_is_no_file_or_too_much_is_told_at_once)
{
    static struct blob_case it;
    struct lt_error error = {0};
    case_begin(&it);
    cr_assert_eq(lt_client_send_file(it.client, it.folder, NULL, NULL, &error), LT_IO);
    cr_assert_not_null(strstr(error.text, "no file"));
    cr_assert_eq(lt_client_send_file(it.client, it.file, NULL, NULL, &error), LT_IO);
    cr_assert_not_null(strstr(error.text, "anh.jpg"));
    cr_assert_eq(lt_client_fetch_file(it.client, &it.blob, "/tmp/", NULL, &error), LT_BAD_USE);
    for (int i = 0; i < LT_BLOBS_MAX; i++)
        cr_assert_eq(lt_client_send_bytes(it.client, lt_slice_of("a"), NULL, NULL, NULL), LT_DONE);
    cr_assert_eq(lt_client_send_bytes(it.client, lt_slice_of("a"), NULL, NULL, &error), LT_BUSY);
    case_end(&it);
}
