// lienthon-bridge-test: tries a bridge, without an account anywhere and without a hub.
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include "report.h"
#include "suite.h"

enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, ONLY_MAX = 64, STEPS_DEFAULT = 60 };

static const char help[] =
    "lienthon-bridge-test NAME [--only CHECK]... [--far FILE] [--json]\n"
    "                          try the bridge NAME: a check a line, held, FAILED or not seen\n"
    "lienthon-bridge-test --list [--json]\n"
    "                          which checks there are, and what each shows\n"
    "\n"
    "  --only CHECK   only this one; may be given again\n"
    "  --far FILE     what its far side is; else NAME.conformance.yaml or conformance.yaml where "
    "the\n"
    "                 bridges are, if there is one\n"
    "  --steps N      at most so many kills, evenly over the steps of a delivery [60]\n"
    "  --host FILE    the host that runs it; else lienthon-bridge beside this program\n"
    "  -C DIR         as lienthon passes it: nothing is read or written there\n"
    "  --keep         leave the folder of the run, and say where it is\n"
    "  --json         all as JSON\n"
    "\n"
    "It makes a commune for each check, is its hub itself, and stops what it has started, also "
    "after\n"
    "Ctrl-C. Where bridges are: ../lib/lienthon/bridges beside the program, or LIENTHON_BRIDGES.\n"
    "Exit status: 0 nothing failed, 1 something did, or it could not be tried, 2 usage.\n"
    "\n"
    "Example: lienthon-bridge-test filedrop\n"
    "         LIENTHON_BRIDGES=. lienthon-bridge-test kho --only kill --only disk\n";

struct arguments {
    const char *bridge, *far, *host, *only[ONLY_MAX];
    size_t only_count;
    int64_t steps;
    bool json, list, keep;
};

struct places {
    char host[PATH_MAX], preload[PATH_MAX], bridges[PATH_MAX], far[PATH_MAX], file[PATH_MAX];
    char run[PATH_MAX]; // the folder of the run
};

static int fail(const char *text)
{
    fprintf(stderr, "lienthon-bridge-test: %s\n", text);
    return EXIT_FAILED;
}

static bool is_check(const char *name)
{
    const struct check *check = checks;
    while (check->name && strcmp(check->name, name) != 0)
        check++;
    return check->name != NULL;
}

static int add_only(struct arguments *arguments, const char *name)
{
    if (!is_check(name) || arguments->only_count == ONLY_MAX) {
        fprintf(stderr, "lienthon-bridge-test: '%s' is no check; --list names them\n", name);
        return EXIT_USAGE;
    }
    arguments->only[arguments->only_count++] = name;
    return EXIT_PASSED;
}

static int take_option(struct arguments *arguments, int option)
{
    char *end;
    switch (option) {
    case 'o':
        return add_only(arguments, optarg);
    case 'f':
        arguments->far = optarg;
        break;
    case 'H':
        arguments->host = optarg;
        break;
    case 's':
        arguments->steps = strtol(optarg, &end, 10);
        if (*end || arguments->steps < 1 || arguments->steps > 100000) {
            fputs("lienthon-bridge-test: --steps is a number from 1 to 100000\n", stderr);
            return EXIT_USAGE;
        }
        break;
    case 'C': // a commune of its own is made
        break;
    case 'k':
        arguments->keep = true;
        break;
    case 'j':
        arguments->json = true;
        break;
    case 'l':
        arguments->list = true;
        break;
    case 'h':
        fputs(help, stdout);
        return -1;
    case 'v':
        printf("lienthon-bridge-test %s\n", LT_PROJECT_VERSION);
        return -1;
    default:
        fputs("lienthon-bridge-test: try --help\n", stderr);
        return EXIT_USAGE;
    }
    return EXIT_PASSED;
}

// EXIT_PASSED: go on. -1: all is done.
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {
        {"only", required_argument, NULL, 'o'}, {"far", required_argument, NULL, 'f'},
        {"host", required_argument, NULL, 'H'}, {"steps", required_argument, NULL, 's'},
        {"keep", no_argument, NULL, 'k'},       {"json", no_argument, NULL, 'j'},
        {"list", no_argument, NULL, 'l'},       {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},    {NULL, 0, NULL, 0}};
    int option, status = EXIT_PASSED;
    arguments->steps = STEPS_DEFAULT;
    while (status == EXIT_PASSED && (option = getopt_long(argc, argv, "C:h", options, NULL)) != -1)
        status = take_option(arguments, option);
    if (status != EXIT_PASSED)
        return status;
    arguments->bridge = optind < argc ? argv[optind] : NULL;
    if (optind + 1 < argc || (!arguments->bridge && !arguments->list)) {
        fputs("lienthon-bridge-test: give one NAME, of a bridge as lienthon-bridge --list has it; "
              "try "
              "--help\n",
              stderr);
        return EXIT_USAGE;
    }
    return EXIT_PASSED;
}

static bool join(char out[PATH_MAX], const char *folder, const char *name, const char *ending)
{
    return snprintf(out, PATH_MAX, "%s/%s%s", folder, name, ending) < PATH_MAX;
}

