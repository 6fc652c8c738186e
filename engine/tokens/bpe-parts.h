/* ssmtranslate: the steps of a tokenizer.json (internal to ssmt-bpe*.c)
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text goes through normalizers and splitters to the merges; pieces go through
 * decoders to text. Each list of steps is flat: a "Sequence" adds its own.
 */
#ifndef SSMT_BPE_PARTS_H
#define SSMT_BPE_PARTS_H

#include "engine/files/json.h"
#include "engine/tokens/budget.h"

G_BEGIN_DECLS

/* A part of SsmtBpeText. */
typedef struct {
  gsize start, length;
  gint32 id;      /* of an added token, or -1 */
  gboolean first; /* begins where the whole text does */
} SsmtBpePart;

typedef struct {
  GString *text;
  GArray *parts; /* of SsmtBpePart */
} SsmtBpeText;

void ssmt_bpe_text_init (SsmtBpeText *text);
void ssmt_bpe_text_clear (SsmtBpeText *text);
/* Appends a part and its text; an empty one is left out. */
void ssmt_bpe_text_add (
    SsmtBpeText *text, const char *part, gsize length, gint32 id, gboolean first);

/* --- reading steps ------------------------------------------------------ */

/* Appends the steps that an object of this "type" stands for. */
typedef gboolean (*SsmtBpeParse) (
    const SsmtJson *json, const char *type, GPtrArray *steps, GError **error);

/* Steps of `key`, which may be absent or null; a "Sequence" has `list`. */
gboolean ssmt_bpe_parse_steps (const SsmtJson *top, const char *key, const char *list,
    SsmtBpeParse parse, GPtrArray *steps, GError **error);
/* false, or `fallback`, where the key is absent or null */
gboolean ssmt_bpe_get_flag (
    const SsmtJson *json, const char *key, gboolean fallback, gboolean *value, GError **error);
/* "replacement": one character */
gboolean ssmt_bpe_get_char (const SsmtJson *json, const char *key, gunichar *value, GError **error);
/* "prepend_scheme" and what it was before */
typedef enum { SSMT_PREPEND_ALWAYS, SSMT_PREPEND_FIRST, SSMT_PREPEND_NEVER } SsmtPrepend;
gboolean ssmt_bpe_get_prepend (const SsmtJson *json, SsmtPrepend *prepend, GError **error);
gboolean ssmt_bpe_unsupported (
    const SsmtJson *json, const char *what, const char *type, const char *known, GError **error);

/* --- steps: FALSE where the budget is spent ------------------------------ */

GPtrArray *ssmt_bpe_normalizers_parse (const SsmtJson *top, GError **error);
/* Changes `text` in place; *first goes down where its beginning is cut off. */
gboolean ssmt_bpe_normalize (
    const GPtrArray *steps, GString *text, gboolean *first, SsmtBudget *budget);

GPtrArray *ssmt_bpe_splitters_parse (const SsmtJson *top, GError **error);
gboolean ssmt_bpe_split (const GPtrArray *steps, SsmtBpeText *text, SsmtBudget *budget);

GPtrArray *ssmt_bpe_decoders_parse (const SsmtJson *top, GError **error);
/* `tokens` (of GString) become the ones that make the text when joined. */
gboolean ssmt_bpe_run_decoders (const GPtrArray *steps, GPtrArray *tokens, SsmtBudget *budget);

/* --- added tokens ------------------------------------------------------- */

typedef struct _SsmtBpeAdded SsmtBpeAdded;

/* Reads "added_tokens"; `pieces` (of char *, by id) and `ids` (piece -> id)
 * are the vocabulary; tokens that are not in it come into `pieces` alone, since
 * merges know nothing of them. */
SsmtBpeAdded *ssmt_bpe_added_parse (const SsmtJson *top, GPtrArray *pieces, GHashTable *ids,
    const GPtrArray *normalizers, GError **error);
void ssmt_bpe_added_free (SsmtBpeAdded *added);
gboolean ssmt_bpe_added_is_special (const SsmtBpeAdded *added, gint32 id);
/* The id of a token that is not in the vocabulary, or -1. */
gint32 ssmt_bpe_added_find_own (const SsmtBpeAdded *added, const char *content);
guint ssmt_bpe_added_count (const SsmtBpeAdded *added);
/* Splits text by the tokens that are looked for before or after normalizing.
 * Special ones are only text. FALSE where the budget is spent. */
gboolean ssmt_bpe_added_find (const SsmtBpeAdded *added, gboolean normalized, const char *text,
    gsize length, gboolean first, SsmtBpeText *out, SsmtBudget *budget);

/* --- merges ------------------------------------------------------------- */

typedef struct _SsmtBpeModel SsmtBpeModel;

/* "model" without its merges, whose pieces come into `pieces` and `ids`, and
 * then the merges, which never make a special token. */
SsmtBpeModel *ssmt_bpe_model_parse (
    const SsmtJson *top, GPtrArray *pieces, GHashTable *ids, GError **error);
gboolean ssmt_bpe_model_read_merges (SsmtBpeModel *model, const SsmtJson *top,
    const GPtrArray *pieces, const SsmtBpeAdded *added, GError **error);
void ssmt_bpe_model_free (SsmtBpeModel *model);
gboolean ssmt_bpe_model_has_bytes (const SsmtBpeModel *model);
/* Arrays that are kept from word to word. */
typedef struct {
  GArray *symbols, *queue;
} SsmtBpeScratch;
void ssmt_bpe_scratch_init (SsmtBpeScratch *scratch);
void ssmt_bpe_scratch_clear (SsmtBpeScratch *scratch);
void ssmt_bpe_model_encode (const SsmtBpeModel *model, const char *word, gsize length,
    SsmtBpeScratch *scratch, GArray *ids);

/* --- bytes as characters ------------------------------------------------ */

/* The character that stands for a byte [GPT-2, bytes_to_unicode], and back; -1: none. */
gunichar ssmt_byte_to_char (guint8 byte);
int ssmt_byte_of_char (gunichar c);
/* Appends bytes of any kind; each cut-off sequence and each byte that fits
 * nowhere is U+FFFD [Unicode 3.9, U+FFFD Substitution of Maximal Subparts]. */
void ssmt_utf8_append_lossy (GString *out, const char *bytes, gsize length);

G_END_DECLS

#endif /* SSMT_BPE_PARTS_H */
