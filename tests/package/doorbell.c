// A bridge of somebody else's, built against the installed headers: writes the text of each message into a file.
#include <stdio.h>

#include <lienthon/bridge.h>
#include <lienthon/types.h>

struct doorbell {
    char *file;
    FILE *out;
};

static enum lt_code open_file(void *state, lt_bridge_host *host, struct lt_error *error)
{
    struct doorbell *self = (struct doorbell *)state;
    (void)host;
    self->out = fopen(self->file, "a");
    return self->out ? LT_DONE : lt_fail(error, LT_IO, "%s cannot be written", self->file);
}

static void ring(void *state, lt_delivery *delivery, const struct lt_part *message)
{
    struct doorbell *self = (struct doorbell *)state;
    struct lt_notice notice;
    struct lt_error error = {0};
    if (lt_notice_decode(message->body, &notice, &error) != LT_DONE) {
        lt_delivery_settle(&delivery, LT_GAVE_UP, error.text);
    } else if (lt_delivery_begin(&delivery)) {
        fprintf(self->out, "%.*s\n", (int)notice.text.size, (const char *)notice.text.data);
        fflush(self->out);
        lt_delivery_settle(&delivery, LT_DELIVERED, NULL);
    }
}

static void close_file(void *state)
{
    struct doorbell *self = (struct doorbell *)state;
    if (self->out)
        fclose(self->out);
}

static const struct lt_option options[] = {
    LT_OPTION_TEXT("file", struct doorbell, file, LT_REQUIRED, "Where the texts are written"),
    LT_OPTION_END,
};
static const char *const types[] = {"notice.v1", NULL};

const struct lt_bridge *lt_bridge_entry(void)
{
    static const struct lt_bridge bridge = {
        .abi = LT_BRIDGE_ABI,
        .name = "doorbell",
        .about = "Writes what is said into a file",
        .options = options,
        .state_size = sizeof(struct doorbell),
        .open = open_file,
        .deliver = ring,
        .close = close_file,
        .types = types,
    };
    return &bridge;
}
