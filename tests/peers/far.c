// A bridge that does what it is told by a notice's text, so that its host can be seen at work: "abort" dies of it, "unclear" acts and ends before
// it could note that (both unless there is a file ACTS.well), anything else is done. It writes a line for each act into `acts`, which FAR_ASKED looks up there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lienthon/bridge.h>
#include <lienthon/cursor.h>

struct far {
    char *acts;
};

static const struct lt_option options[] = {
    LT_OPTION_TEXT("acts", struct far, acts, LT_REQUIRED, "Where each act is written"),
    LT_OPTION_END};

static enum lt_code open_far(void *state, lt_bridge_host *host, struct lt_error *error)
{
    (void)state, (void)host, (void)error;
    return LT_DONE;
}

static void act(const struct far *far, const char *key)
{
    FILE *file = fopen(far->acts, "ae");
    if (!file)
        abort();
    fprintf(file, "%s\n", key);
    fclose(file);
}

static bool is_well(const struct far *far)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.well", far->acts);
    return access(path, F_OK) == 0;
}

static void deliver(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    struct lt_slice text = {0};
    (void)lt_map_str(message->body, "text", &text);
    if (lt_slice_is(text, "abort") && !is_well(state))
        abort();
    if (!lt_delivery_intend(&delivery, NULL))
        return;
    act(state, lt_delivery_key(delivery));
    if (lt_slice_is(text, "unclear") && !is_well(state))
        _exit(3);
    lt_delivery_sent(delivery, "far-1");
    lt_delivery_settle(&delivery, LT_DELIVERED, NULL);
}

#ifdef FAR_ASKED
static bool has(const struct far *far, const char *key)
{
    char line[512];
    bool found = false;
    FILE *file = fopen(far->acts, "re");
    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        found = strcmp(line, key) == 0;
    }
    if (file)
        fclose(file);
    return found;
}

static void resolve(void *state, lt_delivery *delivery, const struct lt_part *message,
                    const char *key, const char *far_id)
{
    (void)message, (void)far_id;
    if (has(state, key))
        lt_delivery_settle(&delivery, LT_DELIVERED, NULL);
    else
        lt_delivery_undone(&delivery, "it was not there");
}
#endif

static void close_far(void *state)
{
    (void)state;
}

static const struct lt_bridge far = {
    .abi = LT_BRIDGE_ABI,
    .name = FAR_NAME,
    .about = "Does what it is told",
    .options = options,
    .state_size = sizeof(struct far),
    .open = open_far,
    .deliver = deliver,
    .close = close_far,
#ifdef FAR_ASKED
    .resolve = resolve,
#endif
};

const struct lt_bridge *lt_bridge_entry(void)
{
    return &far;
}
