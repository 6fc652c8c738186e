/* ssmtranslate: the elements of this process, as channels
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "metrics-channels.h"

#include <string.h>

#define TYPE_NAME "GstSsmTranslate"
#define MODEL_MESSAGE "ssmtranslate/model"

/* An element, alive or not. Counted, as it is read without the lock. */
typedef struct {
  GWeakRef element;
  gpointer address;
  guint64 serial;      /* older ones have smaller ones */
  GstStructure *model; /* under the lock */
  /* of the thread that reads */
  char *name, *pipeline; /* of the last time */
  guint number;          /* among those that are called so, 0: none yet */
} Watched;

struct _MetricsChannels {
  GMutex lock; /* of what follows */
  /* By address: where one comes again the element before it is dead, and gives up its place. So without a reader
   * there are no more than elements have had places in memory. */
  GHashTable *watched;
  guint64 n_added;
};

static void
watched_clear (gpointer data)
{
  Watched *watched = data;

  g_weak_ref_clear (&watched->element);
  g_clear_pointer (&watched->model, gst_structure_free);
  g_free (watched->name);
  g_free (watched->pipeline);
}

static void
watched_unref (gpointer watched)
{
  g_atomic_rc_box_release_full (watched, watched_clear);
}

MetricsChannels *
metrics_channels_new (void)
{
  MetricsChannels *channels = g_new0 (MetricsChannels, 1);

  g_mutex_init (&channels->lock);
  channels->watched = g_hash_table_new_full (NULL, NULL, NULL, watched_unref);
  return channels;
}

void
metrics_channels_free (MetricsChannels *channels)
{
  g_hash_table_unref (channels->watched);
  g_mutex_clear (&channels->lock);
  g_free (channels);
}

/* --- what is told -------------------------------------------------------------- */

static gboolean
is_translator (GstElement *element)
{
  return strcmp (G_OBJECT_TYPE_NAME (element), TYPE_NAME) == 0;
}

void
metrics_channels_add (MetricsChannels *channels, GstElement *element)
{
  Watched *watched;

  if (!is_translator (element))
    return;
  watched = g_atomic_rc_box_new0 (Watched);
  watched->address = element;
  g_weak_ref_init (&watched->element, element);
  g_mutex_lock (&channels->lock);
  watched->serial = channels->n_added++;
  g_hash_table_replace (channels->watched, element, watched);
  g_mutex_unlock (&channels->lock);
}

void
metrics_channels_take_message (MetricsChannels *channels, GstElement *element, GstMessage *message)
{
  const GstStructure *model;
  Watched *watched;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT || !is_translator (element))
    return;
  model = gst_message_get_structure (message);
  if (!model || !gst_structure_has_name (model, MODEL_MESSAGE))
    return;
  g_mutex_lock (&channels->lock);
  watched = g_hash_table_lookup (channels->watched, element);
  if (watched) {
    g_clear_pointer (&watched->model, gst_structure_free);
    watched->model = gst_structure_copy (model);
  }
  g_mutex_unlock (&channels->lock);
}

/* --- reading ------------------------------------------------------------------- */

static int
compare_serials (gconstpointer a, gconstpointer b)
{
  const Watched *left = *(Watched *const *) a, *right = *(Watched *const *) b;

  return (left->serial > right->serial) - (left->serial < right->serial);
}

static int
compare_labels (gconstpointer a, gconstpointer b)
{
  const MetricsChannel *left = *(MetricsChannel *const *) a, *right = *(MetricsChannel *const *) b;

  return strcmp (left->labels, right->labels);
}

/* All, the oldest first. */
static GPtrArray *
list_watched (MetricsChannels *channels)
{
  GPtrArray *list = g_ptr_array_new_with_free_func (watched_unref);
  GHashTableIter iter;
  gpointer watched;

  g_mutex_lock (&channels->lock);
  g_hash_table_iter_init (&iter, channels->watched);
  while (g_hash_table_iter_next (&iter, NULL, &watched))
    g_ptr_array_add (list, g_atomic_rc_box_acquire (watched));
  g_mutex_unlock (&channels->lock);
  g_ptr_array_sort (list, compare_serials);
  return list;
}

/* NULL: it is dead, and forgotten. */
static MetricsChannel *
read_watched (MetricsChannels *channels, Watched *watched)
{
  g_autoptr (GstElement) element = g_weak_ref_get (&watched->element);
  MetricsChannel *channel = element ? metrics_channel_read (element) : NULL;

  g_mutex_lock (&channels->lock);
  if (channel && watched->model)
    channel->model = gst_structure_copy (watched->model);
  if (!channel && g_hash_table_lookup (channels->watched, watched->address) == watched)
    g_hash_table_remove (channels->watched, watched->address);
  g_mutex_unlock (&channels->lock);
  return channel;
}

/* Who is called otherwise than the last time has no number any more. */
static void
compare_name (Watched *watched, const MetricsChannel *channel)
{
  if (metrics_channel_has_name (channel, watched->name, watched->pipeline))
    return;
  g_free (watched->name);
  g_free (watched->pipeline);
  watched->name = g_strdup (channel->name);
  watched->pipeline = g_strdup (channel->pipeline);
  watched->number = 0;
}

/* The first number from its own that makes labels that are not in `taken` yet, and are then. */
static void
choose_number (Watched *watched, MetricsChannel *channel, GHashTable *taken)
{
  watched->number = MAX (watched->number, 1);
  metrics_channel_set_number (channel, watched->number);
  while (g_hash_table_contains (taken, channel->labels))
    metrics_channel_set_number (channel, ++watched->number);
  g_hash_table_add (taken, channel->labels);
}

GPtrArray *
metrics_channels_read (MetricsChannels *channels)
{
  g_autoptr (GPtrArray) watched = list_watched (channels);
  g_autoptr (GHashTable) taken = g_hash_table_new (g_str_hash, g_str_equal);
  GPtrArray *found = g_ptr_array_new_with_free_func ((GDestroyNotify) metrics_channel_free);

  for (guint i = 0; i < watched->len;) {
    MetricsChannel *channel = read_watched (channels, watched->pdata[i]);

    /* one that waits for its turn is no channel yet */
    if (!channel || !channel->runs) {
      g_clear_pointer (&channel, metrics_channel_free);
      g_ptr_array_remove_index (watched, i);
      continue;
    }
    compare_name (watched->pdata[i++], channel);
    g_ptr_array_add (found, channel);
  }
  /* a number that one has is kept, so that a series goes on being the same channel's */
  for (guint i = 0; i < found->len; i++)
    if (((Watched *) watched->pdata[i])->number > 0)
      choose_number (watched->pdata[i], found->pdata[i], taken);
  for (guint i = 0; i < found->len; i++)
    if (!((MetricsChannel *) found->pdata[i])->labels)
      choose_number (watched->pdata[i], found->pdata[i], taken);
  g_ptr_array_sort (found, compare_labels);
  return found;
}
