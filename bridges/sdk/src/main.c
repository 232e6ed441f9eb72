// lienthon-bridge: runs one bridge instance of a commune's folder until it is told to stop.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "host.h"
#include "log.h"
#include "module.h"
#include "quarantined.h"
#include "rehearsal.h"
#include "reload.h"
#include "shown.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, SAMPLE_MAX = 256 * 1024 };

static const char help[] =
    "lienthon-bridge NAME [-C DIR] [--check | --dry-run [--message WHAT]]\n"
    "                                          run the bridge of DIR/bridges/NAME.yaml\n"
    "lienthon-bridge NAME --show [--json]      its options: what is allowed, what is in force, "
    "where "
    "it stands\n"
    "lienthon-bridge NAME --explain MESSAGE [--json]\n"
    "                                          why a message would or would not reach it: an id, "
    "or "
    "a file\n"
    "lienthon-bridge NAME --reload             the running instance reads its file again; a wrong "
    "one changes nothing\n"
    "lienthon-bridge NAME --quarantine [list | show ID | release ID | done ID] [--json]\n"
    "                                          what was set aside; try it again, or say that it "
    "happened\n"
    "lienthon-bridge --list [--json]           which bridges are installed, and what they are\n"
    "lienthon-bridge --sample BRIDGE           a commented NAME.yaml for one\n"
    "\n"
    "  -C DIR       the folder; else LIENTHON_DIR, else the current one. Paths in NAME.yaml are "
    "relative to it\n"
    "  --check      read everything, connect to nothing: is the configuration right?\n"
    "  --dry-run    say for each message that comes what would be sent where, and do nothing: "
    "nothing is\n"
    "               acknowledged, published or kept, and the running bridge is not disturbed\n"
    "  --message WHAT   with --dry-run, of one message: its id, or a file: as JSON (taken for "
    "genuine, no\n"
    "               hub is asked) or a bundle of sealed messages\n"
    "\n"
    "Where bridges are: ../lib/lienthon/bridges beside the program, or LIENTHON_BRIDGES.\n"
    "Exit status: 0 done or stopped by SIGTERM or SIGINT, 1 it failed (the last line says why), 2 "
    "usage.\n"
    "\n"
    "Example: lienthon-bridge --sample speaker > commune/bridges/loa.an-thuong.01.yaml\n"
    "         lienthon-bridge loa.an-thuong.01 -C commune\n";

struct arguments {
    const char *name, *folder, *sample, *message;
    char *const *words; // behind NAME
    size_t word_count;
    bool check, list, dry_run, json, quarantine, show, explain, reload;
};

static int fail(const struct lt_error *error)
{
    fprintf(stderr, "lienthon-bridge: %s\n", error->text);
    return EXIT_FAILED;
}

// The words behind the options, and what goes with what. EXIT_DONE: go on.
static int read_words(int argc, char **argv, struct arguments *arguments)
{
    arguments->name = optind < argc ? argv[optind] : NULL;
    if (arguments->quarantine && optind + 1 < argc) {
        arguments->words = argv + optind + 1;
        arguments->word_count = (size_t)(argc - optind - 1);
        argc = optind + 1;
    }
    if (arguments->explain && optind + 2 == argc) {
        arguments->message = argv[optind + 1];
        argc = optind + 1;
    }
    if (optind + 1 < argc || (!arguments->name && !arguments->list && !arguments->sample)) {
        fputs("lienthon-bridge: give one NAME, the file bridges/NAME.yaml; try --help\n", stderr);
        return EXIT_USAGE;
    }
    if (arguments->json && !arguments->list && !arguments->quarantine && !arguments->show &&
        !arguments->explain && !arguments->reload) {
        fputs("lienthon-bridge: --json goes with --list, --show, --explain, --reload and "
              "--quarantine; try --help\n",
              stderr);
        return EXIT_USAGE;
    }
    if (arguments->explain && !arguments->message) {
        fputs("lienthon-bridge: --explain needs the id of a message, or a file; try --help\n",
              stderr);
        return EXIT_USAGE;
    }
    if ((arguments->message && !arguments->dry_run && !arguments->explain) ||
        (arguments->check && arguments->dry_run)) {
        fputs("lienthon-bridge: --message goes with --dry-run, and --check alone; try --help\n",
              stderr);
        return EXIT_USAGE;
    }
    return EXIT_DONE;
}

