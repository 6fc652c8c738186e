/* ssmtranslate: a segment whose text still grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is committed is kept as tokens and forced on every later search, so that
 * it can only be continued. It ends where a word ends.
 */
#include "ssmt/ssmt-growing.h"

#include <string.h>

#include "engine/stream/aligner.h"
#include "engine/stream/pair.h"

/* Words at the end of a source that may still change, or change the order of words. */
#define UNSTABLE_WORDS 2

struct _SsmtGrowing {
  char *text;                   /* the last one with a letter, normalised */
  char *tail;                   /* what its call said */
  GArray *committed;            /* of gint32 */
  GArray *hypothesis;           /* of gint32, of the last call */
  guint n_words;                /* of `committed` */
};

/* One call's translation. */
typedef struct {
  SsmtPrompt prompt;
  GArray *target;               /* of gint32 */
  float *scores;                /* (target->len, columns), NULL: not known */
  guint columns;
} Hypothesis;

GType
ssmt_policy_get_type (void)
{
  static gsize type = 0;
  static const GEnumValue values[] = {
    {SSMT_POLICY_FINAL, "Nothing before the text is final", "final"},
    {SSMT_POLICY_LOCAL_AGREEMENT, "What two translations agree on",
        "local-agreement"},
    {SSMT_POLICY_ALIGN_ATT, "What does not look at the end of the text",
        "align-att"},
    {0, NULL, NULL}
  };

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

void
ssmt_stream_drop_revisions (SsmtStream *self)
{
  SsmtGrowing *growing = self->growing;

  g_return_if_fail (SSMT_IS_STREAM (self));
  if (growing == NULL)
    return;
  self->growing = NULL;
  g_free (growing->text);
  g_free (growing->tail);
  g_array_unref (growing->committed);
  g_array_unref (growing->hypothesis);
  g_free (growing);
}

void
ssmt_stream_get_n_computed (SsmtStream *self, guint64 *encoder,
    guint64 *decoder)
{
  g_return_if_fail (SSMT_IS_STREAM (self));
  if (encoder != NULL)
    *encoder = self->n_encoder_rows;
  if (decoder != NULL)
    *decoder = self->n_decoder_rows;
}

static Hypothesis
hypothesis_new (const SsmtGrowing *growing)
{
  Hypothesis hyp = { {NULL} };

  hyp.target = g_array_copy (growing->committed);
  return hyp;
}

static void
hypothesis_clear (Hypothesis *hyp)
{
  ssmt_prompt_clear (&hyp->prompt);
  g_array_unref (hyp->target);
  g_free (hyp->scores);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hypothesis, hypothesis_clear)

/* --- translating --------------------------------------------------------- */

/* Translates `piece` from *work, which moves on to the state after it; on failure it
 * has been given back. */
static gboolean
stream_translate_growing (SsmtStream *self, SsmtCarried *work,
    const char *piece, gboolean scores, Hypothesis *hyp,
    GCancellable *cancellable, GError **error)
{
  gint32 pending = work->pending;
  guint before = 0, memory_rows = 0;
  gboolean found = FALSE;

  if (scores) {
    before = ssmt_arena_acquire (&self->decoder);
    ssmt_arena_copy_slot (&self->decoder, before, &self->decoder,
        work->decoder_slot);
  }
  if (!ssmt_template_compose (self->model->tokenizers.segment, piece, &hyp->prompt,
          error)
      || !ssmt_segment_read_prompt (self, work, &hyp->prompt, &memory_rows,
          NULL, cancellable, error)) {
    ssmt_segment_release (self, work);
  } else if (!ssmt_segment_search (self, work, hyp->prompt.source,
          memory_rows, hyp->target, cancellable, error)) {
    ssmt_segment_release_encoder (self, work);
  } else {
    found = TRUE;
  }
  if (scores) {
    if (found)
      hyp->scores = ssmt_segment_read_scores (self, before, pending,
          &hyp->prompt, hyp->target, memory_rows, &hyp->columns);
    ssmt_arena_release (&self->decoder, before);
  }
  return found;
}

/* --- policies ------------------------------------------------------------ */

/* Whether a word ends before token n. */
static gboolean
is_boundary (const guint *words, guint length, guint n)
{
  return n == 0 || n == length || words[n] != words[n - 1];
}

static guint
count_agreed (SsmtStream *self, const Hypothesis *hyp, const GArray *last)
{
  const SsmtTokenizer *tokenizer = self->model->tokenizers.target;
  g_autofree guint *words = ssmt_aligner_find_words (tokenizer, hyp->target);
  g_autofree guint *last_words = ssmt_aligner_find_words (tokenizer, last);
  const gint32 *a = (const gint32 *) hyp->target->data;
  const gint32 *b = (const gint32 *) last->data;
  guint n = 0;

  while (n < hyp->target->len && n < last->len && a[n] == b[n])
    n++;
  while (!is_boundary (words, hyp->target->len, n)
      || !is_boundary (last_words, last->len, n))
    n--;
  return n;
}

static guint
count_aligned (SsmtStream *self, const Hypothesis *hyp)
{
  g_autofree guint *words =
      ssmt_aligner_find_words (self->model->tokenizers.target, hyp->target);
  g_autofree guint *source_words =
      ssmt_aligner_find_words (self->model->tokenizers.source, hyp->prompt.source);
  guint columns = MIN (hyp->prompt.source->len, hyp->columns), n = 0;
  guint n_source = hyp->prompt.source->len > 0
      ? source_words[hyp->prompt.source->len - 1] + 1 : 0;

  if (hyp->scores == NULL)
    return 0;
  for (n = 0; n < hyp->target->len; n++) {
    gint best = ssmt_aligner_find_best (hyp->scores
        + (gsize) n * hyp->columns, source_words, columns);

    if (best < 0 || best + UNSTABLE_WORDS >= (gint) n_source)
      break;
  }
  while (!is_boundary (words, hyp->target->len, n))
    n--;
  return n;
}

static guint
stream_count_stable (SsmtStream *self, const Hypothesis *hyp,
    SsmtPolicy policy)
{
  switch (policy) {
    case SSMT_POLICY_LOCAL_AGREEMENT:
      return count_agreed (self, hyp, self->growing->hypothesis);
    case SSMT_POLICY_ALIGN_ATT:
      return count_aligned (self, hyp);
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
split_words (const char *text, guint n_before, guint n_words,
    char **committed, char **tail)
{
  const char *start = skip_words (text, n_before);
  const char *rest = skip_words (text, n_words);

  *committed = g_strchomp (g_strndup (start, rest > start ? rest - start : 0));
  *tail = g_strdup (rest > start ? rest : start);
}

/* --- revising ------------------------------------------------------------ */

/* Commits what is stable of `hyp`. */
static void
growing_commit (SsmtStream *self, const Hypothesis *hyp, SsmtPolicy policy,
    char **committed, char **tail)
{
  SsmtGrowing *growing = self->growing;
  g_autofree char *text = ssmt_segment_decode (self, hyp->target);
  guint n = stream_count_stable (self, hyp, policy);
  guint before = growing->n_words;

  if (n > growing->committed->len) {
    g_autofree char *stable = NULL;

    g_array_set_size (growing->committed, 0);
    g_array_append_vals (growing->committed, hyp->target->data, n);
    stable = ssmt_segment_decode (self, growing->committed);
    growing->n_words = ssmt_text_count_words (stable);
  }
  split_words (text, before, growing->n_words, committed, tail);
  g_array_set_size (growing->hypothesis, 0);
  g_array_append_vals (growing->hypothesis, hyp->target->data,
      hyp->target->len);
}

static gboolean
stream_revise (SsmtStream *self, const char *piece, SsmtPolicy policy,
    char **committed, char **tail, GCancellable *cancellable, GError **error)
{
  g_auto (Hypothesis) hyp = hypothesis_new (self->growing);
  SsmtCarried work = ssmt_pair_begin (self);

  if (!stream_translate_growing (self, &work, piece,
          policy == SSMT_POLICY_ALIGN_ATT, &hyp, cancellable, error))
    return FALSE;
  ssmt_segment_release (self, &work);
  growing_commit (self, &hyp, policy, committed, tail);
  return TRUE;
}

/* The first piece goes on from what is committed; the others are new. */
static gboolean
stream_finish (SsmtStream *self, GPtrArray *pieces, char **committed,
    GCancellable *cancellable, GError **error)
{
  SsmtGrowing *growing = self->growing;
  SsmtCarried work = ssmt_pair_begin (self);
  g_autoptr (GString) all = g_string_new (NULL);
  guint64 n_source = 0, n_target = 0;
  g_autofree char *tail = NULL;

  for (guint i = 0; i < pieces->len; i++) {
    g_auto (Hypothesis) hyp = hypothesis_new (growing);
    g_autofree char *text = NULL;

    if (i > 0)
      g_array_set_size (hyp.target, 0);
    if (i > 0 && !self->model->config->carry)
      ssmt_segment_reset_carried (self, &work);
    if (!stream_translate_growing (self, &work,
            g_ptr_array_index (pieces, i), FALSE, &hyp, cancellable, error))
      return FALSE;
    text = ssmt_segment_decode (self, hyp.target);
    if (i > 0)
      g_string_append_c (all, ' ');
    g_string_append (all, *text != '\0' ? text
        : (const char *) g_ptr_array_index (pieces, i));
    n_source += hyp.prompt.source->len;
    n_target += hyp.target->len;
  }
  split_words (all->str, growing->n_words, G_MAXUINT, committed, &tail);
  if (ssmt_segment_is_carried (self)) {
    ssmt_segment_release (self, &self->carried);
    self->carried = work;
  } else {
    ssmt_segment_release (self, &work);
  }
  self->carried.n_segments++;
  self->n_source += n_source;
  self->n_target += n_target;
  return TRUE;
}

/* The text has gone: what is committed of it stays said, nothing is added. */
static gboolean
stream_revise_nothing (SsmtStream *self, const char *text, gboolean is_final,
    char **committed, char **tail)
{
  gboolean is_new = self->growing->committed->len == 0;

  *committed = g_strdup (is_final && is_new ? text : "");
  *tail = g_strdup ("");
  if (is_final)
    ssmt_stream_drop_revisions (self);
  return TRUE;
}

static gboolean
stream_revise_text (SsmtStream *self, const char *plain, gboolean is_final,
    SsmtPolicy policy, char **committed, char **tail,
    GCancellable *cancellable, GError **error)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  SsmtGrowing *growing = self->growing;

  if (!ssmt_text_split (self->model->tokenizers.source, plain,
          self->model->config->max_source, pieces, cancellable, error))
    return FALSE;
  if (is_final) {
    if (!stream_finish (self, pieces, committed, cancellable, error))
      return FALSE;
    *tail = g_strdup ("");
    ssmt_stream_drop_revisions (self);
    return TRUE;
  }
  if (!stream_revise (self, g_ptr_array_index (pieces, 0), policy, committed,
          tail, cancellable, error))
    return FALSE;
  g_free (growing->text);
  growing->text = g_strdup (plain);
  g_free (growing->tail);
  growing->tail = g_strdup (*tail);
  return TRUE;
}

gboolean
ssmt_stream_revise (SsmtStream *self, const char *text, gboolean is_final,
    SsmtPolicy policy, char **committed, char **tail,
    GCancellable *cancellable, GError **error)
{
  g_autofree char *plain = NULL;
  SsmtGrowing *growing;
  gboolean done;

  g_return_val_if_fail (SSMT_IS_STREAM (self), FALSE);
  g_return_val_if_fail (text != NULL && committed != NULL && tail != NULL,
      FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  *committed = *tail = NULL;
  if (!g_utf8_validate (text, -1, NULL)) {
    g_set_error_literal (error, SSMT_ERROR, SSMT_ERROR_TEXT,
        "the text is not valid UTF-8");
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
  ssmt_scheduler_enter (self->model->scheduler);
  done = stream_revise_text (self, plain, is_final, policy, committed, tail,
      cancellable, error);
  ssmt_scheduler_leave (self->model->scheduler);
  return done;
}
