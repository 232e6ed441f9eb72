// The rooms of the corridor. A room is a function of the passage and of what it may read; it calls no
// other room and sends nothing. false: refused, by passage_refuse.
#ifndef LT_ROOMS_H
#define LT_ROOMS_H

#include <lienthon/book.h>
#include <lienthon/settings/folder.h>
#include <lienthon/type.h>

#include "corridor.h"
#include "passage.h"
#include "state/disk.h"
#include "state/due.h"
#include "state/memory.h"
#include "state/sessions.h"
#include "state/subscriptions.h"
#include "state/taken.h"

struct broker;
struct session;

// What came, from which connection: reads at most `limit` protocol messages from a door, serves the
// desks' ones and sends PUBLISH into the corridor. false: nothing is waiting. (17, 26, 29)
bool receive(struct broker *broker, enum door door, size_t limit);

bool decode(struct passage *passage, const struct lt_limits *limits);                  // 16, 17
bool authenticate(struct passage *passage, const lt_book *book, lt_seal_cache *seals); // 18, 19
// Which key is it to be checked under: false, and refused, when its sender is unknown. (19)
bool authenticate_key(struct passage *passage, const lt_book *book);
bool recall(struct passage *passage, const struct memory *memory); // 1, 34
bool validate(struct passage *passage, const lt_types *types, const struct lt_limits *limits,
              uint64_t now); // 22, 23, 24, 25, 33
// book: for a grant, the group's own, which takes it. others: what it replaces. (20, 21)
bool authorise(struct passage *passage, lt_book *book, uint64_t now);
// Is there room for it on the disk. (32)
bool store_has_room(struct passage *passage, const struct disk *disk);
// Into the group. (32 is said when the group comes back)
bool store_message(struct passage *passage, const struct lt_commune *commune,
                   const struct taken *taken, struct corridor_group *group, uint64_t now);
// Targets, roster, due row.
bool route(struct passage *passage, struct subscriptions *subscriptions, const lt_book *book,
           struct corridor_group *group, uint64_t now);
// What may go out to the sessions that are ready.
void deliver(struct broker *broker);
// A verdict for its answer.
void receipt(struct broker *broker, struct passage *passage);

#endif
