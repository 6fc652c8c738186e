/* ssmtranslate tests: whatever comes to the element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bytes are a program: each operation pushes, asks or changes something, with the next bytes as its arguments. The
 * engine is the fake one. What goes out is UTF-8, nothing is said to be wrong with a call, and nothing is left.
 */
#include <string.h>

#include "fuzz.h"
#include "../gst/fake-ssmt.h"
#include "../gst/rig.h"

#define MAX_OPERATIONS 40
#define MAX_TEXT 300

typedef struct {
  const uint8_t *at, *end;
} Reader;

/* --- arguments -------------------------------------------------------------- */

static guint
read_byte (Reader *reader)
{
  return reader->at < reader->end ? *reader->at++ : 0;
}

static guint64
read_u64 (Reader *reader)
{
  guint64 value = 0;
  gsize n = MIN (sizeof value, (gsize) (reader->end - reader->at));

  memcpy (&value, reader->at, n);
  reader->at += n;
  return value;
}

/* Mostly tenths of a second. */
static GstClockTime
read_time (Reader *reader)
{
  guint byte = read_byte (reader);

  switch (byte) {
    case 255:
      return read_u64 (reader);
    case 254:
      return GST_CLOCK_TIME_NONE;
    case 253:
      return GST_CLOCK_TIME_NONE - 1;
    case 252:
      return G_MAXINT64;
    default:
      return byte * 100 * GST_MSECOND;
  }
}

/* Bytes up to a NUL, without it. */
static const char *
read_bytes (Reader *reader, gsize *length)
{
  const char *bytes = (const char *) reader->at;
  gsize left = MIN ((gsize) (reader->end - reader->at), MAX_TEXT);
  const char *nul = left > 0 ? memchr (bytes, '\0', left) : NULL;

  *length = nul != NULL ? (gsize) (nul - bytes) : left;
  reader->at += *length + (nul != NULL);
  return bytes;
}

static char *
read_text (Reader *reader)
{
  gsize length;
  const char *bytes = read_bytes (reader, &length);

  return g_utf8_make_valid (bytes, (gssize) length);
}

/* --- metas ------------------------------------------------------------------ */

static GstBufferList *
read_words (Reader *reader)
{
  GstBufferList *words = gst_buffer_list_new ();

  for (guint n = read_byte (reader) % 12; n > 0; n--) {
    gsize length;
    const char *bytes = read_bytes (reader, &length);
    GstBuffer *word = length > 0 ? gst_buffer_new_memdup (bytes, length) : gst_buffer_new ();

    GST_BUFFER_PTS (word) = read_time (reader);
    gst_buffer_list_add (words, word);
  }
  return words;
}

/* What a text accumulator attaches, or what only has its name. */
static void
add_words (GstBuffer *buffer, Reader *reader)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "TextAccumulateSentenceMeta");
  GstStructure *s = gst_custom_meta_get_structure (meta);
  GstBufferList *words = NULL;

  switch (read_byte (reader) % 5) {
    case 0:
      gst_structure_set (s, "words", G_TYPE_UINT, read_byte (reader), NULL);
      break;
    case 1:
      gst_structure_set (s, "words", G_TYPE_STRING, "a b", NULL);
      break;
    case 2:
      gst_structure_set (s, "words", GST_TYPE_BUFFER_LIST, NULL, NULL);
      break;
    case 3:
      break;
    default:
      words = read_words (reader);
      gst_structure_set (s, "words", GST_TYPE_BUFFER_LIST, words, NULL);
      gst_buffer_list_unref (words);
  }
}

static void
add_metas (GstBuffer *buffer, guint bits, Reader *reader)
{
  g_autoptr (GstCaps) caps = NULL;

  if (bits & 1)
    gst_buffer_add_custom_meta (buffer, "SsmTranslateInterimMeta");
  if (bits & 2)
    add_words (buffer, reader);
  if (bits & 4) {
    GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "FuzzMeta");

    gst_structure_set (
        gst_custom_meta_get_structure (meta), "n", G_TYPE_UINT, read_byte (reader), NULL);
  }
  if (bits & 8) {
    caps = gst_caps_new_empty_simple ("timestamp/x-unix");
    gst_buffer_add_reference_timestamp_meta (
        buffer, caps, read_byte (reader) * GST_SECOND, read_time (reader));
  }
}

/* --- buffers ---------------------------------------------------------------- */