static bool find_programs(const struct arguments *arguments, struct places *places)
{
    char own[PATH_MAX];
    const char *given = getenv("LIENTHON_BRIDGES");
    ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
    own[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(own, '/');
    if (!slash)
        return false;
    *slash = '\0';
    // Absolute: they are used from other folders.
    char *bridges = realpath(given && *given ? given : "", NULL);
    char *host = arguments->host ? realpath(arguments->host, NULL) : NULL;
    bool whole = join(places->preload, own, "../lib/lienthon/lienthon-steps", ".so") &&
                 (bridges ? snprintf(places->bridges, PATH_MAX, "%s", bridges) < PATH_MAX
                          : join(places->bridges, own, "../lib/lienthon/bridges", "")) &&
                 (host ? snprintf(places->host, PATH_MAX, "%s", host) < PATH_MAX
                       : join(places->host, own, "lienthon-bridge", ""));
    if (whole && bridges)
        whole = setenv("LIENTHON_BRIDGES", places->bridges, 1) == 0;
    free(bridges);
    free(host);
    return whole;
}

// The bridge itself, and what is said of its far side; the latter may be missing.
static bool find_bridge(const struct arguments *arguments, struct places *places)
{
    const char *name = arguments->bridge;
    if (!join(places->file, places->bridges, name, ".so") ||
        (access(places->file, R_OK) != 0 && !join(places->file, places->bridges, name, "")))
        return false;
    if (arguments->far)
        return snprintf(places->far, PATH_MAX, "%s", arguments->far) < PATH_MAX;
    if (!join(places->far, places->bridges, name, ".conformance.yaml"))
        return false;
    if (access(places->far, R_OK) != 0 &&
        (!join(places->far, places->bridges, "conformance", ".yaml") ||
         access(places->far, R_OK) != 0))
        places->far[0] = '\0';
    return true;
}

static bool is_wanted(const struct arguments *arguments, const struct check *check)
{
    for (size_t i = 0; i < arguments->only_count; i++)
        if (strcmp(arguments->only[i], check->name) == 0)
            return true;
    return arguments->only_count == 0;
}

static bool run_checks(const struct arguments *arguments, const struct settings *settings,
                       struct far *far, struct report *report)
{
    struct suite *suite = calloc(1, sizeof *suite);
    bool interrupted = !suite;
    for (const struct check *check = checks; !interrupted && check->name; check++) {
        if (!is_wanted(arguments, check))
            continue;
        *suite = (struct suite){.settings = settings, .far = far};
        int64_t begun = zclock_mono();
        if (suite_set_up(suite, check->name))
            check->run(suite);
        suite_clear(suite);
        interrupted = suite->interrupted;
        if (!interrupted)
            report_check(report, check, suite, zclock_mono() - begun);
    }
    free(suite);
    return !interrupted;
}

static int try_bridge(const struct arguments *arguments, struct places *places,
                      const struct settings *settings)
{
    struct far far = {.life.pidfd = -1, .bringer.pidfd = -1};
    struct report report = {0};
    struct lt_error error = {0};
    int status = EXIT_FAILED;
    if (far_load(places->far[0] ? places->far : NULL, &far, &error) != LT_DONE ||
        report_begin(&report, arguments->json, &error) != LT_DONE) {
        fail(error.text);
    } else if (!run_checks(arguments, settings, &far, &report)) {
        fail("interrupted; what it had started is stopped");
    } else {
        report_end(&report, arguments->bridge, far.settings.version, places->file,
                   arguments->only_count == 0);
        status = report.counts[VERDICT_FAILED] ? EXIT_FAILED : EXIT_PASSED;
    }
    report_clear(&report);
    far_clear(&far);
    return status;
}

static int wait_for_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool make_folder(struct places *places)
{
    const char *below = getenv("TMPDIR");
    char name[PATH_MAX];
    if (!join(name, below && *below ? below : "/tmp", "lienthon-test-XXXXXX", "") || !mkdtemp(name))
        return false;
    char *real = realpath(name, NULL);
    bool whole = real && snprintf(places->run, PATH_MAX, "%s", real) < PATH_MAX;
    free(real);
    return whole;
}

int main(int argc, char **argv)
{
    static struct arguments arguments;
    static struct places places;
    int status = read_arguments(argc, argv, &arguments);
    if (status != EXIT_PASSED)
        return status < 0 ? EXIT_PASSED : status;
    if (arguments.list) {
        report_list(arguments.json);
        return EXIT_PASSED;
    }
    if (!find_programs(&arguments, &places) || !find_bridge(&arguments, &places))
        return fail("a path is too long");
    if (access(places.file, R_OK) != 0) {
        fprintf(stderr, "lienthon-bridge-test: there is no bridge '%s' in %s\n", arguments.bridge,
                places.bridges);
        return EXIT_FAILED;
    }
    if (access(places.preload, R_OK) != 0) {
        fprintf(stderr, "lienthon-bridge-test: %s is missing: it belongs to this program\n",
                places.preload);
        return EXIT_FAILED;
    }
    int signals = wait_for_signals();
    zsys_handler_set(NULL);
    if (sodium_init() < 0 || signals < 0)
        return fail("the cryptographic library or the signals do not start");
    if (!make_folder(&places))
        return fail("no temporary folder can be made");
    const struct settings settings = {.bridge = arguments.bridge,
                                      .host = places.host,
                                      .preload = places.preload,
                                      .folder = places.run,
                                      .steps = arguments.steps,
                                      .signals = signals};
    status = try_bridge(&arguments, &places, &settings);
    if (arguments.keep)
        fprintf(stderr, "lienthon-bridge-test: the run lies in %s\n", places.run);
    else
        suite_remove(places.run);
    close(signals);
    return status;
}
