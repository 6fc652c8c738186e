/* ssmtranslate: a stream of the engine's, and the parameters it has
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef CUE_STREAM_H
#define CUE_STREAM_H

#include <ssmt/ssmt.h>

G_BEGIN_DECLS

typedef struct {
  SsmtStream *stream; /* NULL: closed */
  SsmtStreamParams params;
} CueStream;

/* A closed one is opened. */
gboolean cue_stream_open (
    CueStream *self, SsmtModel *model, const SsmtStreamParams *params, GError **error);
void cue_stream_close (CueStream *self);
/* From the next text on; what it has already costs nothing. */
gboolean cue_stream_set_params (CueStream *self, const SsmtStreamParams *params, GError **error);

G_END_DECLS

#endif /* CUE_STREAM_H */
