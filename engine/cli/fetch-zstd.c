/* ssmtranslate: unpacks Zstandard
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/cli/fetch-zstd.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

/* What a stranger's file may make us allocate: 128 MiB, zstd's own default. */
#define MAX_WINDOW_LOG 27

G_DECLARE_FINAL_TYPE (FetchZstd, fetch_zstd, FETCH, ZSTD, GObject)

struct _FetchZstd {
  GObject parent;
  ZSTD_DStream *stream;
};

static void fetch_zstd_converter_init (GConverterIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (FetchZstd, fetch_zstd, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_CONVERTER, fetch_zstd_converter_init))

static void
fetch_zstd_finalize (GObject *object)
{
  ZSTD_freeDStream (FETCH_ZSTD (object)->stream);
  G_OBJECT_CLASS (fetch_zstd_parent_class)->finalize (object);
}

static void
fetch_zstd_class_init (FetchZstdClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = fetch_zstd_finalize;
}

static void
fetch_zstd_init (FetchZstd *self)
{
  self->stream = ZSTD_createDStream ();
  if (self->stream)
    ZSTD_DCtx_setParameter (self->stream, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
}

static void
fetch_zstd_reset (GConverter *converter)
{
  ZSTD_DCtx_reset (FETCH_ZSTD (converter)->stream, ZSTD_reset_session_only);
}

static GConverterResult
fetch_zstd_convert (GConverter *converter, const void *in, gsize in_size, void *out, gsize out_size,
    GConverterFlags flags, gsize *n_read, gsize *n_written, GError **error)
{
  ZSTD_inBuffer from = { in, in_size, 0 };
  ZSTD_outBuffer to = { out, out_size, 0 };
  size_t left = ZSTD_decompressStream (FETCH_ZSTD (converter)->stream, &to, &from);

  *n_read = from.pos;
  *n_written = to.pos;
  if (ZSTD_isError (left)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "not Zstandard, or damaged: %s",
        ZSTD_getErrorName (left));
    return G_CONVERTER_ERROR;
  }
  if (left == 0)
    return G_CONVERTER_FINISHED;
  if (from.pos == 0 && to.pos == 0) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "more input is needed");
    return G_CONVERTER_ERROR;
  }
  return G_CONVERTER_CONVERTED;
}

static void
fetch_zstd_converter_init (GConverterIface *iface)
{
  iface->convert = fetch_zstd_convert;
  iface->reset = fetch_zstd_reset;
}

GConverter *
fetch_zstd_new (GError **error)
{
  FetchZstd *self = g_object_new (fetch_zstd_get_type (), NULL);

  if (self->stream)
    return G_CONVERTER (self);
  g_object_unref (self);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no memory left to unpack it");
  return NULL;
}

#else

GConverter *
fetch_zstd_new (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this ssmt was built without libzstd and cannot unpack it: unpack it with \"unzstd\"");
  return NULL;
}
#endif