static void
append (GstBuffer *buffer, const char *bytes, gsize length)
{
  gpointer copy = g_memdup2 (bytes, length);

  if (length > 0)
    gst_buffer_append_memory (
        buffer, gst_memory_new_wrapped (0, copy, length, 0, length, copy, g_free));
}

/* Its text in one memory or in two. */
static GstBuffer *
read_buffer (Reader *reader)
{
  guint bits = read_byte (reader), flags = read_byte (reader);
  GstBuffer *buffer = gst_buffer_new ();
  gsize length, first;
  const char *bytes;

  GST_BUFFER_PTS (buffer) = read_time (reader);
  GST_BUFFER_DURATION (buffer) = read_time (reader);
  if (bits & 0x10)
    GST_BUFFER_DTS (buffer) = read_time (reader);
  if (bits & 0x20)
    GST_BUFFER_OFFSET (buffer) = read_u64 (reader);
  GST_BUFFER_FLAG_SET (buffer, flags * GST_BUFFER_FLAG_LIVE);
  add_metas (buffer, bits, reader);
  bytes = read_bytes (reader, &length);
  first = bits & 0x40 ? length / 2 : length;
  append (buffer, bytes, first);
  append (buffer, bytes + first, length - first);
  return buffer;
}

static void
push_buffer (Rig *rig, Reader *reader)
{
  gst_harness_push (rig->h, read_buffer (reader));
}

static void
push_list (Rig *rig, Reader *reader)
{
  GstBufferList *list = gst_buffer_list_new ();

  for (guint n = read_byte (reader) % 4; n > 0; n--)
    gst_buffer_list_add (list, read_buffer (reader));
  gst_pad_push_list (rig->h->srcpad, list);
}

/* --- events ----------------------------------------------------------------- */

static void
push_caps (Rig *rig, Reader *reader)
{
  static const char *const all[] = { "text/x-raw,format=utf8", "text/x-raw,format=pango-markup",
    "text/x-raw,format=utf8,language=en", "text/plain", "text/x-raw", "video/x-raw",
    "text/x-raw,format=(int)3" };
  g_autoptr (GstCaps) caps = gst_caps_from_string (all[read_byte (reader) % G_N_ELEMENTS (all)]);

  if (gst_caps_is_fixed (caps))
    gst_harness_push_event (rig->h, gst_event_new_caps (caps));
}

static void
push_segment (Rig *rig, Reader *reader)
{
  static const double rates[] = { 1, 1, 1, -1, 2, 0.5, -4, 1e300, 1e-300 };
  static const GstFormat formats[] = { GST_FORMAT_TIME, GST_FORMAT_TIME, GST_FORMAT_BYTES,
    GST_FORMAT_DEFAULT };
  GstSegment segment;

  gst_segment_init (&segment, formats[read_byte (reader) % G_N_ELEMENTS (formats)]);
  segment.rate = rates[read_byte (reader) % G_N_ELEMENTS (rates)];
  segment.applied_rate = rates[read_byte (reader) % G_N_ELEMENTS (rates)];
  segment.flags = (GstSegmentFlags) (read_byte (reader) & GST_SEGMENT_FLAG_RESET);
  segment.start = read_time (reader);
  segment.stop = read_time (reader);
  segment.time = read_time (reader);
  segment.base = read_time (reader);
  segment.position = read_time (reader);
  /* what the core asserts */
  if (segment.stop == GST_CLOCK_TIME_NONE || segment.stop >= segment.start)
    segment.offset = read_time (reader) % ((segment.stop - segment.start) / 2 + 1);
  else
    segment.stop = segment.start;
  gst_harness_push_event (rig->h, gst_event_new_segment (&segment));
}

static void
push_tags (Rig *rig, Reader *reader)
{
  guint bits = read_byte (reader);
  g_autofree char *code = read_text (reader);
  GstTagList *tags = gst_tag_list_new_empty ();

  /* a list takes no empty text */
  if ((bits & 1) && *code != '\0')
    gst_tag_list_add (tags, GST_TAG_MERGE_APPEND, GST_TAG_LANGUAGE_CODE, code, NULL);
  if ((bits & 2) && *code != '\0')
    gst_tag_list_add (tags, GST_TAG_MERGE_APPEND, GST_TAG_LANGUAGE_NAME, code, NULL);
  if (bits & 4)
    gst_tag_list_add (tags, GST_TAG_MERGE_APPEND, GST_TAG_BITRATE, bits, NULL);
  if (bits & 8)
    gst_tag_list_set_scope (tags, GST_TAG_SCOPE_GLOBAL);
  gst_harness_push_event (rig->h, gst_event_new_tag (tags));
}

