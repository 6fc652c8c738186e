/* ssmtranslate: a segment whose text still grows
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is committed is kept as tokens and forced on every later search, so that
 * it can only be continued. It ends where a word ends.
 */
#include "engine/stream/growing.h"

#include <string.h>

#include "engine/stream/guarded-text.h"

/* Words at the end of a source that may still change, or change the order of words. */
#define UNSTABLE_WORDS 2

static SsmtGrowing *
stream_get_growing (SsmtStream *self)
{
  SsmtGrowing *growing = self->growing;

  if (growing != NULL)
    return growing;
  growing = g_new0 (SsmtGrowing, 1);
  growing->text = g_strdup ("");
  growing->translation = g_strdup ("");
  growing->tail = g_strdup ("");
  growing->said = g_strdup ("");
  growing->committed = g_array_new (FALSE, FALSE, sizeof (gint32));
  growing->hypothesis = g_array_new (FALSE, FALSE, sizeof (gint32));
  growing->glossary = self->glossary != NULL ? ssmt_glossary_ref (self->glossary) : NULL;
  self->growing = growing;
  return growing;
}

/* --- policies ------------------------------------------------------------ */

/* Whether a word ends before token n. */
static gboolean
is_boundary (const guint *words, guint length, guint n)
{
  return n == 0 || n == length || words[n] != words[n - 1];
}

/* Tokens that both begin with, up to the end of a word. */
static guint
count_common (
    const SsmtTokenizer *tokenizer, const GArray *now, const GArray *last, SsmtBudget *budget)
{
  g_autofree guint *words = ssmt_aligner_find_words (tokenizer, now, budget);
  g_autofree guint *last_words = ssmt_aligner_find_words (tokenizer, last, budget);
  const gint32 *a = (const gint32 *) now->data;
  const gint32 *b = (const gint32 *) last->data;
  guint n = 0;

  while (n < now->len && n < last->len && a[n] == b[n])
    n++;
  while (!is_boundary (words, now->len, n) || !is_boundary (last_words, last->len, n))
    n--;
  return n;
}

static guint
count_agreed (const SsmtSegment *segment)
{
  const SsmtTokenizer *tokenizer = segment->stream->model->tokenizers.target;

  return count_common (
      tokenizer, segment->target, segment->stream->growing->hypothesis, segment->budget);
}

/* Words of the source that have been the same in three texts; all where its recogniser, as far as is known,
 * only goes on. */
static guint
count_settled (const SsmtSegment *segment, const guint *source_words)
{
  const SsmtGrowing *growing = segment->stream->growing;
  const SsmtTokenizer *tokenizer = segment->stream->model->tokenizers.source;
  const GArray *source = segment->prompt.source;
  guint n = source->len;

  for (guint i = 0; i < G_N_ELEMENTS (growing->sources) && segment->stream->is_rewritten; i++)
    n = MIN (n,
        growing->sources[i] != NULL
            ? count_common (tokenizer, source, growing->sources[i], segment->budget)
            : 0);
  return n > 0 ? source_words[n - 1] + 1 : 0;
}

static guint
count_aligned (const SsmtSegment *segment)
{
  const SsmtTokenizers *tokenizers = &segment->stream->model->tokenizers;
  const GArray *target = segment->target, *source = segment->prompt.source;
  g_autofree guint *words = ssmt_aligner_find_words (tokenizers->target, target, segment->budget);
  g_autofree guint *source_words =
      ssmt_aligner_find_words (tokenizers->source, source, segment->budget);
  guint columns = MIN (source->len, segment->columns), n;
  gint n_source = source->len > 0 ? (gint) source_words[source->len - 1] + 1 : 0;

  if (segment->scores == NULL)
    return 0;
  n_source = MIN (n_source - UNSTABLE_WORDS, (gint) count_settled (segment, source_words));
  for (n = 0; n < target->len; n++) {
    gint best = ssmt_aligner_find_best (
        segment->scores + (gsize) n * segment->columns, source_words, columns);

    if (best < 0 || best >= n_source)
      break;
  }
  while (!is_boundary (words, target->len, n))
    n--;
  return n;
}

