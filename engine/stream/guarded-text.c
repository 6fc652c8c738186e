/* ssmtranslate: a text through the guard and the model
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A text is divided into parts (labels, sounds, what is said), a part is prepared and cut into pieces as
 * long as the model reads, each piece is translated, looked at and restored.
 */
#include "engine/stream/guarded-text.h"

#include <string.h>

#include "engine/guard/caps.h"
#include "engine/guard/parts.h"
#include "engine/stream/retry.h"
#include "engine/tokens/languages.h"

#define MAX_REPEATED_WORDS 2

/* A part while it is translated. */
typedef struct {
  SsmtGuardedText *text;
  SsmtGuarded *guarded; /* NULL: without guard */
  gsize offset;         /* of the part in `plain` */
  const char *source;   /* what the model reads: guarded->text, or the part */
} Part;

/* A piece of a part. */
typedef struct {
  SsmtRange range; /* of Part.source */
  gboolean is_fresh;
  SsmtState *before; /* NULL: as the stream's */
} Piece;

SsmtGuardSettings
ssmt_stream_get_guard_settings (const SsmtStream *self)
{
  const SsmtTextConfig *config = &self->model->config->text;

  return (SsmtGuardSettings){ .reads = config->source_language,
    .writes = self->target_language != NULL ? self->target_language : config->target_language,
    .tokenizer = self->model->tokenizers.source,
    .marks = config->marks,
    .quotes_of_target = self->params.quotes == SSMT_QUOTES_TARGET,
    .glossary = self->growing != NULL ? self->growing->glossary : self->glossary };
}

static gboolean
is_spaced (const SsmtGuardedText *self)
{
  return ssmt_language_has_spaces (ssmt_stream_get_guard_settings (self->segment->stream).writes);
}

/* --- what translates what ------------------------------------------------------------ */

/* Where the words of the piece begin, in the text. */
static gsize *
find_sources (const Part *part, const char *piece, gsize start, guint *n)
{
  gsize *starts = ssmt_aligner_find_starts (piece, start, n);

  for (guint i = 0; i < *n; i++) {
    if (part->guarded != NULL)
      starts[i] = ssmt_guarded_to_old (part->guarded, starts[i]);
    starts[i] += part->offset;
  }
  return starts;
}

static void
add_alignment (const Part *part, const Piece *piece, const char *raw, const SsmtRestored *restored)
{
  const SsmtGuardedText *text = part->text;
  const SsmtSegment *segment = text->segment;
  guint n_source, n_target;
  g_autofree gsize *sources = find_sources (part, segment->piece, piece->range.start, &n_source);
  g_autofree gsize *targets = ssmt_aligner_find_starts (raw, 0, &n_target);

  for (guint i = 0; i < n_target; i++) {
    if (restored != NULL)
      targets[i] = ssmt_restored_to_now (restored, targets[i]);
    targets[i] += text->out->len;
  }
  ssmt_aligner_add (text->aligner, &(SsmtAlignerPiece){ sources, targets, n_source, n_target },
      segment->prompt.source, segment->target, segment->scores, segment->columns);
}

/* Which words of the piece its translation's come from, for signs to find their places. */
static SsmtAlignment *
align_piece (const SsmtSegment *segment, const char *raw)
{
  const SsmtTokenizers *tokenizers = &segment->stream->model->tokenizers;
  g_autoptr (SsmtAligner) aligner =
      ssmt_aligner_new (tokenizers->source, tokenizers->target, segment->budget);

  ssmt_aligner_add_whole (aligner, segment->piece, raw, segment->prompt.source, segment->target,
      segment->scores, segment->columns);
  return ssmt_aligner_finish (aligner, segment->piece, segment->piece, raw);
}

static void
restore (const Part *part, const Piece *piece, const char *raw, SsmtRestored *restored)
{
  const SsmtSegment *segment = part->text->segment;
  const GArray *begin = part->text->begin;
  g_autofree char *said = begin != NULL && part->text->n_pieces == 1
      ? ssmt_segment_decode (segment, begin)
      : g_strdup ("");
  g_autofree gssize *sources = NULL;
  SsmtGuardLinks links = { NULL };
  SsmtAlignment *alignment = NULL;

  if (segment->scores != NULL && ssmt_guarded_has_inner_signs (part->guarded, piece->range))
    alignment = align_piece (segment, raw);
  if (alignment != NULL) {
    sources = g_new (gssize, alignment->n_target + 1);
    for (guint i = 0; i < alignment->n_target; i++)
      sources[i] = alignment->source_word[i] < 0
          ? -1
          : (gssize) alignment->source[alignment->source_word[i]].start;
    links = (SsmtGuardLinks){ alignment->target, sources, alignment->n_target };
  }
  ssmt_guarded_restore (
      part->guarded, piece->range, raw, alignment != NULL ? &links : NULL, strlen (said), restored);
  ssmt_alignment_free (alignment);
}

