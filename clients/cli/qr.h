// A QR picture in the terminal.
#ifndef CLI_QR_H
#define CLI_QR_H

#include <stdbool.h>

// Prints the text as a QR picture of half blocks, with its quiet zone; black on white where stdout is a terminal, so
// that it can be scanned whatever the colours. false: it cannot be made.
bool qr_print(const char *text);

#endif
