/* ssmtranslate: text <-> token ids
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SentencePiece behind a C interface, and bpe.c for a tokenizer.json,
 * which is asked first wherever there is one; a vocabulary gives pieces other ids. Control symbols, and user-defined ones
 * that look like a tag ("<sep>"), are symbols here: they never come from text
 * and never become text. Other user-defined pieces are text.
 */
#include "engine/tokens/tokenizer.h"

#include <exception>
#include <string>
#include <vector>

#include <sentencepiece_processor.h>

#include "engine/tokens/bpe.h"
#include "engine/files/file.h"
#include "engine/tokens/spm.h"
#include "engine/tokens/vocabulary.h"

#define MAX_FILE_BYTES (64 * 1024 * 1024) /* the largest known has 35 MB */

struct _SsmtTokenizer {
  SsmtBpe *bpe = nullptr; /* if there, it does everything */
  sentencepiece::SentencePieceProcessor processor;
  SsmtSpm spm = {};
  std::vector<bool> symbols; /* id -> is a symbol */
  std::vector<int> bytes;    /* 256 ids, or empty without byte fallback */
  SsmtVocabulary *vocabulary = nullptr;

  ~_SsmtTokenizer ()
  {
    ssmt_spm_clear (&spm);
    ssmt_bpe_free (bpe);
    ssmt_vocabulary_free (vocabulary);
  }
};

static bool
is_symbol (const SsmtTokenizer *self, int id)
{
  const std::string &piece = self->processor.IdToPiece (id);

  switch (self->spm.types->data[id]) {
    case SSMT_SPM_UNKNOWN:
    case SSMT_SPM_CONTROL:
      return true;
    case SSMT_SPM_USER_DEFINED:
      return piece.size () > 2 && piece.front () == '<' && piece.back () == '>';
    default:
      return false;
  }
}

static void
find_bytes (SsmtTokenizer *self)
{
  for (int byte = 0; byte < 256; byte++) {
    char name[8];
    int id;

    g_snprintf (name, sizeof name, "<0x%02X>", byte);
    id = self->processor.PieceToId (name);
    if (!self->processor.IsByte (id)) {
      self->bytes.clear ();
      return;
    }
    self->bytes.push_back (id);
  }
}

/* Outside unigram models SentencePiece takes text for a control symbol where
 * that is one character (or, by words, one word), and then fails on the text. */
static bool
check_symbols (const SsmtTokenizer *self, const char *shown, GError **error)
{
  bool by_words = g_str_equal (self->spm.algorithm, "word");

  if (g_str_equal (self->spm.algorithm, "unigram"))
    return true;
  for (guint id = 0; id < self->spm.types->len; id++) {
    const std::string &piece = self->processor.IdToPiece ((int) id);

    if (self->spm.types->data[id] == SSMT_SPM_CONTROL
        && (by_words || g_utf8_strlen (piece.c_str (), -1) == 1)) {
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
          "%s: control symbol \"%s\" could stand in a text, which "
          "SentencePiece %s cannot read; expected a unigram model or longer "
          "symbols",
          shown, piece.c_str (), self->spm.algorithm);
      return false;
    }
  }
  return true;
}

static bool
load (SsmtTokenizer *self, const char *data, gsize length, const char *shown, GError **error)
{
  const guint8 *file = reinterpret_cast<const guint8 *> (data);

  if (!ssmt_spm_check (&self->spm, file, length, shown, error))
    return false;

  auto status = self->processor.LoadFromSerializedProto ({ data, length });
  if (!status.ok ()) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: SentencePiece cannot use this model: %s", shown, status.ToString ().c_str ());
    return false;
  }
  if ((guint) self->processor.GetPieceSize () != self->spm.types->len) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has %u pieces, but SentencePiece read %d", shown, self->spm.types->len,
        self->processor.GetPieceSize ());
    return false;
  }
  for (guint id = 0; id < self->spm.types->len; id++)
    self->symbols.push_back (is_symbol (self, (int) id));
  find_bytes (self);
  return check_symbols (self, shown, error);
}

