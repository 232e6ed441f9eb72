// The book of grants: which are in force, from the set that one has and the pinned root key
// (wire.md section 4, "In force"). The hub's, a bridge's and a stranger's are the same.
#ifndef LIENTHON_BOOK_H
#define LIENTHON_BOOK_H

#include "grant.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_book lt_book; // one thread at a time

lt_book *lt_book_new(const uint8_t root[LT_KEY_SIZE]); // NULL: no memory
lt_book *lt_book_copy(const lt_book *book);            // NULL: no memory
void lt_book_destroy(lt_book **book);
const uint8_t *lt_book_root(const lt_book *book);

// The hub's way: takes the grant only if it is then in force or is a revocation that counts. LT_DONE (also when
// it is there already), or 18, 19, 20, 21, 22, 31 as the vectors have it. A refused grant changes nothing.
enum lt_code lt_book_take(lt_book *book, struct lt_slice sealed, struct lt_error *error);
// A receiver's way: keeps whatever may come to count, whatever the order. LT_DONE, or 16, 18, 22 for what never can.
// At most `max` grants are kept (LT_TOO_LARGE beyond; 65,536 unless set), those in force dearest.
enum lt_code lt_book_learn(lt_book *book, struct lt_slice sealed, struct lt_error *error);
void lt_book_limit(lt_book *book, size_t max);
// Beyond so many bytes only grants that count are kept (128 MiB unless set).
void lt_book_limit_bytes(lt_book *book, size_t max);
size_t lt_book_bytes(const lt_book *book); // that its grants take in memory
// At the hub's start: that this invitation was used for this part (H of the part). false: no memory.
bool lt_book_mark_used(lt_book *book, struct lt_slice invitation, const uint8_t hash[LT_HASH_SIZE]);

// The grant in force, whatever the time, or NULL; lent until the book changes. Revoked: *revoked true, NULL.
const struct lt_grant *lt_book_find(const lt_book *book, struct lt_slice principal, bool *revoked);
const struct lt_grant *lt_book_find_curve(const lt_book *book, const uint8_t curve[LT_KEY_SIZE]);
// The key under which the principal's seals are checked: that in force, else the last that was. NULL: never heard of.
const uint8_t *lt_book_key(const lt_book *book, struct lt_slice principal);
// The sealed bytes of the grant in force, lent; data NULL: none.
struct lt_slice lt_book_sealed(const lt_book *book, struct lt_slice principal);
// The sealed bytes of the revocation that counts against that principal, of the nearest to the root; lent until the book
// changes. data NULL: none does.
struct lt_slice lt_book_revocation(const lt_book *book, struct lt_slice principal);
// Who issued the grant in force ("root" or a principal); data NULL: none.
struct lt_slice lt_book_issuer(const lt_book *book, struct lt_slice principal);
// Grows with each change of what is in force.
uint64_t lt_book_version(const lt_book *book);
// Calls visit for each grant in force, in no order; stops when it returns false.
void lt_book_each(const lt_book *book,
                  bool (*visit)(void *self, const struct lt_grant *grant, struct lt_slice sealed),
                  void *self);

// Is the message authorised (wire.md section 4) at the judge's time `now` (ms): LT_DONE, LT_ONE_HAND when only
// entries with two hands cover it, or 18, 19, 20, 21, 22. Checks the seal too unless `seal_checked`.
enum lt_code lt_book_authorise(const lt_book *book, const struct lt_sealed *sealed, uint64_t now,
                               bool seal_checked, lt_seal_cache *cache, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
