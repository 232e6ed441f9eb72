// Numbers and letters as Vietnamese words. Everything is appended.
#ifndef LT_SPEAKER_SPELL_H
#define LT_SPEAKER_SPELL_H

#include <lienthon/bytes.h>

void spell_number(uint64_t number, struct lt_buffer *out); // 105: một trăm lẻ năm
void spell_digits(const uint8_t *digits, size_t count, struct lt_buffer *out); // 105: một không năm
// Of a day of a month: the first ten are mùng.
void spell_day(unsigned day, struct lt_buffer *out);
void spell_month(unsigned month, struct lt_buffer *out);    // 4: tư
void spell_ordinal(uint64_t number, struct lt_buffer *out); // 1: nhất; 4: tư
// The name of a letter, as one says it where letters are spelt: "B": bê. `letter` is one code point in
// UTF-8, upper case. false: it is none of ours.
bool spell_letter(struct lt_slice letter, struct lt_buffer *out);

#endif
