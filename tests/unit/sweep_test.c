// What is noted of deliveries goes when its time has come, wherever in its bucket it lies.
#include <criterion/criterion.h>
#include <stdlib.h>

#include "broker.h"
#include "state/must.h"

enum { KEPT = 300, WAIT_MS = 10000 };
#define NOW UINT64_C(1767225600000)

struct scene {
    char folder[32];
    struct broker *broker;
};

// With what is to be stored before.
static struct scene scene_new(const struct records *records)
{
    struct scene scene = {.folder = "/tmp/lt-sweep-XXXXXX", .broker = NULL};
    struct store *store = NULL;
    struct store_group group = {.records = records->plain, .record_count = records->plain_count};
    cr_assert_not_null(mkdtemp(scene.folder));
    const struct store_settings settings = {.folder = scene.folder, .busy_ms = 1000};
    cr_assert_eq(store_open(&settings, &store, NULL), LT_DONE);
    cr_assert_eq(store_append(store, &group, NULL), LT_DONE);
    scene.broker = must_calloc(1, sizeof *scene.broker);
    cr_assert_eq(reader_new(&settings, &scene.broker->reader, NULL), LT_DONE);
    cr_assert_eq(writer_new(&store, &scene.broker->writer, NULL), LT_DONE);
    scene.broker->now = NOW;
    scene.broker->tick = 1000;
    return scene;
}

static void scene_clear(struct scene *scene)
{
    char command[64];
    reader_destroy(&scene->broker->reader);
    writer_destroy(&scene->broker->writer);
    counts_clear(&scene->broker->counts);
    free(scene->broker);
    snprintf(command, sizeof command, "rm -rf '%s'", scene->folder);
    cr_assert_eq(system(command), 0);
}

static void key_of(uint64_t seq, uint8_t key[16])
{
    roster_number(seq, key);
    roster_number(1, key + 8);
}

static void put_ending(struct records *records, uint64_t seq, uint64_t keep_until)
{
    struct lt_buffer value = {.max = 1024};
    uint8_t key[16];
    const struct dead_letter dead = {.state = ROSTER_GAVE_UP,
                                     .keep_until = keep_until,
                                     .detail = lt_slice_of("no sound card"),
                                     .principal = lt_slice_of("loa.an-thuong.01"),
                                     .durable = lt_slice_of("loa")};
    key_of(seq, key);
    dead_letter_pack(&dead, &value);
    records_put(records, DEAD_BUCKET, (struct lt_slice){key, sizeof key}, lt_buffer_slice(&value));
    lt_buffer_clear(&value);
}

static bool has_ending(const struct scene *scene, uint64_t seq)
{
    const struct store_settings settings = {.folder = scene->folder, .busy_ms = 1000};
    struct store_reader *reader = NULL;
    struct lt_buffer value = {.max = 1024};
    uint8_t key[16];
    key_of(seq, key);
    cr_assert_eq(store_reader_open(&settings, &reader, NULL), LT_DONE);
    const enum lt_code code = store_record_get(
        reader, DEAD_BUCKET, (struct lt_slice){key, sizeof key}, &value, NULL, NULL);
    store_reader_close(&reader);
    lt_buffer_clear(&value);
    return code == LT_DONE;
}

// One sweep, and all that it begins.
static void sweep_once(struct broker *broker)
{
    const int64_t until = zclock_mono() + WAIT_MS;
    broker->swept = 0;
    sweep(broker);
    while (reader_count(broker->reader) > 0 || writer_count(broker->writer) > 0) {
        zmq_pollitem_t items[] = {{.socket = reader_socket(broker->reader), .events = ZMQ_POLLIN},
                                  {.socket = writer_socket(broker->writer), .events = ZMQ_POLLIN}};
        cr_assert_lt(zclock_mono(), until);
        zmq_poll(items, 2, WAIT_MS);
        struct reading *reading = reader_take(broker->reader);
        struct writing *writing = writer_take(broker->writer);
        if (reading)
            reading->back(broker, &reading);
        if (writing)
            writing->back(broker, &writing);
    }
}

Test(sweep, reaches_what_lies_behind_much_that_is_kept)
{
    struct records records = {0};
    for (uint64_t seq = 1; seq <= KEPT; seq++)
        put_ending(&records, seq, NOW + 1);
    put_ending(&records, KEPT + 1, NOW - 1);
    struct scene scene = scene_new(&records);
    records_clear(&records);
    sweep_once(scene.broker);
    cr_assert(has_ending(&scene, KEPT + 1), "so many at a time");
    sweep_once(scene.broker);
    cr_assert_not(has_ending(&scene, KEPT + 1));
    cr_assert(has_ending(&scene, 1) && has_ending(&scene, KEPT));
    scene_clear(&scene);
}