static guint
count_stable (const SsmtSegment *segment)
{
  switch (segment->stream->params.policy) {
    case SSMT_POLICY_LOCAL_AGREEMENT:
      return count_agreed (segment);
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

/* What is behind `said`, which `text` begins with. A later search may go on with its last word, by a comma, or where
 * no spaces divide words. */
static const char *
skip_said (const char *text, const char *said)
{
  if (!g_str_has_prefix (text, said))
    return skip_words (text, ssmt_text_count_words (said));
  text += strlen (said);
  return text + strspn (text, " ");
}

/* Splits the text behind what was said before at what is said now. */
static void
split_words (const char *text, const char *before, const char *said, char **committed, char **tail)
{
  const char *start = skip_said (text, before);
  const char *rest = skip_said (text, said);

  *committed = g_strchomp (g_strndup (start, rest > start ? rest - start : 0));
  *tail = g_strdup (rest > start ? rest : start);
}

char *
ssmt_growing_dup_rest (const SsmtGrowing *growing, const char *text)
{
  return g_strdup (skip_said (text, growing->said));
}

/* --- translating --------------------------------------------------------- */

/* Tokens as text, with what the guard had put away; neither signs nor a mark at its end: the text may
 * still change. Without `guarded` as the model has written them. */
static char *
dup_text (const SsmtSegment *segment, const SsmtGuarded *guarded, const GArray *tokens)
{
  char *raw = ssmt_segment_decode (segment, tokens);
  g_auto (SsmtRestored) restored = { { NULL }, NULL };

  if (guarded == NULL)
    return raw;
  ssmt_guarded_restore (
      guarded, (SsmtRange){ 0, strlen (guarded->text) }, raw, NULL, G_MAXSIZE, &restored);
  g_free (raw);
  return g_strdup (restored.text);
}

/* What is stable of the translation is said from now on. */
static void
growing_commit (const SsmtSegment *segment, const SsmtGuarded *guarded)
{
  SsmtGrowing *growing = segment->stream->growing;
  g_autoptr (GArray) stable = g_array_new (FALSE, FALSE, sizeof (gint32));
  guint n = count_stable (segment);
  char *said;

  if (n <= growing->committed->len)
    return;
  g_array_append_vals (stable, segment->target->data, n);
  said = dup_text (segment, guarded, stable);
  if (!ssmt_budget_check (segment->budget, NULL)) {
    g_free (said);
    return;
  }
  g_array_unref (growing->committed);
  growing->committed = g_steal_pointer (&stable);
  g_free (growing->said);
  growing->said = said;
}

/* Whether other words than the last one have become others. */
static gboolean
is_rewritten (const SsmtSegment *segment, const GArray *last)
{
  const SsmtTokenizer *tokenizer = segment->stream->model->tokenizers.source;
  guint n = count_common (tokenizer, segment->prompt.source, last, segment->budget);
  g_autofree guint *words = ssmt_aligner_find_words (tokenizer, last, segment->budget);

  return n < last->len && words[n] < words[last->len - 1];
}

/* Once a recogniser has been seen to rewrite, it is one that does. */
static void
growing_note_source (const SsmtSegment *segment)
{
  SsmtStream *stream = segment->stream;
  const GArray *last = stream->growing->sources[0];

  if (!stream->is_rewritten && last != NULL && last->len > 0)
    stream->is_rewritten = is_rewritten (segment, last);
}

/* The text's tokens are the last ones now. */
static void
growing_keep_source (const SsmtSegment *segment)
{
  SsmtGrowing *growing = segment->stream->growing;
  const GArray *source = segment->prompt.source;
  const guint n = G_N_ELEMENTS (growing->sources);
  GArray *last = growing->sources[n - 1];

  if (last == NULL)
    last = g_array_new (FALSE, FALSE, sizeof (gint32));
  memmove (growing->sources + 1, growing->sources, (n - 1) * sizeof *growing->sources);
  growing->sources[0] = last;
  g_array_set_size (last, 0);
  g_array_append_vals (last, source->data, source->len);
}

/* What the segment's translation is to whoever asked; kept for the same text. NULL: the budget is spent, and
 * all is as it was. */
static SsmtTranslation *
growing_tell (
    const SsmtSegment *segment, const SsmtGuarded *guarded, const char *plain, gboolean commit)
{
  SsmtGrowing *growing = segment->stream->growing;
  g_autofree char *before = g_strdup (growing->said);
  char *text = dup_text (segment, guarded, segment->target);
  char *committed, *tail;

  growing_note_source (segment);
  if (commit)
    growing_commit (segment, guarded);
  if (!ssmt_budget_check (segment->budget, segment->error)) {
    g_free (text);
    return NULL;
  }
  split_words (text, before, growing->said, &committed, &tail);
  growing_keep_source (segment);
  g_array_set_size (growing->hypothesis, 0);
  g_array_append_vals (growing->hypothesis, segment->target->data, segment->target->len);
  g_free (growing->text);
  growing->text = g_strdup (plain);
  g_free (growing->translation);
  growing->translation = g_strdup (text);
  g_free (growing->tail);
  growing->tail = g_strdup (tail);
  growing->tally = segment->tally;
  return ssmt_translation_new (text, committed, tail, &segment->tally);
}

static void
add_alignment (const SsmtSegment *segment, const SsmtGuarded *guarded, SsmtAligner *aligner)
{
  g_autofree char *raw = ssmt_segment_decode (segment, segment->target);
  guint n_source, n_target;
  g_autofree gsize *sources = ssmt_aligner_find_starts (segment->piece, 0, &n_source);
  g_autofree gsize *targets = ssmt_aligner_find_starts (raw, 0, &n_target);
  g_auto (SsmtRestored) restored = { { NULL }, NULL };

  if (guarded != NULL) {
    ssmt_guarded_restore (
        guarded, (SsmtRange){ 0, strlen (guarded->text) }, raw, NULL, G_MAXSIZE, &restored);
    for (guint i = 0; i < n_source; i++)
      sources[i] = ssmt_guarded_to_old (guarded, sources[i]);
    for (guint i = 0; i < n_target; i++)
      targets[i] = ssmt_restored_to_now (&restored, targets[i]);
  }
  ssmt_aligner_add (aligner, &(SsmtAlignerPiece){ sources, targets, n_source, n_target },
      segment->prompt.source, segment->target, segment->scores, segment->columns);
}

/* Of a long text the first piece is translated as long as it grows. */
static SsmtTranslation *
growing_translate_text (SsmtStream *self, const char *text, const char *plain, SsmtAligner *aligner,
    SsmtBudget *budget, GError **error)
{
  SsmtGrowing *growing = self->growing;
  SsmtGuardSettings settings = ssmt_stream_get_guard_settings (self);
  g_autoptr (SsmtGuarded) guarded =
      self->params.guard ? ssmt_guard_prepare (&settings, plain) : NULL;
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  g_auto (SsmtSegment) segment = { NULL };
  SsmtTranslation *translation;

  if (guarded != NULL && !guarded->has_words)
    return ssmt_translation_new (g_strdup (growing->said), g_strdup (""), g_strdup (""), NULL);
  if (!ssmt_text_split (self->model->tokenizers.source, guarded != NULL ? guarded->text : plain,
          self->model->config->max_source, pieces, budget, error))
    return NULL;
  ssmt_segment_init (&segment, self, budget, error);
  segment.wants_scores = aligner != NULL || self->params.policy == SSMT_POLICY_ALIGN_ATT;
  ssmt_segment_begin (&segment);
  if (!ssmt_segment_translate (&segment, g_ptr_array_index (pieces, 0), growing->committed))
    return NULL;
  /* a text that has not changed agrees with itself: that says nothing */
  translation = growing_tell (&segment, guarded, plain, strcmp (plain, growing->text) != 0);
  if (translation != NULL && aligner != NULL) {
    add_alignment (&segment, guarded, aligner);
    translation->alignment = ssmt_aligner_finish (aligner, plain, text, growing->translation);
  }
  return translation;
}

SsmtTranslation *
ssmt_growing_translate (
    SsmtStream *self, const char *text, SsmtAligner *aligner, SsmtBudget *budget, GError **error)
{
  SsmtGrowing *growing = stream_get_growing (self);
  g_autofree char *plain = NULL;

  /* the text has gone: what is committed of it stays said */
  if (!ssmt_text_has_letter (text))
    return ssmt_translation_new (g_strdup (growing->said), g_strdup (""), g_strdup (""), NULL);
  plain = ssmt_text_normalize (text);
  if (aligner == NULL && strcmp (plain, growing->text) == 0)
    return ssmt_translation_new (
        g_strdup (growing->translation), g_strdup (""), g_strdup (growing->tail), &growing->tally);
  return growing_translate_text (self, text, plain, aligner, budget, error);
}