static void
push_gap (Rig *rig, Reader *reader)
{
  GstClockTime start = read_time (reader), duration = read_time (reader);

  if (GST_CLOCK_TIME_IS_VALID (start))
    gst_harness_push_event (rig->h, gst_event_new_gap (start, duration));
}

static void
push_custom (Rig *rig, Reader *reader)
{
  static const GstEventType types[] = { GST_EVENT_CUSTOM_DOWNSTREAM,
    GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, GST_EVENT_CUSTOM_DOWNSTREAM_OOB, GST_EVENT_CUSTOM_BOTH,
    GST_EVENT_CUSTOM_BOTH_OOB };
  static const char *const names[] = { "ssmtranslate/reset", "rstranscribe/new-item",
    "rstranscribe/final-transcript", "GstForceKeyUnit", "rstranscribe/speaker-change" };
  GstEventType type = types[read_byte (reader) % G_N_ELEMENTS (types)];
  GstStructure *s = gst_structure_new_empty (names[read_byte (reader) % G_N_ELEMENTS (names)]);
  g_autofree char *text = read_text (reader);

  gst_structure_set (s, "speaker", G_TYPE_STRING, text, NULL);
  gst_harness_push_event (rig->h, gst_event_new_custom (type, s));
}

static void
push_stream (Rig *rig, Reader *reader)
{
  static const char *const ids[] = { "one", "two", "", "\xc3\xa4/001" };
  guint byte = read_byte (reader);
  GstEvent *event = gst_event_new_stream_start (ids[byte % G_N_ELEMENTS (ids)]);

  if (byte & 0x10)
    gst_event_set_stream_flags (event, GST_STREAM_FLAG_SPARSE);
  if (byte & 0x20)
    gst_event_set_group_id (event, byte);
  gst_harness_push_event (rig->h, event);
}

static void
push_eos (Rig *rig, Reader *reader)
{
  gst_harness_push_event (rig->h, gst_event_new_eos ());
}

static void
push_flush (Rig *rig, Reader *reader)
{
  gst_harness_push_event (rig->h, gst_event_new_flush_start ());
  gst_harness_push_event (rig->h, gst_event_new_flush_stop (read_byte (reader) & 1));
}

/* From downstream. */
static void
push_up (Rig *rig, Reader *reader)
{
  guint byte = read_byte (reader);
  GstEvent *event;

  switch (byte % 4) {
    case 0:
      event = gst_event_new_reconfigure ();
      break;
    case 1:
      event = gst_event_new_latency (byte * GST_MSECOND);
      break;
    case 2:
      event = gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.0, byte, byte * GST_MSECOND);
      break;
    default:
      event = gst_event_new_navigation (gst_structure_new_empty ("application/x-key"));
  }
  gst_harness_push_upstream_event (rig->h, event);
}

/* --- what else happens ------------------------------------------------------ */

static void
wait (Rig *rig, Reader *reader)
{
  rig_wait (rig);
}

/* From either side; what waits for its turn is asked by upstream only. */
static void
ask (Rig *rig, Reader *reader)
{
  guint byte = read_byte (reader);
  GstPad *pad = byte & 0x80 ? rig->h->sinkpad : rig->h->srcpad;
  g_autoptr (GstCaps) filter = byte & 0x40 ? gst_caps_new_empty_simple ("text/plain") : NULL;
  GstQuery *query;

  switch (byte % 6) {
    case 0:
      query = gst_query_new_caps (filter);
      break;
    case 1:
      query = gst_query_new_latency ();
      break;
    case 2:
      query = gst_query_new_position (GST_FORMAT_TIME);
      break;
    case 3:
      query = gst_query_new_scheduling ();
      break;
    case 4:
      query = gst_query_new_context ("ssmtranslate.model");
      break;
    default:
      query =
          gst_query_new_custom (GST_QUERY_CUSTOM, gst_structure_new_empty ("application/x-fuzz"));
  }
  gst_pad_peer_query (pad, query);
  gst_query_unref (query);
}

