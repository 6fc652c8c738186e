/* ssmtranslate: header of a safetensors file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The header has one fixed form, so it is read here straight from the file:
 * no tree of a 100 MB text, no recursion, numbers beyond 64 bits and names
 * that come twice are seen.
 */
#include "engine/files/safetensors.h"

#include <string.h>

#include "engine/files/hash.h"

typedef struct {
  const char *start, *p, *end;
  const char *path;
  GString *text; /* the last string read */
  GError **error;
} Reader;

/* --- JSON --------------------------------------------------------------- */

G_GNUC_PRINTF (2, 3)
static gboolean
fail_here (Reader *r, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (r->error, SSMT_ERROR, SSMT_ERROR_INVALID, "%s: header, byte %" G_GSIZE_FORMAT ": %s",
      r->path, (gsize) (r->p - r->start), what);
  return FALSE;
}

static void
skip_space (Reader *r)
{
  while (r->p < r->end && strchr (" \t\r\n", *r->p))
    r->p++;
}

/* Takes `c` where it is the next character that counts. */
static gboolean
take (Reader *r, char c)
{
  skip_space (r);
  if (r->p == r->end || *r->p != c)
    return FALSE;
  r->p++;
  return TRUE;
}

static gboolean
expect (Reader *r, char c)
{
  return take (r, c) || fail_here (r, "expected \"%c\"", c);
}

static gboolean
read_hex4 (Reader *r, gunichar *code)
{
  *code = 0;
  for (int i = 0; i < 4; i++, r->p++) {
    if (r->p == r->end || !g_ascii_isxdigit (*r->p))
      return fail_here (r, "expected four hexadecimal digits");
    *code = *code * 16 + (guint) g_ascii_xdigit_value (*r->p);
  }
  return TRUE;
}

/* After "\u". */
static gboolean
read_unicode_escape (Reader *r)
{
  gunichar code, low;

  if (!read_hex4 (r, &code))
    return FALSE;
  if (code >= 0xd800 && code < 0xdc00) {
    if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
      return fail_here (r, "expected the second half of a surrogate pair");
    r->p += 2;
    if (!read_hex4 (r, &low))
      return FALSE;
    if (low < 0xdc00 || low > 0xdfff)
      return fail_here (r, "expected the second half of a surrogate pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  if (code == 0 || !g_unichar_validate (code))
    return fail_here (r, "\\u%04x is no character", code);
  g_string_append_unichar (r->text, code);
  return TRUE;
}

static gboolean
read_escape (Reader *r)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;
  char c = r->p < r->end ? *r->p++ : '\0';

  if (c == 'u')
    return read_unicode_escape (r);
  found = c ? strchr (from, c) : NULL;
  if (!found)
    return fail_here (r, "unknown escape in a string");
  g_string_append_c (r->text, to[found - from]);
  return TRUE;
}

/* A string, into r->text. The header is known to be UTF-8. */
static gboolean
read_string (Reader *r)
{
  g_string_truncate (r->text, 0);
  if (!take (r, '"'))
    return fail_here (r, "expected a string");
  while (r->p < r->end && *r->p != '"') {
    char c = *r->p++;

    if ((guchar) c < 0x20)
      return fail_here (r, "control character in a string");
    if (c != '\\')
      g_string_append_c (r->text, c);
    else if (!read_escape (r))
      return FALSE;
  }
  return expect (r, '"');
}

/* A whole number of at most 64 bits. */
static gboolean
read_number (Reader *r, guint64 *value)
{
  const char *start;

  skip_space (r);
  start = r->p;
  *value = 0;
  for (; r->p < r->end && g_ascii_isdigit (*r->p); r->p++) {
    guint digit = (guint) (*r->p - '0');

    if (!g_uint64_checked_mul (value, *value, 10) || !g_uint64_checked_add (value, *value, digit))
      return fail_here (r, "number is larger than 64 bits");
  }
  if (r->p == start || (r->p < r->end && strchr (".eE", *r->p)))
    return fail_here (r, "expected a whole number, not negative");
  if (*start == '0' && r->p - start > 1)
    return fail_here (r, "number begins with 0");
  return TRUE;
}

/* [a, b, ...]; more than `max` numbers are an error. */
static gboolean
read_numbers (Reader *r, const char *what, guint max, guint64 *values, guint *n)
{
  *n = 0;
  if (!take (r, '['))
    return fail_here (r, "\"%s\" must be an array", what);
  if (take (r, ']'))
    return TRUE;
  do {
    if (*n == max)
      return fail_here (r, "\"%s\" has more than %u numbers", what, max);
    if (!read_number (r, &values[(*n)++]))
      return FALSE;
  } while (take (r, ','));
  return expect (r, ']');
}

/* --- tensors ------------------------------------------------------------ */

static const char *const dtype_names[] = {
  [SSMT_DTYPE_F32] = "F32",
  [SSMT_DTYPE_F16] = "F16",
  [SSMT_DTYPE_BF16] = "BF16",
  [SSMT_DTYPE_I8] = "I8",
  [SSMT_DTYPE_Q4] = "U8", /* pairs of four bits; nothing else is kept in U8 */
};

const char *
ssmt_safetensors_dtype_name (SsmtDType dtype)
{
  return dtype_names[dtype];
}

G_GNUC_PRINTF (4, 5)
static gboolean
fail_tensor (Reader *r, SsmtError code, const char *name, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (r->error, SSMT_ERROR, code, "%s: tensor \"%s\": %s", r->path, name, what);
  return FALSE;
}

static gboolean
read_dtype (Reader *r, SsmtTensor *info)
{
  if (!read_string (r))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (dtype_names); i++) {
    if (strcmp (r->text->str, dtype_names[i]) == 0) {
      info->dtype = (SsmtDType) i;
      return TRUE;
    }
  }
  return fail_tensor (r, SSMT_ERROR_UNSUPPORTED, info->name,
      "dtype is \"%.32s\", expected F32, F16, BF16, I8 or U8", r->text->str);
}

