// What the client knows and must not forget: the grant book, what was acted on, and the highest sealed time.
#include "keeper.h"

#include <string.h>

#include <lienthon/bundle.h>

#include "files.h"

enum { REMEMBER = 65536, GRANTS_FILE_MAX = 512 * 1024 * 1024 };

static const char GRANTS[] = "grants.ltb";
static const char HUB[] = "hub";

static enum lt_code learn_bundle(lt_book *book, struct lt_slice bytes, struct lt_error *error)
{
    struct lt_bundle bundle;
    struct lt_slice sealed = {0};
    enum lt_code code = lt_bundle_open(bytes, &bundle, error);
    while (code == LT_DONE) {
        code = lt_bundle_next(&bundle, &sealed, error);
        if (code == LT_DONE && lt_book_learn(book, sealed, error) == LT_NO_MEMORY)
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
        code = learn_bundle(keeper->book, lt_buffer_slice(&saved), error);
        if (code == LT_MALFORMED)
            code = LT_DONE;
        keeper->saved_version = lt_book_version(keeper->book);
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
    *keeper = (struct keeper){.folder = folder};
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
    return code;
}

void keeper_close(struct keeper *keeper)
{
    if (keeper->book)
        (void)keeper_save(keeper, NULL);
    seen_close(&keeper->seen);
    lt_judge_destroy(&keeper->judge);
    lt_book_destroy(&keeper->book);
}

enum lt_code keeper_learn(struct keeper *keeper, struct lt_slice grant, struct lt_error *error)
{
    return lt_book_learn(keeper->book, grant, error);
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
        lt_judge_message(keeper->judge, &sealed, now, NULL) != LT_DONE)
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
    enum lt_code verdict = lt_judge_message(keeper->judge, sealed, now, error);
    if (verdict != LT_DONE)
        return verdict;
    return write_down(keeper, true, sealed->bytes, now, error);
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

static bool add_grant(void *self, const struct lt_grant *grant, struct lt_slice sealed)
{
    (void)grant;
    return lt_bundle_add(self, sealed);
}

enum lt_code keeper_save(struct keeper *keeper, struct lt_error *error)
{
    uint64_t version = lt_book_version(keeper->book);
    if (keeper->folder < 0 || version == keeper->saved_version)
        return LT_DONE;
    struct lt_buffer bundle = {.max = GRANTS_FILE_MAX};
    lt_bundle_begin(&bundle);
    lt_book_each(keeper->book, add_grant, &bundle);
    enum lt_code code =
        bundle.failed ? lt_fail(error, LT_NO_MEMORY, "no memory to write the grants down")
                      : files_replace(keeper->folder, GRANTS, lt_buffer_slice(&bundle), error);
    lt_buffer_clear(&bundle);
    if (code == LT_DONE)
        keeper->saved_version = version;
    return code;
}
