// The programmes of the loudspeakers, as commune.yaml has them here; the usual ones where there is no commune.yaml.
#ifndef CLI_PROGRAMMES_H
#define CLI_PROGRAMMES_H

#include <lienthon/bytes.h>
#include <lienthon/settings/hours.h>

#include "cli.h"

enum { PROGRAMME_NAME = 65, ALL_DAYS = 0xFE };

struct programme {
    char name[PROGRAMME_NAME];
    unsigned minute; // of the day, when it begins
    unsigned days;   // bits 1 (Monday) to 7
};

struct programmes {
    struct programme list[LT_HOURS_PROGRAMMES];
    size_t count;
    bool is_usual; // there is no commune.yaml here: a commune may have others
};

// Those of a hamlet, or of tat-ca.
void programmes_of(const struct cli *cli, const char *hamlet, struct programmes *programmes);
// NULL: it is not among them.
const struct programme *programmes_find(const struct programmes *programmes, struct lt_slice name);
// That which begins next; NULL: there are none.
const struct programme *programmes_next(const struct programmes *programmes, uint64_t now);
// "sang, chieu". Appends them.
void programmes_list(const struct programmes *programmes, struct lt_buffer *out);

#endif