/* --- pieces ---------------------------------------------------------------------------- */

/* Looks at what the segment has found. *left: what is wrong and could not be mended. */
static gboolean
look_after (const Part *part, const Piece *piece, const char *text, const GArray *begin,
    SsmtTally before, SsmtFaults *left)
{
  SsmtSegment *segment = part->text->segment;
  g_autofree char *raw = ssmt_segment_decode (segment, segment->target);
  SsmtFaults faults = ssmt_guarded_check (part->guarded, text, raw);
  SsmtRetry retry = { part->guarded, text, begin, piece->is_fresh, piece->before };

  *left = 0;
  if (faults == 0)
    return TRUE;
  if (!ssmt_retry_run (&retry, segment, faults, left))
    return FALSE;
  if (*left != faults) {
    segment->tally.score += before.score;
    segment->tally.n_scored += before.n_scored;
    segment->tally.n_target += before.n_target;
    part->text->mended |= faults & ~*left;
  }
  /* what has been said of it stays, and goes on as the model would: the end of the source does not fit it */
  if (begin != NULL && begin->len > 0)
    *left &= SSMT_GUARD_FAULT_TERM;
  /* a translation without a term stands */
  part->text->copied |= *left;
  *left &= ~SSMT_GUARD_FAULT_TERM;
  return TRUE;
}

/* Of what the search came to: what does not have the terms is no alternative. */
static void
drop_without_terms (const Part *part)
{
  const SsmtSegment *segment = part->text->segment;

  for (guint i = segment->ended->len; i-- > 0;) {
    const SsmtEnded *ended = segment->ended->pdata[i];
    g_autofree char *raw = ssmt_segment_decode (segment, ended->tokens);
    g_autoptr (GArray) lacking = ssmt_guarded_find_terms (part->guarded, segment->piece, raw);

    if (lacking->len > 0)
      g_ptr_array_remove_index (segment->ended, i);
  }
}

/* NULL for those that are wrong: nobody may choose them. `taken`: that of the segment's target. */
static void
add_alternatives (const Part *part, const Piece *piece, const char *taken)
{
  const SsmtGuardedText *text = part->text;
  g_autofree char *source =
      g_strndup (part->source + piece->range.start, piece->range.end - piece->range.start);

  if (text->segment->ended != NULL && part->guarded != NULL
      && part->guarded->settings->glossary != NULL)
    drop_without_terms (part);

  for (guint i = 0; text->segment->ended != NULL && i < text->segment->ended->len; i++) {
    const SsmtEnded *ended = text->segment->ended->pdata[i];
    g_autofree char *raw = ssmt_segment_decode (text->segment, ended->tokens);
    g_auto (SsmtRestored) restored = { { NULL }, raw };

    if (part->guarded != NULL && ssmt_guarded_check (part->guarded, source, raw) != 0) {
      g_ptr_array_add (text->alternatives, NULL);
      continue;
    }
    if (part->guarded != NULL)
      ssmt_guarded_restore (part->guarded, piece->range, raw, NULL, 0, &restored);
    g_ptr_array_add (text->alternatives,
        g_strdup (
            ssmt_tokens_equal (ended->tokens, text->segment->target) ? taken : restored.text));
  }
}

static void
finish_piece (const Part *part, const Piece *piece, gboolean is_first)
{
  SsmtGuardedText *text = part->text;
  g_autofree char *raw = ssmt_segment_dup_text (text->segment);
  g_auto (SsmtRestored) restored = { { NULL }, raw };

  if (part->guarded != NULL)
    restore (part, piece, raw, &restored);
  if (!is_first && is_spaced (text))
    g_string_append_c (text->out, ' ');
  if (text->aligner != NULL)
    add_alignment (part, piece, raw, part->guarded != NULL ? &restored : NULL);
  if (text->alternatives != NULL)
    add_alternatives (part, piece, restored.text);
  text->last.start = text->out->len;
  g_string_append (text->out, restored.text);
  text->last.end = text->out->len;
}

