/* ssmtranslate: the order in which a document is read (docs/model-format.md)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream against a plain loop that does what the format says, one token at a
 * time, and against ids that the reference implementations chose.
 */
#include <string.h>

#include "engine/stream/model-private.h"
#include "engine/tokens/pieces.h"
#include "stream-util.h"
#include "test-util.h"

#define HEADER 88 /* of saved bytes, before the states */

/* A document read by hand: slot 0 of each arena. */
typedef struct {
  SsmtModel *model;
  guint memory;
  float *logits; /* after what was read last */
  SsmtArena arenas[2];
  guint32 memory_rows;
} Document;

static void
document_init (Document *doc, SsmtModel *model)
{
  *doc = (Document){ .model = model };
  doc->logits = g_new (float, model->config->vocab_size);
  g_assert_true (ssmt_scheduler_take_memory (model->scheduler, &doc->memory));
  for (guint i = 0; i < 2; i++)
    g_assert_true (ssmt_network_init_arena (model->network, i, &doc->arenas[i], 0, 1));
}

static void
document_clear (Document *doc)
{
  ssmt_scheduler_give_memory (doc->model->scheduler, doc->memory);
  g_free (doc->logits);
  ssmt_arena_clear (&doc->arenas[0]);
  ssmt_arena_clear (&doc->arenas[1]);
}

static void
document_read (Document *doc, SsmtStack stack, const gint32 *tokens, guint n)
{
  const guint32 last = n - 1;
  gboolean decoder = stack == SSMT_STACK_DECODER;

  g_assert_true (ssmt_scheduler_run (doc->model->scheduler,
      &(SsmtRequest){ .stack = stack,
          .arena = &doc->arenas[stack],
          .runs = &(SsmtRows){ 0, n, 0, doc->memory_rows },
          .n_runs = 1,
          .tokens = tokens,
          .memory = doc->memory,
          .logit_rows = &last,
          .n_logit_rows = decoder,
          .logits = decoder ? doc->logits : NULL },
      NULL));
}

static void
document_read_one (Document *doc, gint32 token)
{
  document_read (doc, SSMT_STACK_DECODER, &token, 1);
}

/* The likeliest token that may stand here. */
static gint32
document_choose (Document *doc, gboolean first)
{
  const SsmtConfig *config = doc->model->config;
  const float *logits = doc->logits;
  gint32 best = -1;

  for (gint32 id = 0; id < (gint32) config->vocab_size; id++) {
    gboolean allowed = id != config->target_end || !first;
    for (guint i = 0; i < config->forbidden->len; i++)
      allowed &= g_array_index (config->forbidden, gint32, i) != id;
    if (allowed && (best < 0 || logits[id] > logits[best]))
      best = id;
  }
  return best;
}

static void
document_read_source (Document *doc, const GArray *source)
{
  const SsmtConfig *config = doc->model->config;
  gboolean encoder = ssmt_network_has_encoder (doc->model->network);
  g_autoptr (GArray) ids = g_array_copy ((GArray *) source);

  g_array_append_val (ids, config->text.source_end);
  if (encoder) {
    /* an encoder that looks ahead wants its segment in one piece */
    document_read (doc, SSMT_STACK_ENCODER, (gint32 *) ids->data, ids->len);
    doc->memory_rows = ids->len;
  }
  for (guint i = 0; !encoder && i < ids->len; i++)
    document_read_one (doc, g_array_index (ids, gint32, i));
}

/* The translation of one segment; its end is read before the next one. */
static char *
document_translate (Document *doc, const char *text, gboolean *pending)
{
  const SsmtConfig *config = doc->model->config;
  g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (gint32));
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (gint32));

  if (*pending)
    document_read_one (doc, config->target_end);
  g_assert_true (
      ssmt_tokenizer_encode (doc->model->tokenizers.source, text, -1, source, NULL, NULL));
  document_read_source (doc, source);
  if (config->text.target_start >= 0)
    document_read_one (doc, config->text.target_start);
  guint limit = MIN (3 * source->len + 16, config->max_target);
  while (target->len < limit) {
    gint32 id = document_choose (doc, target->len == 0);
    if (id == config->target_end)
      break;
    g_array_append_val (target, id);
    document_read_one (doc, id);
  }
  *pending = config->carry_end;

  g_autofree char *decoded = ssmt_tokenizer_decode (
      doc->model->tokenizers.target, (gint32 *) target->data, target->len, NULL);
  return ssmt_text_normalize (decoded);
}

