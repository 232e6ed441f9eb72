// A role as it is read: what stands in its file, blanks and all.
#ifndef LT_ROLE_H
#define LT_ROLE_H

#include <lienthon/settings/option.h>
#include <lienthon/settings/role.h>

struct role_entry { // of publish or subscribe
    struct lt_option_list topics, types;
    uint8_t max_priority, max_label;
    bool two_hands;
};

struct role_powers {
    struct role_entry *publish, *subscribe;
    size_t publish_count, subscribe_count;
    unsigned rights; // enum lt_right, or-ed
};

struct lt_role {
    char *id, *name, *description;
    uint64_t expires_days;
    struct role_powers powers;
    bool has_scope;
    struct lt_option_list scope_principals;
    struct role_powers scope;
    uint64_t scope_expires_days;
};

struct role_blank {
    const char *name, *value; // "<xa>", "an-thanh-1"; value NULL: there is none
};

// The text with each blank's value; yours. NULL: no memory, or one without a value (*missing names it).
char *role_substitute(const char *text, const struct role_blank *blanks, size_t count,
                      const char **missing);

#endif