SsmtTokenizer *
ssmt_tokenizer_load (const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) file = ssmt_file_read (path, MAX_FILE_BYTES, error);
  SsmtTokenizer *self = nullptr;
  const char *data;
  gsize length;

  if (!file)
    return nullptr;
  data = ssmt_file_get_text (file, &length);
  try {
    self = new SsmtTokenizer;
    if (load (self, data, length, shown, error))
      return self;
  } catch (const std::exception &e) {
    g_clear_error (error);
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: SentencePiece cannot use this model: %s", shown, e.what ());
  } catch (...) {
    g_clear_error (error);
    g_set_error (
        error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: SentencePiece cannot use this model", shown);
  }
  delete self;
  return nullptr;
}

SsmtTokenizer *
ssmt_tokenizer_load_renumbered (const char *path, const char *vocabulary, GError **error)
{
  g_autoptr (SsmtTokenizer) self = ssmt_tokenizer_load (path, error);

  if (!self)
    return nullptr;
  self->vocabulary = ssmt_vocabulary_load (vocabulary, error);
  return self->vocabulary ? (SsmtTokenizer *) g_steal_pointer (&self) : nullptr;
}

SsmtTokenizer *
ssmt_tokenizer_load_huggingface (const char *path, GError **error)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_autoptr (GBytes) file = ssmt_file_load (path, MAX_FILE_BYTES, error);
  SsmtBpe *bpe;
  const char *text;
  gsize length;

  if (!file)
    return nullptr;
  text = ssmt_file_get_text (file, &length);
  bpe = ssmt_bpe_load (text, length, shown, error);
  if (!bpe)
    return nullptr;
  try {
    SsmtTokenizer *self = new SsmtTokenizer;

    self->bpe = bpe;
    return self;
  } catch (...) {
    ssmt_bpe_free (bpe);
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_MEMORY, "%s: no memory left", shown);
    return nullptr;
  }
}

void
ssmt_tokenizer_free (SsmtTokenizer *self)
{
  delete self;
}

guint32
ssmt_tokenizer_get_size (const SsmtTokenizer *self)
{
  if (self->vocabulary)
    return ssmt_vocabulary_get_size (self->vocabulary);
  return self->bpe ? ssmt_bpe_get_size (self->bpe) : self->spm.types->len;
}

gint32
ssmt_tokenizer_find_piece (const SsmtTokenizer *self, const char *name)
{
  if (self->bpe)
    return ssmt_bpe_find_piece (self->bpe, name);
  if (self->vocabulary)
    return ssmt_vocabulary_find (self->vocabulary, name);
  try {
    int id = self->processor.PieceToId (name);

    /* what is not there is the unknown piece */
    if (id >= 0 && self->processor.IdToPiece (id) == name)
      return id;
  } catch (const std::exception &) {
  }
  return -1;
}

const char *
ssmt_tokenizer_get_named_piece (const SsmtTokenizer *self, guint32 id)
{
  return self->vocabulary ? ssmt_vocabulary_get_piece (self->vocabulary, id) : nullptr;
}

/* --- encoding ----------------------------------------------------------- */

/* The ids of a symbol's name as plain text, character by character. */
static void
spell (const SsmtTokenizer *self, const std::string &name, std::vector<int> &ids)
{
  for (const char *p = name.c_str (), *next; *p; p = next) {
    next = g_utf8_next_char (p);
    int id = self->processor.PieceToId ({ p, (size_t) (next - p) });

    if (!self->symbols[id])
      ids.push_back (id);
    else if (self->bytes.empty ())
      ids.push_back (self->processor.unk_id ());
    else
      for (; p < next; p++)
        ids.push_back (self->bytes[(guint8) *p]);
  }
}

static bool
encode (const SsmtTokenizer *self, const char *text, gsize length, std::vector<int> &ids,
    GError **error)
{
  std::vector<int> raw;
  auto status = self->processor.Encode ({ text, length }, &raw);

  if (!status.ok ()) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "SentencePiece cannot read the text: %s",
        status.ToString ().c_str ());
    return false;
  }
  for (int id : raw) {
    if (id == self->processor.unk_id () || !self->symbols.at (id))
      ids.push_back (id);
    else
      spell (self, self->processor.IdToPiece (id), ids);
  }
  return true;
}

/* Names that models give what is no text: "</s>", ">>deu<<". */
static bool
is_vocabulary_symbol (const char *piece)
{
  return (g_str_has_prefix (piece, ">>") && g_str_has_suffix (piece, "<<") && strlen (piece) > 4)
      || g_str_equal (piece, "</s>") || g_str_equal (piece, "<s>") || g_str_equal (piece, "<pad>")
      || g_str_equal (piece, "<unk>");
}

