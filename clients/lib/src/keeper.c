// What the client knows and must not forget: the grant book, what was acted on, and the highest sealed time.
#include "keeper.h"

#include <string.h>

#include <lienthon/bundle.h>

#include "files.h"

enum {
    REMEMBER = 65536,
    GRANTS_FILE_MAX = 512 * 1024 * 1024,
    REVOCATIONS_MAX = 16 * 1024 * 1024,
};

static const char GRANTS[] = "grants.ltb";
static const char HUB[] = "hub";

static bool is_known(const struct keeper *keeper, struct lt_slice sealed)
{
    struct lt_bundle bundle;
    struct lt_slice known = {0};
    bool found = false;
    if (lt_bundle_open(lt_buffer_slice(&keeper->revocations), &bundle, NULL) != LT_DONE)
        return false;
    while (!found && lt_bundle_next(&bundle, &known, NULL) == LT_DONE)
        found = lt_slice_equal(known, sealed);
    return found;
}

// So that a hub that withholds a revocation after a restart changes nothing.
static void note_revocation(struct keeper *keeper, struct lt_slice bytes)
{
    struct lt_sealed sealed = {0};
    struct lt_grant *grant = NULL;
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE ||
        lt_grant_open(&sealed.part, &grant, NULL) != LT_DONE)
        return;
    if (grant->revoked && !is_known(keeper, bytes)) {
        if (keeper->revocations.size == 0)
            lt_bundle_begin(&keeper->revocations);
        lt_bundle_add(&keeper->revocations, bytes);
    }
    lt_grant_destroy(&grant);
}

enum lt_code keeper_learn(struct keeper *keeper, struct lt_slice grant, struct lt_error *error)
{
    enum lt_code code = lt_book_learn(keeper->book, grant, error);
    if (code == LT_DONE)
        note_revocation(keeper, grant);
    return code;
}