/* Nothing is lost: where no translation is right the text itself stands. */
static void
copy_piece (const Part *part, const Piece *piece, gboolean is_first)
{
  GString *out = part->text->out;
  gsize before = piece->range.start, start = 0;
  gsize end = ssmt_guarded_to_old (part->guarded, piece->range.end);
  const char *plain = part->text->plain + part->offset;

  /* with the signs that are its own */
  while (before > 0 && part->source[before - 1] == ' ')
    before--;
  if (!is_first) {
    start = ssmt_guarded_to_old (part->guarded, before);
    start += strspn (plain + start, " ");
  }
  if (part->source[piece->range.end] == '\0')
    end = part->guarded->cleared->done;
  if (!is_first && is_spaced (part->text))
    g_string_append_c (out, ' ');
  g_string_append_len (out, plain + start, end - start);
}

static gboolean
translate_piece (const Part *part, Piece *piece, gboolean is_first)
{
  SsmtGuardedText *text = part->text;
  SsmtSegment *segment = text->segment;
  const SsmtStream *stream = segment->stream;
  g_autofree char *source =
      g_strndup (part->source + piece->range.start, piece->range.end - piece->range.start);
  const GArray *begin = text->n_pieces == 0 ? text->begin : NULL;
  SsmtTally before = segment->tally;
  SsmtFaults left = 0;

  /* A text that is longer than a document may be goes on in a new one: nobody could translate it
   * otherwise. */
  if (text->n_pieces > 0 && (!stream->model->config->carry || !ssmt_segment_has_room (segment))) {
    ssmt_segment_restart (segment);
    piece->is_fresh = TRUE;
  }
  text->n_pieces++;
  segment->wants_scores = text->aligner != NULL
      || (part->guarded != NULL && ssmt_guarded_has_inner_signs (part->guarded, piece->range));
  if (!ssmt_segment_translate (segment, source, begin)
      || (part->guarded != NULL && !look_after (part, piece, source, begin, before, &left)))
    return FALSE;
  if (left != 0)
    copy_piece (part, piece, is_first);
  else
    finish_piece (part, piece, is_first);
  return TRUE;
}

/* The state before a piece that is not the text's first: the stream's has not moved. */
static gboolean
keep_state (const Part *part, Piece *piece)
{
  const SsmtSegment *segment = part->text->segment;
  SsmtStream *stream = segment->stream;

  piece->is_fresh = !ssmt_segment_is_carried (stream)
      && (part->text->n_pieces == 0 || !stream->model->config->carry);
  if (part->guarded == NULL || part->text->n_pieces == 0 || piece->is_fresh)
    return TRUE;
  piece->before = ssmt_state_new (stream->model, &segment->at, stream->arenas, segment->error);
  return piece->before != NULL;
}

/* --- parts ------------------------------------------------------------------------------- */

/* Pieces of what the model reads. A model that carries nothing has seen single sentences only. Text that grew
 * is cut as it was while it grew. */
static gboolean
split (const Part *part, GPtrArray *pieces)
{
  SsmtSegment *segment = part->text->segment;
  SsmtStream *stream = segment->stream;
  const SsmtConfig *config = stream->model->config;
  const SsmtTokenizer *tokenizer = stream->model->tokenizers.source;

  if (config->carry || stream->growing != NULL)
    return ssmt_text_split (
        tokenizer, part->source, config->max_source, pieces, segment->budget, segment->error);
  if (stream->sentences == NULL)
    stream->sentences = ssmt_sentences_new (config->text.source_language);
  return ssmt_text_split_sentences (tokenizer, stream->sentences, part->source, config->max_source,
      pieces, segment->budget, segment->error);
}

static gboolean
translate_part (const Part *part)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func (g_free);
  const char *rest = part->source;

  if (!split (part, pieces))
    return FALSE;
  for (guint i = 0; i < pieces->len; i++) {
    const char *text = pieces->pdata[i];
    Piece piece = { .is_fresh = FALSE };
    gboolean done;

    rest += strspn (rest, " ");
    piece.range = (SsmtRange){ rest - part->source, rest - part->source + strlen (text) };
    rest += strlen (text);
    done = keep_state (part, &piece) && translate_piece (part, &piece, i == 0);
    g_clear_pointer (&piece.before, ssmt_state_unref);
    if (!done)
      return FALSE;
  }
  return TRUE;
}

static gboolean
translate_prepared (SsmtGuardedText *self, const char *source, gsize offset)
{
  SsmtGuardSettings settings = ssmt_stream_get_guard_settings (self->segment->stream);
  g_autoptr (SsmtGuarded) guarded = ssmt_guard_prepare (&settings, source);
  Part part = { self, guarded, offset, guarded->text };

  if (guarded->has_words)
    return translate_part (&part);
  g_string_append (self->out, source);
  return TRUE;
}

