// lienthon-bridge with a clock that a test sets: the system's and as many milliseconds more as the file says that LT_CLOCK names.
// It is what every room of ours asks for the time (czmq's zclock_time), and stands before the library's.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <czmq.h>

int64_t zclock_time(void)
{
    struct timespec now;
    int64_t shift = 0;
    const char *path = getenv("LT_CLOCK");
    FILE *file = path ? fopen(path, "r") : NULL;
    clock_gettime(CLOCK_REALTIME, &now);
    if (file) {
        if (fscanf(file, "%" SCNd64, &shift) != 1)
            shift = 0;
        fclose(file);
    }
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + shift;
}
