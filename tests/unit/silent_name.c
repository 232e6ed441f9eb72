// libcurl's getaddrinfo is this one: the program's own comes before the C library's.
#include "silent_name.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int ends[2] = {-1, -1};
static atomic_int begun;

int getaddrinfo(const char *restrict name, const char *restrict service,
                const struct addrinfo *restrict wanted, struct addrinfo **restrict found)
{
    char byte;
    union {
        void *symbol;
        int (*call)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    } real = {.symbol = dlsym(RTLD_NEXT, "getaddrinfo")};
    if (!name || strcmp(name, SILENT_NAME) != 0)
        return real.call(name, service, wanted, found);
    *found = NULL;
    begun++;
    return read(ends[0], &byte, 1) < 0 ? EAI_SYSTEM : EAI_AGAIN;
}

void silent_begin(void)
{
    if (pipe(ends) != 0)
        _exit(1);
}

int silent_count(void)
{
    return begun;
}

void silent_end(void)
{
    close(ends[1]);
}