/* "Go" of "Go go go!" becomes "Los", that "Los los los!". */
static void
say_again (GString *out, gsize start, const GPtrArray *between)
{
  g_autofree char *word = g_strdup (out->str + start);
  g_autofree char *lower = g_utf8_strdown (word, -1);
  gboolean is_small = ssmt_text_has_letter (word) && strcmp (word, lower) == 0;
  const char *rest = g_utf8_next_char (word);
  char first[7] = { 0 };

  g_unichar_to_utf8 (g_unichar_tolower (g_utf8_get_char (word)), first);
  g_string_truncate (out, start);
  for (guint i = 0; i < between->len; i++) {
    gboolean begins = i == 0 || strpbrk (between->pdata[i - 1], ".!?") != NULL;

    g_string_append (out, begins || is_small ? word : first);
    if (!begins && !is_small)
      g_string_append (out, rest);
    g_string_append (out, between->pdata[i]);
  }
}

/* TRUE: it is done, or *failed. */
static gboolean
translate_repeated (SsmtGuardedText *self, const char *source, gsize offset, gboolean *failed)
{
  g_autoptr (GPtrArray) between = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *word = ssmt_parts_get_repeated (source, between), *once = NULL;
  gsize start = self->out->len;
  SsmtRange mark;

  *failed = FALSE;
  if (word == NULL || self->begin != NULL)
    return FALSE;
  /* an alternative says it once */
  self->alternatives = NULL;
  once = g_strconcat (word, ".", NULL);
  if (!translate_prepared (self, once, offset)) {
    *failed = TRUE;
    return TRUE;
  }
  ssmt_marks_get_final (self->out->str + start, &mark);
  if (mark.start > 0 && ssmt_text_count_words (self->out->str + start) <= MAX_REPEATED_WORDS) {
    g_string_truncate (self->out, start + mark.start);
    say_again (self->out, start, between);
  } else {
    g_string_truncate (self->out, start);
    g_string_append (self->out, source);
  }
  return TRUE;
}

/* Models that have read sounds in brackets, mostly in capitals, write them so where these are put away. */
static void
strip_brackets (SsmtGuardedText *self, const char *source, gsize start)
{
  const char *said = self->out->str + start;
  gsize length = self->out->len - start;
  char close = *said == '[' ? ']' : *said == '(' ? ')' : 0;

  if (close == 0 || length < 3 || said[length - 1] != close || strpbrk (source, "[]()") != NULL
      || strcspn (said + 1, "[]()") != length - 2)
    return;
  g_string_truncate (self->out, self->out->len - 1);
  g_string_erase (self->out, start, 1);
  if (ssmt_caps_is_all (said) && !ssmt_caps_is_all (source)) {
    g_autofree char *lower = g_utf8_strdown (said, -1);

    g_string_truncate (self->out, start);
    g_string_append (self->out, lower);
  }
  /* theirs stand */
  if (self->alternatives != NULL)
    g_ptr_array_set_size (self->alternatives, 0);
  self->alternatives = NULL;
}

static gboolean
translate_language (SsmtGuardedText *self, SsmtRange range)
{
  g_autofree char *source = g_strndup (self->plain + range.start, range.end - range.start);
  gsize start = self->out->len;
  gboolean failed;

  if (translate_repeated (self, source, range.start, &failed))
    return !failed;
  if (!translate_prepared (self, source, range.start))
    return FALSE;
  strip_brackets (self, source, start);
  return TRUE;
}

/* An alternative to the one piece stands where that does. */
static void
complete_alternatives (const SsmtGuardedText *self)
{
  const char *all = self->out->str;

  for (guint i = 0; self->alternatives != NULL && i < self->alternatives->len; i++) {
    char *piece = self->alternatives->pdata[i];

    if (piece == NULL)
      continue;
    self->alternatives->pdata[i] =
        g_strdup_printf ("%.*s%s%s", (int) self->last.start, all, piece, all + self->last.end);
    g_free (piece);
  }
}

gboolean
ssmt_guarded_text_translate (SsmtGuardedText *self)
{
  const SsmtStream *stream = self->segment->stream;
  g_autoptr (GArray) parts = NULL;

  if (!stream->params.guard)
    return translate_part (&(Part){ self, NULL, 0, self->plain });
  if (stream->growing != NULL)
    return translate_prepared (self, self->plain, 0);
  parts = ssmt_parts_divide (self->plain, stream->model->tokenizers.source);
  for (guint i = 0; i < parts->len; i++) {
    const SsmtLinePart *part = &g_array_index (parts, SsmtLinePart, i);

    if (!part->is_language)
      g_string_append_len (
          self->out, self->plain + part->range.start, part->range.end - part->range.start);
    else if (!translate_language (self, part->range))
      return FALSE;
  }
  complete_alternatives (self);
  return TRUE;
}
