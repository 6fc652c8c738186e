/* ssmtranslate: an engine for tests of the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The engine's API over nothing: a segment becomes "N:TEXT", its number since the
 * stream was reset and its text in capitals. Time, failures and languages are
 * the test's to choose.
 *
 * Paths: a path with "missing", "damaged" or "unreadable" in it fails so; "en-XX"
 * at its end names the languages.
 * With SSMT_TRANSLATE_ALTERNATIVES there are three, each with one word less at the end and 0.1 nats less
 * for each of its tokens. What was taken last is counted.
 * The guard has mended the translation of a text with "mendme", and copied one with "copyme" for a number or
 * with "copyall" for two things.
 * A glossary is a file with one line, "one", a tab, the target: the text "one" becomes that.
 * Texts: "badtext", "nomemory" and "nodevice" in a segment fail so; "contextfull" where it is not the
 * first of its document, "contextless" always with the same error; "spoilt" where it is not the first,
 * as not finite.
 */
#ifndef FAKE_SSMT_H
#define FAKE_SSMT_H

#include <ssmt/ssmt.h>

typedef struct {
  /* set by the test, read at each call */
  gint delay_us; /* of a segment; cancelled within 1 ms */
  gint load_delay_us;
  gint ignore_cancel;
  gint refuse_params; /* for want of memory */

  /* counted */
  gint n_loads, n_models, n_streams;
  gint n_started, n_segments, n_cancelled, n_resets, n_set_params;
  gint last_context, last_beam_size, last_guard, last_quotes;
  gint n_glossaries; /* files that were read, good or bad */
  gint n_searched, n_taken, last_taken; /* alternatives */
} FakeSsmt;

/* Members are read and written with g_atomic_int_*. */
extern FakeSsmt fake;

void fake_reset (void);

#endif /* FAKE_SSMT_H */
