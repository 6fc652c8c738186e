/* ssmtranslate: a translation that fits, among those that a search finds
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "shorter.h"

#include <string.h>

#define BEAM 8
/* What the mean log-probability of a token may be less than that of the best, in nats. */
#define MAX_LOSS 0.25

static gdouble
get_mean (SsmtTranslation *all, guint i)
{
  gdouble score;
  guint n;

  ssmt_translation_get_alternative (all, i, &score, &n);
  return score / MAX (n, 1);
}

/* -1: none is better than `excess`. */
static gint
choose (SsmtTranslation *all, const CueRoom *room, guint excess)
{
  guint n = ssmt_translation_get_n_alternatives (all);
  gdouble best = -G_MAXDOUBLE;
  gint chosen = -1;

  for (guint i = 0; i < n; i++)
    best = MAX (best, get_mean (all, i));
  for (guint i = 0; i < n && excess > 0; i++) {
    const char *text = ssmt_translation_get_alternative (all, i, NULL, NULL);
    guint own;

    if (best - get_mean (all, i) > MAX_LOSS || !ssmt_text_has_letter (text))
      continue;
    own = cue_room_get_excess (room, text);
    if (own < excess) {
      excess = own;
      chosen = i;
    }
  }
  return chosen;
}

static SsmtTranslation *
search (SsmtStream *stream, const SsmtStreamParams *params, SsmtState *before, const char *text,
    GCancellable *cancellable, GError **error)
{
  SsmtStreamParams wide = *params;
  SsmtTranslation *all = NULL;

  wide.beam_size = MAX (params->beam_size, BEAM);
  if (!ssmt_stream_set_params (stream, &wide, error))
    return NULL;
  if (ssmt_stream_set_state (stream, before, error))
    all = ssmt_stream_translate (stream, text, SSMT_TRANSLATE_ALTERNATIVES, cancellable, error);
  ssmt_stream_set_params (stream, params, NULL);
  return all;
}

SsmtTranslation *
cue_shorter_find (SsmtStream *stream, const SsmtStreamParams *params, SsmtState *before,
    const char *text, SsmtTranslation *first, SsmtTranslateFlags flags, const CueRoom *room,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (SsmtState) after = ssmt_stream_get_state (stream, NULL);
  g_autoptr (SsmtTranslation) all = NULL;
  g_autoptr (GError) failure = NULL;
  SsmtTranslation *taken = NULL;
  gint chosen = -1;

  /* without a way back nothing is tried */
  if (!after)
    return first;
  all = search (stream, params, before, text, cancellable, &failure);
  if (all)
    chosen = choose (all, room, cue_room_get_excess (room, ssmt_translation_get_text (first)));
  if (chosen >= 0 && ssmt_stream_set_state (stream, before, &failure))
    taken = ssmt_stream_take_alternative (stream, all, chosen, flags, cancellable, &failure);
  if (taken) {
    ssmt_translation_unref (first);
    return taken;
  }
  ssmt_stream_set_state (stream, after, NULL);
  if (!g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return first;
  ssmt_translation_unref (first);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}
