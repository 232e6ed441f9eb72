// The store thread: what it is given comes back in order, and what leans on a failure is refused.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <zmq.h>

#include "writer.h"

struct case_ {
    struct writing base;
    enum lt_code outcome;
    bool *has_run;
};

static void run(struct writing *writing, struct store *store)
{
    struct case_ *one = (struct case_ *)writing;
    (void)store;
    if (one->has_run)
        *one->has_run = true;
    writing->code = one->outcome;
}

static void destroy(struct writing *writing)
{
    free(writing);
}

static void ask(struct writer *writer, uint64_t tag, uint64_t generation, enum lt_code outcome,
                bool *has_run)
{
    struct case_ *one = calloc(1, sizeof *one);
    struct writing *writing = &one->base;
    one->outcome = outcome;
    one->has_run = has_run;
    writing->tag = tag;
    writing->generation = generation;
    writing->run = run;
    writing->destroy = destroy;
    writer_ask(writer, &writing);
}

static struct writing *next(struct writer *writer)
{
    zmq_pollitem_t item = {.socket = writer_socket(writer), .events = ZMQ_POLLIN};
    cr_assert_eq(zmq_poll(&item, 1, 5000), 1, "nothing came back");
    return writer_take(writer);
}

// What these writings do needs no store.
static struct writer *made(void)
{
    struct store *store = NULL;
    struct writer *writer = NULL;
    struct lt_error error = {0};
    cr_assert_eq(writer_new(&store, &writer, &error), LT_DONE, "%s", error.text);
    return writer;
}

Test(writer, gives_back_in_the_order_it_was_given)
{
    struct writer *writer = made();
    for (uint64_t tag = 1; tag <= 50; tag++)
        ask(writer, tag, 0, LT_DONE, NULL);
    for (uint64_t tag = 1; tag <= 50; tag++) {
        struct writing *writing = next(writer);
        cr_assert_eq(writing->tag, tag);
        writing_destroy(&writing);
    }
    cr_assert_eq(writer_count(writer), 0);
    writer_destroy(&writer);
}

Test(writer, refuses_what_leans_on_a_writing_that_failed)
{
    struct writer *writer = made();
    bool has_run[5] = {false};
    static const enum lt_code expected[] = {LT_STORAGE_FAILED, LT_STORAGE_FAILED, LT_DONE, LT_DONE,
                                            LT_DONE};
    ask(writer, 0, 7, LT_STORAGE_FAILED, &has_run[0]);
    ask(writer, 1, 7, LT_DONE, &has_run[1]); // leans on it
    ask(writer, 2, 0, LT_DONE, &has_run[2]); // on nothing
    ask(writer, 3, 8, LT_DONE, &has_run[3]); // made anew
    ask(writer, 4, 8, LT_DONE, &has_run[4]);
    for (int i = 0; i < 5; i++) {
        struct writing *writing = next(writer);
        cr_assert_eq(writing->code, expected[i], "%d", i);
        cr_assert_eq(has_run[i], i != 1, "%d", i);
        writing_destroy(&writing);
    }
    writer_destroy(&writer);
}

Test(writer, does_what_it_has_before_it_ends)
{
    struct writer *writer = made();
    bool has_run = false;
    ask(writer, 1, 0, LT_DONE, &has_run);
    writer_destroy(&writer);
    cr_assert(has_run);
}
