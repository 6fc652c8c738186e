/* ssmtranslate tests: GStreamer's references, in a way that ThreadSanitizer sees
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * See tsan-glib.c. What is done before a buffer is given away happens before the last
 * that has it writes to it or frees it; a tee gives one buffer to several elements.
 */
#define _GNU_SOURCE
#include "../tsan-next.h"

#include <gst/gst.h>

void (gst_mini_object_unref) (GstMiniObject *object)
{
  NEXT (gst_mini_object_unref);
  __tsan_release (object);
  if (g_atomic_int_get (&object->refcount) == 1)
    __tsan_acquire (object);
  next (object);
}

GstMiniObject *(gst_mini_object_make_writable) (GstMiniObject *object)
{
  NEXT (gst_mini_object_make_writable);
  if (gst_mini_object_is_writable (object))
    __tsan_acquire (object);
  else
    __tsan_release (object);
  return next (object);
}

GstFlowReturn (gst_pad_push) (GstPad *pad, GstBuffer *buffer)
{
  NEXT (gst_pad_push);
  __tsan_release (buffer);
  return next (pad, buffer);
}