static enum lt_code learn_bundle(struct keeper *keeper, struct lt_slice bytes,
                                 struct lt_error *error)
{
    struct lt_bundle bundle;
    struct lt_slice sealed = {0};
    enum lt_code code = lt_bundle_open(bytes, &bundle, error);
    while (code == LT_DONE) {
        code = lt_bundle_next(&bundle, &sealed, error);
        if (code == LT_DONE && keeper_learn(keeper, sealed, error) == LT_NO_MEMORY)
            code = LT_NO_MEMORY;
    }
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

// A book that is not whole is the hub's to say again; it costs only what an offline start would know.
static enum lt_code load_grants(struct keeper *keeper, struct lt_error *error)
{
    struct lt_buffer saved = {.max = GRANTS_FILE_MAX};
    enum lt_code code = files_read(keeper->folder, GRANTS, &saved, error);
    if (code == LT_DONE) {
        code = learn_bundle(keeper, lt_buffer_slice(&saved), error);
        if (code == LT_MALFORMED)
            code = LT_DONE;
        keeper->saved_version = lt_book_version(keeper->book);
        keeper->saved_revocations = keeper->revocations.size;
    }
    lt_buffer_clear(&saved);
    return code == LT_NOT_FOUND ? LT_DONE : code;
}

static void load_hub(struct keeper *keeper)
{
    struct lt_buffer saved = {.max = LT_PRINCIPAL_MAX};
    struct lt_error error = {0};
    if (files_read(keeper->folder, HUB, &saved, &error) == LT_DONE &&
        lt_principal_valid(lt_buffer_slice(&saved)))
        memcpy(keeper->hub, saved.data, saved.size);
    lt_buffer_clear(&saved);
}

enum lt_code keeper_open(struct keeper *keeper, int folder, const uint8_t root[LT_KEY_SIZE],
                         struct lt_error *error)
{
    *keeper = (struct keeper){.folder = folder, .revocations.max = REVOCATIONS_MAX};
    keeper->book = lt_book_new(root);
    keeper->judge = keeper->book ? lt_judge_new(keeper->book, REMEMBER) : NULL;
    if (!keeper->judge)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the grant book");
    if (folder < 0)
        return LT_DONE;
    load_hub(keeper);
    enum lt_code code = load_grants(keeper, error);
    if (code == LT_DONE)
        code = seen_open(folder, keeper->judge, &keeper->seen, error);
    keeper->time = lt_judge_time(keeper->judge);
    if (code != LT_DONE)
        keeper->folder = -1; // what could not be read is not written over
    return code;
}

void keeper_close(struct keeper *keeper)
{
    if (keeper->book)
        (void)keeper_save(keeper, NULL);
    seen_close(&keeper->seen);
    lt_judge_destroy(&keeper->judge);
    lt_book_destroy(&keeper->book);
    lt_buffer_clear(&keeper->revocations);
}

// Writes down that it was judged, under the grants under which it was.
static enum lt_code write_down(struct keeper *keeper, bool obeyed, struct lt_slice sealed,
                               uint64_t now, struct lt_error *error)
{
    if (!keeper->seen)
        return LT_DONE;
    enum lt_code code = keeper_save(keeper, error);
    return code == LT_DONE ? seen_add(keeper->seen, obeyed, sealed, now, error) : code;
}

bool keeper_hear_time(struct keeper *keeper, struct lt_slice bytes, uint64_t now)
{
    struct lt_sealed sealed = {0};
    if (lt_sealed_decode(bytes, &sealed, NULL) != LT_DONE ||
        !lt_slice_is(sealed.part.type, "time.v1") ||
        lt_judge_message(keeper->judge, &sealed, now, NULL) != LT_DONE ||
        lt_judge_time(keeper->judge) == keeper->time)
        return false;
    keeper->time = lt_judge_time(keeper->judge);
    keeper->time_heard = true;
    (void)write_down(keeper, true, bytes, now, NULL);
    return true;
}

static bool has_effect(const struct lt_part *part)
{
    return part->relation == LT_REPLACES || part->relation == LT_CANCELS ||
           lt_slice_is(part->type, "approval.v1");
}

enum lt_code keeper_receive(struct keeper *keeper, const struct lt_sealed *sealed, uint64_t now,
                            struct lt_error *error)
{
    enum lt_code verdict = lt_judge_look(keeper->judge, sealed, now, error);
    if (verdict < LT_MALFORMED && verdict != LT_DONE_BEFORE && has_effect(&sealed->part))
        (void)write_down(keeper, false, sealed->bytes, now, NULL);
    return verdict;
}

enum lt_code keeper_look(struct keeper *keeper, const struct lt_sealed *sealed, uint64_t now,
                         struct lt_error *error)
{
    return lt_judge_look(keeper->judge, sealed, now, error);
}

enum lt_code keeper_obey(struct keeper *keeper, const struct lt_sealed *sealed, uint64_t now,
                         struct lt_error *error)
{
    enum lt_code verdict = lt_judge_look(keeper->judge, sealed, now, error);
    if (verdict != LT_DONE)
        return verdict;
    // What is not on disk has not been seen: who asks again finds it as it was.
    enum lt_code code = write_down(keeper, true, sealed->bytes, now, error);
    return code == LT_DONE ? lt_judge_message(keeper->judge, sealed, now, error) : code;
}

void keeper_suppose_hub(struct keeper *keeper, struct lt_slice hub)
{
    if (keeper->hub[0] != '\0' || !lt_principal_valid(hub))
        return;
    memcpy(keeper->hub, hub.data, hub.size);
    keeper->hub[hub.size] = '\0';
}

void keeper_know_hub(struct keeper *keeper, struct lt_slice hub)
{
    if (lt_slice_is(hub, keeper->hub) || !lt_principal_valid(hub))
        return;
    memcpy(keeper->hub, hub.data, hub.size);
    keeper->hub[hub.size] = '\0';
    if (keeper->folder >= 0)
        (void)files_replace(keeper->folder, HUB, hub, NULL);
}

static void add_revocations(const struct keeper *keeper, struct lt_buffer *out)
{
    struct lt_bundle bundle;
    struct lt_slice sealed = {0};
    if (lt_bundle_open(lt_buffer_slice(&keeper->revocations), &bundle, NULL) != LT_DONE)
        return;
    while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE)
        lt_bundle_add(out, sealed);
}

static bool add_grant(void *self, const struct lt_grant *grant, struct lt_slice sealed)
{
    (void)grant;
    return lt_bundle_add(self, sealed);
}

bool keeper_is_unsaved(const struct keeper *keeper)
{
    return keeper->folder >= 0 && (lt_book_version(keeper->book) != keeper->saved_version ||
                                   keeper->revocations.size != keeper->saved_revocations);
}

enum lt_code keeper_save(struct keeper *keeper, struct lt_error *error)
{
    if (!keeper_is_unsaved(keeper))
        return LT_DONE;
    uint64_t version = lt_book_version(keeper->book);
    struct lt_buffer bundle = {.max = GRANTS_FILE_MAX};
    lt_bundle_begin(&bundle);
    lt_book_each(keeper->book, add_grant, &bundle);
    add_revocations(keeper, &bundle);
    enum lt_code code =
        bundle.failed ? lt_fail(error, LT_NO_MEMORY, "no memory to write the grants down")
                      : files_replace(keeper->folder, GRANTS, lt_buffer_slice(&bundle), error);
    lt_buffer_clear(&bundle);
    if (code == LT_DONE) {
        keeper->saved_version = version;
        keeper->saved_revocations = keeper->revocations.size;
    }
    return code;
}
