// The role files as they were at build time; role_files.c is generated.
#ifndef LT_ROLE_FILES_H
#define LT_ROLE_FILES_H

#include <lienthon/settings/role.h>

extern const struct lt_role_file role_files[];
extern const size_t role_file_count;

#endif
