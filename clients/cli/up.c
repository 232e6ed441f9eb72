// `lienthon up`: the hub and the bridges in the foreground, started again when they fall, stopped together.
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <dirent.h>

#include "child.h"
#include "program.h"
#include "teller.h"

enum {
    BRIDGES_MAX = 256,
    BRIDGES_STOP_MS = 5000, // then they are killed, and the hub is stopped
    HUB_STOP_MS = 4000,
};

enum phase { RUNNING, STOPPING_BRIDGES, STOPPING_HUB };

struct house {
    struct child children[BRIDGES_MAX + 1]; // the hub is the first
    size_t count;
    struct teller teller;
    int signals;
    enum phase phase;
    uint64_t deadline; // of the phase; when it is over, what is left is killed
    bool killed, as_json;
};

static void add_child(struct house *house, const char *name, const char *program, const char *word,
                      const char *folder)
{
    struct child *child = &house->children[house->count++];
    child_init(child);
    child->as_json = house->as_json;
    child->name = cli_copy(lt_slice_of(name));
    size_t count = 0;
    child->words[count++] = program_path(program);
    if (word != NULL) {
        child->words[count++] = cli_copy(lt_slice_of(word));
    }
    child->words[count++] = cli_copy(lt_slice_of("-C"));
    child->words[count] = cli_copy(lt_slice_of(folder));
}

static int is_bridge_file(const struct dirent *entry)
{
    const size_t size = strlen(entry->d_name);
    return size > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static enum lt_code add_bridges(struct house *house, struct cli *cli)
{
    char *path = cli_path(cli, "bridges");
    struct dirent **entries = NULL;
    const int count = scandir(path, &entries, is_bridge_file, alphasort);
    if (count > BRIDGES_MAX) {
        lt_fail(&cli->error, LT_TOO_LARGE, "%s has %d bridges; one `lienthon up` runs at most %d",
                path, count, BRIDGES_MAX);
    }
    for (int i = 0; i < count; i++) {
        if (count <= BRIDGES_MAX) {
            entries[i]->d_name[strlen(entries[i]->d_name) - 5] = '\0';
            add_child(house, entries[i]->d_name, "lienthon-bridge", entries[i]->d_name,
                      cli->folder);
        }
        free(entries[i]);
    }
    free(entries);
    free(path);
    return cli->error.code;
}

static enum lt_code catch_signals(struct house *house, struct lt_error *error)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    house->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return house->signals >= 0
               ? LT_DONE
               : lt_fail(error, LT_IO, "signals cannot be caught: %s", strerror(errno));
}

static bool is_hub(const struct house *house, const struct child *child)
{
    return child == &house->children[0];
}

static bool bridges_run(const struct house *house)
{
    for (size_t i = 1; i < house->count; i++) {
        if (house->children[i].pid > 0) {
            return true;
        }
    }
    return false;
}

static void signal_phase(const struct house *house, int signal_number)
{
    for (size_t i = 0; i < house->count; i++) {
        if (is_hub(house, &house->children[i]) == (house->phase == STOPPING_HUB)) {
            child_signal(&house->children[i], signal_number);
        }
    }
}

// Goes on to what is to be done next: start what is due, or take the next step of stopping.
static void step(struct house *house)
{
    const uint64_t now = child_clock();
    if (house->phase == STOPPING_BRIDGES && !bridges_run(house)) {
        house->phase = STOPPING_HUB;
        house->deadline = now + HUB_STOP_MS;
        house->killed = false;
        signal_phase(house, SIGTERM);
    }
    if (house->phase != RUNNING) {
        if (now >= house->deadline && !house->killed) {
            fputs("lienthon | what does not stop is killed\n", stderr);
            house->killed = true;
            signal_phase(house, SIGKILL);
        }
        return;
    }
    for (size_t i = 0; i < house->count; i++) {
        struct child *child = &house->children[i];
        struct lt_error error = {0};
        if (child->pid == 0 && child->due <= now && child_start(child, &error) != LT_DONE) {
            fprintf(stderr, "lienthon | %s\n", error.text);
            child->due = now + 1000;
        }
    }
    teller_step(&house->teller);
}

