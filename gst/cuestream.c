/* ssmtranslate: a stream of the engine's, and the parameters it has
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cuestream.h"

gboolean
cue_stream_open (CueStream *self, SsmtModel *model, const SsmtStreamParams *params, GError **error)
{
  self->params = *params;
  self->stream = ssmt_stream_new (model, params, error);
  return self->stream != NULL;
}

void
cue_stream_close (CueStream *self)
{
  g_clear_object (&self->stream);
}

gboolean
cue_stream_set_params (CueStream *self, const SsmtStreamParams *params, GError **error)
{
  if (params->context == self->params.context && params->beam_size == self->params.beam_size
      && params->policy == self->params.policy && params->guard == self->params.guard
      && params->quotes == self->params.quotes)
    return TRUE;
  if (!ssmt_stream_set_params (self->stream, params, error))
    return FALSE;
  self->params = *params;
  return TRUE;
}