/* Of cues: those of the model are not looked at now. */
static void
set_property (Rig *rig, Reader *reader)
{
  static const char *const names[] = { "context", "beam-size", "segmentation", "partial-results",
    "policy", "other-languages", "guard", "quotes", "latency", "lateness", "max-columns",
    "max-lines", "max-cps" };
  const char *name = names[read_byte (reader) % G_N_ELEMENTS (names)];
  GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (rig->element), name);
  guint byte = read_byte (reader);
  g_auto (GValue) number = G_VALUE_INIT, value = G_VALUE_INIT;

  g_value_init (&number, G_TYPE_UINT);
  g_value_set_uint (&number, byte == 255 ? G_MAXUINT : byte);
  g_value_init (&value, spec->value_type);
  if (G_IS_PARAM_SPEC_ENUM (spec))
    g_value_set_enum (&value, (gint) byte);
  else
    g_value_transform (&number, &value);
  g_param_value_validate (spec, &value);
  g_object_set_property (G_OBJECT (rig->element), name, &value);
}

static void
emit (Rig *rig, Reader *reader)
{
  g_signal_emit_by_name (rig->element, read_byte (reader) & 1 ? "reset" : "post-stats");
}

static void
set_time (Rig *rig, Reader *reader)
{
  GstClockTime time = read_byte (reader) * 200 * GST_MSECOND;

  if (time > gst_clock_get_time (GST_ELEMENT_CLOCK (rig->element)))
    gst_harness_set_time (rig->h, time);
}

static void
change_state (Rig *rig, Reader *reader)
{
  gst_element_set_state (rig->element, read_byte (reader) & 1 ? GST_STATE_READY : GST_STATE_PAUSED);
  gst_element_set_state (rig->element, GST_STATE_PLAYING);
}

/* What downstream takes. */
static void
renegotiate (Rig *rig, Reader *reader)
{
  static const char *const all[] = { "text/x-raw,format=utf8", "text/x-raw,format=pango-markup",
    "text/x-raw", "ANY", "video/x-raw" };

  gst_harness_set_sink_caps_str (rig->h, all[read_byte (reader) % G_N_ELEMENTS (all)]);
}

/* --- the program ------------------------------------------------------------ */

static void (*const operations[]) (Rig *rig, Reader *reader) = { push_buffer, push_list, push_caps,
  push_segment, push_tags, push_gap, push_custom, push_stream, push_eos, push_flush, push_up, wait,
  ask, set_property, emit, set_time, change_state, renegotiate };

static void
check_output (Rig *rig)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (rig->h)) != NULL) {
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_assert_true (map.size == 0 || g_utf8_validate_len ((const char *) map.data, map.size, NULL));
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
}

/* A stream says by itself what it is, or the program does. */
static Rig *
open (Reader *reader)
{
  guint bits = read_byte (reader);
  Rig *rig = rig_new_null ();

  g_object_set (rig->element, "model-path", bits & 1 ? "en-mul" : "en-de", "segmentation",
      bits >> 1 & 1, "partial-results", (gboolean) (bits >> 2 & 1), "output-language-code", "de",
      NULL);
  if (bits & 8)
    g_object_set (rig->element, "input-language-code", "auto", NULL);
  if (bits & 0x10)
    g_object_set (rig->element, "latency", G_MAXUINT, NULL);
  rig->h = gst_harness_new_with_element (rig->element, "sink", "src");
  gst_harness_set_live (rig->h, (bits & 0x20) != 0);
  gst_harness_use_testclock (rig->h);
  if (bits & 0x40)
    rig_begin (rig, bits & 0x80 ? "pango-markup" : "utf8");
  return rig;
}

static void
ignore (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
}

static void
begin (void)
{
  static const gchar *no_tags[] = { NULL };
  static gsize done = 0;
  char name[] = "fuzz", *argv[] = { name, NULL }, **arguments = argv;
  int argc = 1;

  if (!g_once_init_enter (&done))
    return;
  rig_init (&argc, &arguments);
  /* a stream that is none is warned of, and that is all */
  rig_allow_warnings (TRUE);
  g_log_set_handler ("GStreamer", G_LOG_LEVEL_WARNING, ignore, NULL);
  gst_meta_register_custom ("TextAccumulateSentenceMeta", no_tags, NULL, NULL, NULL);
  gst_meta_register_custom ("FuzzMeta", no_tags, NULL, NULL, NULL);
  g_once_init_leave (&done, 1);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  Reader reader = { data, data + size };
  Rig *rig;

  begin ();
  rig = open (&reader);
  for (guint i = 0; i < MAX_OPERATIONS && reader.at < reader.end; i++)
    operations[read_byte (&reader) % G_N_ELEMENTS (operations)](rig, &reader);
  push_eos (rig, &reader);
  rig_wait (rig);
  check_output (rig);
  rig_free (rig);
  g_assert_cmpint (fake.n_models, ==, 0);
  g_assert_cmpint (fake.n_streams, ==, 0);
  return 0;
}
