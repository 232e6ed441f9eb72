// lienthond: the hub of a commune. Arguments, the commune's folder, keys, and run.
#include <getopt.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bounds.h"
#include "broker.h"
#include "upkeep.h"

enum { STATUS_FAILED = 1, STATUS_USAGE = 2, MANY_SESSIONS = 1000 };

static const char usage[] =
    "lienthond: the hub of a commune\n"
    "\n"
    "usage: lienthond [-C DIR] [--check | --copy TO | --verify DATA | --renew DATA]\n"
    "\n"
    "  -C DIR      the commune's folder, made by `lienthon init DIR`\n"
    "              (else $LIENTHON_DIR, else the current folder)\n"
    "  --check     read commune.yaml and the keys, say what is wrong and how much memory the\n"
    "              limits need, and end\n"
    "  --copy TO   copy the store, whole and as it is now, into the folder TO; beside a running "
    "hub\n"
    "  --verify D  look through the store in the folder D, and print what is there\n"
    "  --renew D   the store in the folder D comes from a backup: it goes on as a new one\n"
    "              (these three are what `lienthon backup` and `restore` run)\n"
    "  --help      this\n"
    "  --version\n"
    "\n"
    "It serves until SIGTERM or SIGINT. Settings: the keys hub.* of commune.yaml.\n"
    "Exit status: 0 stopped as told, 1 failed (a line says why and what to do), 2 usage.\n"
    "\n"
    "example: lienthond -C /var/lib/lienthon\n";

struct arguments {
    const char *folder, *target; // target: what an upkeep is of
    int upkeep;                  // its letter; 0: none
    bool check, ends;
    int status;
};

static struct arguments read_arguments(int argc, char **argv)
{
    static const struct option options[] = {
        {"check", no_argument, NULL, 'c'},
        {"copy", required_argument, NULL, 'o'},
        {"verify", required_argument, NULL, 'y'},
        {"renew", required_argument, NULL, 'r'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    struct arguments arguments = {0};
    int option = 0;
    while ((option = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        arguments.ends |= option == 'h' || option == 'v' || option == '?';
        if (option == 'C') {
            arguments.folder = optarg;
        } else if (option == 'c') {
            arguments.check = true;
        } else if (option == 'o' || option == 'y' || option == 'r') {
            arguments.upkeep = option;
            arguments.target = optarg;
        } else if (option == 'h') {
            fputs(usage, stdout);
        } else if (option == 'v') {
            puts("lienthond " LT_VERSION_TEXT);
        } else {
            fputs(usage, stderr);
            arguments.status = STATUS_USAGE;
        }
    }
    if (!arguments.ends && optind < argc) {
        fputs(usage, stderr);
        arguments.ends = true;
        arguments.status = STATUS_USAGE;
    }
    return arguments;
}

// SIGTERM and SIGINT as a descriptor; blocked before any thread is there.
static int stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void begin_sockets(const struct lt_commune *commune)
{
    struct rlimit files = {0};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    zsys_handler_set(NULL);
    zsys_init();
    zsys_set_logstream(stderr);
    zsys_set_logident("lienthond");
    zsys_set_pipehwm(0);
    if (commune->hub.limits.sessions > MANY_SESSIONS)
        zsys_set_io_threads(2);
}

struct secrets {
    uint8_t seed[LT_SEED_SIZE], curve[LT_KEY_SIZE];
};

static enum lt_code load(const char *folder, struct lt_commune *commune, struct secrets *secrets,
                         struct lt_error *error)
{
    struct lt_identity identity = {0};
    enum lt_code code = lt_commune_load(folder, commune, error);
    if (code == LT_DONE)
        code = lt_identity_load(folder, commune->hub.principal, &identity, error);
    if (code == LT_DONE)
        code = lt_keys_load(folder, &identity, secrets->seed, secrets->curve, error);
    lt_identity_clear(&identity);
    return code;
}

static enum lt_code serve(const char *folder, const struct lt_commune *commune,
                          const struct secrets *secrets, int stop, struct lt_error *error)
{
    struct broker *broker = NULL;
    char *grants = NULL;
    enum lt_code code = lt_folder_path(folder, "grants.ltb", &grants, error);
    if (code != LT_DONE)
        return code;
    struct broker_settings settings = {
        .folder = folder,
        .commune = commune,
        .seed = secrets->seed,
        .curve_secret = secrets->curve,
        .grants = access(grants, F_OK) == 0 ? grants : NULL,
    };
    bool is_much = false;
    code = bounds_check(&commune->hub.limits, &is_much, error);
    begin_sockets(commune);
    if (code == LT_DONE)
        code = broker_new(&settings, &broker, error);
    if (code == LT_DONE)
        broker_run(broker, stop);
    broker_destroy(&broker);
    zsys_shutdown();
    free(grants);
    return code;
}

static int upkeep(const struct arguments *arguments)
{
    struct lt_error error = {0};
    char *folder = NULL;
    enum lt_code code = sodium_init() < 0
                            ? lt_fail(&error, LT_NO_MEMORY, "libsodium does not start")
                            : lt_folder_resolve(arguments->folder, &folder, &error);
    if (code == LT_DONE && arguments->upkeep == 'o')
        code = upkeep_copy(folder, arguments->target, &error);
    else if (code == LT_DONE && arguments->upkeep == 'y')
        code = upkeep_verify(arguments->target, &error);
    else if (code == LT_DONE)
        code = upkeep_renew(arguments->target, &error);
    if (code != LT_DONE)
        fprintf(stderr, "lienthond: %s\n", error.text);
    free(folder);
    return code == LT_DONE && fflush(stdout) == 0 ? 0 : STATUS_FAILED;
}

static enum lt_code check(const struct lt_commune *commune, struct lt_error *error)
{
    struct lt_buffer table = {.max = 16 * 1024};
    bool is_much = false;
    enum lt_code code = bounds_check(&commune->hub.limits, &is_much, error);
    if (bounds_table(&commune->hub.limits, &table))
        printf("%.*s", (int)table.size, (const char *)table.data);
    if (is_much)
        puts("that is more than this machine has: lower hub.limits");
    if (code == LT_DONE)
        puts("commune.yaml and the hub's keys are in order");
    lt_buffer_clear(&table);
    return code;
}

int main(int argc, char **argv)
{
    struct arguments arguments = read_arguments(argc, argv);
    struct lt_commune commune = {0};
    struct lt_error error = {0};
    char *folder = NULL;
    if (arguments.ends)
        return arguments.status;
    if (arguments.upkeep)
        return upkeep(&arguments);
    int stop = stop_signals();
    struct secrets *secrets = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *secrets);
    if (stop < 0 || !secrets) {
        fputs("lienthond: no memory, or no signals\n", stderr);
        return STATUS_FAILED;
    }
    enum lt_code code = lt_folder_resolve(arguments.folder, &folder, &error);
    if (code == LT_DONE)
        code = load(folder, &commune, secrets, &error);
    if (code == LT_DONE && !arguments.check)
        code = serve(folder, &commune, secrets, stop, &error);
    else if (code == LT_DONE)
        code = check(&commune, &error);
    if (code != LT_DONE)
        fprintf(stderr, "lienthond: %s\n", error.text);
    sodium_free(secrets);
    lt_commune_clear(&commune);
    free(folder);
    close(stop);
    return code == LT_DONE ? 0 : STATUS_FAILED;
}
