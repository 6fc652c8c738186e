/* ssmtranslate: a harness that writes down what leaves the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef RIG_H
#define RIG_H

#include <gst/check/gstharness.h>

typedef struct {
  GstElement *element;
  GstHarness *h;
  GstBus *bus;
  GMutex lock;
  GString *log; /* under the lock: "stream-start caps:utf8 segment 1:HELLO eos" */
} Rig;

/* The element in PLAYING, with its fake model "en-de" or with `path`. Nothing is pushed yet. */
Rig *rig_new (const char *path);
/* The same in NULL and without a harness. */
Rig *rig_new_null (void);
void rig_free (Rig *rig);

/* Pushes stream start, caps (utf8 or pango-markup) and a segment. */
void rig_begin (Rig *rig, const char *format);
/* The n-th cue begins at second n and lasts half a second. */
GstBuffer *rig_make_cue (const char *text, guint n);
/* Waits until everything that was pushed has come out. */
void rig_wait (Rig *rig);
char *rig_take_log (Rig *rig);
/* The log once it has `n_eos` EOS, or ends in `end` where that is not NULL. */
char *rig_wait_for_log (Rig *rig, guint n_eos, const char *end);
char *rig_wait_for_eos (Rig *rig, guint n_eos);
guint rig_count_words (const char *text, const char *word);
/* Waits until the counter, one of `fake` mostly, is that far. */
void rig_wait_for_count (gint *counter, gint value);
/* What began at `start` took less than `ms`. */
void rig_assert_faster (gint64 start, guint ms);
/* The text of the next buffer. */
char *rig_pull_text (Rig *rig);

/* Plays a script of words: a word is a cue, "SEGMENT:rate,start,stop,time,base" a segment in
 * seconds. Other capitals are something else, see rig.c. */
void rig_play (Rig *rig, const char *script);

/* "DOMAIN CODE text" of the next message of that type, NULL: there is none. */
char *rig_pop_message (Rig *rig, GstMessageType type);

/* Whether the core may warn that a stream is no stream. */
void rig_allow_warnings (gboolean allow);

/* Registers the element. */
void rig_init (int *argc, char ***argv);

#endif /* RIG_H */
