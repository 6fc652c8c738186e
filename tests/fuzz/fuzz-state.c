/* ssmtranslate tests: saved states from anywhere
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The first byte is the model and what the others are. A fuzzer finds neither fingerprints nor digests, so but for bytes
 * that are taken as they are those are put right.
 */
#include <string.h>

#include "data.h"
#include "engine/stream/model-private.h"
#include "fuzz.h"

#define N_MODELS G_N_ELEMENTS (names)
#define HEADER 88
#define DIGEST 32
#define MAX_POSITION 40
#define TEXT "Good day, friend."

static const char *const names[] = { "tiny-decoder", "tiny-encdec", "checkpoints/bamba",
  "checkpoints/jamba" };

typedef struct {
  SsmtModel *model;
  GBytes *good;
  char *fresh; /* what a new stream says */
} Base;

/* As in a file, little-endian. */
typedef struct {
  gint32 pending;
  guint64 n_segments;
  guint8 positions[2];
} Place;

static char *
translate (SsmtStream *stream, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SsmtTranslation) translation =
      ssmt_stream_translate (stream, text, SSMT_TRANSLATE_NONE, NULL, &error);

  g_assert_true ((translation == NULL) == (error != NULL));
  if (translation == NULL)
    return NULL;
  g_assert_true (g_utf8_validate (ssmt_translation_get_text (translation), -1, NULL));
  return g_strdup (ssmt_translation_get_text (translation));
}

static GBytes *
save (SsmtStream *stream)
{
  g_autoptr (SsmtState) state = ssmt_stream_get_state (stream, NULL);

  g_assert_nonnull (state);
  return ssmt_state_to_bytes (state, NULL);
}

static const Base *
get_base (guint n)
{
  static Base bases[N_MODELS];
  Base *base = &bases[n];

  if (base->model == NULL) {
    g_autoptr (SsmtStream) stream = NULL;

    base->model = fuzz_data_load (names[n]);
    stream = fuzz_data_stream (base->model, 1, NULL);
    base->fresh = translate (stream, TEXT);
    base->good = save (stream);
  }
  return base;
}

/* --- bytes ------------------------------------------------------------------ */

/* What no fuzzer finds. */
static void
mend (guint8 *bytes, gsize length, const guint8 *good)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  gsize n = DIGEST;

  memcpy (bytes, good, 12);
  memcpy (bytes + 16, good + 16, 32);
  g_checksum_update (sum, bytes, length - DIGEST);
  g_checksum_get_digest (sum, bytes + length - DIGEST, &n);
}

/* The good one with other bytes at places: two bytes each for a place (from 2^15 on one of the header) and four for what
 * is there. */
static GBytes *
patch (const Base *base, const guint8 *data, gsize size)
{
  gsize length;
  const guint8 *good = g_bytes_get_data (base->good, &length);
  guint8 *copy = g_memdup2 (good, length);

  for (gsize i = 0; i + 6 <= size; i += 6) {
    guint at = data[i] | data[i + 1] << 8;
    gsize place = at & 0x8000 ? 12 + at % (HEADER - 12 - 3) : at % (length - DIGEST - 3);

    memcpy (copy + place, data + i + 2, 4);
  }
  mend (copy, length, good);
  return g_bytes_new_take (copy, length);
}

static void
put_u64 (guint8 *at, guint64 value)
{
  value = GUINT64_TO_LE (value);
  memcpy (at, &value, sizeof value);
}

/* One that is as long as its positions say; its state is the bytes that are left, again and again. */
static GBytes *
make_up (const Base *base, const guint8 *data, gsize size)
{
  const guint8 *good = g_bytes_get_data (base->good, NULL);
  gsize length = HEADER + DIGEST, at = HEADER;
  guint8 *bytes;
  Place place;

  if (size <= sizeof place)
    return g_bytes_new (data, size);
  memcpy (&place, data, sizeof place);
  data += sizeof place;
  size -= sizeof place;
  bytes = g_malloc0 (HEADER);
  memcpy (bytes + 12, &place.pending, 4);
  put_u64 (bytes + 48, place.n_segments);
  for (guint stack = 0; stack < 2; stack++) {
    guint position = place.positions[stack] % MAX_POSITION;
    gsize used = ssmt_network_get_state_bytes (base->model->network, stack)
        + position * ssmt_network_get_token_bytes (base->model->network, stack);

    put_u64 (bytes + 56 + 8 * stack, position);
    put_u64 (bytes + 72 + 8 * stack, used);
    length += used;
  }
  bytes = g_realloc (bytes, length);
  for (gsize i = 0; at < length - DIGEST; at++, i++)
    bytes[at] = data[i % size];
  mend (bytes, length, good);
  return g_bytes_new_take (bytes, length);
}

/* --- use -------------------------------------------------------------------- */

static void
use (const Base *base, SsmtState *state, GBytes *bytes)
{
  g_autoptr (SsmtStream) stream = fuzz_data_stream (base->model, 1, NULL);
  g_autoptr (GBytes) again = ssmt_state_to_bytes (state, NULL), before = NULL, after = NULL;
  g_autofree char *continued = NULL, *begun = NULL, *fresh = NULL;

  g_assert_true (g_bytes_equal (again, bytes));
  g_assert_true (ssmt_stream_set_state (stream, state, NULL));
  before = save (stream);
  g_assert_true (g_bytes_equal (before, bytes));
  continued = translate (stream, TEXT);
  after = save (stream);
  /* what cannot be translated has not been read */
  g_assert_true (continued != NULL || g_bytes_equal (after, bytes));
  g_assert_true (ssmt_stream_set_start (stream, state, NULL));
  begun = translate (stream, TEXT);
  g_assert_cmpstr (begun, ==, continued);
  g_assert_true (ssmt_stream_set_start (stream, NULL, NULL));
  fresh = translate (stream, TEXT);
  g_assert_cmpstr (fresh, ==, base->fresh);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (SsmtState) state = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const Base *base;

  if (size < 1)
    return 0;
  base = get_base (data[0] % N_MODELS);
  switch (data[0] / N_MODELS % 3) {
    case 0:
      bytes = g_bytes_new (data + 1, size - 1);
      break;
    case 1:
      bytes = patch (base, data + 1, size - 1);
      break;
    default:
      bytes = make_up (base, data + 1, size - 1);
  }
  state = ssmt_state_new_from_bytes (base->model, bytes, &error);
  g_assert_true ((state == NULL) == (error != NULL));
  if (state != NULL)
    use (base, state, bytes);
  else
    g_assert_true (g_error_matches (error, SSMT_ERROR, SSMT_ERROR_STATE));
  return 0;
}