/* Shape, size and offsets must say the same. */
static gboolean
check_tensor (Reader *r, SsmtTensor *info, guint64 data_size)
{
  guint64 bytes;

  info->n_elements = 1;
  for (guint i = 0; i < info->n_dims; i++) {
    if (info->shape[i] == 0)
      return fail_tensor (
          r, SSMT_ERROR_INVALID, info->name, "is empty: dimension %u of its shape is 0", i);
    if (!g_uint64_checked_mul (&info->n_elements, info->n_elements, info->shape[i]))
      return fail_tensor (
          r, SSMT_ERROR_INVALID, info->name, "shape has more elements than 64 bits can count");
  }
  if (!g_uint64_checked_mul (&bytes, info->n_elements, ssmt_dtype_size (info->dtype)))
    return fail_tensor (
        r, SSMT_ERROR_INVALID, info->name, "shape has more bytes than 64 bits can count");

  if (info->begin > info->end || info->end > data_size)
    return fail_tensor (r, SSMT_ERROR_INVALID, info->name,
        "data_offsets [%" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT
        "] are not within the file's %" G_GUINT64_FORMAT " bytes of data",
        info->begin, info->end, data_size);
  if (info->end - info->begin != bytes)
    return fail_tensor (r, SSMT_ERROR_INVALID, info->name,
        "data_offsets span %" G_GUINT64_FORMAT " bytes, expected %" G_GUINT64_FORMAT
        " for its shape and dtype",
        info->end - info->begin, bytes);
  return TRUE;
}

enum { HAVE_DTYPE = 1, HAVE_SHAPE = 2, HAVE_OFFSETS = 4, HAVE_ALL = 7 };

