// Opening the store at the start: what can be read is loaded, what cannot is set aside and told.
#include "opening.h"

#include <stdlib.h>

#include "broker.h"
#include "log.h"
#include "start.h"

enum { STORE_BUSY_MS = 5000 };

static enum lt_code make_state(struct broker *broker, struct lt_error *error)
{
    const struct lt_commune_limits *limits = &broker->commune->hub.limits;
    broker->book = lt_book_new(broker->commune->root);
    if (!broker->book)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the book of grants");
    lt_book_limit(broker->book, SIZE_MAX);
    lt_book_limit_bytes(broker->book, (size_t)limits->grants);
    broker->memory = memory_new((size_t)limits->ids, (size_t)limits->origins);
    broker->subscriptions = subscriptions_new(broker->now);
    broker->subscriptions->window = (size_t)limits->window;
    broker->subscriptions->waiting = (size_t)limits->waiting;
    return LT_DONE;
}

void opening_clear(struct broker *broker)
{
    subscriptions_destroy(&broker->subscriptions);
    records_clear(&broker->notes);
    due_clear(&broker->due);
    taken_clear(&broker->taken);
    presence_clear(&broker->presence);
    table_clear(&broker->invitations, free);
    memory_destroy(&broker->memory);
    lt_book_destroy(&broker->book);
}

static void say_opened(struct broker *broker, struct store_opened opened)
{
    broker->counts.lost_commits = opened.lost_commits;
    if (opened.lost_commits)
        log_error("store's log is damaged, commits behind that place are lost",
                  LOG_NUMBER("commits", opened.lost_commits), LOG_NUMBER("bytes", opened.cut));
    else if (opened.cut)
        log_warning("an unfinished commit at the end of the store's log was cut",
                    LOG_NUMBER("bytes", opened.cut));
}

// The core reads the store itself before it serves anybody; then the threads have it.
static enum lt_code open_store(struct broker *broker, const struct store_settings *settings,
                               struct lt_error *error)
{
    struct store *store = NULL;
    struct store_reader *reader = NULL;
    enum lt_code code = store_open(settings, &store, error);
    if (code == LT_DONE)
        code = store_reader_open(settings, &reader, error);
    if (code == LT_DONE) {
        say_opened(broker, store_opened(store));
        store_tree(store, &broker->tree);
        clock_begin(broker, store_end(store).time);
        code = start_load(broker, reader, store_end(store).seq, error);
    }
    if (code == LT_DONE)
        code = writer_new(&store, &broker->writer, error);
    if (code == LT_DONE)
        code = reader_take_over(&reader, &broker->reader, error);
    store_reader_close(&reader);
    store_close(&store);
    return code;
}

// What cannot be read is set aside, so that the rest can be served.
static enum lt_code salvage(struct broker *broker, const struct store_settings *settings,
                            struct lt_error *error)
{
    struct store_salvaged found;
    log_warning("store has a place that cannot be read, it is looked through",
                LOG_TEXT("data", settings->folder));
    enum lt_code code = store_salvage(settings, &found, error);
    if (code == LT_DONE)
        broker->counts.lost_messages += found.lost_messages;
    if (code == LT_DONE && found.damaged)
        log_error("store was damaged, what could be read is in a new file",
                  LOG_NUMBER("messages", found.messages), LOG_NUMBER("lost", found.lost_messages),
                  LOG_NUMBER("gaps", found.gaps), LOG_NUMBER("rows", found.lost_rows),
                  LOG_TEXT("aside", found.aside), LOG_TEXT("of", found.tables));
    else if (code == LT_DONE)
        log_info("store is whole", LOG_TEXT("data", settings->folder));
    return code;
}

enum lt_code opening_store(struct broker *broker, struct lt_error *error)
{
    struct store_settings settings = {.folder = broker->data, .busy_ms = STORE_BUSY_MS};
    enum lt_code code = lt_folder_make(broker->data, 0700, error);
    if (code == LT_DONE && store_is_suspect(&settings))
        code = salvage(broker, &settings, error);
    if (code == LT_DONE)
        code = make_state(broker, error);
    if (code != LT_DONE)
        return code;
    code = open_store(broker, &settings, error);
    if (code == LT_DONE || !store_is_suspect(&settings))
        return code;
    code = salvage(broker, &settings, error);
    if (code == LT_DONE) {
        opening_clear(broker);
        code = make_state(broker, error);
    }
    return code == LT_DONE ? open_store(broker, &settings, error) : code;
}
