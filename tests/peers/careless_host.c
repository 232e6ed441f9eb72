// A bridge host that is careless in the one way that CARELESS_HOST names, for tests/system/test_conformance.py: what an honest
// host keeps from every bridge, a bridge can only be seen to do in one that does not. The program is lienthon-bridge but for
// these functions, which the linker puts before ours (--wrap).
#include <stdlib.h>
#include <string.h>

#include "ruling.h"
#include "trial.h"

static bool is(const char *mode)
{
    const char *given = getenv("CARELESS_HOST");
    return given && strcmp(given, mode) == 0;
}

static bool overlooks(enum lt_code verdict)
{
    return is("replay") && verdict == LT_DONE_BEFORE;
}

// As what they stand for, so that the compiler tells when that becomes another.
__typeof__(ruling_of) __real_ruling_of, __wrap_ruling_of;

struct ruling __wrap_ruling_of(const struct lt_bridge_host *host, const struct target *target,
                               const struct lt_part *part, enum lt_code verdict, const char *text,
                               bool has_time)
{
    if (overlooks(verdict) || (is("drill") && (part->flags & LT_DRILL) && verdict == LT_DONE))
        return (struct ruling){.kind = RULING_GIVE, .obeyed = true};
    struct ruling ruling = __real_ruling_of(host, target, part, verdict, text, has_time);
    if (ruling.kind == RULING_REFUSE && is("forged"))
        ruling = (struct ruling){.kind = RULING_GIVE, .obeyed = true};
    return ruling;
}

__typeof__(lt_client_look) __real_lt_client_look, __wrap_lt_client_look;

enum lt_code __wrap_lt_client_look(lt_client *client, struct lt_slice sealed,
                                   struct lt_error *error)
{
    enum lt_code verdict = __real_lt_client_look(client, sealed, error);
    return overlooks(verdict) ? LT_DONE : verdict;
}

__typeof__(trial_deaths) __real_trial_deaths, __wrap_trial_deaths;

unsigned __wrap_trial_deaths(const char *folder, const char *name)
{
    return is("quarantine") ? 0 : __real_trial_deaths(folder, name);
}

__typeof__(lt_client_next) __real_lt_client_next, __wrap_lt_client_next;

// Deaf once it has lost its hub.
struct lt_event *__wrap_lt_client_next(lt_client *client, int64_t timeout_ms)
{
    static unsigned connections;
    struct lt_event *event = __real_lt_client_next(client, timeout_ms);
    while (event && is("reconnect")) {
        connections += event->kind == LT_EVENT_UP;
        if (connections < 2 || event->kind != LT_EVENT_MESSAGE)
            break;
        lt_event_destroy(&event);
        event = __real_lt_client_next(client, timeout_ms);
    }
    return event;
}

__typeof__(lt_options_parse) __real_lt_options_parse, __wrap_lt_options_parse;

enum lt_code __wrap_lt_options_parse(struct lt_slice text, const char *file_name,
                                     const struct lt_option_set *sets, size_t count,
                                     struct lt_error *error)
{
    enum lt_code code = __real_lt_options_parse(text, file_name, sets, count, error);
    return code != LT_DONE && is("config") ? lt_fail(error, code, "something is wrong") : code;
}
