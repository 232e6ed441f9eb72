// An amplifier that is muted until it notices sound takes a moment to be loud: so half is the measure, and not the first of it.
#include "contact.h"

static void count(struct contact *contact, uint64_t now)
{
    if (contact->runs && contact->says == CONTACT_MUTED)
        contact->muted_ms += now - contact->from;
    contact->from = now;
}

void contact_tell(struct contact *contact, enum contact_says says, uint64_t now)
{
    count(contact, now);
    contact->says = says;
}

void contact_begin(struct contact *contact, uint64_t now)
{
    contact->runs = true;
    contact->begun = contact->from = now;
    contact->muted_ms = 0;
}

enum contact_verdict contact_end(struct contact *contact, uint64_t now, uint64_t *muted_ms)
{
    count(contact, now);
    bool ran = contact->runs;
    contact->runs = false;
    *muted_ms = ran ? contact->muted_ms : 0;
    if (*muted_ms == 0)
        return CONTACT_NOTHING;
    return *muted_ms * 2 > now - contact->begun ? CONTACT_UNHEARD : CONTACT_PARTLY;
}
