#include "figures.h"

void figures_answered(struct figures *figures, uint64_t ms)
{
    histogram_observe(&figures->answers, &histogram_seconds, (double)ms / 1000);
}
