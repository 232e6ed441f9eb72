// The hours of the loudspeakers, told by `lienthon up`.
#include "teller.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

enum {
    SETTLE_MS = 500,  // an editor writes more than once
    AGAIN_MS = 10000, // the hub was away
};

void teller_init(struct teller *teller, const struct cli *cli)
{
    struct child *child = &teller->child;
    child_init(child);
    child->name = cli_copy(lt_slice_of("hours"));
    child->words[0] = program_path("lienthon");
    child->words[1] = cli_copy(lt_slice_of("hours"));
    child->words[2] = cli_copy(lt_slice_of("--if-changed"));
    child->words[3] = cli_copy(lt_slice_of("-C"));
    child->words[4] = cli_copy(lt_slice_of(cli->folder));
    teller->identity = cli_path(cli, "identity.yaml");
    teller->due = 0;
    teller->watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (teller->watch >= 0 &&
        inotify_add_watch(teller->watch, cli->folder, IN_CLOSE_WRITE | IN_MOVED_TO) < 0) {
        close(teller->watch);
        teller->watch = -1;
    }
}

void teller_clear(struct teller *teller)
{
    child_signal(&teller->child, SIGTERM);
    child_clear(&teller->child);
    free(teller->identity);
    if (teller->watch >= 0) {
        close(teller->watch);
    }
    teller->identity = NULL;
    teller->watch = -1;
}

uint64_t teller_due(const struct teller *teller)
{
    return teller->child.pid == 0 ? teller->due : UINT64_MAX;
}

void teller_step(struct teller *teller)
{
    struct lt_error error = {0};
    if (teller_due(teller) > child_clock()) {
        return;
    }
    teller->due = UINT64_MAX;
    if (access(teller->identity, R_OK) == 0 && child_start(&teller->child, &error) != LT_DONE) {
        fprintf(stderr, "lienthon | %s\n", error.text);
        teller->due = child_clock() + AGAIN_MS;
    }
}

void teller_poll(const struct teller *teller, struct pollfd set[TELLER_POLLS])
{
    set[0] = (struct pollfd){.fd = teller->child.pipe, .events = POLLIN};
    set[1] = (struct pollfd){.fd = teller->child.pidfd, .events = POLLIN};
    set[2] = (struct pollfd){.fd = teller->watch, .events = POLLIN};
}

// What is wrong with the file or the grant does not pass by itself; a hub that is away comes back.
static void end(struct teller *teller)
{
    siginfo_t how = {0};
    const bool known = waitid(P_PID, (id_t)teller->child.pid, &how, WEXITED | WNOWAIT) == 0;
    child_ended(&teller->child, true);
    if (known && how.si_code == CLD_EXITED && how.si_status == CLI_TIMEOUT &&
        teller->due == UINT64_MAX) {
        teller->due = child_clock() + AGAIN_MS;
    }
}

static void look(struct teller *teller)
{
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t got = 0;
    while ((got = read(teller->watch, bytes, sizeof bytes)) > 0) {
        for (const char *at = bytes; at < bytes + got;) {
            const struct inotify_event *event = (const void *)at;
            if (event->len > 0 && strcmp(event->name, "commune.yaml") == 0) {
                teller->due = child_clock() + SETTLE_MS;
            }
            at += sizeof *event + event->len;
        }
    }
}

void teller_handle(struct teller *teller, const struct pollfd set[TELLER_POLLS])
{
    if (set[0].revents != 0) {
        child_listen(&teller->child);
    }
    if (set[1].revents != 0) {
        end(teller);
    }
    if (set[2].revents != 0) {
        look(teller);
    }
}
