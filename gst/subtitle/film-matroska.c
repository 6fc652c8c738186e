/* ssm-subtitle: what matroskamux leaves out of a Matroska file
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fonts, which styles of ASS need, and which tracks are the default ones. Attachments go behind the rest as the film has
 * them; the flags find room in the heads of the track entries, whose sizes matroskamux writes longer than need be.
 * Elements and their numbers are those of RFC 9559, sizes those of RFC 8794.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "film.h"

#define ID_EBML 0x1a45dfa3
#define ID_SEGMENT 0x18538067
#define ID_SEEK_HEAD 0x114d9b74
#define ID_SEEK 0x4dbb
#define ID_SEEK_ID 0x53ab
#define ID_SEEK_POSITION 0x53ac
#define ID_INFO 0x1549a966
#define ID_TRACKS 0x1654ae6b
#define ID_TRACK_ENTRY 0xae
#define ID_TRACK_TYPE 0x83
#define ID_CODEC 0x86
#define ID_FLAG_DEFAULT 0x88
#define ID_FLAG_FORCED 0x55aa
#define ID_ATTACHMENTS 0x1941a469

#define TYPE_SUBTITLE 17
/* A size that is written in eight bytes, head and all of an entry with it. */
#define LONG_HEAD 9
/* What a film may hang to itself, so that a wrong size is none. */
#define MAX_ATTACHMENTS (1u << 30)

typedef struct {
  guint32 id;
  gint64 start, data; /* where its head and its contents begin */
  guint64 size;
} Element;

typedef struct {
  guint type;
  gboolean is_text, is_default, is_forced;
  gint64 start; /* of the entry */
  guint64 size; /* of its contents; 0: its head has no room */
} Track;

typedef struct {
  FILE *file;
  Element segment, attachments, seek_info; /* start 0: there is none */
  GArray *tracks;                          /* of Track */
} Layout;

/* --- reading --------------------------------------------------------------- */

static gboolean
read_bytes (FILE *file, gint64 at, gpointer bytes, gsize length)
{
  return fseeko (file, at, SEEK_SET) == 0 && fread (bytes, 1, length, file) == length;
}

/* The element at `at`; FALSE: none, or one whose size is not known. */
static gboolean
read_element (FILE *file, gint64 at, Element *element)
{
  guint8 head[12] = { 0 };
  guint id_length, size_length;
  gboolean is_known = FALSE;

  if (fseeko (file, at, SEEK_SET) != 0 || fread (head, 1, sizeof head, file) < 2 || head[0] < 0x10)
    return FALSE;
  id_length = __builtin_clz (head[0]) - 23;
  if (head[id_length] == 0)
    return FALSE;
  size_length = __builtin_clz (head[id_length]) - 23;
  *element = (Element){ 0, at, at + id_length + size_length,
    head[id_length] & ((1u << (8 - size_length)) - 1) };
  is_known = element->size != (1u << (8 - size_length)) - 1 || size_length == 8;
  for (guint i = 0; i < id_length; i++)
    element->id = element->id << 8 | head[i];
  for (guint i = 1; i < size_length; i++) {
    element->size = element->size << 8 | head[id_length + i];
    is_known |= head[id_length + i] != 0xff;
  }
  return is_known && element->size <= G_MAXINT64 / 2;
}

static guint64
read_number (FILE *file, const Element *element)
{
  guint8 bytes[8];
  guint64 value = 0;

  if (element->size > 8 || !read_bytes (file, element->data, bytes, element->size))
    return 0;
  for (guint i = 0; i < element->size; i++)
    value = value << 8 | bytes[i];
  return value;
}

