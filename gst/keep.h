/* ssmtranslate: the file in which a document's state outlives the process
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Written after the texts that went out, as often as it is cheap: the old state or the new one is in the
 * file, never a part. Knows nothing of GStreamer.
 */
#ifndef CUE_KEEP_H
#define CUE_KEEP_H

#include <ssmt/ssmt.h>

G_BEGIN_DECLS

typedef struct {
  char *location; /* NULL: nothing is kept */
  GBytes *found;  /* a state: what the file had, or was given, until a text comes */
  gint64 next;    /* monotonic time in us from which on it may be written */
  guint64 n_texts;
  gboolean is_due; /* the state has moved since it was written */
  gboolean failed; /* the last time; told once */
} CueKeep;

/* Reads what is there; a file that is not there yet is no error. FALSE: it is something else than a
 * state, or cannot be read; it stays as it is. `*problem`: it is a state, but not one to go on from
 * (NULL: it is, or there is none). */
gboolean cue_keep_open (
    CueKeep *keep, const char *location, SsmtModel *model, char **problem, GError **error);
void cue_keep_clear (CueKeep *keep);
/* Goes on from the state in place of what the file has. */
void cue_keep_begin (CueKeep *keep, GBytes *state);
/* What to go on from, once; NULL: a document begins. (transfer full) */
GBytes *cue_keep_take (CueKeep *keep);
/* How many texts the state has read: it has moved where these are others than before. */
void cue_keep_note (CueKeep *keep, guint64 n_texts);
/* What it has read since is not to be written: the file stays as it is until the next text. */
void cue_keep_skip (CueKeep *keep, guint64 n_texts);
/* Whether it is time to write; `at_once`: the last chance. */
gboolean cue_keep_is_time (const CueKeep *keep, gboolean at_once);
/* Writes the state. FALSE: it could not, what was there stays; the error is set the first time. */
gboolean cue_keep_write (CueKeep *keep, GBytes *state, GError **error);

G_END_DECLS

#endif /* CUE_KEEP_H */
