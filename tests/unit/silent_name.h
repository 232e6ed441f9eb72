// A name server that does not answer, for programs that link silent_name.c: to look up SILENT_NAME takes until silent_end.
#ifndef LT_TESTS_SILENT_NAME_H
#define LT_TESTS_SILENT_NAME_H

#define SILENT_NAME "khong-tra-loi.example"

void silent_begin(void);
// How many look-ups have begun.
int silent_count(void);
void silent_end(void);

#endif
