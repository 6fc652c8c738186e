/* ssmtranslate: a segment whose text still grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is committed is kept as tokens and forced on every later search, so that
 * it can only be continued. It ends where a word ends.
 */
#include "ssmt/ssmt-growing.h"

#include <string.h>

#include "engine/stream/aligner.h"
#include "engine/stream/segment.h"

/* Words at the end of a source that may still change, or change the order of words. */
#define UNSTABLE_WORDS 2

GType
ssmt_policy_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = { { SSMT_POLICY_FINAL, "Nothing before the text is final",
                                           "final" },
    { SSMT_POLICY_LOCAL_AGREEMENT, "What two translations agree on", "local-agreement" },
    { SSMT_POLICY_ALIGN_ATT, "What does not look at the end of the text", "align-att" },
    { 0, NULL, NULL } };

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, g_enum_register_static ("SsmtPolicy", values));
  return type;
}

/* --- life ---------------------------------------------------------------- */

static SsmtGrowing *
stream_get_growing (SsmtStream *self)
{
  SsmtGrowing *growing = self->growing;

  if (growing != NULL)
    return growing;
  growing = g_new0 (SsmtGrowing, 1);
  growing->text = g_strdup ("");
  growing->tail = g_strdup ("");
  growing->committed = g_array_new (FALSE, FALSE, sizeof (gint32));
  growing->hypothesis = g_array_new (FALSE, FALSE, sizeof (gint32));
  self->growing = growing;
  return growing;
}

/* --- translating --------------------------------------------------------- */

/* `piece` into a target that begins with what is committed. */
static gboolean
translate_growing (SsmtSegment *segment, const char *piece, const GArray *committed)
{
  if (!ssmt_segment_set_piece (segment, piece))
    return FALSE;
  if (committed->len > 0)
    g_array_append_vals (segment->target, committed->data, committed->len);
  return ssmt_segment_read_source (segment) && ssmt_segment_search (segment)
      && (!segment->wants_scores || ssmt_segment_read_scores (segment));
}

/* --- policies ------------------------------------------------------------ */

/* Whether a word ends before token n. */
static gboolean
is_boundary (const guint *words, guint length, guint n)
{
  return n == 0 || n == length || words[n] != words[n - 1];
}

static guint
count_agreed (const SsmtSegment *segment, const GArray *last)
{
  const SsmtTokenizer *tokenizer = segment->stream->model->tokenizers.target;
  const GArray *target = segment->target;
  g_autofree guint *words = ssmt_aligner_find_words (tokenizer, target);
  g_autofree guint *last_words = ssmt_aligner_find_words (tokenizer, last);
  const gint32 *a = (const gint32 *) target->data;
  const gint32 *b = (const gint32 *) last->data;
  guint n = 0;

  while (n < target->len && n < last->len && a[n] == b[n])
    n++;
  while (!is_boundary (words, target->len, n) || !is_boundary (last_words, last->len, n))
    n--;
  return n;
}

static guint
count_aligned (const SsmtSegment *segment)
{
  const SsmtTokenizers *tokenizers = &segment->stream->model->tokenizers;
  const GArray *target = segment->target, *source = segment->prompt.source;
  g_autofree guint *words = ssmt_aligner_find_words (tokenizers->target, target);
  g_autofree guint *source_words = ssmt_aligner_find_words (tokenizers->source, source);
  guint columns = MIN (source->len, segment->columns), n;
  guint n_source = source->len > 0 ? source_words[source->len - 1] + 1 : 0;

  if (segment->scores == NULL)
    return 0;
  for (n = 0; n < target->len; n++) {
    gint best = ssmt_aligner_find_best (
        segment->scores + (gsize) n * segment->columns, source_words, columns);

    if (best < 0 || best + UNSTABLE_WORDS >= (gint) n_source)
      break;
  }
  while (!is_boundary (words, target->len, n))
    n--;
  return n;
}

static guint
count_stable (const SsmtSegment *segment, SsmtPolicy policy)
{
  switch (policy) {
    case SSMT_POLICY_LOCAL_AGREEMENT:
      return count_agreed (segment, segment->stream->growing->hypothesis);
    case SSMT_POLICY_ALIGN_ATT:
      return count_aligned (segment);
    default:
      return 0;
  }
}

/* --- words --------------------------------------------------------------- */

/* The words of `text` (one space between any two) from the n-th on. */
static const char *
skip_words (const char *text, guint n)
{
  while (n > 0 && *text != '\0') {
    const char *space = strchr (text, ' ');

    if (space == NULL)
      return text + strlen (text);
    text = space + 1;
    n--;
  }
  return text;
}

/* Splits the text behind what has been committed before at `n_words` words. */
static void
split_words (const char *text, guint n_before, guint n_words, char **committed, char **tail)
{
  const char *start = skip_words (text, n_before);
  const char *rest = skip_words (text, n_words);

  *committed = g_strchomp (g_strndup (start, rest > start ? rest - start : 0));
  *tail = g_strdup (rest > start ? rest : start);
}

