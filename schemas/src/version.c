// The version of the library that runs.
#include "lienthon/version.h"

const char *lt_version(void)
{
    return LIENTHON_VERSION;
}
