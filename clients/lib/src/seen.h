// The judge's memory on disk: a snapshot, and a log of what has been judged since, so that kill -9 between acting
// and saving forgets nothing. The log holds the sealed messages themselves and is judged again at the start.
#ifndef LT_SEEN_H
#define LT_SEEN_H

#include <lienthon/judge.h>

struct seen;

// Brings the judge to where it was (its book first). LT_BAD_FILE, LT_IO, LT_NO_MEMORY. folder is lent.
enum lt_code seen_open(int folder, lt_judge *judge, struct seen **seen, struct lt_error *error);
// On stable storage when it returns LT_DONE. obeyed: it was acted on; else it was heard (a cancellation, a
// replacement, an approval, the time).
enum lt_code seen_add(struct seen *seen, bool obeyed, struct lt_slice sealed, uint64_t now,
                      struct lt_error *error);
// Only brings the judge to where it was; nothing is written. What the log ends with may be cut off: another is writing it.
enum lt_code seen_look(int folder, lt_judge *judge, struct lt_error *error);
void seen_close(struct seen **seen); // with a snapshot

#endif
