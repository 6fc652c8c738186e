/* ssmtranslate: sentences that know the times of their words
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "cue-words.h"
#include "cue-sentence.h"

#include <string.h>

#define META_NAME "TextAccumulateSentenceMeta"

static GstStructure *
get_structure (GstBuffer *buffer)
{
  GstCustomMeta *meta;

  /* nobody has registered it: nobody has attached it */
  if (!gst_meta_get_info (META_NAME))
    return NULL;
  meta = gst_buffer_get_custom_meta (buffer, META_NAME);
  return meta ? gst_custom_meta_get_structure (meta) : NULL;
}

gboolean
cue_words_are_in (GstBuffer *buffer)
{
  return get_structure (buffer) != NULL;
}

static void
add_word (CueGroup *group, GstBuffer *word)
{
  GstMapInfo map;
  char *text;

  if (!gst_buffer_map (word, &map, GST_MAP_READ))
    return;
  /* what is empty has no data */
  text = g_utf8_make_valid (map.size > 0 ? (const char *) map.data : "", map.size);
  gst_buffer_unmap (word, &map);
  cue_group_add (group, text);
  g_free (text);
}

void
cue_words_replace (GstBuffer *buffer, const char *text, const char *reads, const char *writes)
{
  g_autoptr (CueGroup) group = cue_group_new (reads, writes);
  g_autoptr (GstBufferList) words = NULL;
  g_auto (GStrv) shares = NULL;
  GstBufferList *translated;
  GstStructure *s = get_structure (buffer);

  if (!gst_structure_get (s, "words", GST_TYPE_BUFFER_LIST, &words, NULL) || !words)
    return;
  for (guint i = 0; i < gst_buffer_list_length (words); i++)
    add_word (group, gst_buffer_list_get (words, i));
  if (cue_group_get_n_cues (group) != gst_buffer_list_length (words))
    return;
  shares = cue_group_divide (group, text);
  translated = gst_buffer_list_new ();
  for (guint i = 0; shares[i]; i++) {
    GstBuffer *word;

    if (shares[i][0] == '\0')
      continue;
    word = gst_buffer_new_memdup (shares[i], strlen (shares[i]));
    gst_buffer_copy_into (word, gst_buffer_list_get (words, i), GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
    gst_buffer_list_add (translated, word);
  }
  gst_structure_set (s, "words", GST_TYPE_BUFFER_LIST, translated, NULL);
  gst_buffer_list_unref (translated);
}
