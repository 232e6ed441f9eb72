// A receiver's own judgement (wire.md section 4, "A receiver judges for itself"): obey, wait, or why not.
#ifndef LIENTHON_JUDGE_H
#define LIENTHON_JUDGE_H

#include "book.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_judge lt_judge; // one thread at a time; owns nothing of the book it is lent

// remember: at most so many ids, cancellations and approvals are kept (the oldest go first, never younger than they must).
lt_judge *lt_judge_new(lt_book *book, size_t remember); // NULL: no memory
void lt_judge_destroy(lt_judge **judge);

// LT_DONE obey (and it is remembered as seen) · LT_DONE_BEFORE · LT_NOT_DUE · LT_CANCELLED · LT_ONE_HAND · or the refusal.
// A grant is learned into the book; a cancellation, a replacement and an approval are remembered, and are themselves LT_DONE.
// When LT_NOT_DUE or LT_ONE_HAND was said, ask again later with the same bytes.
enum lt_code lt_judge_message(lt_judge *judge, const struct lt_sealed *sealed, uint64_t now,
                              struct lt_error *error);
// The same without remembering it as seen: to look before one acts (then lt_judge_message when acting).
enum lt_code lt_judge_look(lt_judge *judge, const struct lt_sealed *sealed, uint64_t now,
                           struct lt_error *error);
// What an earlier life judged comes from its own log: its effects are taken as they were then, whatever the grants have
// become since. obeyed: it was remembered as seen.
enum lt_code lt_judge_recall(lt_judge *judge, const struct lt_sealed *sealed, uint64_t then,
                             bool obeyed, struct lt_error *error);
// What has been remembered, to survive a restart: appended to out / taken back. LT_BAD_FILE if it is not whole.
enum lt_code lt_judge_save(const lt_judge *judge, struct lt_buffer *out);
enum lt_code lt_judge_load(lt_judge *judge, struct lt_slice saved, struct lt_error *error);

// Sealed time: the highest heard, 0 before the first. lt_judge_message takes it from `time.v1` on `$lt/time`.
uint64_t lt_judge_time(const lt_judge *judge);

#ifdef __cplusplus
}
#endif
#endif
