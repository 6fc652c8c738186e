/* ssmt captions: what is measured of growing lines
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef SSMT_CLI_CAPTIONS_SCORE_H
#define SSMT_CLI_CAPTIONS_SCORE_H

#include "ssmt/ssmt.h"

G_BEGIN_DECLS

typedef struct _CaptionsScore CaptionsScore;

CaptionsScore *captions_score_new (void);
void captions_score_free (CaptionsScore *score);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CaptionsScore, captions_score_free)

/* The words of a line: what stands between white space. */
char **captions_split (const char *text);

void captions_score_begin_line (CaptionsScore *score);

/* After `n_read` words of the line, `committed` was added for good and `tail` was
 * shown behind it. */
void captions_score_revision (CaptionsScore *score, guint n_read, const char *committed,
    const char *tail, gint64 microseconds);

/* `reference` may be NULL. */
void captions_score_end_line (CaptionsScore *score, guint n_source, const char *reference);

/* What is committed of the line. */
const char *captions_score_get_line (CaptionsScore *score);

/* Sets what the whole text has cost; `text` is all that was committed. */
gboolean captions_score_count (
    CaptionsScore *score, SsmtModel *model, guint64 n_computed, const char *text, GError **error);

void captions_score_print_head (gboolean with_reference);
void captions_score_print (CaptionsScore *score, const char *name);

G_END_DECLS

#endif /* SSMT_CLI_CAPTIONS_SCORE_H */