/* --- revising ------------------------------------------------------------ */

/* Commits what is stable of the translation. */
static void
growing_commit (const SsmtSegment *segment, SsmtPolicy policy, char **committed, char **tail)
{
  SsmtGrowing *growing = segment->stream->growing;
  const GArray *target = segment->target;
  g_autofree char *text = ssmt_segment_decode (segment, target);
  guint n = count_stable (segment, policy);
  guint before = growing->n_words;

  if (n > growing->committed->len) {
    g_autofree char *stable = NULL;

    g_array_set_size (growing->committed, 0);
    g_array_append_vals (growing->committed, target->data, n);
    stable = ssmt_segment_decode (segment, growing->committed);
    growing->n_words = ssmt_text_count_words (stable);
  }
  split_words (text, before, growing->n_words, committed, tail);
  g_array_set_size (growing->hypothesis, 0);
  g_array_append_vals (growing->hypothesis, target->data, target->len);
}

static gboolean
stream_revise (SsmtStream *self, const char *piece, SsmtPolicy policy, char **committed,
    char **tail, GCancellable *cancellable, GError **error)
{
  g_auto (SsmtSegment) segment = { NULL };

  ssmt_segment_init (&segment, self, cancellable, error);
  segment.wants_scores = policy == SSMT_POLICY_ALIGN_ATT;
  ssmt_segment_begin (&segment);
  if (!translate_growing (&segment, piece, self->growing->committed))
    return FALSE;
  growing_commit (&segment, policy, committed, tail);
  return TRUE;
}

/* The first piece goes on from what is committed; the others are new. */
static gboolean
stream_finish (SsmtStream *self, GPtrArray *pieces, char **committed, GCancellable *cancellable,
    GError **error)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_auto (SsmtSegment) segment = { NULL };
  g_autoptr (GString) all = g_string_new (NULL);
  g_autofree char *tail = NULL;

  ssmt_segment_init (&segment, self, cancellable, error);
  ssmt_segment_begin (&segment);
  for (guint i = 0; i < pieces->len; i++) {
    g_autofree char *text = NULL;

    if (i > 0 && !self->model->config->carry)
      ssmt_segment_restart (&segment);
    if (!translate_growing (
            &segment, g_ptr_array_index (pieces, i), i == 0 ? self->growing->committed : none))
      return FALSE;
    text = ssmt_segment_dup_text (&segment);
    if (i > 0)
      g_string_append_c (all, ' ');
    g_string_append (all, text);
  }
  split_words (all->str, self->growing->n_words, G_MAXUINT, committed, &tail);
  ssmt_segment_commit (&segment);
  return TRUE;
}

/* The text has gone: what is committed of it stays said, nothing is added. */
static gboolean
stream_revise_nothing (
    SsmtStream *self, const char *text, gboolean is_final, char **committed, char **tail)
{
  gboolean is_new = self->growing->committed->len == 0;

  *committed = g_strdup (is_final && is_new ? text : "");
  *tail = g_strdup ("");
  if (is_final)
    ssmt_stream_drop_revisions (self);
  return TRUE;
}

static gboolean
stream_revise_text (SsmtStream *self, const char *plain, gboolean is_final, SsmtPolicy policy,
    char **committed, char **tail, GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  SsmtGrowing *growing = self->growing;

  if (!ssmt_text_split (self->model->tokenizers.source, plain, self->model->config->max_source,
          pieces, cancellable, error))
    return FALSE;
  if (is_final) {
    if (!stream_finish (self, pieces, committed, cancellable, error))
      return FALSE;
    *tail = g_strdup ("");
    ssmt_stream_drop_revisions (self);
    return TRUE;
  }
  if (!stream_revise (
          self, g_ptr_array_index (pieces, 0), policy, committed, tail, cancellable, error))
    return FALSE;
  g_free (growing->text);
  growing->text = g_strdup (plain);
  g_free (growing->tail);
  growing->tail = g_strdup (*tail);
  return TRUE;
}

gboolean
ssmt_stream_revise (SsmtStream *self, const char *text, gboolean is_final, SsmtPolicy policy,
    char **committed, char **tail, GCancellable *cancellable, GError **error)
{
  g_autofree char *plain = NULL;
  SsmtGrowing *growing;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (text != NULL && committed != NULL && tail != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *committed = *tail = NULL;
  if (!g_utf8_validate (text, -1, NULL)) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_TEXT, "the text is not valid UTF-8");
    return FALSE;
  }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  growing = stream_get_growing (self);
  if (!ssmt_text_has_letter (text))
    return stream_revise_nothing (self, text, is_final, committed, tail);
  plain = ssmt_text_normalize (text);
  if (!is_final && strcmp (plain, growing->text) == 0) {
    *committed = g_strdup ("");
    *tail = g_strdup (growing->tail);
    return TRUE;
  }
  return stream_revise_text (self, plain, is_final, policy, committed, tail, cancellable, error);
}