// EXIT_DONE: go on. -1: all is done.
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"check", no_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"dry-run", no_argument, NULL, 'n'},
                                            {"message", required_argument, NULL, 'm'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"sample", required_argument, NULL, 's'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"quarantine", no_argument, NULL, 'q'},
                                            {"show", no_argument, NULL, 'o'},
                                            {"explain", no_argument, NULL, 'e'},
                                            {"reload", no_argument, NULL, 'r'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "C:h", options, NULL)) != -1) {
        switch (option) {
        case 'C':
            arguments->folder = optarg;
            break;
        case 'c':
            arguments->check = true;
            break;
        case 'n':
            arguments->dry_run = true;
            break;
        case 'm':
            arguments->message = optarg;
            break;
        case 'j':
            arguments->json = true;
            break;
        case 'q':
            arguments->quarantine = true;
            break;
        case 'o':
            arguments->show = true;
            break;
        case 'e':
            arguments->explain = true;
            break;
        case 'r':
            arguments->reload = true;
            break;
        case 'l':
            arguments->list = true;
            break;
        case 's':
            arguments->sample = optarg;
            break;
        case 'h':
            fputs(help, stdout);
            return -1;
        case 'v':
            printf("lienthon-bridge %s\n", LT_PROJECT_VERSION);
            return -1;
        default:
            fputs("lienthon-bridge: try --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    return read_words(argc, argv, arguments);
}

static int list(const struct arguments *arguments)
{
    struct lt_error error = {0};
    struct lt_buffer text = {.max = SAMPLE_MAX};
    if (arguments->list && arguments->json) {
        module_list_json(&text);
    } else if (arguments->list) {
        module_list(&text);
    } else if (instance_sample(arguments->sample, &text, &error) != LT_DONE) {
        lt_buffer_clear(&text);
        return fail(&error);
    }
    printf("%.*s", (int)text.size, (const char *)text.data);
    lt_buffer_clear(&text);
    return EXIT_DONE;
}

// Names of files and hours are the commune's, whatever the machine's own zone.
static void use_timezone(const struct instance *instance)
{
    if (instance->identity.timezone)
        setenv("TZ", instance->identity.timezone, 1);
    tzset();
}

// What is said of an instance that is not run by this process. false: nothing was asked.
static bool say(const struct arguments *arguments, struct instance *instance, enum lt_code *code,
                struct lt_error *error)
{
    if (arguments->quarantine)
        *code =
            quarantined(instance, arguments->words, arguments->word_count, arguments->json, error);
    else if (arguments->show)
        *code = shown(instance, arguments->json, error);
    else if (arguments->reload)
        *code = reload_ask(instance, error);
    else
        return false;
    if (arguments->reload && *code == LT_DONE)
        puts(arguments->json ? "{\"reloaded\":true}" : "its file is read again");
    instance_clear(instance);
    return true;
}

// By its file as it is now; where that cannot be opened, by what it said before (the file's words in `former`).
static enum lt_code open_anew(const struct arguments *arguments, const char *folder,
                              struct lt_buffer *former, struct lt_bridge_host **host,
                              struct lt_error *wrong, struct lt_error *error)
{
    struct instance instance = {0};
    enum lt_code code = instance_load(folder, arguments->name, &instance, wrong);
    if (code == LT_DONE) {
        use_timezone(&instance);
        code = host_new(&instance, host, wrong);
    }
    if (code == LT_DONE)
        return LT_DONE;
    log_line(LOG_ERROR_LINE, "it cannot be opened by its file, it goes on as it was why=%s",
             wrong->text);
    code = instance_load_text(folder, arguments->name, lt_buffer_slice(former), &instance, error);
    if (code == LT_DONE)
        use_timezone(&instance);
    return code == LT_DONE ? host_new(&instance, host, error) : code;
}

// Until it is told to stop; each time that it is told to read its file again, a new life of the bridge.
static enum lt_code serve(const struct arguments *arguments, const char *folder,
                          struct instance *instance, struct lt_error *error)
{
    struct lt_bridge_host *host = NULL;
    struct lt_error wrong = {0};
    uint64_t reloads = 0;
    bool anew = true;
    enum lt_code code = host_new(instance, &host, error);
    while (code == LT_DONE && anew) {
        reload_begins(host, reloads, wrong.code == LT_DONE ? NULL : wrong.text);
        code = host_run(host, error);
        anew = host->begins_anew;
        if (code != LT_DONE || !anew)
            break;
        struct lt_buffer former = host->instance.text;
        host->instance.text = (struct lt_buffer){0};
        reloads = host->reloads;
        wrong = (struct lt_error){0};
        host_destroy(&host);
        code = open_anew(arguments, folder, &former, &host, &wrong, error);
        lt_buffer_clear(&former);
    }
    host_destroy(&host);
    return code;
}

static int run(const struct arguments *arguments, const char *folder, const char *message)
{
    struct lt_error error = {0};
    struct instance instance = {0};
    if (chdir(folder) != 0) {
        lt_fail(&error, LT_IO, "cannot enter %s: %s", folder, strerror(errno));
        return fail(&error);
    }
    enum lt_code code = instance_load(folder, arguments->name, &instance, &error);
    if (code == LT_DONE && arguments->check) {
        printf("bridges/%s.yaml is right: bridge=%s identity=%s hub=%s\n", arguments->name,
               instance.bridge->name, instance.identity.principal, instance.identity.hub);
        instance_clear(&instance);
        return EXIT_DONE;
    }
    if (code == LT_DONE && say(arguments, &instance, &code, &error)) {
        return code == LT_DONE      ? EXIT_DONE
               : code == LT_BAD_USE ? (fail(&error), EXIT_USAGE)
                                    : fail(&error);
    }
    if (code == LT_DONE)
        use_timezone(&instance);
    if (code == LT_DONE && (arguments->dry_run || arguments->explain))
        code = rehearse(&instance, message, arguments->json, arguments->explain, &error);
    else if (code == LT_DONE)
        code = serve(arguments, folder, &instance, &error);
    return code == LT_DONE ? EXIT_DONE : fail(&error);
}

int main(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct lt_error error = {0};
    sigset_t stops;
    signal(SIGPIPE, SIG_IGN); // a program that is asked what it is may end without having listened
    int status = read_arguments(argc, argv, &arguments);
    if (status != EXIT_DONE)
        return status < 0 ? EXIT_DONE : status;
    if (arguments.list || arguments.sample)
        return list(&arguments);
    // Before any thread: the client's engine must not take the signals that the loop waits for.
    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGHUP);
    sigprocmask(SIG_BLOCK, &stops, NULL);
    if (sodium_init() < 0) {
        fputs("lienthon-bridge: the cryptographic library does not start\n", stderr);
        return EXIT_FAILED;
    }
    log_begin(arguments.name);
    char *folder = NULL;
    if (lt_folder_resolve(arguments.folder, &folder, &error) != LT_DONE)
        return fail(&error);
    // Where the caller stands, not where the instance lies.
    char *file = arguments.message ? realpath(arguments.message, NULL) : NULL;
    status = run(&arguments, folder, file ? file : arguments.message);
    free(file);
    free(folder);
    return status;
}