static void
read_track (Layout *layout, const Element *entry)
{
  gint64 at = entry->data, end = entry->data + entry->size;
  Track track = { .is_default = TRUE, .start = entry->start };
  Element child;

  if (entry->data - entry->start == LONG_HEAD)
    track.size = entry->size;
  for (; at < end && read_element (layout->file, at, &child); at = child.data + child.size) {
    char codec[7] = { 0 };

    if (child.id == ID_TRACK_TYPE)
      track.type = read_number (layout->file, &child);
    else if (child.id == ID_FLAG_DEFAULT)
      track.is_default = read_number (layout->file, &child) != 0;
    else if (child.id == ID_FLAG_FORCED)
      track.is_forced = read_number (layout->file, &child) != 0;
    else if (child.id == ID_CODEC && child.size >= 6
        && read_bytes (layout->file, child.data, codec, 6))
      track.is_text = strcmp (codec, "S_TEXT") == 0;
  }
  g_array_append_val (layout->tracks, track);
}

/* Which element a Seek is about, and where that says where it is. */
static void
read_seek (Layout *layout, const Element *seek)
{
  gint64 at = seek->data, end = seek->data + seek->size;
  Element child;
  guint64 id = 0;

  for (; at < end && read_element (layout->file, at, &child); at = child.data + child.size) {
    if (child.id == ID_SEEK_ID)
      id = read_number (layout->file, &child);
    else if (child.id == ID_SEEK_POSITION && id == ID_INFO && child.size == 8)
      layout->seek_info = *seek;
  }
}

static void
read_children (
    Layout *layout, const Element *parent, guint32 id, void (*read) (Layout *, const Element *))
{
  gint64 at = parent->data, end = parent->data + parent->size;
  Element child;

  for (; at < end && read_element (layout->file, at, &child); at = child.data + child.size) {
    if (child.id == id)
      read (layout, &child);
  }
}

static void
read_segment_child (Layout *layout, const Element *child)
{
  if (child->id == ID_TRACKS)
    read_children (layout, child, ID_TRACK_ENTRY, read_track);
  else if (child->id == ID_SEEK_HEAD && layout->seek_info.start == 0)
    read_children (layout, child, ID_SEEK, read_seek);
  else if (child->id == ID_ATTACHMENTS)
    layout->attachments = *child;
}

/* FALSE: it is no Matroska file whose parts can be found. */
static gboolean
layout_read (Layout *self, const char *path, const char *mode)
{
  Element head, child;
  gint64 at;

  self->tracks = g_array_new (FALSE, FALSE, sizeof (Track));
  self->file = fopen (path, mode);
  if (!self->file || !read_element (self->file, 0, &head) || head.id != ID_EBML
      || !read_element (self->file, head.data + head.size, &self->segment)
      || self->segment.id != ID_SEGMENT)
    return FALSE;
  for (at = self->segment.data; at < self->segment.data + (gint64) self->segment.size
       && read_element (self->file, at, &child);
       at = child.data + child.size)
    read_segment_child (self, &child);
  return self->tracks->len > 0;
}

static void
layout_clear (Layout *self)
{
  g_clear_pointer (&self->file, fclose);
  g_array_unref (self->tracks);
}

/* --- writing --------------------------------------------------------------- */

static gboolean
write_bytes (FILE *file, gint64 at, gconstpointer bytes, gsize length)
{
  return fseeko (file, at, SEEK_SET) == 0 && fwrite (bytes, 1, length, file) == length;
}

/* The head of an entry is nine bytes; as many are: a shorter size, a flag, and nothing (Void). */
static gboolean
write_flags (FILE *file, const Track *track, gboolean is_default, gboolean is_forced)
{
  guint8 head[LONG_HEAD] = { ID_TRACK_ENTRY };
  guint64 size;

  if (track->size == 0 || (is_default && !is_forced))
    return TRUE;
  size = track->size + 6;
  if (is_forced && size < 0x3fff) {
    guint8 flags[] = { 0x40 | size >> 8, size & 0xff, 0x55, 0xaa, 0x81, 1, 0xec, 0x80 };

    memcpy (head + 1, flags, sizeof flags);
  } else if (!is_default && size < 0x3fff) {
    guint8 flags[] = { 0x40 | size >> 8, size & 0xff, ID_FLAG_DEFAULT, 0x81, 0, 0xec, 0x81, 0 };

    memcpy (head + 1, flags, sizeof flags);
  } else if (!is_default && --size < 0x1fffff) {
    guint8 flags[] = { 0x20 | size >> 16, size >> 8 & 0xff, size & 0xff, ID_FLAG_DEFAULT, 0x81, 0,
      0xec, 0x80 };

    memcpy (head + 1, flags, sizeof flags);
  } else {
    return TRUE;
  }
  return write_bytes (file, track->start, head, sizeof head);
}

