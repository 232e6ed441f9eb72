#include "mp3.h"

#include <stdlib.h>

#include <lame/lame.h>

struct mp3 {
    lame_t lame;
};

static bool set_up(lame_t lame, unsigned bitrate)
{
    lame_set_errorf(lame, NULL); // it would write to standard error
    lame_set_debugf(lame, NULL);
    lame_set_msgf(lame, NULL);
    return lame_set_in_samplerate(lame, SOUND_RATE) == 0 &&
           lame_set_out_samplerate(lame, SOUND_RATE) == 0 && lame_set_num_channels(lame, 1) == 0 &&
           lame_set_mode(lame, MONO) == 0 && lame_set_VBR(lame, vbr_off) == 0 &&
           lame_set_brate(lame, (int)bitrate) == 0 && lame_set_quality(lame, 5) == 0 &&
           lame_set_disable_reservoir(lame, 1) == 0 && lame_set_bWriteVbrTag(lame, 0) == 0 &&
           lame_init_params(lame) >= 0;
}

enum lt_code mp3_new(unsigned bitrate, struct mp3 **mp3, struct lt_error *error)
{
    struct mp3 *own = calloc(1, sizeof *own);
    if (own)
        own->lame = lame_init();
    if (!own || !own->lame) {
        free(own);
        return lt_fail(error, LT_NO_MEMORY, "no memory for the MP3 encoder");
    }
    if (!set_up(own->lame, bitrate)) {
        mp3_destroy(&own);
        return lt_fail(error, LT_BAD_USE, "the MP3 encoder does not take %u kbit/s", bitrate);
    }
    *mp3 = own;
    return LT_DONE;
}

int mp3_add(struct mp3 *mp3, const int16_t *samples, uint8_t *bytes)
{
    return lame_encode_buffer(mp3->lame, samples, samples, MP3_BLOCK, bytes, MP3_BYTES);
}

void mp3_destroy(struct mp3 **mp3)
{
    if (*mp3)
        lame_close((*mp3)->lame);
    free(*mp3);
    *mp3 = NULL;
}
