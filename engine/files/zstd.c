/* ssmtranslate: unpacks Zstandard
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "engine/files/zstd.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

/* What a stranger's file may make us allocate: 128 MiB, zstd's own default. */
#define MAX_WINDOW_LOG 27

G_DECLARE_FINAL_TYPE (SsmtZstd, ssmt_zstd, SSMT, ZSTD, GObject)

struct _SsmtZstd {
  GObject parent;
  ZSTD_DStream *stream;
};

static void ssmt_zstd_converter_init (GConverterIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (SsmtZstd, ssmt_zstd, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (G_TYPE_CONVERTER, ssmt_zstd_converter_init))

static void
ssmt_zstd_finalize (GObject *object)
{
  ZSTD_freeDStream (SSMT_ZSTD (object)->stream);
  G_OBJECT_CLASS (ssmt_zstd_parent_class)->finalize (object);
}

static void
ssmt_zstd_class_init (SsmtZstdClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ssmt_zstd_finalize;
}

static void
ssmt_zstd_init (SsmtZstd *self)
{
  self->stream = ZSTD_createDStream ();
  if (self->stream)
    ZSTD_DCtx_setParameter (self->stream, ZSTD_d_windowLogMax, MAX_WINDOW_LOG);
}

static void
ssmt_zstd_reset (GConverter *converter)
{
  ZSTD_DCtx_reset (SSMT_ZSTD (converter)->stream, ZSTD_reset_session_only);
}

static GConverterResult
ssmt_zstd_convert (GConverter *converter, const void *in, gsize in_size, void *out, gsize out_size,
    GConverterFlags flags, gsize *n_read, gsize *n_written, GError **error)
{
  ZSTD_inBuffer from = { in, in_size, 0 };
  ZSTD_outBuffer to = { out, out_size, 0 };
  size_t left = ZSTD_decompressStream (SSMT_ZSTD (converter)->stream, &to, &from);

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
ssmt_zstd_converter_init (GConverterIface *iface)
{
  iface->convert = ssmt_zstd_convert;
  iface->reset = ssmt_zstd_reset;
}

GConverter *
ssmt_zstd_new (GError **error)
{
  SsmtZstd *self = g_object_new (ssmt_zstd_get_type (), NULL);

  if (self->stream)
    return G_CONVERTER (self);
  g_object_unref (self);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "no memory left to unpack it");
  return NULL;
}

#else

GConverter *
ssmt_zstd_new (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this version was built without libzstd; unpack the file with \"unzstd\"");
  return NULL;
}
#endif