/* "key": value of a tensor; `have` tells which keys were read. */
static gboolean
read_tensor_key (Reader *r, SsmtTensor *info, guint *have)
{
  guint64 offsets[2];
  guint key, n;

  if (!read_string (r))
    return FALSE;
  key = strcmp (r->text->str, "dtype") == 0        ? HAVE_DTYPE
      : strcmp (r->text->str, "shape") == 0        ? HAVE_SHAPE
      : strcmp (r->text->str, "data_offsets") == 0 ? HAVE_OFFSETS
                                                   : 0;
  if (!key || (*have & key))
    return fail_tensor (r, SSMT_ERROR_INVALID, info->name,
        "%s key \"%.32s\", expected dtype, shape and data_offsets once each",
        key ? "second" : "unknown", r->text->str);
  *have |= key;
  if (!expect (r, ':'))
    return FALSE;

  if (key == HAVE_DTYPE)
    return read_dtype (r, info);
  if (key == HAVE_SHAPE)
    return read_numbers (r, "shape", SSMT_TENSOR_MAX_DIMS, info->shape, &info->n_dims);
  if (!read_numbers (r, "data_offsets", 2, offsets, &n))
    return FALSE;
  if (n != 2)
    return fail_tensor (
        r, SSMT_ERROR_INVALID, info->name, "data_offsets has %u numbers, expected 2", n);
  info->begin = offsets[0];
  info->end = offsets[1];
  return TRUE;
}

static gboolean
read_tensor (Reader *r, SsmtTensor *info, guint64 data_size)
{
  guint have = 0;

  if (!expect (r, '{'))
    return FALSE;
  do {
    if (!read_tensor_key (r, info, &have))
      return FALSE;
  } while (take (r, ','));
  if (!expect (r, '}'))
    return FALSE;
  if (have != HAVE_ALL)
    return fail_tensor (r, SSMT_ERROR_INVALID, info->name, "\"%s\" is missing",
        !(have & HAVE_DTYPE)       ? "dtype"
            : !(have & HAVE_SHAPE) ? "shape"
                                   : "data_offsets");
  return check_tensor (r, info, data_size);
}

/* { "key": "text", ... } */
static gboolean
skip_metadata (Reader *r)
{
  if (!expect (r, '{'))
    return FALSE;
  if (take (r, '}'))
    return TRUE;
  do {
    if (!read_string (r) || !expect (r, ':') || !read_string (r))
      return FALSE;
  } while (take (r, ','));
  return expect (r, '}');
}

/* Names end up in messages, so they are short and printable. */
static gboolean
check_name (Reader *r)
{
  if (r->text->len == 0 || r->text->len > SSMT_SAFETENSORS_MAX_NAME)
    return fail_here (r, "tensor name has %" G_GSIZE_FORMAT " bytes, expected 1 to %d",
        r->text->len, SSMT_SAFETENSORS_MAX_NAME);
  for (gsize i = 0; i < r->text->len; i++)
    if (g_ascii_iscntrl (r->text->str[i]))
      return fail_here (r, "tensor name holds a control character");
  return TRUE;
}

/* "name": { ... }. `names` owns nothing; it sees names that come twice. */
static gboolean
read_entry (Reader *r, SsmtSafetensors *header, GHashTable *names)
{
  SsmtTensor info = { 0 };
  SsmtTensor *last;

  if (!read_string (r))
    return FALSE;
  if (strcmp (r->text->str, "__metadata__") == 0)
    return expect (r, ':') && skip_metadata (r);
  if (!check_name (r))
    return FALSE;

  info.name = g_strdup (r->text->str);
  g_array_append_val (header->tensors, info);
  if (!g_hash_table_add (names, info.name))
    return fail_tensor (r, SSMT_ERROR_INVALID, info.name, "is in the header twice");
  last = &g_array_index (header->tensors, SsmtTensor, header->tensors->len - 1);
  return expect (r, ':') && read_tensor (r, last, header->data_size);
}

