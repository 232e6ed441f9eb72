// Functions of a stranger's that are called as some inside the libraries are. Were ours visible, the program would not link,
// or each would call the other's.
#include <stdio.h>
#include <stdlib.h>

static void called(const char *name)
{
    fprintf(stderr, "the library called the program's %s\n", name);
    abort();
}

#define CLASH(name)                                                                                \
    void name(void);                                                                               \
    void name(void)                                                                                \
    {                                                                                              \
        called(#name);                                                                             \
    }

CLASH(bind_decode)
CLASH(book_judge_grant)
CLASH(command_new)
CLASH(engine_run)
CLASH(event_new)
CLASH(frame_shape)
CLASH(inbox_hand)
CLASH(item_new)
CLASH(journal_append)
CLASH(json_pack_value)
CLASH(keeper_obey)
CLASH(link_open)
CLASH(map_put)
CLASH(merkle_root)
CLASH(outbox_add)
CLASH(session_send)
CLASH(subscription_new)
CLASH(sized_take)
