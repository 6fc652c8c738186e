/* ssmtranslate: look into a SentencePiece file before it is loaded
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/tokens/spm.h"

#include <math.h>
#include <string.h>

#include "engine/formats/config.h"

#define MAX_PIECE 1024 /* bytes */

/* --- protocol buffers wire format --------------------------------------- */

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

typedef struct {
  const guint8 *p, *end;
} Wire;

typedef struct {
  guint64 number; /* of the field */
  guint wire;
  guint64 value;       /* VARINT, or length of BYTES */
  const guint8 *bytes; /* BYTES, FIXED32, FIXED64 */
} Field;

static gboolean
read_varint (Wire *wire, guint64 *value)
{
  *value = 0;
  for (guint shift = 0; shift < 64 && wire->p < wire->end; shift += 7) {
    guint8 byte = *wire->p++;

    *value |= (guint64) (byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return TRUE;
  }
  return FALSE;
}

/* FALSE where there is no whole field. */
static gboolean
read_field (Wire *wire, Field *field)
{
  guint64 tag;

  if (!read_varint (wire, &tag))
    return FALSE;
  field->number = tag >> 3;
  field->wire = tag & 7;
  switch (field->wire) {
    case VARINT:
      return read_varint (wire, &field->value);
    case BYTES:
      if (!read_varint (wire, &field->value))
        return FALSE;
      break;
    case FIXED32:
    case FIXED64:
      field->value = field->wire == FIXED32 ? 4 : 8;
      break;
    default: /* groups are not in use */
      return FALSE;
  }
  if (field->value > (guint64) (wire->end - wire->p))
    return FALSE;
  field->bytes = wire->p;
  wire->p += field->value;
  return field->number != 0;
}

static Wire
wire_of (const Field *field)
{
  return (Wire){ field->bytes, field->bytes + field->value };
}

/* --- the normalizer's trie ---------------------------------------------- */

/* A step by one byte stays in its block; the library has room for so many
 * matches at one place. */
#define TRIE_BLOCK 256 /* units */
#define TRIE_DEPTH 32
/* What a character may become: 33 bytes are the most in Unicode (U+FDFA, NFKC). */
#define MAX_TEXT 128

typedef struct {
  const guint8 *units; /* little-endian u32 each */
  guint32 n_units;
  guint32 n_texts; /* bytes of replacement texts */
} Trie;

static guint32
read_u32 (const guint8 *p)
{
  guint32 value;

  memcpy (&value, p, sizeof value);
  return GUINT32_FROM_LE (value);
}

/* Where the children of `unit` begin [darts-clone, DoubleArrayUnit]. */
static guint32
children_of (const Trie *trie, guint32 unit)
{
  guint32 u = read_u32 (trie->units + unit * 4u);

  return unit ^ ((u >> 10) << ((u & (1u << 9)) >> 6));
}

/* Units by where the children begin among which they are: a unit's place differs from that in its own byte.
 * first (n_units), then next (n_units) of each; 0: none, for the root is nobody's child. */
static guint32 *
index_children (const Trie *trie)
{
  guint32 *first = g_try_new0 (guint32, 2 * (gsize) trie->n_units), *next;

  if (first == NULL)
    return NULL;
  next = first + trie->n_units;

  for (guint32 child = trie->n_units - 1; child > 0; child--) {
    guint32 u = read_u32 (trie->units + child * 4u), base = child ^ (u & 0xff);

    if ((u & (1u << 31)) || base >= trie->n_units)
      continue;
    next[child] = first[base];
    first[base] = child;
  }
  return first;
}

/* Appends the units one byte below `unit`, which is `depth` bytes from the
 * root; `seen` holds the last depth at which a unit was appended. FALSE: the
 * unit leads out of the trie. */
static gboolean
append_children (
    const Trie *trie, const guint32 *first, guint32 unit, guint8 depth, guint8 *seen, GArray *next)
{
  const guint8 *texts = trie->units + trie->n_units * 4u;
  guint32 base = children_of (trie, unit);
  guint32 u = read_u32 (trie->units + unit * 4u);

  if (base >= trie->n_units)
    return FALSE;
  if (depth > 0 && (u & (1u << 8))) {
    guint32 leaf = read_u32 (trie->units + base * 4u) & 0x7fffffffu;

    if (leaf >= trie->n_texts
        || !memchr (texts + leaf, '\0', MIN (MAX_TEXT + 1, trie->n_texts - leaf)))
      return FALSE;
  }
  for (guint32 child = first[base]; child != 0; child = first[trie->n_units + child]) {
    if (seen[child] == depth + 1)
      continue;
    seen[child] = depth + 1;
    g_array_append_val (next, child);
  }
  return TRUE;
}

/* Follows every path, level by level. A trie with a loop never ends, and in an
 * honest one few units stand at several depths: both have a limit. */
static gboolean
check_trie (const Trie *trie)
{
  g_autoptr (GArray) level = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autofree guint8 *seen = g_try_malloc0 (trie->n_units);
  g_autofree guint32 *first = index_children (trie);
  guint64 visited = 0;
  guint32 root = 0;

  if (first == NULL || seen == NULL)
    return FALSE;
  g_array_append_val (level, root);
  for (guint8 depth = 0; level->len > 0; depth++) {
    g_autoptr (GArray) next = g_array_new (FALSE, FALSE, sizeof (guint32));

    visited += level->len;
    if (depth > TRIE_DEPTH || visited > 8 * (guint64) trie->n_units)
      return FALSE;
    for (guint i = 0; i < level->len; i++)
      if (!append_children (trie, first, g_array_index (level, guint32, i), depth, seen, next))
        return FALSE;
    g_array_unref (level);
    level = g_steal_pointer (&next);
  }
  return TRUE;
}

/* u32 size of the trie, the trie, texts that end in NUL. */
static gboolean
check_charsmap (const guint8 *map, guint64 length)
{
  Trie trie;
  guint32 size;

  if (length == 0)
    return TRUE;
  if (length < 4 || length > G_MAXINT32)
    return FALSE;
  size = read_u32 (map);
  if (size == 0 || size % (4 * TRIE_BLOCK) != 0 || size >= length - 4 || map[length - 1] != '\0')
    return FALSE;
  trie.units = map + 4;
  trie.n_units = size / 4;
  trie.n_texts = (guint32) (length - 4 - size);
  return check_trie (&trie);
}

/* --- the parts of the model --------------------------------------------- */

static gboolean
check_normalizer (Wire wire)
{
  Field field;

  while (wire.p < wire.end) {
    if (!read_field (&wire, &field))
      return FALSE;
    if (field.number == 2 && (field.wire != BYTES || !check_charsmap (field.bytes, field.value)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_trainer (SsmtSpm *spm, Wire wire)
{
  static const char *const names[] = { "unigram", "BPE", "word", "character" };
  Field field;

  while (wire.p < wire.end) {
    if (!read_field (&wire, &field))
      return FALSE;
    if (field.number != 3)
      continue;
    if (field.wire != VARINT || field.value < 1 || field.value > G_N_ELEMENTS (names))
      return FALSE;
    spm->algorithm = names[field.value - 1];
  }
  return TRUE;
}

static gboolean
check_score (const Field *field)
{
  guint32 bits = read_u32 (field->bytes);
  float score;

  memcpy (&score, &bits, sizeof score);
  return isfinite (score);
}

static gboolean
check_piece (SsmtSpm *spm, Wire wire)
{
  gboolean named = FALSE;
  guint8 type = SSMT_SPM_NORMAL;
  Field field;

  while (wire.p < wire.end) {
    if (!read_field (&wire, &field))
      return FALSE;
    if (field.number == 1) {
      named = field.wire == BYTES && field.value > 0 && field.value <= MAX_PIECE
          && g_utf8_validate_len ((const char *) field.bytes, field.value, NULL);
      if (!named)
        return FALSE;
    } else if (field.number == 2) {
      if (field.wire != FIXED32 || !check_score (&field))
        return FALSE;
    } else if (field.number == 3) {
      if (field.wire != VARINT || field.value < SSMT_SPM_NORMAL || field.value > SSMT_SPM_BYTE)
        return FALSE;
      type = (guint8) field.value;
    }
  }
  g_byte_array_append (spm->types, &type, 1);
  return named;
}

static gboolean
check_field (SsmtSpm *spm, const Field *field, const char *path, GError **error)
{
  const char *part = NULL;

  if (field->number == 4 && field->value > 0) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_UNSUPPORTED,
        "%s: has tests of itself (self_test_data), which SentencePiece would run at each start", path);
    return FALSE;
  }
  if (field->number >= 1 && field->number <= 5 && field->wire != BYTES)
    part = "model";
  else if (field->number == 1 && !check_piece (spm, wire_of (field)))
    part = "vocabulary";
  else if (field->number == 2 && !check_trainer (spm, wire_of (field)))
    part = "trainer settings";
  else if ((field->number == 3 || field->number == 5) && !check_normalizer (wire_of (field)))
    part = "normalizer";
  if (!part)
    return TRUE;
  g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
      "%s: the %s of this SentencePiece model is damaged (after piece %u)", path, part,
      spm->types->len);
  return FALSE;
}

gboolean
ssmt_spm_check (SsmtSpm *spm, const guint8 *file, gsize length, const char *path, GError **error)
{
  Wire wire = { file, file + length };
  Field field;

  spm->types = g_byte_array_new ();
  spm->algorithm = "unigram";
  while (wire.p < wire.end) {
    if (!read_field (&wire, &field)) {
      g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
          "%s: is no SentencePiece model, or is cut off at byte %" G_GSIZE_FORMAT, path,
          (gsize) (wire.p - file));
      return FALSE;
    }
    if (!check_field (spm, &field, path, error))
      return FALSE;
  }
  if (spm->types->len == 0 || spm->types->len > SSMT_MAX_VOCAB) {
    g_set_error (error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has %u pieces, expected a SentencePiece model of 1 to %d", path, spm->types->len,
        SSMT_MAX_VOCAB);
    return FALSE;
  }
  return TRUE;
}

void
ssmt_spm_clear (SsmtSpm *spm)
{
  g_clear_pointer (&spm->types, g_byte_array_unref);
}
