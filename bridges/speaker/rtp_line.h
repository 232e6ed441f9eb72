// One RTP stream: sound in packets of 20 ms (L16: 10), in real time, to one address; nothing at all between two sounds.
#ifndef LT_SPEAKER_RTP_LINE_H
#define LT_SPEAKER_RTP_LINE_H

#include <lienthon/bridge.h>

#include "outlet.h"
#include "rtp_way.h"

struct rtp_line;

// way is lent for the life of the line.
enum lt_code rtp_line_new(lt_bridge_host *host, const struct rtp_way *way, struct rtp_line **line,
                          struct lt_error *error);
void rtp_line_destroy(struct rtp_line **line);
// As an outlet's: outlet.h. Of a stream that was silent the sound begins behind lead_ms of silence, in which receivers open.
void rtp_line_start(struct rtp_line *line, const struct sound *sound);
enum outlet_state rtp_line_turn(struct rtp_line *line, struct lt_error *error);
size_t rtp_line_stop(struct rtp_line *line);
bool rtp_line_is_silent(const struct rtp_line *line);
// Of the last sound, ms that could not be sent.
uint64_t rtp_line_lost_ms(const struct rtp_line *line);
// Without sound: whether it could be sent.
void rtp_line_look(struct rtp_line *line);
const char *rtp_line_fault(const struct rtp_line *line); // NULL: none

#endif