static void on_signal(struct house *house)
{
    struct signalfd_siginfo info;
    while (read(house->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (house->phase == RUNNING) {
            fprintf(stderr, "lienthon | stopping signal=%u\n", info.ssi_signo);
            house->phase = STOPPING_BRIDGES;
            house->deadline = child_clock() + BRIDGES_STOP_MS;
            signal_phase(house, SIGTERM);
        } else {
            house->deadline = child_clock(); // a second Ctrl-C: no more waiting
        }
    }
}

// -1: nothing is due; else ms until something is.
static int time_to_wait(const struct house *house)
{
    const uint64_t now = child_clock();
    uint64_t next = UINT64_MAX;
    if (house->phase != RUNNING) {
        next = house->killed ? UINT64_MAX : house->deadline;
    } else {
        for (size_t i = 0; i < house->count; i++) {
            const struct child *child = &house->children[i];
            if (child->pid == 0 && child->due < next) {
                next = child->due;
            }
        }
        const uint64_t told = teller_due(&house->teller);
        next = told < next ? told : next;
    }
    if (next == UINT64_MAX) {
        return -1;
    }
    return next > now ? (int)(next - now) : 0;
}

static void wait_and_handle(struct house *house)
{
    struct pollfd set[1 + 2 * (BRIDGES_MAX + 1) + TELLER_POLLS];
    const size_t all = 1 + 2 * house->count;
    set[0] = (struct pollfd){.fd = house->signals, .events = POLLIN};
    for (size_t i = 0; i < house->count; i++) { // poll passes over descriptors below 0
        set[1 + 2 * i] = (struct pollfd){.fd = house->children[i].pipe, .events = POLLIN};
        set[2 + 2 * i] = (struct pollfd){.fd = house->children[i].pidfd, .events = POLLIN};
    }
    teller_poll(&house->teller, &set[all]);
    if (poll(set, all + TELLER_POLLS, time_to_wait(house)) <= 0) {
        return;
    }
    for (size_t i = 0; i < house->count; i++) {
        struct child *child = &house->children[i];
        if (set[1 + 2 * i].revents != 0) {
            child_listen(child);
        }
        if (set[2 + 2 * i].revents != 0) {
            child_ended(child, house->phase != RUNNING);
        }
    }
    teller_handle(&house->teller, &set[all]);
    if (set[0].revents != 0) {
        on_signal(house);
    }
}

static void live(struct house *house)
{
    step(house);
    while (house->phase != STOPPING_HUB || house->children[0].pid > 0) {
        wait_and_handle(house);
        step(house);
    }
}

int cli_up(struct cli *cli)
{
    if (cli->arguments.word_count == 1 &&
        cli_resolve(cli, cli->arguments.words[0], cli->command->makes_folder) != LT_DONE) {
        return cli_failed(cli);
    }
    struct lt_commune commune = {0};
    if (lt_commune_load(cli->folder, &commune, &cli->error) != LT_DONE) {
        return cli_failed(cli);
    }
    struct house *house = cli_alloc(sizeof *house);
    house->signals = -1;
    house->as_json = cli->json;
    teller_init(&house->teller, cli);
    add_child(house, commune.hub.principal, "lienthond", NULL, cli->folder);
    if (add_bridges(house, cli) == LT_DONE && catch_signals(house, &cli->error) == LT_DONE) {
        fprintf(stderr, "lienthon | %s: hub and bridges=%zu; Ctrl-C stops them\n", commune.name,
                house->count - 1);
        live(house);
    }
    for (size_t i = 0; i < house->count; i++) {
        child_clear(&house->children[i]);
    }
    teller_clear(&house->teller);
    if (house->signals >= 0) {
        close(house->signals);
    }
    free(house);
    lt_commune_clear(&commune);
    return cli->error.code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