static gboolean
read_header (Reader *r, SsmtSafetensors *header)
{
  g_autoptr (GHashTable) names = g_hash_table_new (ssmt_str_hash, g_str_equal);

  if (!expect (r, '{'))
    return FALSE;
  if (!take (r, '}')) {
    do {
      if (!read_entry (r, header, names))
        return FALSE;
    } while (take (r, ','));
    if (!expect (r, '}'))
      return FALSE;
  }
  skip_space (r);
  return r->p == r->end || fail_here (r, "text after the end of the JSON");
}

/* --- the file ----------------------------------------------------------- */

static gint
by_begin (gconstpointer a, gconstpointer b)
{
  const SsmtTensor *x = a, *y = b;

  return x->begin < y->begin ? -1 : x->begin > y->begin;
}

/* The tensors must fill the data from its first to its last byte. */
static gboolean
check_cover (Reader *r, SsmtSafetensors *header)
{
  guint64 end = 0;

  g_array_sort (header->tensors, by_begin);
  for (guint i = 0; i < header->tensors->len; i++) {
    const SsmtTensor *info = &g_array_index (header->tensors, SsmtTensor, i);

    if (info->begin != end)
      return fail_tensor (r, SSMT_ERROR_INVALID, info->name,
          "begins at byte %" G_GUINT64_FORMAT " of the data, %s %" G_GUINT64_FORMAT, info->begin,
          info->begin < end ? "inside the tensor that ends at" : "after a hole from", end);
    end = info->end;
  }
  if (end == header->data_size)
    return header->tensors->len > 0 || fail_here (r, "there are no tensors");
  g_set_error (r->error, SSMT_ERROR, SSMT_ERROR_INVALID,
      "%s: tensors end at byte %" G_GUINT64_FORMAT " of the data, but there are %" G_GSIZE_FORMAT,
      r->path, end, header->data_size);
  return FALSE;
}

static gboolean
find_header (Reader *r, const guint8 *file, gsize length, SsmtSafetensors *header)
{
  guint64 n;
  const char *bad;

  if (length < 8) {
    g_set_error (r->error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: has %" G_GSIZE_FORMAT " bytes, expected a safetensors file of at least 8", r->path,
        length);
    return FALSE;
  }
  memcpy (&n, file, sizeof n);
  n = GUINT64_FROM_LE (n);
  if (n > SSMT_SAFETENSORS_MAX_HEADER || n > length - 8) {
    g_set_error (r->error, SSMT_ERROR, SSMT_ERROR_INVALID,
        "%s: header of %" G_GUINT64_FORMAT " bytes does not fit, expected at "
        "most %" G_GSIZE_FORMAT,
        r->path, n, MIN (length - 8, SSMT_SAFETENSORS_MAX_HEADER));
    return FALSE;
  }

  header->data_offset = 8 + (gsize) n;
  header->data_size = length - header->data_offset;
  r->start = r->p = (const char *) file + 8;
  r->end = r->start + n;
  if (!g_utf8_validate_len (r->start, (gsize) n, &bad)) {
    r->p = bad;
    return fail_here (r, "not UTF-8 text, expected JSON");
  }
  return TRUE;
}

static void
clear_info (gpointer info)
{
  g_free (((SsmtTensor *) info)->name);
}

SsmtSafetensors *
ssmt_safetensors_parse (const guint8 *file, gsize length, const char *path, GError **error)
{
  g_autoptr (SsmtSafetensors) header = g_new0 (SsmtSafetensors, 1);
  g_autoptr (GString) text = g_string_new (NULL);
  Reader reader = { .path = path, .text = text, .error = error };

  header->tensors = g_array_new (FALSE, FALSE, sizeof (SsmtTensor));
  g_array_set_clear_func (header->tensors, clear_info);
  if (!find_header (&reader, file, length, header) || !read_header (&reader, header)
      || !check_cover (&reader, header))
    return NULL;
  return g_steal_pointer (&header);
}

void
ssmt_safetensors_free (SsmtSafetensors *header)
{
  if (!header)
    return;
  g_array_unref (header->tensors);
  g_free (header);
}