static SsmtStream *
unguarded_stream (SsmtModel *model)
{
  SsmtStreamParams params;

  ssmt_stream_params_init (&params);
  params.guard = FALSE;
  params.no_repeat_ngram = 0;
  return ssmt_stream_new (model, &params, NULL);
}

/* The stream carries just what a reader of the same tokens carries. */
static void
assert_states (SsmtStream *stream, Document *doc)
{
  g_autoptr (GBytes) saved = stream_save (stream);
  const guint8 *bytes = g_bytes_get_data (saved, NULL);
  const guint8 *at = bytes + HEADER;
  guint order[] = { SSMT_STACK_ENCODER, SSMT_STACK_DECODER };

  for (guint i = 0; i < G_N_ELEMENTS (order); i++) {
    SsmtArena *arena = &doc->arenas[order[i]];
    gsize size = ssmt_arena_get_used (arena, arena->positions[0]);
    g_autofree guint8 *state = g_malloc0 (size + 1);
    ssmt_arena_read_slot (arena, 0, state);
    for (gsize f = 0; f < size; f += sizeof (float)) {
      float ours, theirs;
      memcpy (&ours, at + f, sizeof ours);
      memcpy (&theirs, state + f, sizeof theirs);
      g_assert_cmpfloat_with_epsilon (ours, theirs, 1e-4f);
    }
    at += size;
  }
  g_assert_cmpuint (at - bytes, <, g_bytes_get_size (saved));
}

static void
test_by_hand (gconstpointer data)
{
  g_autoptr (SsmtStream) stream = unguarded_stream ((SsmtModel *) data);
  gboolean pending = FALSE;
  Document doc;

  document_init (&doc, (SsmtModel *) data);
  for (guint i = 0; i < 30; i++) {
    g_autofree char *text = stream_line (i);
    g_autofree char *expected = document_translate (&doc, text, &pending);
    g_autofree char *out = stream_translate (stream, text);
    g_assert_cmpstr (out, ==, *expected != '\0' ? expected : text);
    assert_states (stream, &doc);
  }
  document_clear (&doc);
}

/* tiny-encdec.tsv: a line, and the ids that greedy search finds with the
 * reference implementations, which read the whole document for each token. */
static void
test_reference (void)
{
  g_autoptr (SsmtModel) model = stream_model_load ("tiny-encdec");
  g_autoptr (SsmtStream) stream = unguarded_stream (model);
  g_autofree char *path = test_data ("tiny-encdec.tsv");
  g_autoptr (GBytes) content = test_file_read (path);
  g_autofree char *text = g_strndup (g_bytes_get_data (content, NULL), g_bytes_get_size (content));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  guint n = 0;

  for (guint i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++, n++) {
    g_auto (GStrv) fields = g_strsplit (lines[i], "\t", 2);
    g_auto (GStrv) numbers = g_strsplit (fields[1], " ", -1);
    g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint32));
    for (guint t = 0; numbers[t] != NULL; t++) {
      gint32 id = (gint32) g_ascii_strtoll (numbers[t], NULL, 10);
      g_array_append_val (ids, id);
    }
    g_autofree char *decoded =
        ssmt_tokenizer_decode (model->tokenizers.target, (gint32 *) ids->data, ids->len, NULL);
    g_autofree char *expected = ssmt_text_normalize (decoded);
    g_autofree char *out = stream_translate (stream, fields[0]);
    g_assert_cmpstr (out, ==, expected);
  }
  g_assert_cmpuint (n, ==, 8);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  stream_add_test ("by-hand", test_by_hand);
  g_test_add_func ("/document/reference", test_reference);
  return g_test_run ();
}