static bool
encode_renumbered (const SsmtTokenizer *self, const char *text, gsize length, std::vector<int> &ids,
    GError **error)
{
  int unknown = ssmt_vocabulary_find (self->vocabulary, "<unk>");
  std::vector<std::string> pieces;
  auto status = self->processor.Encode ({ text, length }, &pieces);

  if (!status.ok ()) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "SentencePiece cannot read the text: %s",
        status.ToString ().c_str ());
    return false;
  }
  for (const std::string &piece : pieces) {
    int id = is_vocabulary_symbol (piece.c_str ())
        ? -1
        : ssmt_vocabulary_find (self->vocabulary, piece.c_str ());

    if (id >= 0 || unknown >= 0)
      ids.push_back (id >= 0 ? id : unknown);
  }
  return true;
}

gboolean
ssmt_tokenizer_encode (const SsmtTokenizer *self, const char *text, gssize length, GArray *ids,
    SsmtBudget *budget, GError **error)
{
  gsize n = length < 0 ? strlen (text) : (gsize) length;
  g_auto (SsmtBudget) own = {};
  std::vector<int> found;

  if (!g_utf8_validate_len (text, n, nullptr)) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_TEXT, "the text is not valid UTF-8");
    return FALSE;
  }
  if (!budget) {
    budget = &own;
    ssmt_budget_init (budget, n, nullptr);
  }
  if (self->bpe)
    return ssmt_bpe_encode (self->bpe, text, n, ids, budget) || ssmt_budget_check (budget, error);
  if (!ssmt_budget_spend_bytes (budget, n))
    return ssmt_budget_check (budget, error);
  try {
    if (!(self->vocabulary ? encode_renumbered : encode) (self, text, n, found, error))
      return FALSE;
  } catch (const std::exception &e) {
    g_clear_error (error);
    g_set_error (
        error, SSMT_ERROR, SSMT_ERROR_TEXT, "SentencePiece cannot read the text: %s", e.what ());
    return FALSE;
  }
  for (gint32 id : found)
    g_array_append_val (ids, id);
  return TRUE;
}

/* --- decoding ----------------------------------------------------------- */

static std::string
decode_renumbered (const SsmtTokenizer *self, const gint32 *ids, gsize n)
{
  std::vector<std::string> pieces;
  std::string text;

  for (gsize i = 0; i < n; i++) {
    const char *piece =
        ids[i] >= 0 ? ssmt_vocabulary_get_piece (self->vocabulary, (guint32) ids[i]) : nullptr;

    if (piece && !is_vocabulary_symbol (piece))
      pieces.push_back (piece);
  }
  return self->processor.Decode (pieces, &text).ok () ? text : "";
}

static char *
decode (const SsmtTokenizer *self, const gint32 *ids, gsize n)
{
  try {
    std::vector<int> kept;
    std::string text;

    if (self->vocabulary) {
      text = decode_renumbered (self, ids, n);
      return g_utf8_make_valid (text.data (), (gssize) text.size ());
    }
    for (gsize i = 0; i < n; i++)
      if (ids[i] >= 0 && (guint32) ids[i] < self->spm.types->len && !self->symbols[ids[i]])
        kept.push_back (ids[i]);
    if (self->processor.Decode (kept, &text).ok ())
      return g_utf8_make_valid (text.data (), (gssize) text.size ());
  } catch (const std::exception &) {
  }
  return g_strdup ("");
}

char *
ssmt_tokenizer_decode (const SsmtTokenizer *self, const gint32 *ids, gsize n, SsmtBudget *budget)
{
  g_auto (SsmtBudget) own = {};

  if (!budget) {
    budget = &own;
    ssmt_budget_init (budget, 0, nullptr);
  }
  if (self->bpe)
    return ssmt_bpe_decode (self->bpe, ids, n, budget);
  return ssmt_budget_spend (budget, n) ? decode (self, ids, n) : g_strdup ("");
}

char *
ssmt_tokenizer_describe (const SsmtTokenizer *self)
{
  if (self->bpe)
    return ssmt_bpe_describe (self->bpe);
  return g_strdup_printf ("SentencePiece %s, %u pieces%s", self->spm.algorithm,
      ssmt_tokenizer_get_size (self), self->bytes.empty () ? "" : ", byte fallback");
}
