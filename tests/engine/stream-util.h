/* ssmtranslate: what the tests of streams share
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_TEST_STREAM_UTIL_H
#define SSMT_TEST_STREAM_UTIL_H

#include "ssmt/ssmt.h"

G_BEGIN_DECLS

/* A model of tests/data on the device of SSMT_TEST_DEVICE. */
/* NAME-all: that model with the windows of its attention taken away. */
SsmtModel *stream_model_load (const char *name);
/* Adds the test once for each tiny model: that is its data. */
void stream_add_test (const char *name, GTestDataFunc func);

/* Without guard: what a tiny model writes is compared as it is. */
SsmtStream *stream_with (SsmtModel *model, SsmtContext context, guint beam_size);
/* Document context, greedy. */
SsmtStream *stream_new (SsmtModel *model);
/* The n-th line of a document that goes on for ever. */
char *stream_line (guint n);
/* Without an error, and valid UTF-8. */
char *stream_translate (SsmtStream *stream, const char *text);
/* Translations of lines [from, to), one below the other. */
char *stream_translate_lines (SsmtStream *stream, guint from, guint to);
GBytes *stream_save (SsmtStream *stream);
/* A stream that goes on from such bytes. */
gboolean stream_restore (SsmtStream *stream, GBytes *saved, GError **error);
/* A new one at the same place. */
SsmtStream *stream_fork (SsmtStream *stream, guint beam_size);
/* What it would save now is the same to the byte. */
void stream_assert_state (SsmtStream *stream, GBytes *expected);

G_END_DECLS

#endif /* SSMT_TEST_STREAM_UTIL_H */