/* The `n`th track of that kind, from 0. */
static const Track *
find_track (const GArray *tracks, guint type, gboolean is_text, guint n)
{
  for (guint i = 0; i < tracks->len; i++) {
    const Track *track = &g_array_index (tracks, Track, i);

    if (track->type == type && track->is_text == is_text && n-- == 0)
      return track;
  }
  return NULL;
}

static gboolean
copy_flags (const Layout *from, const Layout *to)
{
  guint n_seen[256][2] = { 0 };

  for (guint i = 0; i < to->tracks->len; i++) {
    const Track *track = &g_array_index (to->tracks, Track, i);
    guint n = n_seen[track->type & 255][track->is_text]++;
    const Track *old = find_track (from->tracks, track->type, track->is_text, n);
    gboolean is_default = old && old->is_default;

    /* a new track is there for who asks for its language */
    if (!write_flags (to->file, track, is_default, old && old->is_forced))
      return FALSE;
  }
  return TRUE;
}

static gboolean
copy_bytes (FILE *from, gint64 at, guint64 length, FILE *to, gint64 to_at)
{
  g_autofree guint8 *buffer = g_malloc (1 << 16);

  if (fseeko (from, at, SEEK_SET) != 0 || fseeko (to, to_at, SEEK_SET) != 0)
    return FALSE;
  while (length > 0) {
    gsize n = MIN (length, 1 << 16);

    if (fread (buffer, 1, n, from) != n || fwrite (buffer, 1, n, to) != n)
      return FALSE;
    length -= n;
  }
  return TRUE;
}

/* Behind all else; players look where the SeekHead says. What it says of Info nobody needs: it comes next. */
static gboolean
copy_attachments (const Layout *from, Layout *to)
{
  const Element *element = &from->attachments;
  guint64 length = element->data - element->start + element->size;
  gint64 end = to->segment.data + to->segment.size;
  guint64 position = GUINT64_TO_BE (end - to->segment.data);
  guint64 size = GUINT64_TO_BE ((to->segment.size + length) | (guint64) 1 << 56);
  guint32 id = GUINT32_TO_BE (ID_ATTACHMENTS);
  gint64 seek_end = to->seek_info.data + to->seek_info.size;

  if (element->start == 0 || element->size > MAX_ATTACHMENTS || to->seek_info.start == 0
      || to->segment.data - to->segment.start != 12 || fseeko (to->file, 0, SEEK_END) != 0
      || ftello (to->file) != end)
    return TRUE;
  /* "53ab 84 ID, 53ac 88 POSITION" end the Seek, as matroskamux writes it */
  return copy_bytes (from->file, element->start, length, to->file, end)
      && write_bytes (to->file, seek_end - 15, &id, sizeof id)
      && write_bytes (to->file, seek_end - 8, &position, sizeof position)
      && write_bytes (to->file, to->segment.start + 4, &size, sizeof size);
}

gboolean
sub_matroska_complete (const char *source, const char *written, GError **error)
{
  Layout from = { NULL }, to = { NULL };
  gboolean good = TRUE;

  errno = 0;
  if (layout_read (&from, source, "rb") && layout_read (&to, written, "r+b"))
    good = copy_flags (&from, &to) && copy_attachments (&from, &to) && fflush (to.file) == 0;
  if (!good)
    g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "cannot write %s: %s",
        written, g_strerror (errno ? errno : EIO));
  layout_clear (&from);
  if (to.tracks)
    layout_clear (&to);
  return good;
}
