// Open files. The kernel gives the lowest number that is free: a high one says that few are left.
#include "descriptors.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"

enum { SPARE = 16 }; // for the hub's own: the store, a metrics page, a program that asks

void descriptors_begin(struct broker *broker)
{
    struct descriptors *descriptors = &broker->descriptors;
    struct rlimit files = {0};
    int next = dup(STDERR_FILENO);
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur > INT32_MAX)
        files.rlim_cur = INT32_MAX;
    descriptors->limit = (int)files.rlim_cur;
    if (next < 0)
        return;
    close(next);
    int64_t left = (int64_t)descriptors->limit - SPARE - next;
    if (left < broker->commune->hub.limits.sessions)
        log_warning("descriptors allow fewer connections than sessions",
                    LOG_NUMBER("connections", left > 0 ? left : 0),
                    LOG_NUMBER("sessions", broker->commune->hub.limits.sessions),
                    LOG_NUMBER("limit", descriptors->limit));
}

static void fell_short(struct broker *broker)
{
    struct descriptors *descriptors = &broker->descriptors;
    if (!descriptors->is_short)
        log_error("no descriptors left, new connections are refused",
                  LOG_NUMBER("limit", descriptors->limit));
    descriptors->is_short = descriptors->was_short = true;
}

bool descriptors_refuse(struct broker *broker, int fd)
{
    if (fd < broker->descriptors.limit - SPARE)
        return false;
    fell_short(broker);
    shutdown(fd, SHUT_RDWR);
    broker->counts.cut++;
    return true;
}

void descriptors_failed(struct broker *broker)
{
    fell_short(broker);
}

void descriptors_look(struct broker *broker)
{
    struct descriptors *descriptors = &broker->descriptors;
    if (descriptors->is_short && !descriptors->was_short) {
        log_info("descriptors are there again", LOG_NUMBER("limit", descriptors->limit));
        descriptors->is_short = false;
    }
    descriptors->was_short = false;
}
